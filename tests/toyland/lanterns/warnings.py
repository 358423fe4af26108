from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, Warns, rule


@rule(
    PERSON,
    "匠级升高",
    cites="lantern-law:5",
    since="2031-01-01",
    warns=Warns("黄", "in", "上门道贺", ("guild",)),
)
def promoted(grade: int, grade_before: int, grade_days: int, notice_days: int) -> bool:
    return grade > 0 and grade_before > 0 and grade < grade_before and grade_days <= notice_days


@rule(
    HOUSEHOLD,
    "点灯证将到期",
    cites="lantern-law:6",
    since="2031-01-01",
    warns=Warns("红", "out", "换发点灯证", ("register",)),
)
def licence_ending(licence_days: int, notice_days: int) -> bool:
    return 0 <= licence_days <= notice_days
