"""What speaks for and against a standard before it counts: bounds, the provincial floor, other values, and what moves with it.

Pure computing over a parameter table; nothing is read or written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from shouwang.engine.parameter_csv import problems_with
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import Assertion, Found, ParameterTable
from shouwang.engine.wording import parameter_text
from shouwang.lib.area_codes import contains
from shouwang.lib.dates import add_months, month_start

REFUSE, WARN, FINE = "refuse", "warn", "fine"
MOST_NAMED = 5
SIDES = ("urban", "rural")


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check: "refuse" keeps the standard from counting, "warn" must be looked at, "fine" was looked at."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """A value that changes on the first day of a standard, with what it is made of after it."""

    item: str
    label: str
    before: str
    after: str
    made_of: str


def shown(spec: ParameterSpec, value: int) -> str:
    """Return a value in the parameter's own period as staff read it."""
    return parameter_text(value, spec.shown_unit)


def findings_of(
    new: Assertion,
    *,
    table: ParameterTable,
    standing: Iterable[Assertion],
    specs: Mapping[str, ParameterSpec],
    today: date,
) -> list[Finding]:
    """Check a standard against the values in force; ``standing`` are those of the same division and parameter."""
    if problems := problems_with([new], specs):
        return [Finding(REFUSE, text) for text in problems]
    value = specs[new.item].amount(new.value, new.per)
    if value is None:
        return []
    standing = list(standing)
    found = [Finding(FINE, "单位和取值范围符合该参数的规定。")]
    found += [Finding(REFUSE, text) for text in clashes(new, standing)]
    found += _floors(new, table, specs, today)
    found += _before(new, value, specs[new.item], table, standing)
    after = table.overlaid([new])
    found += _sides(new, after, specs)
    found += _fallen_below(new, table, after, specs)
    return found


def refusals_of(
    new: Assertion, *, table: ParameterTable, standing: Iterable[Assertion], specs: Mapping[str, ParameterSpec]
) -> list[str]:
    """Return only what keeps a standard from counting."""
    if problems := problems_with([new], specs):
        return problems
    floors = _floors(new, table, specs)
    return [*clashes(new, standing), *(each.text for each in floors if each.level == REFUSE)]


def clashes(new: Assertion, standing: Iterable[Assertion]) -> list[str]:
    """Return what the spans of other values of the division say against a new one.

    A later value replaces an earlier one from its first day; one that names its last day may not be cut short.
    """
    start, found = _start(new), []
    for other in standing:
        first = _start(other)
        if first == start:
            found.append(f"{new.title}：{start} 起已有另一个值（{_published(other)}，来源：{other.source}）")
        elif first < start and other.valid_to is not None and start < other.valid_to:
            found.append(f"{new.title}：与 {first} 起、写明 {other.valid_to} 失效的值时间重叠，请先改前一个值的失效日")
        elif start < first and new.valid_to is not None and first < new.valid_to:
            found.append(f"{new.title}：写明的失效日 {new.valid_to} 与 {first} 起的值时间重叠")
    return found


def moves_of(new: Assertion, table: ParameterTable, specs: Mapping[str, ParameterSpec]) -> list[Move]:
    """Return every value of the division that the standard changes on its first day, itself first."""
    start, after = _start(new), table.overlaid([new])
    moved = []
    for item in sorted(specs, key=lambda name: name != new.item):
        old, now = table.lookup(item, new.area_code, start), after.lookup(item, new.area_code, start)
        if now is None or (old is not None and old.value == now.value and item != new.item):
            continue
        before = "未设定" if old is None else shown(specs[item], old.value)
        moved.append(Move(item, specs[item].label, before, shown(specs[item], now.value), made_of(now, specs)))
    return moved


def made_of(found: Found, specs: Mapping[str, ParameterSpec]) -> str:
    """Say what a value rests on where it is not its own: 1.3 × another, or one line for town and country."""
    if found.of is not None and found.ratio is not None:
        of, ratio = found.of, found.ratio
        return (
            f"{specs[ratio.item].label} {shown(specs[ratio.item], ratio.value)} × "
            f"{specs[of.item].label} {shown(specs[of.item], of.value)}"
        )
    return f"按{specs[found.assertion.item].label}" if found.assertion.item != found.item else ""


def months_affected(new: Assertion, today: date) -> list[date]:
    """Return the first days of the months already begun that a back-dated standard changes, up to the present one."""
    month, last = month_start(_start(new)), month_start(today)
    end = new.valid_to
    months = []
    if _start(new) < last:
        while month <= last and (end is None or month < end):
            months.append(month)
            month = add_months(month, 1)
    return months


def floors_for(item: str, specs: Mapping[str, ParameterSpec]) -> list[str]:
    """Return the parameters below which a value may not lie: its own floor, and those of what it stands in for."""
    of_others = [spec.floor for spec in specs.values() if item in spec.instead]
    return list(dict.fromkeys(name for name in (specs[item].floor, *of_others) if name))


