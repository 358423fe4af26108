"""Working days against the published arrangement; a year nobody arranged is never guessed."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from shouwang.lib.workdays import CalendarFileError, CalendarNotPublished, WorkCalendar

EXTRACT = Path(__file__).parents[1] / "data" / "adjusted_days_extract.csv"


def test_calendar_equals_the_published_days() -> None:
    calendar = WorkCalendar()
    with EXTRACT.open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == 39
    for row in rows:
        assert calendar.is_working_day(date.fromisoformat(row["date"])) == (row["verdict"] == "working_day"), row


def test_count_skips_the_long_holiday_and_meets_the_adjusted_saturday() -> None:
    calendar = WorkCalendar()
    assert calendar.add_working_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert calendar.add_working_days(date(2026, 10, 8), 2) == date(2026, 10, 10)


def test_zero_working_days_is_the_day_itself() -> None:
    assert WorkCalendar().add_working_days(date(2026, 10, 1), 0) == date(2026, 10, 1)


def test_count_into_an_unpublished_year_says_so() -> None:
    with pytest.raises(CalendarNotPublished, match="2027 年节假日安排尚未发布") as refused:
        WorkCalendar().add_working_days(date(2026, 12, 31), 3)
    assert refused.value.year == 2027


def arrangement(folder: Path, *lines: str) -> Path:
    path = folder / "year.csv"
    path.write_text("\n".join(("date,verdict,festival,in_lieu", *lines)), encoding="utf-8")
    return path


def test_imported_year_is_counted(tmp_path: Path) -> None:
    """Invented arrangement: only the shape of a year matters here."""
    path = arrangement(tmp_path, "2026-12-26,working_day,元旦,", "2027-01-01,day_off,元旦,", "2027-01-04,day_off,元旦,")
    calendar = WorkCalendar().extended(path)
    assert calendar.add_working_days(date(2026, 12, 31), 1) == date(2027, 1, 5)
    assert calendar.is_working_day(date(2026, 12, 26))
    assert not calendar.is_working_day(date(2026, 10, 1))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["2027-02-06,day_off,春节,"], "2027 年没有 1 月 1 日"),
        (["2027-01-01,maybe,元旦,"], "第 2 行"),
        (["2027-01-01,day_off,元旦,", "2027-01-01,working_day,元旦,"], "说法不同"),
        ([], "没有任何一年"),
    ],
)
def test_arrangement_that_cannot_be_trusted_is_refused(tmp_path: Path, lines: list[str], reason: str) -> None:
    with pytest.raises(CalendarFileError, match=reason):
        WorkCalendar().extended(arrangement(tmp_path, *lines))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("date,verdict\n元旦,day_off\n".encode("gb18030"), "UTF-8"),
        (b"date,verdict\n" + b"x" * 200_000 + b",day_off\n", "CSV|第 2 行不能识别"),
        (b"date,verdict\n2027-01-01\n", "verdict 只能填"),
        (None, "不存在"),
    ],
)
def test_file_that_is_no_arrangement_is_told_in_chinese(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "days.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CalendarFileError, match=reason):
        WorkCalendar().extended(path)


def test_days_passed_over_do_not_count_as_working_days() -> None:
    calendar = WorkCalendar()
    assert calendar.add_working_days(date(2026, 3, 2), 3) == date(2026, 3, 5)
    assert calendar.add_working_days(date(2026, 3, 2), 3, {date(2026, 3, 4), date(2026, 3, 7)}) == date(2026, 3, 6)
