"""One household's facts folded into the inputs of a day, in plain Python: what ``state.fold_facts`` gives, in well under a millisecond.

A county is folded as columns. For a dozen facts of a handful of people the columns cost a hundred times the work, so one
household has a telling of its own; ``tests/engine/test_fold.py`` holds the two to each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from shouwang.engine.book import Book
from shouwang.engine.call import Case
from shouwang.engine.compare.periods import calendar_year_start, last_full_months, school_year_start
from shouwang.engine.frame import OPEN
from shouwang.engine.inputs import InputSpec, ItemSpec
from shouwang.engine.meaning import Value
from shouwang.engine.rule import Entity
from shouwang.engine.tree import GREATEST
from shouwang.lib.dates import age_on, birthday_in, date_of, day_number


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a single household."""

    birth_date: date | None = None
    sex: int = 0
    relation: int = 0


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact of a single household: of the member at ``person``, or of the household (None)."""

    item: str
    value: int
    true_from: date
    true_to: date | None = None
    person: int | None = None


class DatedFact(NamedTuple):
    """A fact as the register holds it: days as numbers, ``true_to`` excluded (``OPEN``: it lasts)."""

    person: int | None
    item: str
    value: int
    true_from: int
    true_to: int


def case_from_facts(
    book: Book,
    area_code: str,
    members: Sequence[Member],
    facts: Iterable[FactRow],
    as_of: date,
    *,
    covered_feeds: Collection[str],
) -> Case:
    """One household's facts as a Case: ``fold_household`` for facts with dates."""
    rows = [
        DatedFact(
            row.person,
            row.item,
            row.value,
            day_number(row.true_from),
            int(OPEN) if row.true_to is None else day_number(row.true_to),
        )
        for row in facts
    ]
    return fold_household(book, area_code, members, rows, as_of, covered_feeds=covered_feeds)


def fold_household(
    book: Book,
    area_code: str,
    members: Sequence[Member],
    facts: Iterable[DatedFact],
    as_of: date,
    *,
    covered_feeds: Collection[str],
    names: Collection[str] | None = None,
) -> Case:
    """Every input of the book (or only ``names``) of one household as of a day; the meaning is ``state.fold_facts``'s."""
    asked = _asked(book, None if names is None else frozenset(names))
    day = day_number(as_of)
    told: dict[tuple[int | None, str], list[DatedFact]] = defaultdict(list)
    for fact in facts:
        if fact.true_from <= day:
            told[fact.person, fact.item].append(fact)
    silent = _silent(book, asked, frozenset(covered_feeds))
    household, persons = dict(silent[0]), [dict(silent[1]) for _ in members]
    for values, base, who in (
        (household, asked.household_base, None),
        *((person, asked.person_base, member) for person, member in zip(persons, members, strict=True)),
    ):
        for spec in base:
            values[spec.name] = _base(spec, who, len(members), as_of)
    for (person, item), found in told.items():
        folds = asked.by_item.get((item, person is not None))
        if folds:
            values = household if person is None else persons[person]
            found.sort(key=_began)
            kind = book.items[item]
            for spec in folds:
                counted = _counted(spec, kind, found, as_of, day)
                if counted:
                    amount = _amount(spec.fold, counted, day)
                    values[spec.name] = amount if amount is None or spec.unit != "bool" else amount != 0
    return Case(area_code, household, persons)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The inputs wanted, by what they are made of; ``folded`` says of each (household's, a person's) its item."""

    by_item: dict[tuple[str, bool], list[InputSpec]]
    household_base: list[InputSpec]
    person_base: list[InputSpec]
    folded: tuple[tuple[InputSpec, ...], tuple[InputSpec, ...]]


@lru_cache(maxsize=64)
def _asked(book: Book, names: frozenset[str] | None) -> _Asked:
    wanted = [spec for name, spec in book.inputs.items() if names is None or name in names]
    by_item: dict[tuple[str, bool], list[InputSpec]] = {}
    for spec in wanted:
        if spec.item is not None:
            by_item.setdefault((spec.item, spec.entity is Entity.PERSON), []).append(spec)
    own = [spec for spec in wanted if spec.entity is Entity.PERSON]
    shared = [spec for spec in wanted if spec.entity is Entity.HOUSEHOLD]
    return _Asked(
        by_item,
        [spec for spec in shared if spec.item is None],
        [spec for spec in own if spec.item is None],
        (tuple(shared), tuple(own)),
    )


_remembered: dict[tuple[int, frozenset[str]], tuple[_Asked, tuple[dict[str, Value], dict[str, Value]]]] = {}


def _silent(book: Book, asked: _Asked, covered: frozenset[str]) -> tuple[dict[str, Value], dict[str, Value]]:
    """What household and member are where no fact counts: 0 or no where the item's feed is covered and silence speaks."""
    key = (id(asked), covered)
    kept = _remembered.get(key)
    if kept is not None and kept[0] is asked:
        return kept[1]
    if len(_remembered) > 256:
        _remembered.clear()

    def value(spec: InputSpec) -> Value:
        if spec.item is None or spec.absent != "zero" or book.items[spec.item].feed not in covered:
            return None
        return False if spec.unit == "bool" else 0

    shared, own = ({spec.name: value(spec) for spec in specs} for specs in asked.folded)
    _remembered[key] = (asked, (shared, own))
    return shared, own


