"""The page of 办理时限: every step's limit, the month a decision counts from, what share is checked; where, since when, why."""

from __future__ import annotations

from typing import Any

from shouwang.cli.lawbook.words import (
    MADE,
    Page,
    anchor,
    area_text,
    cite_text,
    period_text,
    rules_folder,
    table,
    title_of,
)
from shouwang.engine.book import Book
from shouwang.engine.rule import Cite
from shouwang.lib.area_codes import NATION
from shouwang.rules.clocks import clocks, shares, starts
from shouwang.rules.clocks.dated import Dated

_PROGRAMMES = {
    "monitoring": "监测预警",
    "rigid": "刚性支出困难家庭",
    "tekun": "特困人员救助供养",
    "children": "儿童和未成年人",
    "complaints": "举报",
    "disclosure": "信息公开",
    "village": "村务公开和村民代表会议",
    "elder_home": "养老机构",
    "divisions": "行政区划",
    "place_names": "地名",
    "boundary": "行政区域界线",
    "charity": "慈善",
    "volunteers": "志愿服务",
}


def clocks_page(book: Book) -> Page:
    """Every clock, by the programme its key begins with; then first months and shares."""
    by_programme: dict[str, list[tuple[str, ...]]] = {}
    for key, entries in clocks().items():
        rows = by_programme.setdefault(key.partition(".")[0], [])
        for place, entry in enumerate(entries):
            found = entry.value
            named = (f"{anchor(key)}{found.label}<br>`{key}`", found.by) if place == 0 else ("", "")
            without = "、".join(clocks()[step][0].value.label for step in found.excludes)
            said = f"{found.sentence}（{_where(entry)}）" + (f"<br>不含{without}" if without else "")
            rows.append((*named, said, *_when_and_why(book, entry, found.cites)))
    lines = [
        MADE,
        "",
        "# 办理时限",
        "",
        "天数只写在规则文件夹 `clocks` 一处；就近一级的规定优先。开始的当日不计；按月、按年的到同一日，没有这一日的到月末。[全部政策](README.md)",
        "",
    ]
    for programme, rows in by_programme.items():
        lines += [f"## {_title(programme)}", "", *table(["环节", "谁办", "时限", "施行", "依据"], rows)]
    begins = [
        (start.label, f"{start.text}（{_where(entry)}）", *_when_and_why(book, entry, start.cites))
        for entries in starts().values()
        for entry in entries
        for start in (entry.value,)
    ]
    lines += ["## 从哪个月算起", "", *table(["待遇", "月份", "施行", "依据"], begins)]
    checked = [
        (part.label, f"{part.text}（{_where(entry)}）", *_when_and_why(book, entry, part.cites))
        for entries in shares().values()
        for entry in entries
        for part in (entry.value,)
    ]
    lines += ["## 抽查和探访比例", "", *table(["事项", "比例", "施行", "依据"], checked)]
    return Page("policies/clocks.md", "\n".join(lines).rstrip("\n") + "\n")


def _where(entry: Dated[Any]) -> str:
    return "全国" if entry.area_code == NATION else area_text(entry.area_code)


def _when_and_why(book: Book, entry: Dated[Any], cites: str) -> tuple[str, str]:
    source, _, article = cites.partition(":")
    return period_text(entry.since, entry.until), cite_text(book, Cite(source, article))


def _title(programme: str) -> str:
    if programme in _PROGRAMMES:
        return _PROGRAMMES[programme]
    return title_of(programme) if (rules_folder() / programme / "__init__.py").exists() else programme
