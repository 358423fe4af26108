"""Suggestions (可能的人): for each record that nobody's number answers to, who of the county's register it may be about.

A suggestion links nothing, warns of nothing and stops no payment: it becomes a question that a person answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from shouwang.apps.audit.vault import vault
from shouwang.apps.exchange import lake
from shouwang.apps.exchange.contract import REGISTER, load_contract
from shouwang.apps.exchange.models import Delivery, LinkQuestion, QuarantinedRow, UnlinkedRow
from shouwang.apps.exchange.whom import (
    numberless_in,
    numberless_key,
    record_key,
    sealed_whom,
    whom_in,
    whom_of_card,
    whom_of_number,
)
from shouwang.apps.jobs import services as jobs
from shouwang.apps.registry import selectors as registry
from shouwang.engine.linkage.index import BlockIndex, IndexUnreadable, Suggestion, build_index, open_index, suggest
from shouwang.engine.linkage.model import Judged, Model, packaged_model, read_model
from shouwang.engine.linkage.records import Whom, compared
from shouwang.lib import clock
from shouwang.lib.hanzi import LinkageExtraMissing
from shouwang.lib.masking import mask_name

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

Progress = Callable[[str, int, int], None]
TASK = "exchange.suggest_links"
INDEX_COLUMN = "exchange.linkage"
LEAST = 0.05
MOST_SHOWN = 5
MILLION = 1_000_000
ALMOST_SURE = 1 - 1e-12
PER_BATCH = 500
RIGHT_BUT_UNKNOWN = 0.02
"""Of records whose number is right in itself, how few are about somebody registered under another, against those with a wrong one."""
_ASKED = {
    UnlinkedRow.Reason.NOT_IN_REGISTER: LinkQuestion.Fault.NOT_IN_REGISTER,
    UnlinkedRow.Reason.NAME_DIFFERS: LinkQuestion.Fault.NAME_DIFFERS,
}


class Unsure(NamedTuple):
    """One record to ask about. ``person`` is who bears the same number under another name (None: nobody does)."""

    key: bytes
    fault: str
    whom: Whom
    person: UUID | None


@dataclass
class County:
    """What suggestions for one county stand on: its index, the weights, its people met so far."""

    area_code: str
    index: BlockIndex
    model: Model
    cards: dict[int, registry.PersonCard] = field(default_factory=dict)

    def people(self, ids: list[int]) -> dict[int, Whom]:
        """Return candidates as compared; those who left the county since are left out."""
        self.cards |= registry.cards_by_id([each for each in ids if each not in self.cards])
        return {each: whom_of_card(self.cards[each]) for each in ids if each in self.cards}


def linkage_folder() -> Path:
    """Return where indexes and trained models lie: beside the lake's deliveries, without a name or a number in them."""
    return Path(settings.LAKE_DIR) / ".linkage"


def current_model() -> Model:
    """Return the newest model trained here, else the one that comes with the program."""
    trained = sorted((linkage_folder() / "models").glob("*.json"))
    return read_model(trained[-1]) if trained else packaged_model()


def county_in_step(area_code: str) -> County:
    """Return a county's index brought in step with its register: changed people cost what the change costs."""
    folder, key = linkage_folder() / area_code[:6], vault().index_key(INDEX_COLUMN)
    people = ((card.id, whom_of_card(card)) for card in registry.cards_in(area_code))
    try:
        index = open_index(folder, key)
    except IndexUnreadable:
        index = build_index(people, key)
        index.keep(folder)
    else:
        if index.catch_up(people):
            index.keep(folder)
    return County(area_code, index, current_model())


def suggest_links(delivery: Delivery, progress: Progress | None = None) -> int:
    """Ask about the records of a linked delivery that nobody's number answers to; return how many new questions there are.

    What was asked before in the county, answered or not, is not asked again. Made again it changes nothing. Without the
    ``linkage`` extra nobody is suggested and nothing else is different.
    """
    try:
        return _suggest(delivery, progress, {})
    except LinkageExtraMissing:
        return 0


