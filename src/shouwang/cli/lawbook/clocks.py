"""The page of 办理时限: every step's days, where, since when, on what article."""

from __future__ import annotations

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
from shouwang.rules.clocks import clocks

_PROGRAMMES = {"monitoring": "监测预警"}


def clocks_page(book: Book) -> Page:
    """Every clock, by the programme its key begins with."""
    by_programme: dict[str, list[tuple[str, str, str, str]]] = {}
    for key, entries in clocks().items():
        rows = by_programme.setdefault(key.partition(".")[0], [])
        for place, entry in enumerate(entries):
            where = "全国" if entry.area_code == NATION else area_text(entry.area_code)
            name = f"{anchor(key)}{entry.clock.label}<br>`{key}`" if place == 0 else ""
            source, _, article = entry.clock.cites.partition(":")
            rows.append(
                (
                    name,
                    f"{entry.clock.text}（{where}）",
                    period_text(entry.since, entry.until),
                    cite_text(book, Cite(source, article)),
                )
            )
    lines = [
        MADE,
        "",
        "# 办理时限",
        "",
        "天数只写在规则文件夹 `clocks` 一处；就近一级的规定优先。[全部政策](README.md)",
        "",
    ]
    for programme, rows in by_programme.items():
        lines += [f"## {_title(programme)}", "", *table(["环节", "时限", "施行", "依据"], rows)]
    return Page("policies/clocks.md", "\n".join(lines).rstrip("\n") + "\n")


def _title(programme: str) -> str:
    if programme in _PROGRAMMES:
        return _PROGRAMMES[programme]
    return title_of(programme) if (rules_folder() / programme / "__init__.py").exists() else programme
