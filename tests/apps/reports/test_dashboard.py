from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from shouwang.apps.accounts.access import Actor
from shouwang.apps.areas import services as areas
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.monitoring.services.counting import Tally, add_to_day
from shouwang.apps.reports import selectors
from shouwang.lib import disclosure
from tests.cast import (
    COUNTY,
    NEXT_VILLAGE,
    OTHER_TOWNSHIP,
    OTHER_VILLAGE,
    TODAY,
    TOWNSHIP,
    VILLAGE,
    Cast,
    member,
    register,
    signed_in,
)

pytestmark = pytest.mark.django_db

RULES = {"paid_after_death": "红", "medical_spending_registered": "橙", "age_threshold": "黄"}
DIVISIONS = (
    ("990000000000", "示范省"),
    ("990100000000", "示范市"),
    (COUNTY, "安禾县"),
    (TOWNSHIP, "青坪镇"),
    (OTHER_TOWNSHIP, "石桥镇"),
    (VILLAGE, "上河村"),
    (OTHER_VILLAGE, "下河村"),
    ("990102000000", "临禾县"),
)
MOST_QUERIES = 20


@pytest.fixture
def divisions(tmp_path_factory: pytest.TempPathFactory, db: None) -> None:
    path = tmp_path_factory.mktemp("areas") / "divisions.csv"
    levels = {2: "province", 4: "city", 6: "county", 9: "township", 12: "village"}
    lines = ["code,name,level,valid_from,valid_to,source"]
    for code, name in DIVISIONS:
        digits = min(width for width in levels if not code[width:].strip("0"))
        lines.append(f"{code},{name},{levels[digits]},,,demo")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    areas.import_local(path)


def count(day: date, area_code: str, rule: str, **figures: int) -> None:
    """Put figures into the daily counts, as the services do when alerts open and close."""
    add_to_day(day, [Tally(Alert(area_code=area_code, rule=rule, level=RULES[rule]), **figures)])


def some_counts() -> None:
    count(date(2026, 10, 2), VILLAGE, "paid_after_death", opened=9, closed=2)  # the first day out of the last 31
    count(date(2026, 11, 1), VILLAGE, "medical_spending_registered", opened=30, closed=7, overdue=3)
    count(date(2026, 11, 1), OTHER_VILLAGE, "medical_spending_registered", opened=11)
    count(date(2026, 11, 2), "990101101201", "age_threshold", opened=3)
    count(date(2026, 11, 2), NEXT_VILLAGE, "age_threshold", opened=500, closed=100)


def test_county_sees_its_own_figures_and_nothing_of_the_next(xian: Actor, divisions: None) -> None:
    some_counts()
    seen = selectors.overview(xian, TODAY)
    assert (seen.total.open, seen.total.opened, seen.total.closed, seen.total.overdue) == (44, 44, 7, 3)
    assert [(line.key, line.open) for line in seen.by_level] == [("红", 7), ("橙", 34), ("黄", 3)]
    assert {line.label: line.open for line in seen.by_child} == {"青坪镇": 41, "石桥镇": 3}
    assert [line.key for line in seen.by_rule] == ["paid_after_death", "medical_spending_registered", "age_threshold"]


@pytest.mark.parametrize("table", ["by_level", "by_rule", "by_child"])
def test_every_table_adds_up_to_the_total(xian: Actor, divisions: None, table: str) -> None:
    some_counts()
    seen = selectors.overview(xian, TODAY)
    for measure in ("open", "opened", "closed", "overdue"):
        assert sum(getattr(line, measure) for line in getattr(seen, table)) == getattr(seen.total, measure)


def test_township_is_shown_its_villages(zhen: Actor, divisions: None) -> None:
    some_counts()
    assert {line.label: line.open for line in selectors.overview(zhen, TODAY).by_child} == {"上河村": 30, "下河村": 11}


def test_city_is_not_told_small_figures_and_cannot_add_them_up(shi: Actor, divisions: None) -> None:
    some_counts()
    seen = selectors.overview(shi, TODAY)
    levels = {line.key: line.open for line in seen.by_level}
    assert levels == {"红": 7, "橙": 34, "黄": 403}
    overdue = [line.overdue for line in seen.by_rule]
    assert None in overdue
    assert seen.total.overdue is None, "three overdue alerts in all are themselves a small figure"
    assert {line.overdue for line in (*seen.by_level, *seen.by_child)} == {None}


def test_city_chart_is_silent_where_the_total_is_withheld(shi: Actor, divisions: None) -> None:
    count(TODAY, VILLAGE, "paid_after_death", opened=3)
    count(TODAY, NEXT_VILLAGE, "paid_after_death", opened=2)
    seen = selectors.overview(shi, TODAY)
    assert seen.total.opened is None
    months = selectors.trend(shi, TODAY, "month", seen.total).opened
    assert (months[-3], months[-2:]) == (0, [None, None]), "the last 31 days lie in two months"
    assert set(selectors.trend(shi, TODAY, "day", seen.total).opened) == {None}


