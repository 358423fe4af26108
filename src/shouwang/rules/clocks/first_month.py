"""From which month a decision takes effect: a rule of each scheme, not of the clerk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from shouwang.lib.dates import add_months, month_start
from shouwang.rules.clocks.dated import ClockError, Table, nearest, read_table

BASES = {"after_decision": "决定之日的次月起", "decision": "决定当月起", "application": "递交申请当月起"}


@dataclass(frozen=True, slots=True)
class Start:
    """``basis`` after_decision, decision or application: the month a scheme's decision takes effect in."""

    scheme: str
    label: str
    basis: str
    cites: str

    @property
    def text(self) -> str:
        """For a screen: 决定之日的次月起."""
        return BASES[self.basis]


def first_month(scheme: str, area_code: str, *, decided_on: date, applied_on: date | None = None) -> date:
    """The first day of the first month a decision counts for, by the rule in force where and when it was made.

    Raises ClockError (中文) for an unknown scheme, none in force, or a day of application that is needed and missing.
    """
    entries = starts().get(scheme)
    if entries is None:
        raise ClockError(f"没有“{scheme}”的起始月份规定")
    found = nearest(entries, entries[0].value.label, area_code, decided_on)
    if found.basis == "application":
        if applied_on is None:
            raise ClockError(f"“{found.label}”从递交申请当月算起，缺少申请日期")
        return month_start(applied_on)
    return add_months(month_start(decided_on), 1 if found.basis == "after_decision" else 0)


def back_months(scheme: str, area_code: str, *, decided_on: date, applied_on: date | None = None) -> tuple[date, ...]:
    """The months before the month of the decision that are owed with the first payment."""
    month = first_month(scheme, area_code, decided_on=decided_on, applied_on=applied_on)
    owed = []
    while month < month_start(decided_on):
        owed.append(month)
        month = add_months(month, 1)
    return tuple(owed)


@cache
def starts() -> Table[Start]:
    """Every dated entry by scheme. Raises ValueError for a file that does not hold together."""
    return read_table("first_months.yaml", _made)


def _made(scheme: str, fields: dict[str, Any], each: dict[str, Any]) -> Start:
    if set(fields) != {"label"} or set(each) != {"basis", "cites"} or each["basis"] not in BASES:
        raise ValueError("basis or fields are wrong")
    return Start(scheme, str(fields["label"]), str(each["basis"]), str(each["cites"]))