def suggest_later(delivery: Delivery, actor: Actor) -> None:
    """Leave ``suggest_links`` to the worker: bringing a county's index in step may take longer than a page should."""
    jobs.enqueue(TASK, {"uuid": str(delivery.uuid)}, post_id=actor.post_id, key=str(delivery.uuid))


def _suggest(delivery: Delivery, progress: Progress | None, counties: dict[str, County]) -> int:
    if delivery.feed == REGISTER or delivery.state != Delivery.State.LINKED:
        return 0
    unsure = {each.key: each for each in _unsure(delivery)}
    known = _known(delivery.area_code, list(unsure))
    fresh = [each for key, each in unsure.items() if key not in known]
    if not fresh:
        return 0
    if delivery.area_code not in counties:
        counties[delivery.area_code] = county_in_step(delivery.area_code)
    made: list[LinkQuestion] = []
    for done, each in enumerate(fresh):
        found = _asked(delivery, each, counties[delivery.area_code])
        if found is not None:
            made.append(found)
        if progress and done % PER_BATCH == 0:
            progress("查找可能的人", done, len(fresh))
    for at in range(0, len(made), PER_BATCH):
        with transaction.atomic():
            LinkQuestion.objects.bulk_create(made[at : at + PER_BATCH], ignore_conflicts=True)
    return len(made)


def suggest_pending(progress: Progress | None = None) -> int:
    """Ask about every linked delivery whose records have not been looked at since it was linked; return the new questions."""
    counties: dict[str, County] = {}
    asked = 0
    for delivery in Delivery.objects.filter(state=Delivery.State.LINKED).exclude(feed=REGISTER).order_by("id"):
        if delivery.handling.get("suggested") == _stamp(delivery):
            continue
        try:
            asked += _suggest(delivery, progress, counties)
        except LinkageExtraMissing:
            return asked
        with transaction.atomic():
            locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
            locked.handling = {**locked.handling, "suggested": _stamp(delivery)}
            locked.save(update_fields=["handling"])
    return asked


def _stamp(delivery: Delivery) -> str:
    return delivery.linked_at.isoformat() if delivery.linked_at else ""


