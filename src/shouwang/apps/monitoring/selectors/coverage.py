"""应保尽保: a screening's findings as the list shows them, in the actor's range, the most pressing first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.monitoring.selectors.listing import PAGE_SIZE, capped_count
from shouwang.apps.registry import selectors as registry
from shouwang.lib.area_codes import scope_range
from shouwang.lib.masking import mask_name

if TYPE_CHECKING:
    from datetime import date

    from shouwang.apps.accounts.access import Actor


@dataclass(frozen=True)
class CoverageFilters:
    """What the actor asks for; "" and 0 mean any."""

    scheme: str = ""
    verdict: int = 0
    area: str = ""


@dataclass(frozen=True)
class CoverageRow:
    """One finding: who (masked), how they stand to which benefit, why, what to do; ``alert`` if it was taken up.

    ``why`` is the address of the reason, on the day of the screening.
    """

    uuid: UUID
    scheme: str
    verdict: int
    verdict_label: str
    name: str
    number: str
    household_uuid: UUID | None
    place: str
    amount: str
    missing: str
    action: str
    alert: UUID | None
    why: str


@dataclass(frozen=True)
class CoveragePage:
    """One page of findings. ``screening`` is None where nothing was screened yet; ``total`` is capped."""

    screening: Any = None
    place: str = ""
    rows: list[CoverageRow] = field(default_factory=list)
    after: str = ""
    total: str = "0"


def coverage_page(actor: Actor, filters: CoverageFilters, after: str, on: date) -> CoveragePage:
    """Return one page of the latest screening's findings in the actor's range.

    Where no screening took the whole range, the latest of a division in it: ``place`` says which.
    """
    asked = filters.area or actor.area_code
    screening = assessment.last_screening(asked) or assessment.last_screening_within(asked)
    if screening is None:
        return CoveragePage()
    low, high = scope_range(asked)
    wanted = assessment.findings_of(screening).filter(area_code__gte=low, area_code__lt=high)
    if filters.scheme:
        wanted = wanted.filter(scheme=filters.scheme)
    if filters.verdict:
        wanted = wanted.filter(verdict=filters.verdict)
    found = list(_after(wanted, after)[: PAGE_SIZE + 1])
    more, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    return CoveragePage(
        screening=screening,
        place=areas.name_path(screening.area_code, on),
        rows=coverage_rows(found, actor, on, screening.as_of),
        after=f"{found[-1].rank}.{found[-1].pk}" if more else "",
        total=capped_count(wanted),
    )


def coverage_rows(found: Collection[Any], actor: Actor, on: date, as_of: date) -> list[CoverageRow]:
    """Return findings of a screening of ``as_of`` as the list shows them on a day (five queries, however many)."""
    names = registry.names_of(
        persons={each.person_id for each in found if each.person_id},
        households={each.household_id for each in found},
        on=on,
    )
    homes = registry.households_by_id({each.household_id for each in found})
    paths = areas.name_paths({each.area_code for each in found} | {actor.area_code})
    own = paths.get(actor.area_code, "")
    labels = dict(assessment.scheme_choices())
    kinds = dict(assessment.verdict_choices())
    taken = _taken(found)
    people = registry.person_uuids({each.person_id for each in found if each.person_id})
    rows = []
    for each in found:
        rule = assessment.coverage_rule(each.scheme, each.verdict)
        name = names.persons.get(each.person_id) if each.person_id else names.heads.get(each.household_id)
        home = homes.get(each.household_id)
        rows.append(
            CoverageRow(
                uuid=each.uuid,
                scheme=labels.get(each.scheme, each.scheme),
                verdict=each.verdict,
                verdict_label=kinds[each.verdict],
                name=mask_name(name or ""),
                number=home.number if home else "",
                household_uuid=home.uuid if home else None,
                place=paths.get(each.area_code, each.area_code).removeprefix(own) or paths.get(each.area_code, ""),
                amount="" if each.amount is None else assessment.money_shown(each.amount),
                missing="、".join(assessment.label_of(name) for name in each.missing),
                action=assessment.coverage_words(rule).action,
                alert=taken.get((rule, subject_key(each))),
                why=_why(each, home, people.get(each.person_id), as_of),
            )
        )
    return rows


def _why(finding: Any, home: Any, person: UUID | None, as_of: date) -> str:
    """The address of the reason; "" where the household or the person is gone."""
    rule = assessment.coverage_question(finding.scheme)
    if home is None or not rule or (finding.person_id and person is None):
        return ""
    asked = [home.uuid, rule]
    address = reverse("dossier:why_of_person", args=[*asked, person]) if person else reverse("dossier:why", args=asked)
    return f"{address}?on={as_of.isoformat()}"


def subject_key(finding: Any) -> str:
    """The finding's subject as alerts write it: p<person> or h<household>."""
    return f"p{finding.person_id}" if finding.person_id else f"h{finding.household_id}"


def _taken(found: Collection[Any]) -> dict[tuple[str, str], UUID]:
    """The open alerts that stand for these findings already."""
    keys = {(assessment.coverage_rule(each.scheme, each.verdict), subject_key(each)) for each in found}
    rows = Alert.objects.filter(
        rule__in={rule for rule, _ in keys}, subject_key__in={subject for _, subject in keys}, closed_on__isnull=True
    ).values_list("rule", "subject_key", "uuid")
    return {(rule, subject): uuid for rule, subject, uuid in rows if (rule, subject) in keys}


def _after(rows: QuerySet[Any], cursor: str) -> QuerySet[Any]:
    """Keep what comes after a cursor; one that cannot be read starts from the top."""
    rank, _, number = cursor.partition(".")
    if not (rank.isascii() and rank.isdigit() and number.isascii() and number.isdigit()):
        return rows
    if len(rank) > 18 or len(number) > 18:
        return rows
    return rows.filter(Q(rank__lt=int(rank)) | Q(rank=int(rank), id__lt=int(number)))
