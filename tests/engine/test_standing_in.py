"""What stands in for a parameter nobody set: one line for town and country, a ratio of another, month and year."""

from __future__ import annotations

from datetime import date

import pytest

from shouwang.engine.parameter_csv import problems_with
from shouwang.engine.parameter_spec import Derived, ParameterSpec
from shouwang.engine.parameters import Assertion, ParameterTable

DAY = date(2030, 6, 1)
PROVINCE, CITY, COUNTY = "970000000000", "970100000000", "970101000000"
YEARLY = {"unit": "fen", "per": "person-year", "policy": "x"}
SPECS = {
    each.item: each
    for each in (
        ParameterSpec("one", "统一线", **YEARLY),
        ParameterSpec("rural", "农村线", instead=("one",), **YEARLY),
        ParameterSpec("institution", "集中供养线", instead=("rural", "one"), **YEARLY),
        ParameterSpec("times", "倍数", "ratio", "x"),
        ParameterSpec("tekun", "特困线", derived=Derived("rural", "times"), **YEARLY),
        ParameterSpec("tolerance", "容差", "fen", "x", per="person-month"),
    )
}


def said(item: str, area: str, value: int, per: str = "person-year", since: date = date(2030, 1, 1)) -> Assertion:
    return Assertion(item, area, value, per, since)


def found(*rows: Assertion, item: str, area: str = COUNTY, day: date = DAY) -> int | None:
    answer = ParameterTable(rows, specs=SPECS).lookup(item, area, day)
    return None if answer is None else answer.value


def test_a_monthly_amount_of_a_yearly_parameter_is_twelve_times_it() -> None:
    assert found(said("rural", COUNTY, 60_000, "person-month"), item="rural") == 720_000


def test_a_yearly_amount_of_a_monthly_parameter_must_divide() -> None:
    assert problems_with([said("tolerance", COUNTY, 1_200)], SPECS) == []
    assert "不能化为每月整分" in problems_with([said("tolerance", COUNTY, 1_000)], SPECS)[0]


def test_one_line_stands_in_for_town_and_country_where_it_is_set() -> None:
    rows = [said("one", CITY, 800_000), said("rural", PROVINCE, 500_000)]
    assert found(*rows, item="rural") == 800_000
    assert found(*rows, said("rural", COUNTY, 600_000), item="rural") == 600_000


def test_of_several_that_stand_in_the_first_one_set_in_the_nearest_division_wins() -> None:
    rows = [said("one", COUNTY, 800_000), said("rural", CITY, 500_000)]
    assert found(*rows, item="institution") == 800_000
    assert found(*rows, said("rural", COUNTY, 600_000), item="institution") == 600_000
    assert found(*rows, said("institution", COUNTY, 700_000), item="institution") == 700_000
    assert found(said("institution", CITY, 700_000), said("one", COUNTY, 1), item="institution") == 1


def test_a_derived_value_follows_the_nearest_line_and_the_nearest_ratio() -> None:
    rows = [said("rural", COUNTY, 720_000), said("times", PROVINCE, 468_000, "ratio")]
    assert found(*rows, item="tekun") == 936_000
    assert found(*rows, said("tekun", CITY, 999_900), item="tekun") == 999_900
    assert found(*rows, said("tekun", CITY, 999_900), said("times", COUNTY, 360_000, "ratio"), item="tekun") == 720_000


def test_a_derived_fraction_of_a_fen_goes_up() -> None:
    assert found(said("rural", COUNTY, 100), said("times", COUNTY, 120_000, "ratio"), item="tekun") == 34


def test_without_a_line_or_a_ratio_nothing_is_derived() -> None:
    assert found(said("rural", COUNTY, 720_000), item="tekun") is None
    assert found(said("times", COUNTY, 468_000, "ratio"), item="tekun") is None


def test_a_later_value_replaces_an_open_one_from_its_first_day() -> None:
    rows = [said("rural", COUNTY, 1), said("rural", COUNTY, 2, since=date(2031, 1, 1))]
    assert found(*rows, item="rural", day=date(2030, 12, 31)) == 1
    assert found(*rows, item="rural", day=date(2031, 1, 1)) == 2


@pytest.mark.parametrize(
    ("seen", "day", "holds"),
    [("2030-05", date(2030, 4, 30), False), ("2030-05", date(2030, 5, 1), True), ("2030", DAY, True)],
)
def test_a_value_only_seen_holds_from_then_on(seen: str, day: date, holds: bool) -> None:
    row = Assertion("rural", COUNTY, 5, "person-year", None, observed_on=seen)
    assert (found(row, item="rural", day=day) == 5) is holds


def test_what_lies_below_the_division_that_sets_values_shares_them() -> None:
    national = ParameterTable([said("rural", "000000000000", 300_000)], specs=SPECS)
    table = national.overlaid([said("rural", COUNTY, 600_000)])
    one, other = (table.lookup("rural", village, DAY) for village in ("970101001001", "970101002002"))
    assert one is other
    assert one is not None
    assert one.value == 600_000
    assert table.lookup("rural", "970102001001", DAY) == national.lookup("rural", "000000000000", DAY)
    assert table.lookup("times", "970101001001", DAY) is None
