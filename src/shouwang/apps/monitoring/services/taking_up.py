"""转入工作台: a screening's findings become alerts, chosen by a person, and are then handled like any other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.audit.record import record
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.access import SUBJECT
from shouwang.apps.monitoring.deadlines import deadline_of
from shouwang.apps.monitoring.models import Alert, Step
from shouwang.apps.monitoring.selectors.coverage import subject_key
from shouwang.apps.monitoring.services.counting import Tally, add_to_day
from shouwang.apps.monitoring.services.outcomes import Refused
from shouwang.apps.registry import selectors as registry
from shouwang.lib import clock

if TYPE_CHECKING:
    from uuid import UUID

    from shouwang.apps.accounts.access import Actor

TAKERS = ("township", "county")
MOST_AT_ONCE = 100


def take_up(actor: Actor, uuids: Iterable[UUID | str]) -> int:
    """Open alerts for findings of the actor's range; returns how many are new. A repeat is harmless.

    Raises NotPermitted for a post that may not, Refused for none, too many, or one that is out of sight or outdated.
    """
    wanted = {str(uuid) for uuid in uuids}
    if actor.level not in TAKERS:
        raise NotPermitted(f"{states.LEVEL_LABELS[actor.level]}岗位不能转办筛查结果。")
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise Refused(f"请选择 1 至 {MOST_AT_ONCE} 条筛查结果。")
    found = assessment.findings_by_uuid(actor.area_code, wanted)
    known = [each for each in found if actor.covers(each.area_code)]
    if len(known) != len(wanted):
        raise Refused("所选筛查结果中有不在您辖区内的，或已被新一次筛查替换，请刷新后重选。")
    opened = 0
    with transaction.atomic():
        today = clock.today()
        names = registry.names_of(
            persons={each.person_id for each in known if each.person_id},
            households={each.household_id for each in known if not each.person_id},
            on=today,
        )
        for finding in known:
            opened += _open(actor, finding, names)
    return opened


def _open(actor: Actor, finding: Any, names: registry.Names) -> int:
    rule, today = assessment.coverage_rule(finding.scheme, finding.verdict), clock.today()
    name = names.persons.get(finding.person_id) if finding.person_id else names.heads.get(finding.household_id)
    certain = finding.verdict in assessment.CERTAIN
    try:
        with transaction.atomic():
            alert = Alert.objects.create(
                rule=rule,
                level="橙" if certain else "黄",
                direction=rule.rpartition(".")[2],
                household_id=finding.household_id,
                person_id=finding.person_id,
                subject_key=subject_key(finding),
                subject_name=name or "",
                area_code=finding.area_code,
                evidence={
                    "found": dict(assessment.verdict_choices())[finding.verdict],
                    "amount": finding.amount,
                    "missing": finding.missing,
                    "screening": str(finding.screening.uuid),
                },
                opened_on=today,
                last_seen_on=finding.screening.as_of,
                handling_level=states.DUTIES[states.OPEN].level,
                **deadline_of(rule, states.OPEN, finding.area_code, today).columns(),
            )
    except IntegrityError:  # it is in the worklist already
        return 0
    Step.objects.create(alert=alert, at=clock.now(), verb="take_up", to_state=states.OPEN, post_id=actor.post_id)
    add_to_day(today, [Tally(alert, opened=1)])
    record(actor, "alert.take_up", subject_kind=SUBJECT, subject_uuid=alert.uuid, area_code=alert.area_code)
    return 1
