"""The register as columns: who lived together on a day, what was known at a moment."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from shouwang.apps.registry.selectors import (
    household_areas,
    household_case,
    household_total,
    names_of,
    persons_by_index,
    snapshot_tables,
)
from shouwang.apps.registry.selectors.snapshot import SnapshotTables
from shouwang.apps.registry.services import NewFact, load_roster, record_facts
from shouwang.engine.frame import OPEN
from shouwang.lib.dates import day_number
from tests.cast import COUNTY, NEXT_VILLAGE, OTHER_VILLAGE, VILLAGE, at, id_number, member, register

pytestmark = pytest.mark.django_db

FIRST, JUNE, JULY, OCTOBER = date(2026, 1, 1), date(2026, 6, 1), date(2026, 7, 1), date(2026, 10, 31)


def facts_of(tables: SnapshotTables) -> list[tuple[object, ...]]:
    columns = tables.facts.select(["subject", "of_household", "item", "value", "true_from", "true_to"]).to_pydict()
    return sorted(zip(*columns.values(), strict=True), key=repr)


def one_of(household_id: int) -> list[tuple[object, ...]]:
    one = household_case(household_id, OCTOBER, at())
    assert one is not None
    told = [(fact.person or 0, fact.person is None, *fact[1:]) for fact in one.facts]
    return sorted(told, key=repr)


def test_households_stand_in_order_of_place_with_their_members_beside_them() -> None:
    register(
        member(1, household="B", area_code=OTHER_VILLAGE),
        member(2, household="A"),
        member(3, household="A", relation="20", born=date(2015, 1, 2), sex=2),
        member(4, household="C", area_code=NEXT_VILLAGE),
    )
    tables = snapshot_tables(COUNTY, OCTOBER, at())
    assert tables.persons["household_index"].to_pylist() == [0, 0, 1]
    assert tables.persons["relation"].to_pylist() == [2, 20, 2]
    assert tables.persons["sex"].to_pylist() == [1, 2, 1]
    assert tables.persons["birth_day"].to_pylist()[1] == day_number(date(2015, 1, 2))
    assert tables.households["area_code"].to_pylist() == sorted(tables.persons["area_code"].to_pylist()[1:])
    assert snapshot_tables("000000000000", OCTOBER, at()).households.num_rows == 3


def test_facts_and_categories_point_at_their_subject() -> None:
    head, child = register(
        member(1, facts={"property.compliant": 1}),
        member(2, relation="20", category="dibao", category_from=date(2025, 1, 1)),
    )
    record_facts(
        [NewFact(child.id, None, "medical.outpatient_cost", "", 70_000, "", JUNE, date(2026, 6, 2))],
        source="medical",
        delivery=uuid4(),
        known_at=at(JUNE),
    )
    assert facts_of(snapshot_tables(COUNTY, OCTOBER, at())) == [
        (0, True, "property.compliant", 1, day_number(FIRST), int(OPEN)),
        (1, False, "category.dibao", 1, day_number(date(2025, 1, 1)), int(OPEN)),
        (1, False, "medical.outpatient_cost", 70_000, day_number(JUNE), day_number(date(2026, 6, 2))),
    ]
    assert head.household_id is not None
    assert one_of(head.household_id) == facts_of(snapshot_tables(COUNTY, OCTOBER, at()))


def test_one_household_has_the_members_the_snapshot_has_in_two_reads(django_assert_num_queries) -> None:
    child, head = register(
        member(2, relation="20", born=date(2015, 1, 2), sex=2, facts={"income.wage_year": 1}), member(1)
    )
    register(member(3, household="H2"))
    assert head.household_id is not None
    with django_assert_num_queries(2):
        one = household_case(head.household_id, OCTOBER, at())
    tables = snapshot_tables(COUNTY, OCTOBER, at())
    assert one is not None
    assert one.person_ids == (head.id, child.id) == tuple(tables.persons["person_id"].to_pylist()[:2])
    assert one.area_code == VILLAGE
    assert (one.members[1].birth_date, one.members[1].sex, one.members[1].relation) == (date(2015, 1, 2), 2, 20)


def test_a_household_nobody_lives_in_yet_is_none() -> None:
    (later,) = register(member(1), as_of=JULY)
    assert later.household_id is not None
    assert household_case(later.household_id, JUNE, at()) is None


def test_reading_as_of_a_moment_gives_what_was_known_then() -> None:
    rows = member(1, household="H1", category="dibao", facts={"income.wage_year": 100})
    register(rows)
    register(member(2, household="H2"))
    before = snapshot_tables(COUNTY, OCTOBER, at(JUNE))
    load_roster(
        [member(1, household="H2", relation="20", facts={"income.wage_year": 500})],
        delivery=None,
        known_at=at(JULY),
        as_of=JUNE,
    )
    again, now = snapshot_tables(COUNTY, OCTOBER, at(JUNE)), snapshot_tables(COUNTY, OCTOBER, at())
    assert again.persons == before.persons
    assert facts_of(again) == facts_of(before)
    assert (before.households.num_rows, now.households.num_rows) == (2, 1)
    assert [row[2:4] for row in facts_of(now)] == [
        ("category.dibao", 1),
        ("income.wage_year", 100),
        ("income.wage_year", 500),
    ]


def test_members_and_facts_of_later_days_are_left_out() -> None:
    register(member(1, category="dibao", category_from=JULY), as_of=FIRST)
    register(member(2, household="H2"), as_of=JULY)
    tables = snapshot_tables(COUNTY, JUNE, at())
    assert (tables.persons.num_rows, tables.facts.num_rows) == (1, 0)


def test_empty_division_gives_empty_tables() -> None:
    tables = snapshot_tables(COUNTY, OCTOBER, at())
    assert (tables.persons.num_rows, tables.households.num_rows, tables.facts.num_rows) == (0, 0, 0)


def test_snapshot_takes_four_reads_whatever_its_size(django_assert_num_queries) -> None:
    register(*(member(number, household=f"H{number}", facts={"income.wage_year": 1}) for number in range(1, 30)))
    with django_assert_num_queries(4):
        assert snapshot_tables(COUNTY, OCTOBER, at()).persons.num_rows == 29


def test_people_are_found_by_index_many_at_a_time(django_assert_num_queries) -> None:
    from shouwang.apps.registry.selectors import index_of_id

    rows = [member(number, household=f"H{number}") for number in range(1, 40)]
    register(*rows)
    wanted = [index_of_id(row.id_number) for row in rows]
    with django_assert_num_queries(1):
        found = persons_by_index([*wanted, index_of_id(id_number(450))])
    assert set(found) == set(wanted)
    assert found[wanted[4]].name == "测试5"


def test_names_of_people_and_heads() -> None:
    child, head = register(member(2, relation="20", name="张小"), member(1, relation="02", name="张大"))
    names = names_of(persons={child.id}, households={head.household_id}, on=OCTOBER)
    assert (names.persons, names.heads) == ({child.id: "张小"}, {head.household_id: "张大"})


def test_only_the_items_asked_for_are_read() -> None:
    register(
        member(1, facts={"property.compliant": 1}),
        member(2, relation="20", category="dibao", category_from=date(2025, 1, 1), facts={"income.wage_year": 5}),
    )
    whole = facts_of(snapshot_tables(COUNTY, OCTOBER, at()))
    for items in (["category.dibao"], ["income.wage_year", "property.compliant"], []):
        some = snapshot_tables(COUNTY, OCTOBER, at(), items)
        assert facts_of(some) == [fact for fact in whole if fact[2] in items]
        assert some.persons.num_rows == 2


def test_areas_of_a_division_are_listed_unless_it_is_too_large() -> None:
    register(member(1, household="A"), member(2, household="B"), member(3, household="C", area_code=OTHER_VILLAGE))
    assert household_areas(COUNTY, at_most=3) == [VILLAGE, OTHER_VILLAGE]
    assert household_areas(COUNTY, at_most=2) is None
    assert (household_total(COUNTY), household_total(NEXT_VILLAGE)) == (3, 0)
