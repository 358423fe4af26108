"""Every clock cites a document or says it is the area's own, and the nearest division's holds."""

from __future__ import annotations

from datetime import date

import pytest

from shouwang.engine.book import Book
from shouwang.rules.clocks import Clock, ClockError, clock, clocks

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
    assert (found.days, found.kind, found.cites, found.is_local) == (days, "working", "local", True)


def test_the_public_notice_runs_in_calendar_days() -> None:
    found = clock("dibao.publicity", "990101100000", DAY)
    assert found == Clock("dibao.publicity", "初审公示", 7, "calendar", "dibao-2021-57:19")
    assert (found.text, clock("dibao.review_confirm", COUNTY, DAY).text) == ("7日", "10个工作日")


def test_every_clock_cites_a_document_and_those_of_the_law_were_read_in_full(book: Book) -> None:
    for entries in clocks().values():
        for entry in entries:
            key, _, article = entry.clock.cites.partition(":")
            assert key in book.sources
            if not entry.clock.is_local:
                assert article
                assert book.sources[key].confidence == "A"
                assert (book.sources[key].in_force or date.max) <= entry.since


def test_an_unknown_clock_and_one_not_yet_in_force_are_refused() -> None:
    with pytest.raises(ClockError, match="没有名为"):
        clock("dibao.unheard_of", COUNTY, DAY)
    with pytest.raises(ClockError, match="没有施行"):
        clock("dibao.total", COUNTY, date(2020, 1, 1))
