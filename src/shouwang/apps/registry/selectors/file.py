"""What the 一户一档 page shows of a household: who, as what, and which facts are known since when from whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q

from shouwang.apps.registry.items import items
from shouwang.apps.registry.models import Category, Fact, Membership
from shouwang.apps.registry.relations import HEAD, relation_label
from shouwang.apps.registry.sealing import opened_id, opened_phone
from shouwang.apps.registry.wording import item_label, source_label, value_text
from shouwang.lib.dates import age_on
from shouwang.lib.masking import mask_id, mask_phone


@dataclass(frozen=True)
class CategorySpan:
    """One category of one person (救助类别), ``valid_to`` excluded and None while it lasts."""

    person_id: int
    kind: str
    label: str
    valid_from: date
    valid_to: date | None

    def in_force(self, on: date) -> bool:
        """Say whether the category holds on a day."""
        return self.valid_from <= on and (self.valid_to is None or self.valid_to > on)


@dataclass(frozen=True)
class MemberLine:
    """One member for the page; identity number and phone are masked."""

    person_id: int
    uuid: UUID
    name: str
    id_masked: str
    phone_masked: str
    sex: int
    birth_date: date | None
    age: int | None
    relation: str
    is_head: bool
    since: date
    until: date | None
    categories: tuple[CategorySpan, ...] = field(default=())


@dataclass(frozen=True)
class KnownFact:
    """One fact known now. ``disputed``: another source says something else of the same item on the same day."""

    person_id: int | None
    item: str
    label: str
    is_event: bool
    key: str
    value: int
    value_text: str
    detail: str
    true_from: date
    true_to: date | None
    known_from: datetime
    source: str
    source_label: str
    disputed: bool

    def in_force(self, on: date) -> bool:
        """Say whether a state holds on a day (an event: whether it happened that day)."""
        return self.true_from <= on and (self.true_to is None or self.true_to > on)


def members_of_household(*, household_id: int, on: date) -> list[MemberLine]:
    """Return the members on a day in the order of the snapshot (relation, then person), each with all categories ever known (three queries)."""
    rows = list(
        Membership.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=on),
            household_id=household_id,
            valid_from__lte=on,
            known_to__isnull=True,
        ).select_related("person")
    )
    spans: dict[int, list[CategorySpan]] = {row.person_id: [] for row in rows}
    for row in Category.objects.filter(person_id__in=spans, known_to__isnull=True).order_by("valid_from", "id"):
        spans[row.person_id].append(
            CategorySpan(row.person_id, row.kind, row.get_kind_display(), row.valid_from, row.valid_to)
        )
    rows.sort(key=lambda row: (row.relation, row.person_id))
    return [_line(row, tuple(spans[row.person_id]), on) for row in rows]


def _line(row: Membership, categories: tuple[CategorySpan, ...], on: date) -> MemberLine:
    person = row.person
    return MemberLine(
        person_id=person.pk,
        uuid=person.uuid,
        name=person.name,
        id_masked=mask_id(opened_id(person)),
        phone_masked=mask_phone(opened_phone(person)),
        sex=person.sex,
        birth_date=person.birth_date,
        age=age_on(person.birth_date, on) if person.birth_date else None,
        relation=relation_label(row.relation),
        is_head=row.relation == HEAD,
        since=row.valid_from,
        until=row.valid_to,
        categories=categories,
    )


def memberships_for(*, household_id: int) -> list[tuple[str, str, date, date | None]]:
    """Return every span of membership known now as (name, relation, from, to), oldest first: who came and who left."""
    rows = Membership.objects.filter(household_id=household_id, known_to__isnull=True).order_by("valid_from", "id")
    return [
        (name, relation_label(relation), start, end)
        for name, relation, start, end in rows.values_list("person__name", "relation", "valid_from", "valid_to")
    ]


def facts_for_dossier(
    *, household_id: int, person_ids: Collection[int], known_at: datetime | None = None, most: int = 500
) -> list[KnownFact]:
    """Return what is known of a household and its members, newest first; ``known_at`` reads what was known at a moment.

    Sources that contradict each other all appear, marked ``disputed``. At most ``most`` rows (one query).
    """
    known = Q(known_to__isnull=True)
    if known_at is not None:
        known = Q(known_from__lte=known_at) & (known | Q(known_to__gt=known_at))
    rows = list(
        Fact.objects.filter(known, Q(household_id=household_id) | Q(person_id__in=person_ids)).order_by(
            F("true_from").desc(), "item", "-known_from", "id"
        )[:most]
    )
    said: dict[tuple[int | None, str, str, date], set[int]] = {}
    for row in rows:
        said.setdefault((row.person_id, row.item, row.key, row.true_from), set()).add(row.value)
    return [
        KnownFact(
            person_id=row.person_id,
            item=row.item,
            label=item_label(row.item),
            is_event=row.item in items() and items()[row.item].kind == "event",
            key=row.key,
            value=row.value,
            value_text=value_text(row.item, row.value),
            detail=row.detail,
            true_from=row.true_from,
            true_to=row.true_to,
            known_from=row.known_from,
            source=row.source,
            source_label=source_label(row.source),
            disputed=len(said[row.person_id, row.item, row.key, row.true_from]) > 1,
        )
        for row in rows
    ]
