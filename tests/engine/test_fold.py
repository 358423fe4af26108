"""Facts folded to a day: against a slow telling of the same folds, one subject at a time."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.base_columns import base_column
from shouwang.engine.compare.household import DatedFact, FactRow, Member, case_from_facts, fold_household
from shouwang.engine.compare.periods import last_full_months, school_year_start
from shouwang.engine.compare.state import fold_facts
from shouwang.engine.frame import OPEN, UNKNOWN_DAY, FactColumns, Frame, People
from shouwang.engine.meaning import within
from shouwang.lib.dates import age_on, birthday_in, day_number

FEEDS = ("fields", "beach", "guild", "register", "bakery", "river")
AS_OF = st.sampled_from([date(2032, 3, 15), date(2032, 2, 29), date(2032, 8, 31), date(2033, 1, 1), date(2031, 12, 31)])


def slow(book, spec, facts, as_of, covered):
    """One subject's input, told plainly. ``facts`` are (value, from, to) of its item."""
    item = book.items[spec.item]
    facts = sorted(((begin, value, end) for value, begin, end in facts if begin <= as_of), key=lambda fact: fact[0])
    in_force = [fact for fact in facts if item.kind == "event" or fact[2] is None or fact[2] > as_of]
    nothing = 0 if spec.absent == "zero" and item.feed in covered else None

    def newest(found):
        tied = {value for begin, value, _ in found if begin == found[-1][0]}
        return found[-1] if len(tied) == 1 else None

    def since(day):
        return [fact for fact in facts if fact[0] >= day]

    match spec.fold:
        case "sum_calendar_year":
            return sum(v for _, v, _ in since(date(as_of.year, 1, 1))) if since(date(as_of.year, 1, 1)) else nothing
        case "sum_school_year":
            found = since(school_year_start(as_of))
            return sum(v for _, v, _ in found) if found else nothing
        case "sum_days":
            found = since(as_of - timedelta(days=spec.window - 1))
            return sum(v for _, v, _ in found) if found else nothing
        case "sum_last_month":
            first, after = last_full_months(as_of, 1)
            found = [v for begin, v, _ in facts if first <= begin < after]
            return sum(found) if found else nothing
        case "count_last_months":
            first, after = last_full_months(as_of, spec.window)
            return len({begin.month for begin, _, _ in facts if first <= begin < after}) or nothing
        case "distinct_values_last_month":
            first, after = last_full_months(as_of, 1)
            return len({v for begin, v, end in facts if begin < after and (end is None or end > first)}) or nothing
        case "days_since_nonzero" | "sum_nonzero_day":
            found = [(begin, v) for begin, v, _ in facts if v]
            if not found:
                return nothing
            last = max(begin for begin, _ in found)
            return (as_of - last).days if spec.fold[0] == "d" else sum(v for begin, v in found if begin == last)
        case "first_day" | "last_day":
            return day_number(facts[0 if spec.fold == "first_day" else -1][0]) if facts else nothing
    if spec.fold == "previous":
        found = [fact for fact in facts if in_force and fact[0] < in_force[-1][0]]
        if not found:
            return nothing
        return newest(found)[1] if newest(found) else None
    if not in_force:
        return nothing
    begin, value, _ = in_force[-1]
    match spec.fold:
        case "latest":
            return value if newest(in_force) else None
        case "days_until":
            return value - day_number(as_of) if newest(in_force) else None
        case "latest_day":
            return day_number(begin)
        case "days_since":
            return (as_of - begin).days
        case "count_active":
            return len(in_force)
    return any(value for _, value, _ in in_force)


def facts_of(book, subject):
    items = sorted(name for name, item in book.items.items() if item.subject == subject)
    month_ends = [date(2031, 8, 31), date(2031, 9, 1), date(2031, 12, 31), date(2032, 1, 1), date(2032, 2, 29)]
    days = st.one_of(st.sampled_from(month_ends), st.dates(date(2031, 6, 1), date(2032, 6, 1)))
    return st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(items),
            st.integers(-3, 5),
            days,
            st.one_of(st.none(), st.integers(1, 90)),
        ),
        max_size=40,
    )


