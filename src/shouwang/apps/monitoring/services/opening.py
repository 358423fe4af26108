"""Turns the signals of a run into alerts: opened once, merged while they last, held back after closing, marked gone.

The run keeps how far its signals were taken, written in the same transaction as the alerts: killed anywhere, the next
call goes on from there and ends in the same state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Max, Q

from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.assessment import services as runs
from shouwang.apps.audit.record import record
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.access import SUBJECT
from shouwang.apps.monitoring.deadlines import deadline_of
from shouwang.apps.monitoring.models import Alert, Step
from shouwang.apps.monitoring.services.counting import Tally, add_to_day
from shouwang.apps.monitoring.services.pacing import Pace
from shouwang.apps.registry import selectors as registry
from shouwang.engine.parameters import ParameterTable
from shouwang.lib import clock

if TYPE_CHECKING:
    from shouwang.apps.assessment.models import Run

Progress = Callable[[str, int, int], None]
Signal = assessment.Signal
Key = tuple[str, str]


def open_alerts(run: Run, progress: Progress | None = None) -> Run:
    """Open, merge, hold back and clear alerts by a judged run, then finish it; returns the finished run.

    Batches commit on their own, each in at most about half a second. A finished run is returned as it is.
    """
    if run.state == run.State.FINISHED:
        return run
    present, cleared = assessment.signals_of(run), assessment.cleared_of(run)
    total, pace, cooldown = len(present) + len(cleared), Pace(), _Cooldown(run.as_of, assessment.parameters())
    while run.taken < total:
        with pace.timed(), transaction.atomic():
            if run.taken < len(present):
                chunk = present.rows(run.taken, pace.size)
                counts = _take(run, chunk, cooldown)
            else:
                chunk = cleared.rows(run.taken - len(present), pace.size)
                counts = {"signals_cleared": _clear(run, chunk)}
            run = runs.note_taken(run, len(chunk), counts)
        if progress:
            progress("开单", run.taken, total)
    return runs.finish_run(run, {"alerts": pace.spent, "longest_batch": pace.longest})


@dataclass(frozen=True)
class _Cooldown:
    """For how many days after closing an alert is not opened anew (alert_cooldown_days; not set: none)."""

    as_of: date
    parameters: ParameterTable

    def days(self, area_code: str) -> int:
        found = self.parameters.lookup("alert_cooldown_days", area_code, self.as_of)
        return 0 if found is None else found.value

    def holds(self, signal: Signal, closed_on: date | None) -> bool:
        return closed_on is not None and (self.as_of - closed_on).days < self.days(signal.area_code)


def _take(run: Run, signals: Sequence[Signal], cooldown: _Cooldown) -> dict[str, int]:
    known = {(alert.rule, alert.subject_key): alert for alert in _open_among(signals)}
    unmet = [signal for signal in signals if _key(signal) not in known]
    closed = _closed_lately(unmet, cooldown)
    fresh = [signal for signal in unmet if not cooldown.holds(signal, closed.get(_key(signal)))]
    _merge(run, [(known[_key(signal)], signal) for signal in signals if _key(signal) in known])
    _open(run, fresh)
    return {"opened": len(fresh), "merged": len(signals) - len(unmet), "suppressed": len(unmet) - len(fresh)}


def _key(signal: Signal) -> Key:
    return signal.rule, signal.subject_key


def _among(signals: Iterable[Signal]) -> Q:
    keys = [_key(signal) for signal in signals]
    return Q(rule__in={rule for rule, _ in keys}, subject_key__in={subject for _, subject in keys})


def _open_among(signals: Sequence[Signal]) -> list[Alert]:
    return list(Alert.objects.filter(_among(signals), closed_on__isnull=True))


def _closed_lately(signals: Sequence[Signal], cooldown: _Cooldown) -> dict[Key, date]:
    longest = max((cooldown.days(signal.area_code) for signal in signals), default=0)
    rows = Alert.objects.filter(_among(signals), closed_on__gt=cooldown.as_of - timedelta(days=longest))
    latest = rows.values("rule", "subject_key").annotate(last=Max("closed_on"))
    return {(row["rule"], row["subject_key"]): row["last"] for row in latest}


def _merge(run: Run, pairs: Sequence[tuple[Alert, Signal]]) -> None:
    seen = Alert.objects.filter(pk__in=[alert.pk for alert, _ in pairs], closed_on__isnull=True)
    seen.update(times_seen=F("times_seen") + 1, last_seen_run=run.uuid, last_seen_on=run.as_of, signal_cleared_on=None)
    changed = [alert for alert, signal in pairs if alert.evidence != signal.evidence]
    evidence = {alert.pk: signal.evidence for alert, signal in pairs}
    for alert in changed:
        alert.evidence = evidence[alert.pk]
    Alert.objects.bulk_update(changed, ["evidence"], batch_size=200)


def _open(run: Run, signals: Sequence[Signal]) -> None:
    if not signals:
        return
    names = registry.names_of(
        persons={signal.person_id for signal in signals if signal.person_id},
        households={signal.household_id for signal in signals if not signal.person_id},
        on=run.as_of,
    )
    alerts = Alert.objects.bulk_create(_alert(run, signal, names) for signal in signals)
    at = clock.now()
    Step.objects.bulk_create(Step(alert=alert, at=at, verb="open", to_state=states.OPEN) for alert in alerts)
    add_to_day(run.as_of, [Tally(alert, opened=1) for alert in alerts])
    details = {"run": str(run.uuid), "uuids": [str(alert.uuid) for alert in alerts]}
    record(None, "alert.open", subject_kind=SUBJECT, area_code=run.area_code, details=details)


def _alert(run: Run, signal: Signal, names: registry.Names) -> Alert:
    warning = assessment.warnings(run.as_of)[signal.rule]
    name = names.persons.get(signal.person_id) if signal.person_id else names.heads.get(signal.household_id)
    deadline = deadline_of(signal.rule, states.OPEN, signal.area_code, run.as_of)
    return Alert(
        rule=signal.rule,
        level=warning.level,
        direction=warning.direction,
        household_id=signal.household_id,
        person_id=signal.person_id,
        subject_key=signal.subject_key,
        subject_name=name or "",
        area_code=signal.area_code,
        evidence=signal.evidence,
        opened_on=run.as_of,
        opened_by_run=run.uuid,
        last_seen_run=run.uuid,
        last_seen_on=run.as_of,
        handling_level=states.DUTIES[states.OPEN].level,
        **deadline.columns(),
    )


def _clear(run: Run, signals: Sequence[Signal]) -> int:
    keys = {_key(signal) for signal in signals}
    gone = [
        alert
        for alert in _open_among(signals)
        if (alert.rule, alert.subject_key) in keys
        and alert.signal_cleared_on is None
        and alert.last_seen_run != run.uuid
    ]
    Alert.objects.filter(pk__in=[alert.pk for alert in gone]).update(signal_cleared_on=run.as_of)
    at = clock.now()
    note = f"{run.as_of:%Y-%m-%d} 比对时该信号已不存在"
    Step.objects.bulk_create(
        Step(alert=alert, at=at, verb="clear", from_state=alert.state, to_state=alert.state, note=note)
        for alert in gone
    )
    return len(gone)