def _floors(
    new: Assertion, table: ParameterTable, specs: Mapping[str, ParameterSpec], today: date | None = None
) -> list[Finding]:
    found: list[Finding] = []
    spec, start = specs[new.item], _start(new)
    value = spec.amount(new.value, new.per)
    if value is None:
        return found
    for name in floors_for(new.item, specs):
        floor = table.lookup(name, new.area_code, start)
        if floor is None:
            found.append(Finding(WARN, f"没有录入{specs[name].label}，未能核对下限。"))
        elif value < floor.value:
            found.append(Finding(REFUSE, _below(spec, value, floor, specs[name], start)))
        else:
            told = f"不低于{specs[name].label}（{shown(specs[name], floor.value)}，来源：{_source(floor)}）。"
            found.append(Finding(FINE, told))
        now = table.lookup(name, new.area_code, today) if today is not None and new.in_force(today) else None
        if today is not None and now is not None and now.value > value and (floor is None or floor.value <= value):
            found.append(Finding(WARN, _below(spec, value, now, specs[name], today)))
    return found


def _below(spec: ParameterSpec, value: int, floor: Found, floor_spec: ParameterSpec, day: date) -> str:
    return (
        f"{spec.label} {shown(spec, value)} 低于 {day} 执行的{floor_spec.label} {shown(floor_spec, floor.value)}"
        f"（来源：{_source(floor)}）"
    )


def _before(
    new: Assertion, value: int, spec: ParameterSpec, table: ParameterTable, standing: list[Assertion]
) -> list[Finding]:
    found, start = [], _start(new)
    old = table.lookup(new.item, new.area_code, start)
    if old is not None and old.value > value and spec.unit == "fen":
        found.append(Finding(WARN, f"比此前执行的 {shown(spec, old.value)} 低，请确认不是误填。"))
    following = min((_start(other) for other in standing if _start(other) > start), default=None)
    if following is not None and new.valid_to is None:
        found.append(Finding(WARN, f"{following} 起另有已复核的值，本值只执行到前一日。"))
    if new.valid_to is not None and (following is None or following > new.valid_to):
        found.append(Finding(WARN, f"{new.valid_to} 失效后没有接续的值，届时本级将没有自己的标准。"))
    return found


def _sides(new: Assertion, after: ParameterTable, specs: Mapping[str, ParameterSpec]) -> list[Finding]:
    pair = next(
        ([new.item.replace(side, each) for each in SIDES] for side in SIDES if side in new.item.split("_")), None
    )
    if pair is None or not specs.keys() >= set(pair):
        return []
    urban, rural = (after.lookup(item, new.area_code, _start(new)) for item in pair)
    if urban is None or rural is None or specs[pair[0]].per != specs[pair[1]].per or rural.value <= urban.value:
        return []
    labels = [specs[item].label for item in pair]
    return [
        Finding(
            WARN,
            f"{labels[1]} {shown(specs[pair[1]], rural.value)} 高于{labels[0]} {shown(specs[pair[0]], urban.value)}，"
            "请确认。",
        )
    ]


def _fallen_below(
    new: Assertion, table: ParameterTable, after: ParameterTable, specs: Mapping[str, ParameterSpec]
) -> list[Finding]:
    """Values that the standard leaves below a floor: derived ones of the division, or (a floor raised) those of others."""
    start, found = _start(new), []
    for item, spec in specs.items():
        if not spec.floor or item == new.item:
            continue
        value, floor = (after.lookup(name, new.area_code, start) for name in (item, spec.floor))
        was = table.lookup(item, new.area_code, start)
        if value is None or floor is None or value.value >= floor.value:
            continue
        if was is None or was.value != value.value:
            found.append(Finding(WARN, _below(spec, value.value, floor, specs[spec.floor], start)))
    bound = [item for item, spec in specs.items() if spec.floor == new.item]
    low = sorted(
        {
            (row.area_code, row.item)
            for row in table.assertions()
            if row.item in bound and row.in_force(start) and contains(new.area_code, row.area_code)
            if (now := after.lookup(row.item, row.area_code, start)) is not None
            if (floor := after.lookup(new.item, row.area_code, start)) is not None and now.value < floor.value
        }
    )
    if low:
        named = "、".join(f"{area[:6]} {specs[item].label}" for area, item in low[:MOST_NAMED])
        more = f" 等 {len(low)} 项" if len(low) > MOST_NAMED else ""
        found.append(Finding(WARN, f"下限提高后，下列标准低于它，须由当地调整：{named}{more}。"))
    return found


def _start(assertion: Assertion) -> date:
    return assertion.start or date.min


def _source(found: Found) -> str:
    return " ".join(part for part in (found.assertion.source, found.assertion.article) if part)


def _published(assertion: Assertion) -> str:
    return f"{assertion.published}{assertion.published_unit}" if assertion.published else str(assertion.value)
