"""Keeps the daily counts in step with the alerts, in the transaction of the act that is counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from shouwang.apps.monitoring.models import Alert, DailyCount

COLUMNS = ("opened", "closed", "confirmed", "false_alarms", "overdue", "days_to_close")


@dataclass(frozen=True)
class Tally:
    """What one alert adds to its day."""

    alert: Alert
    opened: int = 0
    closed: int = 0
    confirmed: int = 0
    false_alarms: int = 0
    overdue: int = 0
    days_to_close: int = 0


def add_to_day(day: date, tallies: Iterable[Tally]) -> None:
    """Add to the day's counters: one atomic upsert per (division, rule), in key order so that writers cannot deadlock."""
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * len(COLUMNS))
    for tally in tallies:
        row = sums[tally.alert.area_code, tally.alert.rule, tally.alert.level]
        for position, column in enumerate(COLUMNS):
            row[position] += getattr(tally, column)
    if not sums:
        return
    table = DailyCount._meta.db_table
    added = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in COLUMNS)
    places = ", ".join(["%s"] * (4 + len(COLUMNS)))
    sql = (
        f"INSERT INTO {table} (day, area_code, rule, level, {', '.join(COLUMNS)}) VALUES ({places}) "  # noqa: S608 — names from the model
        f"ON CONFLICT (day, area_code, rule) DO UPDATE SET {added}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(day, *key, *sums[key]) for key in sorted(sums)])