def test_city_is_not_told_the_one_quiet_day_between_busy_ones(shi: Actor, divisions: None) -> None:
    for day, opened in ((20, 60), (25, 2), (31, 40)):
        count(date(2026, 10, day), VILLAGE, "paid_after_death", opened=opened)
    total = selectors.overview(shi, TODAY).total
    days = selectors.trend(shi, TODAY, "day", total).opened
    assert total.opened == 102
    assert days.count(None) == 2, "with one alone, the total would give it away"


def test_trend_covers_the_months_since_the_first_alert_or_thirty_one_days(xian: Actor, divisions: None) -> None:
    some_counts()
    total = selectors.overview(xian, TODAY).total
    months = selectors.trend(xian, TODAY, "month", total)
    assert months.labels == ["26-06", "26-07", "26-08", "26-09", "26-10", "26-11"], (
        "months before the first alert are left out"
    )
    assert (months.opened[-3:], months.closed[-3:]) == ([0, 9, 44], [0, 2, 7])
    days = selectors.trend(xian, TODAY, "day", total)
    assert (days.labels[0], days.labels[-1], days.opened[-2:]) == ("10-03", "11-02", [41, 3])
    assert sum(days.opened) == total.opened


def test_trend_goes_back_twelve_months_at_most(xian: Actor, divisions: None) -> None:
    count(date(2024, 5, 31), VILLAGE, "age_threshold", opened=9)
    count(date(2025, 12, 31), VILLAGE, "age_threshold", opened=8)
    seen = selectors.trend(xian, TODAY, "month", selectors.overview(xian, TODAY).total)
    assert (seen.labels[0], seen.opened[0], len(seen.labels)) == ("25-12", 8, 12)


def test_people_count_once_though_in_two_categories(xian: Actor, divisions: None) -> None:
    since = date(2026, 1, 1)
    register(
        member(1, household="H1", relation="02", category="dibao", category_from=since),
        member(2, household="H1", relation="10", category="dibao", category_from=since),
        member(3, household="H2", relation="02", category="tekun", category_from=since, area_code="990101101201"),
        member(4, household="H3", relation="02"),
        member(5, household="H4", relation="02", category="dibao", category_from=since, area_code=NEXT_VILLAGE),
    )
    seen = selectors.population(xian, TODAY)
    assert dict(seen.by_category)["低保对象"] == 2
    assert (seen.total, seen.by_child[TOWNSHIP], seen.by_child[OTHER_TOWNSHIP]) == (3, 2, 1)


def test_city_is_not_told_that_three_people_are_in_the_register(shi: Actor, divisions: None) -> None:
    register(*(member(n, household=f"H{n}", category="dibao", category_from=date(2026, 1, 1)) for n in range(1, 4)))
    seen = selectors.population(shi, TODAY)
    assert (seen.total, seen.by_child[COUNTY], dict(seen.by_category)["低保对象"]) == (None, None, None)


@pytest.mark.parametrize("post", ["cun", "zhen", "xian", "shi", "sheng"])
def test_page_opens_for_every_level_with_few_queries(
    cast: Cast, divisions: None, post: str, django_assert_max_num_queries: pytest.FixtureLookupError
) -> None:
    some_counts()
    client = signed_in(getattr(cast, post))
    with django_assert_max_num_queries(MOST_QUERIES):
        answer = client.get(reverse("reports:dashboard"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "示意图，非行政区域界线" in page
    for svg in re.findall(r"<svg xmlns.*?</svg>", page, re.DOTALL):
        assert ET.fromstring(svg).get("role") == "img"
    assert (f"“{disclosure.WITHHELD}”为隐去的数" in page) == (post in ("shi", "sheng"))


def test_wide_posts_get_no_links_to_drill_into(cast: Cast, divisions: None) -> None:
    some_counts()
    county, city = (
        signed_in(actor).get(reverse("reports:dashboard")).content.decode() for actor in (cast.xian, cast.shi)
    )
    assert f"?area={TOWNSHIP}" in county
    assert "?area=" not in city


def test_next_county_reads_only_its_own(cast: Cast, divisions: None) -> None:
    some_counts()
    page = signed_in(cast.linxiang).get(reverse("reports:dashboard")).content.decode()
    assert "青坪镇" not in page
    assert selectors.overview(cast.linxiang, TODAY).total.open == 400


def test_nobody_in_means_the_sign_in_page() -> None:
    answer = Client().get(reverse("reports:dashboard"))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login")
