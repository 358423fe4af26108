"""Facts come in here: many from a delivery, or one from a clerk. A correction closes what was known and adds what is known now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.audit.record import record
from shouwang.apps.registry.access import CLERKS, household_in_sight, person_in_sight
from shouwang.apps.registry.bulk import chunked, insert_rows, paced, plain
from shouwang.apps.registry.items import items, require_item
from shouwang.apps.registry.models import Fact
from shouwang.lib import clock

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

Progress = Callable[[str, int, int], None]
CLERK = "clerk"
_SUBJECTS = (("person_id", "household_id"), ("household_id", "person_id"))
_INCOMING = ("person_id", "household_id", "item", "key", "value", "detail", "true_from", "true_to")


class NewFact(NamedTuple):
    """What a source says: about a person or a household (one of the two ids is None), true from a day until a day, excluded."""

    person_id: int | None
    household_id: int | None
    item: str
    key: str
    value: int
    detail: str
    true_from: date
    true_to: date | None


class FactCounts(NamedTuple):
    """How many facts were new, changed what was known, or were known already."""

    new: int
    changed: int
    same: int

    def __add__(self, other: object) -> FactCounts:
        if not isinstance(other, FactCounts):
            return NotImplemented
        return FactCounts(self.new + other.new, self.changed + other.changed, self.same + other.same)


def record_facts(
    rows: Iterable[NewFact],
    *,
    source: str,
    delivery: UUID | None,
    known_at: datetime,
    progress: Progress | None = None,
) -> FactCounts:
    """Record what a source says, in batches of at most half a second, each its own transaction.

    A fact is known by subject, item, key, first day and source. Sent again unchanged it changes nothing; with another
    value, note or last day the old row's known span closes at ``known_at`` and a new row begins. Two different values in
    one delivery settle to the greater one in whatever order they come, so any part may be sent again after a crash.
    Taken in order of subject, so that a batch touches few pages of the store.
    Raises UnknownItem (nothing of the batch is kept) for an item the rules do not know.
    """
    counts, done = FactCounts(0, 0, 0), 0
    ordered = sorted(rows, key=lambda row: row.person_id or row.household_id or 0)
    for batch in paced(ordered):
        with transaction.atomic():
            counts += write_facts(batch, source=source, delivery=delivery, known_at=known_at)
        done += len(batch)
        if progress:
            progress("登记事实", done, len(ordered))
    return counts


def write_facts(batch: list[NewFact], *, source: str, delivery: UUID | None, known_at: datetime) -> FactCounts:
    """Record one batch inside the caller's transaction, set by set (see ``record_facts``)."""
    if not batch:
        return FactCounts(0, 0, 0)
    for item, about_person in {(row.item, row.person_id is not None) for row in batch}:
        require_item(item, about_person=about_person)
    incoming = _one_per_key(batch)
    table, at = Fact._meta.db_table, plain(known_at)
    same = changed = 0
    with connection.cursor() as cursor:
        _stage(cursor, incoming)
        for subject, other in _SUBJECTS:
            if not any(getattr(row, subject) is not None for row in incoming):
                continue
            known = (
                f"f.{subject} = i.{subject} AND f.{other} IS NULL AND f.item = i.item AND f.key = i.key "
                "AND f.true_from = i.true_from AND f.source = %s AND f.known_to IS NULL"
            )
            cursor.execute(
                f"DELETE FROM fact_incoming AS i WHERE EXISTS (SELECT 1 FROM {table} f WHERE {known} "  # noqa: S608
                f"AND (({_EQUAL}) OR (f.delivery = %s AND {_greater()})))",
                [source, plain(delivery)],
            )
            same += cursor.rowcount
            cursor.execute(
                f"UPDATE {table} SET known_to = CASE WHEN known_from > %s THEN known_from ELSE %s END "  # noqa: S608
                f"WHERE id IN (SELECT f.id FROM fact_incoming i JOIN {table} f ON {known})",
                [at, at, source],
            )
            changed += cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(_INCOMING)}, known_from, source, delivery, withdrawn) "  # noqa: S608
            f"SELECT {', '.join(_INCOMING)}, {_as('%s', 'timestamptz')}, %s, {_as('%s', 'uuid')}, {_false()} FROM fact_incoming",
            [at, source, plain(delivery)],
        )
        new = cursor.rowcount - changed
    return FactCounts(new, changed, same + len(batch) - len(incoming))


_EQUAL = "f.value = i.value AND f.detail = i.detail AND f.true_to IS NOT DISTINCT FROM i.true_to"


def _greater() -> str:
    """SQL: the known fact's (value, last day with open last, note) is greater than the incoming one's; mirrors ``_rank``."""
    binary = ' COLLATE "C"' if connection.vendor == "postgresql" else ""
    far = "'9999-12-31'"
    return (
        f"(f.value > i.value OR (f.value = i.value AND (coalesce(f.true_to, {far}) > coalesce(i.true_to, {far}) "
        f"OR (f.true_to IS NOT DISTINCT FROM i.true_to AND f.detail{binary} > i.detail{binary}))))"
    )


