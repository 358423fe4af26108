"""Every clock cites a document or says it is the area's own, and the nearest division's holds."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from shouwang.engine.book import Book
from shouwang.rules.clocks import Clock, ClockError, clock, clocks, first_month, share, shares, starts

DAY = date(2026, 11, 2)
COUNTY = "990101000000"


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("monitoring.triage", 3),
        ("monitoring.proactive_triage", 3),
        ("monitoring.handling", 10),
        ("monitoring.feedback", 5),
        ("monitoring.coordination", 10),
    ],
)
def test_monitoring_has_no_national_number_and_says_so(key: str, days: int) -> None:
    found = clock(key, COUNTY, DAY)
    assert (found.length, found.kind, found.cites, found.is_local) == (days, "working", "local", True)


def test_the_public_notice_runs_in_calendar_days() -> None:
    found = clock("dibao.publicity", "990101100000", DAY)
    assert found == Clock(
        "dibao.publicity",
        "初审公示",
        7,
        "calendar",
        "dibao-2021-57:19",
        starts="公示之日",
        by="乡镇人民政府（街道办事处）",
        sense="lasts",
    )
    assert (found.text, clock("dibao.review_confirm", COUNTY, DAY).text) == ("7日", "10个工作日")


def test_every_clock_cites_an_article_of_a_document_in_force_and_none_rests_on_what_nobody_read(book: Book) -> None:
    for table in (clocks(), starts(), shares()):
        for entry in (each for entries in table.values() for each in entries):
            key, _, article = entry.value.cites.partition(":")
            source = book.sources[key]
            if key == "local":
                continue
            assert article, entry
            assert source.confidence in ("A", "B", "C"), entry
            assert source.in_force is None or source.in_force <= entry.since, entry
            assert source.repealed is None or (entry.until is not None and entry.until <= source.repealed), entry


def test_a_clock_that_only_one_place_has_is_not_lent_to_others() -> None:
    with pytest.raises(ClockError, match="没有施行"):
        clock("linshi.home_visit", COUNTY, DAY)
    assert clock("linshi.home_visit", "231000000000", DAY).text == "10个工作日"


def test_every_label_is_its_own_and_every_clock_says_from_when_and_whose() -> None:
    found = [entries[0].value for entries in clocks().values()]
    assert len({each.label for each in found}) == len(found)
    assert all(each.starts.endswith("日") and each.by for each in found)


def test_two_entries_of_one_division_never_hold_together() -> None:
    for entries in clocks().values():
        for first, second in pairwise(entries):
            assert first.area_code != second.area_code or (first.until is not None and first.until <= second.since)


def test_what_the_older_text_said_holds_for_its_days_only() -> None:
    assert clock("dibao.review_confirm", COUNTY, date(2021, 6, 30)).text == "5个工作日"
    assert clock("dibao.review_confirm", COUNTY, date(2021, 7, 1)).text == "10个工作日"
    assert clock("dibao.reject_notice", COUNTY, date(2021, 6, 30)).text == "3日"
    assert clock("dibao.recheck_unstable_rural", COUNTY, date(2021, 6, 30)).sentence == "每3个月至少一次"
    assert clock("dibao.recheck_unstable_rural", COUNTY, DAY).sentence == "每6个月至少一次"
    with pytest.raises(ClockError, match="没有施行"):
        clock("dibao.appraisal", COUNTY, DAY)


def test_an_unknown_clock_and_one_not_yet_in_force_are_refused() -> None:
    with pytest.raises(ClockError, match="没有名为"):
        clock("dibao.unheard_of", COUNTY, DAY)
    with pytest.raises(ClockError, match="没有施行"):
        clock("dibao.total", COUNTY, date(2020, 1, 1))
    with pytest.raises(ClockError, match="没有名为"):
        share("dibao.unheard_of", COUNTY, DAY)
    with pytest.raises(ClockError, match="没有施行"):
        share("visits.monthly", COUNTY, date(2025, 12, 30))
    with pytest.raises(ClockError, match="起始月份"):
        first_month("unheard_of", COUNTY, decided_on=DAY)
