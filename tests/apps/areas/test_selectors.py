"""Names as of a day, children, search, and where a code went."""

from __future__ import annotations

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from shouwang.apps.areas import selectors, services
from tests.apps.areas.history import EXTRACT

pytestmark = pytest.mark.django_db

TODAY = date(2026, 10, 31)


@pytest.fixture(autouse=True)
def _history(db: None) -> None:
    services.import_history(EXTRACT)


@pytest.mark.parametrize(
    ("code", "on", "successors"),
    [
        ("110101", date(2000, 1, 1), ("110101",)),  # continues
        ("110103", date(2000, 1, 1), ("110101",)),  # merged
        ("110103", TODAY, ("110101",)),  # an old code still in use in a file
        ("150105", date(1990, 1, 1), ("150102", "150103", "150104", "150105")),  # split, the code used again
        ("150105", date(2005, 1, 1), ("150105",)),  # its second life
        ("220122", date(1982, 1, 1), ("220122",)),  # away under another code for a year, and back
        ("220604", date(1990, 1, 1), ("220681",)),  # three steps
        ("222202", date(1983, 1, 1), ("220600",)),  # through a prefecture that changed its name
        ("130124", date(1990, 1, 1), ("130111",)),  # a part that left earlier is not the county
        ("132100", date(1990, 1, 1), ()),  # abolished, nobody recorded where to
    ],
)
def test_code_is_followed_to_today(code: str, on: date, successors: tuple[str, ...]) -> None:
    assert selectors.resolve(code, on, TODAY) == tuple(each + "000000" for each in successors)


def test_code_is_followed_only_as_far_as_asked() -> None:
    assert selectors.resolve("220604", date(1990, 1, 1), date(1992, 12, 31)) == ("220624000000",)
    assert selectors.resolve("110103", date(2000, 1, 1), date(2010, 12, 30)) == ("110103000000",)


def test_parts_of_the_territory_are_shown_on_request() -> None:
    found = selectors.resolve("130123", date(1990, 1, 1), TODAY, parts=True)
    assert found == ("130102000000", "130108000000", "130123000000")
    assert selectors.resolve("130123", date(2002, 1, 1), TODAY, parts=True) == ("130123000000",)


def test_code_of_the_year_it_began_is_understood() -> None:
    assert selectors.resolve("110118", date(2015, 11, 1), TODAY) == ("110118000000",)


def test_unknown_code_is_refused_in_chinese() -> None:
    with pytest.raises(selectors.UnknownDivision, match="不在资料中"):
        selectors.resolve("999999", TODAY, TODAY)


def test_code_not_yet_in_use_is_refused_in_chinese() -> None:
    with pytest.raises(selectors.UnknownDivision, match="尚未启用"):
        selectors.resolve("110118", date(2001, 1, 1), TODAY)


def test_name_is_the_name_of_that_day() -> None:
    names = [selectors.division_name("150105", on) for on in (date(1990, 1, 1), date(2001, 1, 1))]
    assert names == ["郊区", "赛罕区"]
    assert selectors.division_name("110118", date(2001, 1, 1)) is None
    assert selectors.division_name("000000000000") == "全国"


def test_path_leaves_out_a_level_that_does_not_exist() -> None:
    assert selectors.name_path("110101") == "北京市东城区"
    assert selectors.name_path("429004") == "湖北省仙桃市"


def test_path_of_an_unrecorded_code_shows_the_code() -> None:
    assert selectors.name_path("130123999000") == "河北省石家庄市正定县130123999000"
    assert selectors.name_path("000000000000") == "全国"


def test_many_paths_take_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        paths = selectors.name_paths(["130123", "110101000000"], TODAY)
    assert paths == {"130123": "河北省石家庄市正定县", "110101000000": "北京市东城区"}


def test_children_step_over_a_missing_level() -> None:
    assert [each.name for each in selectors.children_of("110000", TODAY)] == ["东城区", "密云区"]
    assert [each.name for each in selectors.children_of("420000", TODAY)] == ["仙桃市"]
    assert [each.name for each in selectors.children_of("130000", TODAY)] == ["石家庄市"]
    assert "北京市" in [each.name for each in selectors.children_of("000000000000", TODAY)]


def test_children_are_those_of_the_day() -> None:
    assert [each.name for each in selectors.children_of("110000", date(2000, 1, 1))] == ["东城区", "崇文区"]


def test_search_finds_by_name_and_by_code_inside_a_division() -> None:
    assert [each.code[:6] for each in selectors.search_divisions("石家庄")] == ["130100"]
    assert [each.name for each in selectors.search_divisions("1301", limit=2)] == ["石家庄市", "长安区"]
    assert selectors.search_divisions("石家庄", within="110000") == []
    assert selectors.search_divisions("  ") == []