def _rank(row: NewFact) -> tuple[int, date, str]:
    return row.value, row.true_to or date.max, row.detail


def _one_per_key(batch: list[NewFact]) -> list[NewFact]:
    kept: dict[tuple[Any, ...], NewFact] = {}
    for row in batch:
        key = (row.person_id, row.household_id, row.item, row.key, row.true_from)
        before = kept.get(key)
        if before is None or _rank(row) > _rank(before):
            kept[key] = row
    return list(kept.values())


def _stage(cursor: Any, rows: list[NewFact]) -> None:
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS fact_incoming (person_id bigint, household_id bigint, item varchar(48), "
        "key varchar(48), value bigint, detail varchar(120), true_from date, true_to date)"
    )
    cursor.execute("DELETE FROM fact_incoming")
    insert_rows(
        "fact_incoming",
        _INCOMING,
        [(*row[:6], row.true_from.isoformat(), row.true_to and row.true_to.isoformat()) for row in rows],
    )
    if connection.vendor == "postgresql":
        cursor.execute("ANALYZE fact_incoming")


def _as(place: str, kind: str) -> str:
    return f"CAST({place} AS {kind})" if connection.vendor == "postgresql" else place


def _false() -> str:
    return "false" if connection.vendor == "postgresql" else "0"


def withdraw_facts(delivery: UUID, *, known_at: datetime) -> int:
    """Take back what a delivery said, from ``known_at`` on; return how many facts ended.

    What it had corrected is known again as a new row (unless that was withdrawn too); reads as of an earlier moment
    still show what was believed then. In batches; safe to run again after a crash.
    """
    rows = Fact.objects.filter(delivery=delivery)
    while ids := list(rows.filter(known_to__isnull=False, withdrawn=False).values_list("id", flat=True)[:5000]):
        for part in chunked(ids):
            Fact.objects.filter(id__in=part).update(withdrawn=True)
    ended = 0
    while ids := list(rows.filter(known_to__isnull=True).order_by("id").values_list("id", flat=True)[:500]):
        with transaction.atomic():
            _withdraw_batch(ids, plain(known_at))
        ended += len(ids)
    return ended


def _withdraw_batch(ids: list[int], at: Any) -> None:
    table, places = Fact._meta.db_table, ", ".join(["%s"] * len(ids))
    columns = (*_INCOMING, "source", "delivery")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET withdrawn = {'true' if connection.vendor == 'postgresql' else '1'}, "  # noqa: S608
            f"known_to = CASE WHEN known_from > %s THEN known_from ELSE %s END WHERE id IN ({places})",
            [at, at, *ids],
        )
        for subject, other in _SUBJECTS:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}, known_from, withdrawn) "  # noqa: S608
                f"SELECT {', '.join('p.' + name for name in columns)}, {_as('%s', 'timestamptz')}, {_false()} "
                f"FROM {table} c JOIN {table} p ON p.id = (SELECT q.id FROM {table} q WHERE q.{subject} = c.{subject} "
                f"AND q.{other} IS NULL AND q.item = c.item AND q.key = c.key AND q.true_from = c.true_from "
                "AND q.source = c.source AND q.known_to IS NOT NULL AND NOT q.withdrawn "
                f"ORDER BY q.known_to DESC, q.id DESC LIMIT 1) WHERE c.id IN ({places})",
                [at, *ids],
            )


def record_fact(
    actor: Actor | None,
    *,
    item: str,
    value: int,
    true_from: date,
    true_to: date | None = None,
    person_uuid: UUID | str | None = None,
    household_uuid: UUID | str | None = None,
    key: str = "",
    detail: str = "",
) -> FactCounts:
    """Record what a clerk found out about one person or one household (exactly one uuid), with an audit row.

    Clerks state register items only (incomes, members set apart, dates …); what a department delivers comes from there,
    categories from the roster. A department's or the roster's word on the same item stays beside it. Raises
    NotPermitted, UnknownItem, or NotFound for a subject outside the actor's range.
    """
    if actor is not None and actor.level not in CLERKS:
        raise NotPermitted("只有乡镇、县级岗位可以登记事实。")
    require_item(item, about_person=person_uuid is not None)
    if items()[item].feed != "register" or item.startswith("category."):
        raise NotPermitted(f"“{items()[item].label}”由数据来源部门提供，不能手工登记。")
    with transaction.atomic():
        subject = person_in_sight(actor, person_uuid) if person_uuid else household_in_sight(actor, household_uuid)
        ids = (subject.pk, None) if person_uuid else (None, subject.pk)
        fact = NewFact(*ids, item, key, value, detail, true_from, true_to)
        counts = write_facts([fact], source=CLERK, delivery=None, known_at=clock.now())
        record(
            actor,
            "fact.record",
            subject_kind="person" if person_uuid else "household",
            subject_uuid=subject.uuid,
            area_code=subject.area_code,
            details={"item": item, "true_from": true_from.isoformat()},
        )
    return counts