def _began(fact: DatedFact) -> int:
    return fact.true_from


def _base(spec: InputSpec, member: Member | None, size: int, as_of: date) -> Value:
    """An input that comes from the register itself; sex and relation 0, and a birth day not recorded, are unknown."""
    if spec.base == "household":
        return size == 1
    assert member is not None
    if spec.base != "birth_date":
        return (member.sex if spec.base == "sex" else member.relation) or None
    born = member.birth_date
    if born is None:
        return None
    if spec.fold == "as_is":
        return day_number(born)
    if spec.fold == "age_years":
        return age_on(born, as_of)
    this_year = birthday_in(born, as_of.year)
    last = this_year if this_year <= as_of else birthday_in(born, as_of.year - 1)
    return (as_of - last).days


def _counted(spec: InputSpec, item: ItemSpec, facts: list[DatedFact], as_of: date, day: int) -> list[DatedFact]:
    """The facts a fold looks at, in the order they began."""
    match spec.fold:
        case "first_day" | "last_day":
            return facts
        case "days_since_nonzero" | "sum_nonzero_day":
            found = [fact for fact in facts if fact.value != 0]
            return [fact for fact in found if fact.true_from == found[-1].true_from]
        case "sum_calendar_year":
            return _since(facts, day_number(calendar_year_start(as_of)))
        case "sum_school_year":
            return _since(facts, day_number(school_year_start(as_of)))
        case "sum_days":
            return _since(facts, day_number(as_of - timedelta(days=spec.window)) + 1)
        case "sum_last_month" | "count_last_months" | "distinct_values_last_month":
            first, after = (day_number(each) for each in last_full_months(as_of, spec.window or 1))
            if spec.fold == "distinct_values_last_month" and item.kind == "state":
                return [fact for fact in facts if fact.true_from < after and fact.true_to > first]
            return [fact for fact in facts if first <= fact.true_from < after]
    in_force = [fact for fact in facts if fact.true_to > day] if item.kind == "state" else facts
    if spec.fold == "previous":
        return [fact for fact in facts if in_force and fact.true_from < in_force[-1].true_from]
    return in_force


def _since(facts: list[DatedFact], first: int) -> list[DatedFact]:
    return [fact for fact in facts if fact.true_from >= first]


def _amount(fold: str, counted: list[DatedFact], day: int) -> int | None:
    """What the facts come to, None if it cannot be told."""
    last = counted[-1]
    match fold:
        case "latest" | "previous" | "days_until":
            if any(fact.value != last.value for fact in counted if fact.true_from == last.true_from):
                return None
            return last.value - day if fold == "days_until" else last.value
        case "latest_day" | "last_day":
            return last.true_from
        case "first_day":
            return counted[0].true_from
        case "days_since" | "days_since_nonzero":
            return day - last.true_from
        case "any":
            return int(any(fact.value != 0 for fact in counted))
        case "count_active":
            return len(counted)
        case "count_last_months":
            return len({_month(fact.true_from) for fact in counted})
        case "distinct_values_last_month":
            return len({fact.value for fact in counted})
    total = sum(fact.value for fact in counted)
    return total if abs(total) <= GREATEST else None


def _month(day: int) -> tuple[int, int]:
    found = date_of(day)
    return found.year, found.month
