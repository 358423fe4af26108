"""What would be otherwise: changed parameters and other versions of rules, and the law with them laid over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shouwang.engine.book import Book
from shouwang.engine.parameter_csv import problems_with
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import GIVEN, Assertion, ParameterTable
from shouwang.engine.wording import parameter_text
from shouwang.lib.area_codes import contains
from shouwang.lib.ratio import PARTS


class ReformError(ValueError):
    """A reform that cannot be computed; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class Change:
    """Another value of a parameter in a division and everywhere below it.

    Either ``value`` per ``per`` as it would be published, or ``parts``: so many of 360,000 of what is in force, rounded up
    to a whole unit. Divisions below with a value of their own get the new one too.
    """

    item: str
    area_code: str
    value: int | None = None
    per: str = ""
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One dated version of a rule, to be the text everywhere."""

    name: str
    since: date
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Reform:
    """What would be otherwise."""

    changes: tuple[Change, ...] = ()
    versions: tuple[Version, ...] = ()


def reformed_book(book: Book, reform: Reform) -> Book:
    """The book with the reform's versions. Raises ReformError for a version there is none of."""
    for each in reform.versions:
        if each.name not in book.definitions:
            raise ReformError(f"没有名为“{each.name}”的规则")
        try:
            book = book.with_version(each.name, since=each.since, area=each.area)
        except KeyError as error:
            known = "、".join(sorted({one.since.isoformat() for one in book.definitions[each.name]}))
            raise ReformError(
                f"规则“{book.label_of(each.name)}”没有 {each.since} 起施行的版本（现有：{known}）"
            ) from error
    return book


def reformed_table(book: Book, parameters: ParameterTable, reform: Reform, as_of: date) -> ParameterTable:
    """The parameters with the reform's values laid over them. Raises ReformError for a value that does not fit."""
    rows: dict[tuple[str, str], Assertion] = {}
    for change in reform.changes:
        for row in _assertions(book, parameters, change, as_of):
            if (row.item, row.area_code) in rows:
                raise ReformError(f"参数“{book.label_of(row.item)}”改了两次")
            rows[row.item, row.area_code] = row
    problems = problems_with(rows.values(), book.parameter_specs)
    if problems:
        raise ReformError(problems[0])
    return parameters.overlaid(rows.values())


def _assertions(book: Book, table: ParameterTable, change: Change, as_of: date) -> list[Assertion]:
    spec = book.parameter_specs.get(change.item)
    if spec is None:
        raise ReformError(f"没有名为“{change.item}”的参数")
    own_period = spec.unit if spec.unit != "fen" else spec.per or "fen"
    rows = []
    for code in _divisions(spec, table, change, as_of):
        value, per = change.value, change.per or own_period
        if change.parts is not None:
            found = table.lookup(change.item, code, as_of)
            if spec.unit in {"bool", "code", "date"}:
                raise ReformError(f"参数“{spec.label}”不是数量，不能按比例调整")
            if found is None:
                continue
            value, per = -(-found.value * change.parts // PARTS), own_period
        if value is not None:
            rows.append(Assertion(change.item, code, value, per, valid_from=as_of, source=GIVEN))
    if not rows:
        raise ReformError(f"参数“{spec.label}”在 {as_of} 没有值，不能按比例调整，请直接写新的值")
    return rows


def _divisions(spec: ParameterSpec, table: ParameterTable, change: Change, as_of: date) -> list[str]:
    """The change's division and those below it that set the parameter, or what stands in for it, themselves."""
    standing_in = {change.item, *spec.instead, spec.derived.ratio if spec.derived else ""}
    rows = (row for row in table.assertions() if row.item in standing_in and row.in_force(as_of))
    return sorted({change.area_code, *(row.area_code for row in rows if contains(change.area_code, row.area_code))})


def values_of(book: Book, table: ParameterTable, change: Change, as_of: date) -> list[tuple[str, str]]:
    """(division, value in words) of a changed parameter: of the division itself and of those below that set their own."""
    spec = book.parameter_specs[change.item]
    found = [(code, table.lookup(change.item, code, as_of)) for code in _divisions(spec, table, change, as_of)]
    return [(code, "没有值" if each is None else parameter_text(each.value, spec.shown_unit)) for code, each in found]


def floors_missed(book: Book, changed: ParameterTable, reform: Reform, as_of: date) -> list[str]:
    """Chinese remarks: which new values lie below the floor set for their division."""
    remarks = []
    for change in reform.changes:
        spec = book.parameter_specs[change.item]
        floor = changed.lookup(spec.floor, change.area_code, as_of) if spec.floor else None
        found = changed.lookup(change.item, change.area_code, as_of)
        if floor is not None and found is not None and found.value < floor.value:
            said = parameter_text(floor.value, spec.shown_unit)
            remarks.append(f"“{spec.label}”低于“{book.label_of(spec.floor)}”{said}，实际不能这样定")
    return remarks
