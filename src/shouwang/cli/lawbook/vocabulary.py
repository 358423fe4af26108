"""``vocabulary.md``: every fact a rule may name, where it comes from, and what silence means."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from shouwang.apps.exchange.contract import REGISTER, feeds, load_contract
from shouwang.cli.lawbook.words import (
    ENTITY_WORDS,
    MADE,
    Page,
    anchor,
    chinese,
    link,
    policies_of,
    policy_of,
    rules_folder,
    table,
    title_of,
    unit_text,
)
from shouwang.engine.book import Book
from shouwang.engine.inputs import InputSpec
from shouwang.engine.sources import read_yaml

_FOLDS = {
    "latest": "现行有效的最近一条的值",
    "previous": "现行一条之前那一条的值",
    "latest_day": "现行有效的最近一条的起始日",
    "days_since": "从现行有效的最近一条的起始日到判定日的天数",
    "days_until": "从判定日到所记日期的天数，过期为负",
    "days_since_nonzero": "从最近一次不为零的记录到判定日的天数",
    "sum_nonzero_day": "最近一次不为零的那一天的合计",
    "sum_calendar_year": "当年1月1日至判定日的合计",
    "sum_last_month": "上一个完整月的合计",
    "sum_school_year": "本学年（9月1日起）至判定日的合计",
    "sum_days": "判定日之前 {window} 天（含当日）的合计",
    "count_active": "现行有效的条数",
    "count_last_months": "前 {window} 个完整月中有记录的月数",
    "distinct_values_last_month": "上一个完整月里不同值的个数",
    "first_day": "最早一条的起始日",
    "last_day": "最近一条的起始日",
    "any": "有现行有效且不为零的记录即为“是”",
}
_BASE_FOLDS = {
    "age_years": "按出生日期算到判定日的周岁",
    "days_since_birthday": "从最近一次生日到判定日的天数",
    "as_is": "登记册原值",
    "is_alone": "户内只有一人即为“是”",
}
_BASES = {
    "birth_date": "出生日期",
    "sex": "性别（1男、2女）",
    "relation": "与户主关系（GB/T 4761 代码）",
    "household": "户内人数",
}
_KINDS = {"event": "逐笔", "state": "有起止"}
_FEW = 4


def vocabulary_page(book: Book) -> Page:
    """Every input, by where it comes from."""
    users = _users(book)
    lines = [
        MADE,
        "",
        "# 事实词表",
        "",
        "规则引用的每一项事实：是什么、从哪里来、怎样折算到判定日、没有记录时怎么办、谁在用。",
        "判定日之后才开始的事实不算；同一天有两个不同的值时为未知。未知不会当作零，也不会因此给付或拒绝。",
        "案例文件里写汉字名称或代码名都可以。[全部政策](README.md)",
        "",
    ]
    for heading, specs in _groups(book):
        if specs:
            lines += [f"## {heading}", ""]
            lines += table(
                ["事实", "单位与取值", "来自", "折算", "没有记录时", "谁在用"],
                [_row(book, spec, users.get(spec.name, [])) for spec in specs],
            )
    return Page("policies/vocabulary.md", "\n".join(lines).rstrip("\n") + "\n")


def _groups(book: Book) -> Iterable[tuple[str, list[InputSpec]]]:
    yield "户籍", [spec for spec in book.inputs.values() if spec.item is None]
    feed_of = {spec.name: book.items[spec.item].feed for spec in book.inputs.values() if spec.item}
    known = [feed for feed in feeds() if feed != REGISTER]
    for feed in (*known, *sorted(set(feed_of.values()) - {*known, REGISTER})):
        heading = f"{load_contract(feed).title}（{load_contract(feed).sender}报送）" if feed in known else feed
        yield heading, [spec for spec in book.inputs.values() if feed_of.get(spec.name) == feed]
    own = _declared_by(book)
    registered = [spec for spec in book.inputs.values() if feed_of.get(spec.name) == REGISTER]
    yield "登记册：各项政策共用", [spec for spec in registered if spec.name not in own]
    for policy in policies_of(book):
        yield f"登记册：{title_of(policy)}", [spec for spec in registered if own.get(spec.name) == policy]


def _declared_by(book: Book) -> dict[str, str]:
    """Name → the policy whose own ``inputs.yaml`` declares it."""
    found: dict[str, str] = {}
    for path in sorted(rules_folder().glob("*/inputs.yaml")):
        found |= dict.fromkeys(read_yaml(path).get("inputs") or {}, Path(path).parent.name)
    return found


def _users(book: Book) -> dict[str, list[str]]:
    """Name → the rules that ask for it, in the book's order."""
    found: dict[str, list[str]] = {}
    for name, versions in book.definitions.items():
        for argument in dict.fromkeys(argument for each in versions for argument in each.arguments):
            found.setdefault(argument, []).append(name)
    return found


def _row(book: Book, spec: InputSpec, users: list[str]) -> tuple[str, ...]:
    item = book.items[spec.item] if spec.item else None
    origin = f"{item.label}（{_KINDS[item.kind]}）<br>`{item.name}`" if item else _BASES[spec.base or ""]
    words = _BASE_FOLDS[spec.fold] if item is None else _FOLDS[spec.fold].format(window=spec.window)
    return (
        f"{anchor(spec.name)}{spec.label}<br>`{spec.name}`",
        _values(book, spec),
        origin,
        words,
        _silence(book, spec),
        _used_by(book, users),
    )


def _values(book: Book, spec: InputSpec) -> str:
    unit = "日期" if spec.is_date else unit_text(spec.unit)
    told = [f"每{ENTITY_WORDS[spec.entity]} · {unit}"]
    codes = _codes().get(spec.item or "") if spec.unit == "code" and spec.fold in ("latest", "previous") else None
    if codes:
        told.append("、".join(f"{value} {label}" for label, value in codes.items()))
    notes = [spec.note, book.items[spec.item].note if spec.item else ""]
    told += [note for note in dict.fromkeys(map(chinese, notes)) if note]
    return "<br>".join(told)


def _codes() -> dict[str, dict[str, int]]:
    """Item → the code list of the column it is taken from."""
    found: dict[str, dict[str, int]] = {}
    for feed in feeds():
        contract = load_contract(feed)
        columns = {column.name: column for column in contract.columns}
        for fact in contract.facts:
            column = columns.get(fact.value) if isinstance(fact.value, str) else None
            if column is not None and column.codes:
                found[fact.item] = column.codes
    return found


def _silence(book: Book, spec: InputSpec) -> str:
    if spec.item is None:
        return "未登记为未知" if spec.base != "household" else "总能知道"
    if spec.absent == "unknown":
        return "未知"
    nothing = "否" if spec.unit == "bool" else "0"
    if book.items[spec.item].feed == REGISTER:
        return f"按“{nothing}”"
    return f"按“{nothing}”；来源未到的为未知"


def _used_by(book: Book, users: list[str]) -> str:
    if not users:
        return "暂无"
    if len(users) <= _FEW:
        return "、".join(link(book, name, "vocabulary") for name in users)
    counts: dict[str, int] = {}
    for name in users:
        policy = policy_of(book.definitions[name][-1])
        counts[policy] = counts.get(policy, 0) + 1
    return "、".join(f"[{title_of(policy)}]({policy}.md) {number} 条" for policy, number in counts.items())
