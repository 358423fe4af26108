"""Accepted records → facts of the register, as the contract's ``facts`` say. No database: people are already known by id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from shouwang.apps.exchange.contract import Contract, FactRule
from shouwang.apps.registry.services import NewFact
from shouwang.engine.compare.periods import period_start, school_year_start
from shouwang.lib.crypto import sm3_hex
from shouwang.lib.dates import add_months

KEY_LENGTH, DETAIL_LENGTH = 48, 120
_NUMBERED = re.compile(r"[0-9]{14,}[Xx]?")
Subject = tuple[int | None, int | None]
FactKey = tuple[int | None, int | None, str, str, date]


@dataclass(slots=True)
class _Gathered:
    """What the rows of one fact key say together."""

    rule: FactRule
    value: int
    true_to: date | None
    detail: str
    records: list[int] = field(default_factory=list)
    contradicts: bool = False


class FactGatherer:
    """Takes the records of one delivery and gives the facts they amount to; records that contradict one another give none."""

    def __init__(self, contract: Contract, period: str) -> None:
        self.contract = contract
        self._start = period_start(period)
        self._codes = {column.name: column for column in contract.columns if column.type == "code"}
        self._found: dict[FactKey, _Gathered] = {}
        self._seen: set[tuple[Any, ...]] = set()
        self._backwards: set[int] = set()
        self._homeless: set[int] = set()
        self.repeated = 0

    def add(self, record: int, person_id: int, household_id: int | None, row: Mapping[str, Any]) -> None:
        """Add one record about a person; the very same record a second time counts once."""
        same = (person_id, *row.values())
        if same in self._seen:
            self.repeated += 1
            return
        self._seen.add(same)
        for rule in self.contract.facts:
            if self._applies(rule, row):
                self._gather(rule, record, person_id, household_id, row)

    def _applies(self, rule: FactRule, row: Mapping[str, Any]) -> bool:
        if rule.filled and row[rule.filled] is None:
            return False
        return _matches(rule.when, row, True) and not _matches(rule.unless, row, False)

    def _gather(
        self, rule: FactRule, record: int, person_id: int, household_id: int | None, row: Mapping[str, Any]
    ) -> None:
        start = school_year_start(self._start) if rule.start == "school_year" else row[rule.start]
        end, backwards = self._end(rule, start, row)
        if backwards:
            self._backwards.add(record)
            return
        subject: Subject = (person_id, None)
        if rule.subject == "household":
            if household_id is None:
                self._homeless.add(record)
                return
            subject = (None, household_id)
        value = rule.value if isinstance(rule.value, int) else row[rule.value]
        if value is None:
            return
        key = (*subject, rule.item, self._joined(rule.key, row, ":", KEY_LENGTH), start)
        before = self._found.get(key)
        if before is None:
            self._found[key] = _Gathered(
                rule, value, end, self._joined(rule.detail, row, "，", DETAIL_LENGTH), [record]
            )
            return
        before.records.append(record)
        if rule.combine == "sum":
            before.value += value
        elif rule.combine == "max":
            before.value = max(before.value, value)
        elif before.value != value:
            before.contradicts = True
        if end is not None:
            before.true_to = end if before.true_to is None else min(end, before.true_to)

    def _end(self, rule: FactRule, start: date, row: Mapping[str, Any]) -> tuple[date | None, bool]:
        """Return the first day on which it is no longer true (None: open), and whether the row's days run backwards."""
        if rule.span == "day":
            return start + timedelta(days=1), False
        if rule.span == "month":
            return add_months(start, 1), False
        over = not rule.ended or _matches(rule.ended, row, False)
        if not over:
            return None, False
        last = row[rule.to] if rule.to else None
        if last is None:
            if not rule.ended:
                return None, False
            last = max(self._start, start)
        elif last < start:
            return None, True
        if rule.to_included and rule.to:
            last += timedelta(days=1)
        return max(last, start + timedelta(days=1)), False

    def _joined(self, names: tuple[str, ...], row: Mapping[str, Any], between: str, length: int) -> str:
        texts = [
            self._codes[name].label(row[name]) if name in self._codes else str(row[name])
            for name in names
            if row[name] is not None
        ]
        text = _NUMBERED.sub("（号码略）", between.join(texts)) if length == DETAIL_LENGTH else between.join(texts)
        if len(text) <= length:
            return text
        return text[: length - 9] + "#" + sm3_hex(text.encode())[:8] if length == KEY_LENGTH else text[:length]

    def contradicting(self) -> set[int]:
        """Return the numbers of records that contradict another record or themselves: a human has to look."""
        return self._backwards.union(*(found.records for found in self._found.values() if found.contradicts))

    def homeless(self) -> set[int]:
        """Return the numbers of records about a household whose person belongs to none."""
        return self._homeless

    def facts(self) -> Iterator[tuple[FactRule, NewFact]]:
        """Yield each fact with its rule; of ``first`` items only the earliest day per subject and key."""
        first: dict[tuple[Any, ...], date] = {}
        for (person, household, item, key, start), found in self._found.items():
            if found.rule.combine == "first":
                first[person, household, item, key] = min(start, first.get((person, household, item, key), start))
        for (person, household, item, key, start), found in self._found.items():
            if found.contradicts or first.get((person, household, item, key), start) != start:
                continue
            yield found.rule, NewFact(person, household, item, key, found.value, found.detail, start, found.true_to)


def _matches(choice: Mapping[str, Iterable[Any]], row: Mapping[str, Any], when_empty: bool) -> bool:
    if not choice:
        return when_empty
    return all(row[name] in wanted for name, wanted in choice.items())
