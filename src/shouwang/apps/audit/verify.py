"""The verifier: reads the whole log and says where it was altered, cut, added to or reordered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from hmac import compare_digest

from django.db import connection

from shouwang.apps.audit.models import Event, Seal
from shouwang.apps.audit.record import event_bytes
from shouwang.apps.audit.sealing import FIRST_PREVIOUS, noted_heads, seal_digest
from shouwang.apps.audit.vault import vault

MOST_COMPARED = 300
KINDS = {
    "altered": "被改动",
    "deleted": "被删除",
    "inserted": "被插入",
    "reordered": "与别的记录调换了位置",
    "seal": "封存值不符",
    "truncated": "已封存的末尾被截断",
}


@dataclass(frozen=True)
class Problem:
    """Something wrong with events ``first`` to ``last`` (numbers); ``kind`` is a key of KINDS."""

    kind: str
    first: int
    last: int

    def __str__(self) -> str:
        where = f"第 {self.first} 号" if self.first == self.last else f"第 {self.first}–{self.last} 号"
        return f"审计记录{where}：{KINDS[self.kind]}"


def verify_log() -> list[Problem]:
    """Check every row's MAC, every seal, their chain, and the heads noted outside the database; return what is wrong.

    Rows newer than the last seal are covered by their own MAC only. Removing one shows on SQLite, which never leaves a
    number out; PostgreSQL burns a number with every act rolled back, so there it cannot show: seal often.
    """
    problems: list[Problem] = []
    bad: list[Event] = []
    newest = _newest()
    previous, expected_first, reached = FIRST_PREVIOUS, 1, 0
    for seal in Seal.objects.order_by("last_event").iterator():
        found = list(_checked(seal.first_event, seal.last_event, bad))
        numbers, gaps = {pk for pk, _ in found}, set(seal.gaps)
        legitimate = gaps if connection.vendor == "postgresql" else set()
        missing = sorted(set(range(seal.first_event, seal.last_event + 1)) - legitimate - numbers)
        problems += [Problem("deleted", *span) for span in _spans(missing)]
        problems += [Problem("inserted", number, number) for number in sorted(numbers & gaps)]
        digest = seal_digest(
            previous=previous,
            first=seal.first_event,
            last=seal.last_event,
            gaps=seal.gaps,
            at=seal.sealed_at.astimezone(UTC).isoformat(),
            macs=(mac for _, mac in found),
        )
        broken = not compare_digest(digest, bytes(seal.digest)) or bytes(seal.previous) != previous
        explained = missing or numbers & gaps or any(seal.first_event <= event.pk <= seal.last_event for event in bad)
        if (
            seal.first_event != expected_first
            or (broken and not explained)
            or seal.rows + len(gaps) != seal.last_event - seal.first_event + 1
        ):
            problems.append(Problem("seal", expected_first, seal.last_event))
        previous, expected_first, reached = bytes(seal.digest), seal.last_event + 1, seal.last_event
    problems += _cut(reached)
    tail = {pk for pk, _ in _checked(expected_first, None, bad)}
    problems += [Problem("deleted", *span) for span in _spans(sorted(set(range(expected_first, newest + 1)) - tail))]
    return sorted([*problems, *_explained(bad)], key=lambda problem: (problem.first, problem.kind))


def _checked(first: int, last: int | None, bad: list[Event]) -> Iterator[tuple[int, bytes]]:
    """Yield (number, MAC) of the rows in a range, and collect those whose MAC does not fit."""
    rows = Event.objects.filter(id__gte=first).order_by("id")
    if last is not None:
        rows = rows.filter(id__lte=last)
    for event in rows.iterator(chunk_size=2000):
        if not _fits(event, event.pk):
            bad.append(event)
        yield event.pk, bytes(event.mac)


def _fits(event: Event, number: int) -> bool:
    kept, event.pk = event.pk, number
    try:
        return compare_digest(vault().mac(event_bytes(event)), bytes(event.mac))
    finally:
        event.pk = kept


def _explained(bad: list[Event]) -> list[Problem]:
    """A row whose MAC fits under another bad row's number was moved from there; any other was altered."""
    numbers = [event.pk for event in bad]
    moved = {
        event.pk
        for event in (bad if len(bad) <= MOST_COMPARED else [])
        if any(_fits(event, number) for number in numbers if number != event.pk)
    }
    return [Problem("reordered" if event.pk in moved else "altered", event.pk, event.pk) for event in bad]


def _cut(reached: int) -> list[Problem]:
    """Compare the seals with the heads noted outside: a missing or different one means an older or a rewritten log."""
    heads = noted_heads()
    seals = {seal.last_event: bytes(seal.digest).hex() for seal in Seal.objects.only("last_event", "digest")}
    lost = [head for head in heads if seals.get(head.last_event) != head.digest]
    if not lost:
        return []
    last = max(head.last_event for head in lost)
    kind = "truncated" if last > reached else "seal"
    return [Problem(kind, min(reached + 1, last) if kind == "truncated" else lost[0].last_event, last)]


def _newest() -> int:
    """Return the greatest number that must have a row: on SQLite every number given out, elsewhere none.

    Read before the rows, so that acts going on meanwhile are no problem.
    """
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit_event'")
        return int(cursor.fetchone()[0])


def _spans(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Join neighbouring numbers into (first, last)."""
    start = None
    for position, number in enumerate(numbers):
        start = number if start is None else start
        if position + 1 == len(numbers) or numbers[position + 1] != number + 1:
            yield start, number
            start = None