def columns(rows):
    items = sorted({row[1] for row in rows})
    return FactColumns(
        items,
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([items.index(row[1]) for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.int64),
        np.array([day_number(row[3]) for row in rows], dtype=np.int32),
        np.array([OPEN if row[4] is None else day_number(row[3]) + row[4] for row in rows], dtype=np.int32),
    )


@given(data=st.data(), as_of=AS_OF, covered=st.sets(st.sampled_from(FEEDS)))
@settings(max_examples=120, deadline=None)
def test_every_fold_gives_what_it_says(toyland, data, as_of, covered):
    own, shared = data.draw(facts_of(toyland, "person")), data.draw(facts_of(toyland, "household"))
    unknown = np.full(4, 0)
    people = People(
        np.array(["970101001001"] * 4), np.array([0, 0, 1, 3]), np.zeros(4, dtype=np.int32), unknown, unknown
    )
    frame = fold_facts(toyland, people, columns(own), columns(shared), as_of, covered_feeds=covered)
    for name, spec in toyland.inputs.items():
        if spec.item is None:
            continue
        rows, found = (own, frame.person) if spec.entity == "person" else (shared, frame.household)
        for subject in range(4):
            facts = [
                (value, begin, None if days is None else begin + timedelta(days=days))
                for who, item, value, begin, days in rows
                if who == subject and item == spec.item
            ]
            expected = slow(toyland, spec, facts, as_of, covered)
            if expected is not None and spec.unit == "bool":
                expected = expected != 0
            assert (name, subject, found[name].at(subject)) == (name, subject, expected)


DAYS = st.one_of(st.none(), st.dates(date(1930, 1, 1), date(2032, 3, 1)), st.sampled_from([date(2000, 2, 29)]))


@given(data=st.data(), as_of=AS_OF, covered=st.sets(st.sampled_from(FEEDS)), asked=st.booleans())
@settings(max_examples=100, deadline=None)
def test_one_household_in_plain_python_is_folded_as_a_county_is(toyland, data, as_of, covered, asked):
    members = data.draw(
        st.lists(st.builds(Member, DAYS, st.integers(0, 2), st.sampled_from([0, 1, 20])), min_size=1, max_size=4)
    )
    own = [row for row in data.draw(facts_of(toyland, "person")) if row[0] < len(members)]
    shared = [(0, *row[1:]) for row in data.draw(facts_of(toyland, "household"))]
    names = set(sorted(toyland.inputs)[::2]) if asked else None
    people = People(
        np.array(["970101001001"]),
        np.zeros(len(members), dtype=np.int64),
        np.array([UNKNOWN_DAY if each.birth_date is None else day_number(each.birth_date) for each in members]),
        np.array([each.sex for each in members]),
        np.array([each.relation for each in members]),
    )
    frame = fold_facts(toyland, people, columns(own), columns(shared), as_of, covered_feeds=covered, names=names)
    facts = [
        DatedFact(
            who if mine else None, item, value, day_number(begin), OPEN if days is None else day_number(begin) + days
        )
        for rows, mine in ((own, True), (shared, False))
        for who, item, value, begin, days in rows
    ]
    plain = fold_household(toyland, "970101001001", members, facts, as_of, covered_feeds=covered, names=names)
    assert plain == frame.case(0)


def test_one_household_goes_through_the_same_fold(toyland):
    case = case_from_facts(
        toyland,
        "970101001001",
        [Member(date(1970, 3, 16), sex=2), Member()],
        [
            FactRow("toy.harvest", 500, date(2032, 2, 1), person=0),
            FactRow("toy.harvest", 70, date(2032, 3, 15), person=0),
            FactRow("toy.harvest", 9, date(2032, 3, 16), person=0),
            FactRow("toy.barns", 3, date(2031, 1, 1)),
            FactRow("toy.flood", 800, date(2032, 3, 1)),
        ],
        date(2032, 3, 15),
        covered_feeds={"fields"},
    )
    assert (case.household["barns"], case.household["flood_loss"], case.household["debt"]) == (3, 800, None)
    first, second = case.members
    assert (first["harvest"], first["harvest_month"], first["age"], first["birthday_days"]) == (570, 500, 61, 365)
    assert (first["sex"], first["alone"]) == (2, False)
    assert (second["harvest"], second["age"], second["sex"], second["away"]) == (0, None, None, None)


def test_two_words_for_one_day_cannot_be_told(toyland):
    """The later state is contradicted; an earlier contradiction is past and done."""
    now, before = date(2032, 1, 1), date(2031, 1, 1)
    for days, expected in (((now, now), (None, 0)), ((before, now), (2, 1)), ((before, before, now), (3, None))):
        rows = [FactRow("toy.grade", value, day, person=0) for value, day in enumerate(days, start=1)]
        case = case_from_facts(toyland, "970101001001", [Member()], rows, date(2032, 3, 15), covered_feeds=FEEDS)
        assert (case.members[0]["grade"], case.members[0]["grade_before"]) == expected


def test_a_person_counts_from_their_own_facts_only_when_alone(toyland):
    case = case_from_facts(toyland, "970101001001", [Member()], [], date(2032, 3, 15), covered_feeds=())
    assert case.members[0]["alone"] is True


@given(
    st.lists(st.dates(date(1920, 1, 1), date(2032, 1, 1)), min_size=1),
    st.one_of(AS_OF, st.dates(date(2032, 1, 1), date(2040, 1, 1))),
)
def test_ages_and_birthdays_are_those_of_the_calendar(toyland, births, as_of):
    births = [*births, date(2000, 2, 29), date(as_of.year - 30, as_of.month, as_of.day if as_of.day < 29 else 28)]
    days = np.array([day_number(each) for each in births], dtype=np.int32)
    zero = np.zeros(len(births), dtype=np.int64)
    people = People(np.array(["970101001001"]), zero, days, zero, zero)
    frame = Frame(people.area_codes, people.offsets())
    ages = base_column(toyland.inputs["age"], people, frame, as_of).values.tolist()
    assert ages == [age_on(birth, as_of) for birth in births]
    since = base_column(toyland.inputs["birthday_days"], people, frame, as_of).values.tolist()
    last = [max(day for year in (as_of.year, as_of.year - 1) if (day := birthday_in(b, year)) <= as_of) for b in births]
    assert since == [(as_of - day).days for day in last]


@pytest.mark.parametrize(
    ("as_of", "first", "after"),
    [
        (date(2026, 10, 31), date(2026, 10, 1), date(2026, 11, 1)),
        (date(2026, 11, 2), date(2026, 10, 1), date(2026, 11, 1)),
        (date(2026, 10, 30), date(2026, 9, 1), date(2026, 10, 1)),
        (date(2027, 1, 1), date(2026, 12, 1), date(2027, 1, 1)),
        (date(2028, 2, 28), date(2028, 1, 1), date(2028, 2, 1)),
    ],
)
def test_a_month_is_full_once_its_last_day_has_come(as_of, first, after):
    assert last_full_months(as_of, 1) == (first, after)


def test_a_sum_that_leaves_64_bits_cannot_be_told(toyland):
    rows = [
        FactRow("toy.harvest", 2**62, date(2032, 2, day), person=who) for who in (0, 1) for day in range(1, 2 + who)
    ]
    members = [Member(), Member()]
    case = case_from_facts(toyland, "970101001001", members, rows, date(2032, 3, 15), covered_feeds={"fields"})
    assert [member["harvest"] for member in case.members] == [2**62, None]


def test_days_until_a_day_that_no_64_bits_hold_cannot_be_told(toyland):
    as_of = date(2032, 3, 15)
    edge = -(2**63) + day_number(as_of)
    for day, days in ((edge - 1, None), (edge, -(2**63))):
        row = DatedFact(None, "toy.licence", day, 0, int(OPEN))
        case = fold_household(toyland, "970101001001", [Member()], [row], as_of, covered_feeds=())
        assert within(case.household["licence_days"]) == days
        one = [np.array([each], dtype=np.int64) for each in (0, 0, day)]
        facts = FactColumns(["toy.licence"], *one, np.zeros(1, np.int32), np.array([OPEN]))
        people = People(
            np.array(["970101001001"]),
            np.zeros(1, np.int64),
            np.array([UNKNOWN_DAY]),
            np.zeros(1, np.int64),
            np.zeros(1, np.int64),
        )
        frame = fold_facts(toyland, people, FactColumns.none(), facts, as_of, covered_feeds=())
        assert frame.household["licence_days"].at(0) == days


def test_persons_out_of_order_are_refused(toyland):
    zero = np.zeros(2, dtype=np.int64)
    people = People(np.array(["970101001001"] * 2), np.array([1, 0]), zero, zero, zero)
    with pytest.raises(ValueError, match="sorted by household"):
        fold_facts(toyland, people, FactColumns.none(), FactColumns.none(), date(2032, 1, 1), covered_feeds=())