def _known(area_code: str, keys: list[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for at in range(0, len(keys), PER_BATCH):
        rows = LinkQuestion.objects.filter(area_code=area_code, record_key__in=keys[at : at + PER_BATCH])
        found |= {bytes(key) for key in rows.values_list("record_key", flat=True)}
    return found


def _unsure(delivery: Delivery) -> Iterator[Unsure]:
    """Yield the records to ask about, and note on each row the key it is known by."""
    yield from _unsure_accepted(delivery)
    yield from _unsure_quarantined(delivery)


def _unsure_accepted(delivery: Delivery) -> Iterator[Unsure]:
    rows = UnlinkedRow.objects.filter(delivery=delivery, state=UnlinkedRow.State.OPEN, reason__in=list(_ASKED))
    waiting = {row.row: row for row in rows.order_by("row")}
    if not waiting:
        return
    keys = _keys_of(delivery, set(waiting))
    unkeyed = [row for row in waiting.values() if row.record_key is None]
    for row in unkeyed:
        row.record_key = keys[row.row]
    _note_keys(UnlinkedRow, unkeyed)
    for number, whom in whom_in(delivery):
        row = waiting.get(number)
        if row is not None:
            yield Unsure(keys[number], _ASKED[UnlinkedRow.Reason(row.reason)], whom, row.person_uuid)


def _keys_of(delivery: Delivery, records: set[int]) -> dict[int, bytes]:
    keys = {}
    for batch in lake.record_batches(delivery):
        columns = (batch.column(name).to_pylist() for name in ("record", "id_index", "name_index"))
        for number, id_index, name_index in zip(*columns, strict=True):
            if number in records:
                keys[number] = record_key(id_index, name_index)
    return keys


def _unsure_quarantined(delivery: Delivery) -> Iterator[Unsure]:
    if not delivery.quarantined:
        return
    contract = load_contract(delivery.feed)
    rows = QuarantinedRow.objects.filter(delivery=delivery, state=QuarantinedRow.State.OPEN)
    waiting = {
        (row.sheet, row.line, row.byte_from): row for row in rows.only("sheet", "line", "byte_from", "record_key")
    }
    unkeyed = []
    for record in numberless_in(delivery, contract):
        row = waiting.get((record.sheet, record.line, record.byte_from))
        if row is None:
            continue
        key = numberless_key(record, contract)
        if row.record_key is None:
            row.record_key = key
            unkeyed.append(row)
        name = record.values[contract.name]
        if name:
            yield Unsure(key, LinkQuestion.Fault.WRONG_NUMBER, whom_of_number(name, record.number), None)
    _note_keys(QuarantinedRow, unkeyed)


def _note_keys(model: Any, rows: list[Any]) -> None:
    for at in range(0, len(rows), PER_BATCH):
        with transaction.atomic():
            model.objects.bulk_update(rows[at : at + PER_BATCH], ["record_key"])


def _asked(delivery: Delivery, unsure: Unsure, county: County) -> LinkQuestion | None:
    """Return the question about a record, None where nobody of the county comes into question."""
    found = _bearer(unsure, county) + _others(unsure, county)
    if not found:
        return None
    likelihoods = shared_out([each.judged.probability for each in found])
    question = LinkQuestion(
        uuid=uuid4(),
        area_code=delivery.area_code,
        record_key=unsure.key,
        fault=unsure.fault,
        name_masked=mask_name(unsure.whom.name)[:60],
        candidates=[
            _candidate(county.cards[each.person].uuid, each.judged, likelihood, unsure)
            for each, likelihood in zip(found, likelihoods, strict=True)
        ],
        likelihood=max(likelihoods),
        model=county.model.version,
        first_delivery=delivery,
        asked_at=clock.now(),
    )
    question.whom_cipher = sealed_whom(unsure.whom, question.uuid)
    return question


def _others(unsure: Unsure, county: County) -> list[Suggestion]:
    part = 1.0 if unsure.fault == LinkQuestion.Fault.WRONG_NUMBER else RIGHT_BUT_UNKNOWN
    found = suggest(unsure.whom, county.index, county.model, county.people, at_least=LEAST, most=MOST_SHOWN, part=part)
    return [each for each in found if county.cards[each.person].uuid != unsure.person]


def _bearer(unsure: Unsure, county: County) -> list[Suggestion]:
    """Whoever bears the same number under another name is always shown, however unlike the names.

    The number tells birth date and sex too, so the names alone are weighed, from one in two.
    """
    found = registry.refs_by_uuid([unsure.person]) if unsure.person else {}
    judged = []
    for person in found.values():
        if not county.people([person.id]):
            continue
        pair = compared(Whom(unsure.whom.name)), compared(Whom(person.name))
        told = county.model.judge(
            *pair, prior=county.model.prior(2), frequency=lambda column, norm: county.index.frequency(norm)
        )
        judged.append(Suggestion(person.id, told))
    return judged


def shared_out(probabilities: list[float]) -> list[int]:
    """Return in millionths how likely each of these people is meant, given that at most one of them can be.

    ``probabilities`` are each person's against nobody else's: two who fit alike are one in two, not both nearly certain.
    """
    odds = [each / (1 - min(each, ALMOST_SURE)) for each in probabilities]
    return [round(each / (1 + sum(odds)) * MILLION) for each in odds]


def _candidate(person: UUID, judged: Judged, likelihood: int, unsure: Unsure) -> dict[str, Any]:
    return {
        "person": str(person),
        "likelihood": likelihood,
        "same_number": person == unsure.person,
        "prior": judged.prior,
        "parts": [[part.comparison, part.level, part.weight, part.rarity] for part in judged.parts],
    }
