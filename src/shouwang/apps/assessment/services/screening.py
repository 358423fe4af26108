"""One screening: the register as known now, every benefit, every county; its findings replace the ones before.

Killed anywhere, the next call throws the unfinished one away and starts again: findings are read from finished ones only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice

from django.db import IntegrityError, transaction

from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.frames import ordered, snapshot_of
from shouwang.apps.assessment.models import Finding, Screening
from shouwang.apps.assessment.screening import Found, screen
from shouwang.apps.assessment.services.running import RunMoved
from shouwang.apps.audit.record import record
from shouwang.apps.exchange import selectors as exchange
from shouwang.apps.registry import selectors as registry
from shouwang.lib import clock
from shouwang.lib.area_codes import contains, normalise_code
from shouwang.rules.coverage import benefits

Progress = Callable[[str, int, int], None]
BATCH = 500


def screen_register(area_code: str, as_of: date, progress: Progress | None = None) -> Screening:
    """Screen a division's register on a day; returns the finished screening. Raises RunMoved if another is at it."""
    tell = progress or _silent
    screening = _start(normalise_code(area_code), as_of)
    tell("取登记册快照", 0, 1)
    tables = ordered(registry.snapshot_tables(screening.area_code, as_of, screening.known_at))
    tell("取登记册快照", 1, 1)
    snapshot = snapshot_of(tables.persons, tables.households, tables.facts)
    book, parameters = selectors.book(), selectors.parameters()
    counts: Counter[str] = Counter(people=len(snapshot.person_ids), households=len(snapshot.household_ids))
    done = 0
    for county, part in snapshot.by_county():
        found = screen(
            book,
            part,
            as_of,
            area_code=county,
            parameters=parameters,
            covered_feeds=exchange.covered_feeds(county, as_of),
            benefits=benefits().values(),
        )
        _keep(screening, found, counts)
        done += len(part.household_ids)
        tell("筛查", done, len(snapshot.household_ids))
    return _finish(screening, counts, {"rules": book.fingerprint, "parameters": parameters.fingerprint})


def _start(area_code: str, as_of: date) -> Screening:
    now = clock.now()
    with transaction.atomic():
        for stale in Screening.objects.select_for_update().filter(state=Screening.State.RUNNING):
            if contains(area_code, stale.area_code) or contains(stale.area_code, area_code):
                stale.delete()
        try:
            with transaction.atomic():
                return Screening.objects.create(area_code=area_code, as_of=as_of, known_at=now, started_at=now)
        except IntegrityError:
            raise RunMoved from None


def _keep(screening: Screening, found: Iterator[Found], counts: Counter[str]) -> None:
    """Store findings in short transactions, so that people who work meanwhile never wait long."""
    while batch := list(islice(found, BATCH)):
        with transaction.atomic():
            mine = Screening.objects.select_for_update().filter(pk=screening.pk, state=Screening.State.RUNNING)
            if mine.first() is None:  # the lock keeps it from being thrown away under its findings
                raise RunMoved
            Finding.objects.bulk_create(
                Finding(
                    screening=screening,
                    scheme=each.scheme,
                    verdict=int(each.verdict),
                    rank=each.rank,
                    household_id=each.household_id,
                    person_id=each.person_id,
                    area_code=each.area_code,
                    amount=each.amount,
                    missing=list(each.missing),
                )
                for each in batch
            )
        counts.update(f"{each.scheme}.{each.verdict.name.lower()}" for each in batch)


def _finish(screening: Screening, counts: Counter[str], fingerprint: dict[str, str]) -> Screening:
    with transaction.atomic():
        seen = Screening.objects.filter(pk=screening.pk, state=Screening.State.RUNNING)
        changes = {
            "state": Screening.State.FINISHED,
            "finished_at": clock.now(),
            "counts": dict(counts),
            "fingerprint": fingerprint,
        }
        if not seen.update(**changes):
            raise RunMoved
        for name, value in changes.items():
            setattr(screening, name, value)
        older = Screening.objects.filter(state=Screening.State.FINISHED, id__lt=screening.pk)
        replaced = [each.pk for each in older if contains(screening.area_code, each.area_code)]
        Finding.objects.filter(screening_id__in=replaced).delete()
        record(
            None,
            "screening.finish",
            subject_kind="screening",
            subject_uuid=screening.uuid,
            area_code=screening.area_code,
            details={"as_of": screening.as_of.isoformat(), "counts": dict(counts)},
        )
    return screening


def _silent(stage: str, done: int, total: int) -> None:
    """Show nothing."""
