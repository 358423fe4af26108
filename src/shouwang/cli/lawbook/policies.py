"""One page a policy: what each rule asks, since when, on what article; parameters, documents, worked cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from shouwang.cli.lawbook.sayings import said
from shouwang.cli.lawbook.words import (
    ENTITY_WORDS,
    MADE,
    Page,
    anchor,
    area_text,
    chinese,
    cite_text,
    link,
    period_text,
    policies_of,
    policy_of,
    table,
    theme_of,
    title_of,
    unit_text,
)
from shouwang.engine.book import Book
from shouwang.engine.explain import UNCONFIRMED
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import Assertion
from shouwang.engine.rule import LOCAL, Cite, Definition, Rule
from shouwang.engine.tree import GREATEST
from shouwang.engine.wording import parameter_text, value_text
from shouwang.engine.words import CAUTIONS

LOCAL_WORD = "本地设定"
_DIRECTIONS = {"in": "可能需要救助", "out": "可能不再符合"}
_READ = "读过全文（转录件）"
_CASES = "tests/rules"


def policy_page(book: Book, policy: str, root: Path | None) -> Page:
    """The page of one policy folder; ``root`` the checkout its case files lie in (None: there is none)."""
    versions = [each for found in book.definitions.values() for each in found if policy_of(each) == policy]
    specs = [spec for spec in book.parameter_specs.values() if spec.policy == policy]
    lines = [
        MADE,
        "",
        f"# {title_of(policy)}",
        "",
        f"规则文件夹 `{policy}`。[全部政策](README.md) · [事实词表](vocabulary.md)",
        "",
    ]
    lines += _overview(book, versions)
    lines += _themes(book, policy, versions)
    lines += _parameters(book, specs)
    lines += _documents(book, versions, specs)
    lines += _cases(policy, root)
    return Page(f"policies/{policy}.md", _joined(lines))


def index_page(book: Book, root: Path | None) -> Page:
    """The list of all policies."""
    rows = []
    for policy in policies_of(book):
        names = {name for name, found in book.definitions.items() if any(policy_of(each) == policy for each in found)}
        specs = [spec for spec in book.parameter_specs.values() if spec.policy == policy]
        open_ones = sum(spec.unconfirmed for spec in specs)
        cases = sum(number for _, _, number in _case_files(policy, root))
        rows.append(
            (
                f"[{title_of(policy)}]({policy}.md)",
                str(len(names)),
                f"{len(specs)}" + (f"（{open_ones} 项未核实）" if open_ones else ""),
                str(cases),
            )
        )
    lines = [
        MADE,
        "",
        "# 政策与规则",
        "",
        "每项政策一页：规则问什么、何时施行、依据哪一条，有哪些参数，引用哪些文件，有哪些演算案例。",
        "规则引用的每一项事实见[事实词表](vocabulary.md)，办理时限见[办理时限](clocks.md)，中英文对照见[术语表](../glossary.md)。",
        "",
        *table(["政策", "规则", "参数", "演算案例"], rows),
        "## 怎么读",
        "",
        f"- **{LOCAL_WORD}**：全国没有规定数值，由实施地填写；没有填写时结论是“无法判断”，不会当作零。",
        f"- **{UNCONFIRMED}**：所依据的规定没有见到原文，当地确认后才能填写。",
        f"- 依据后面的〔〕说明文件文本的可信度：没有〔〕的{_READ}；"
        + "；".join(f"〔{words}〕" for words in CAUTIONS.values())
        + "。",
        "- 施行期“至”的一日仍然有效；同名规则在不同时期、不同地区可以有不同文本，旧文本保留，供复算旧结论。",
        "- 金额的单位是元，计算精确到分；除法只在应发金额处做一次。",
        "",
        "本文件夹由规则代码生成：`shouwang lawbook` 写出，`shouwang lawbook --check` 核对。",
    ]
    return Page("policies/README.md", _joined(lines))


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def _overview(book: Book, versions: list[Definition]) -> list[str]:
    if not versions:
        return []
    rows: dict[str, tuple[str, str, str]] = {}
    for each in versions:
        rows.setdefault(each.name, (f"[{book.label_of(each.name)}](#{each.name})", f"`{each.name}`", _result(each)))
    return ["## 规则一览", "", *table(["规则", "代码名", "结果"], rows.values())]


def _result(each: Definition) -> str:
    return f"每{ENTITY_WORDS[each.entity]} · {unit_text(each.unit)}"


def _themes(book: Book, policy: str, versions: list[Definition]) -> list[str]:
    lines: list[str] = []
    anchored: set[str] = set()
    by_file: dict[str, dict[str, list[Definition]]] = {}
    for each in versions:
        by_file.setdefault(each.file, {}).setdefault(each.name, []).append(each)
    for file in sorted(by_file, key=lambda file: (*_age_of(by_file[file]), file)):
        lines += [f"## {theme_of(file)}", ""]
        for name, found in by_file[file].items():
            mark = "" if name in anchored else anchor(name)
            anchored.add(name)
            lines += [f"### {mark}{found[-1].label}", ""]
            for each in sorted(found, key=lambda each: (each.area or "", each.since)):
                lines += [*_version(book, policy, each), ""]
            lines[-1:] = [*_elsewhere(book, policy, name, found), ""]
    return lines


def _age_of(found: Mapping[str, list[Definition]]) -> tuple[str, bool]:
    """National files first, then by division; what is no longer in force comes last."""
    versions = [each for chain in found.values() for each in chain]
    return min(each.area or "" for each in versions), all(each.until for each in versions)


def _version(book: Book, policy: str, each: Definition) -> list[str]:
    where = f"（只在{area_text(each.area)}）" if each.area else ""
    lines = [f"`{each.name}` · {_result(each)} · {period_text(each.since, each.until)}{where}", ""]
    if isinstance(each, Rule) and (note := chinese(each.summary)):
        lines += [note, ""]
    if isinstance(each, Rule) and each.warns:
        lines += [f"**{each.warns.level}色预警**（{_DIRECTIONS[each.warns.direction]}）：{each.warns.action}", ""]
    told = said(book, each)
    if len(told) == 1:
        lines += [f"- 判断：{told[0]}"]
    else:
        lines += ["- 判断：", *(f"  - {line}" for line in told)]
    lines += _asks(book, policy, each)
    return [*lines, f"- 依据：{'；'.join(cite_text(book, cite) for cite in each.cites)}"]


def _asks(book: Book, policy: str, each: Definition) -> list[str]:
    kinds = (
        ("所据结论", [name for name in each.arguments if name in book.definitions]),
        ("所据事实", [name for name in each.arguments if name in book.inputs]),
        ("所据参数", [name for name in each.arguments if name in book.parameter_specs]),
    )
    return [
        f"- {word}：{'、'.join(link(book, name, policy) for name in dict.fromkeys(names))}"
        for word, names in kinds
        if names
    ]


def _elsewhere(book: Book, policy: str, name: str, here: list[Definition]) -> list[str]:
    """Other versions of the name, on this page or another."""
    others = [each for each in book.definitions[name] if each not in here]
    if not others:
        return []
    told = []
    for each in sorted(others, key=lambda each: (each.area or "", each.since)):
        page = policy_of(each)
        where = "" if page == policy else f"[{title_of(page)}]({page}.md#{name})·"
        told.append(
            f"{where}{theme_of(each.file)}（{area_text(each.area) or '全国'}，{period_text(each.since, each.until)}）"
        )
    return [f"- 另有文本：{'；'.join(told)}"]


def _parameters(book: Book, specs: list[ParameterSpec]) -> list[str]:
    if not specs:
        return []
    national: dict[str, list[Assertion]] = {}
    for row in book.parameters.assertions():
        national.setdefault(row.item, []).append(row)
    rows = [
        (
            f"{anchor(spec.item)}{spec.label}<br>`{spec.item}`",
            unit_text(spec.unit, spec.per),
            "<br>".join(_value(book, spec, row) for row in national.get(spec.item, ())) or "无",
            "<br>".join(_local(book, spec)),
        )
        for spec in specs
    ]
    return ["## 参数", "", *table(["参数", "单位", "全国数值与依据", "当地怎样填"], rows)]


def _value(book: Book, spec: ParameterSpec, row: Assertion) -> str:
    shown = parameter_text(row.value, spec.shown_unit)
    return f"{period_text(row.start, row.valid_to)}：{shown}，{cite_text(book, Cite(row.source, row.article))}"


def _local(book: Book, spec: ParameterSpec) -> list[str]:
    found = [UNCONFIRMED] if spec.unconfirmed else []
    if spec.local:
        found.append(LOCAL_WORD)
    if spec.instead:
        others = "，再没有的用".join(f"“{book.label_of(each)}”" for each in spec.instead)
        found.append(f"没有单独规定的，用{others}")
    if spec.derived:
        ratio, of = book.label_of(spec.derived.ratio), book.label_of(spec.derived.of)
        found.append(f"没有直接规定的，按“{ratio}”×“{of}”计算，不足一分的进到分")
    if spec.floor:
        found.append(f"不得低于“{book.label_of(spec.floor)}”")
    found += _bounds(spec)
    if note := chinese(spec.note):
        found.append(note)
    return found or ["可另行规定，以就近为准"]


def _bounds(spec: ParameterSpec) -> list[str]:
    least, most = (value_text(each, spec.shown_unit) for each in (spec.least, spec.most))
    if spec.unit == "bool" or (spec.least == 0 and spec.most == GREATEST):
        return []
    if spec.most == GREATEST:
        return [f"不小于 {least}"]
    return [f"{least} 至 {most}"] if spec.least else [f"不大于 {most}"]


def _documents(book: Book, versions: list[Definition], specs: list[ParameterSpec]) -> list[str]:
    items = {spec.item for spec in specs}
    cites = [cite for each in versions for cite in each.cites]
    cites += [Cite(row.source, row.article) for row in book.parameters.assertions() if row.item in items]
    articles: dict[str, set[str]] = {}
    for cite in cites:
        if cite.key != LOCAL:
            articles.setdefault(cite.key, set()).add(cite.article)
    if not articles:
        return []
    rows = []
    for key in sorted(articles):
        source = book.sources[key]
        sure = CAUTIONS.get(source.confidence, _READ if source.confidence == "A" else "")
        life = period_text(source.in_force, source.repealed) if source.in_force else ""
        named = f"《{source.title}》" + (f"<br>{source.number}" if source.number else "")
        rows.append(
            (
                named,
                life,
                "、".join(_articles(articles[key])),
                "<br>".join(each for each in (sure, source.note) if each),
            )
        )
    return ["## 依据文件", "", *table(["文件", "施行", "引用条款", "文本可信度与说明"], rows)]


def _articles(found: set[str]) -> list[str]:
    ordered = sorted(found, key=lambda each: (not each.isdigit(), int(each) if each.isdigit() else 0, each))
    return [f"第{each}条" if each.isdigit() else each for each in ordered if each]


def _cases(policy: str, root: Path | None) -> list[str]:
    rows = [(f"[{title}](../../{path})", str(number)) for path, title, number in _case_files(policy, root)]
    return ["## 演算案例", "", *table(["案例文件", "个数"], rows)] if rows else []


def _case_files(policy: str, root: Path | None) -> list[tuple[str, str, int]]:
    """Path below the checkout, title and number of cases of each file of a policy."""
    found = []
    for path in sorted((root / _CASES / policy).rglob("*.yaml")) if root else []:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        number = len(content.get("cases") or [])
        found.append(
            (path.relative_to(root).as_posix() if root else "", str(content.get("title") or path.stem), number)
        )
    return found
