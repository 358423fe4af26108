"""Matching: each record of a delivery to its person by identity index and name, or because a person has said so (see ``reviewing``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from shouwang.apps.audit.vault import vault
from shouwang.apps.exchange import lake
from shouwang.apps.exchange.contract import load_contract
from shouwang.apps.exchange.facts_from_rows import FactGatherer
from shouwang.apps.exchange.models import Delivery, LinkQuestion, QuarantinedRow, UnlinkedRow
from shouwang.apps.exchange.names import NAME_COLUMN, compared_name
from shouwang.apps.exchange.whom import numberless_in, numberless_key, record_key
from shouwang.apps.registry import selectors as registry
from shouwang.lib.area_codes import scope_range

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[str, int, int], None]
Reason = UnlinkedRow.Reason
_NO_STATEMENT = {"lines", "byte_from", "byte_to"}


class Place(NamedTuple):
    """Where a record stands in its file, and whom it names."""

    record: int
    sheet: str
    line: int
    id_index: bytes
    name_index: bytes
    name_masked: str


@dataclass(slots=True)
class Outcome:
    """What became of a delivery's accepted records."""

    gatherer: FactGatherer
    matched: int = 0
    names_differ: int = 0
    unlinked: list[UnlinkedRow] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Answers:
    """What people have answered in a county: records that are about somebody, and records that are about nobody."""

    same: dict[bytes, registry.PersonRef]
    none: frozenset[bytes]

    @classmethod
    def of(cls, area_code: str) -> Answers:
        """Return the answers of a county; somebody who is not of the county any more is no answer."""
        decided = LinkQuestion.objects.filter(
            area_code=area_code, state__in=(LinkQuestion.State.SAME, LinkQuestion.State.NONE)
        ).values_list("record_key", "person_uuid")
        chosen = {bytes(key): person for key, person in decided}
        low, high = scope_range(area_code)
        people = registry.refs_by_uuid([person for person in chosen.values() if person]) if chosen else {}
        there = {uuid: person for uuid, person in people.items() if low <= person.area_code < high}
        same = {key: there[person] for key, person in chosen.items() if person in there}
        return cls(same, frozenset(key for key, person in chosen.items() if person is None))

    def person(self, place: Place) -> registry.PersonRef | None:
        """Return whom a record is about, where somebody has said so."""
        return self.same.get(record_key(place.id_index, place.name_index)) if self.same else None


def match_records(delivery: Delivery, progress: Progress | None = None, *, only: Collection[bytes] = ()) -> Outcome:
    """Find each record's person. Equal index and equal name link; nothing is ever merged on a name alone.

    What a person has answered about a record that came before (``LinkQuestion``) stands for this one too. With ``only``
    the records under these identity indexes alone are looked at, and the list of unlinked ones is of no use.
    """
    contract = load_contract(delivery.feed)
    outcome = Outcome(FactGatherer(contract, delivery.period))
    names: dict[int, bytes] = {}
    done = 0
    answers = Answers.of(delivery.area_code)
    low, high = scope_range(delivery.area_code)
    for whole in lake.record_batches(delivery):
        batch = _under(whole, only) if only else whole
        people = registry.persons_by_index(batch.column("id_index").to_pylist())
        stated = [name for name in batch.schema.names if name not in Place._fields and name not in _NO_STATEMENT]
        statements = zip(*(batch.column(name).to_pylist() for name in stated), strict=True)
        for place, values in zip(_places(batch), statements, strict=True):
            person = people.get(place.id_index)
            reason = ""
            if person is None or not low <= person.area_code < high:
                person, reason = None, Reason.NOT_IN_REGISTER
            elif _name_index(names, person) != place.name_index:
                reason = Reason.NAME_DIFFERS
            if reason:
                bearer, person = person, answers.person(place)
                if person is None:
                    outcome.names_differ += reason == Reason.NAME_DIFFERS
                    outcome.unlinked.append(
                        _unlinked(delivery, place, reason, bearer.uuid if bearer else None, answers)
                    )
                    continue
            outcome.matched += 1
            outcome.gatherer.add(place.record, person.id, person.household_id, dict(zip(stated, values, strict=True)))
        done += whole.num_rows
        if progress:
            progress("关联", done, delivery.accepted)
    _add_numberless(delivery, outcome, answers)
    _set_aside(delivery, outcome)
    return outcome


def _under(batch: pa.RecordBatch, indexes: Collection[bytes]) -> pa.RecordBatch:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = batch.column("id_index")
    return batch.filter(pc.is_in(column, value_set=pa.array(sorted(indexes), column.type)))


def _add_numberless(delivery: Delivery, outcome: Outcome, answers: Answers) -> None:
    """Add the quarantined records of which a person has said whom they are about; in the account of bytes they stay quarantined."""
    if not answers.same or not delivery.quarantined:
        return
    contract = outcome.gatherer.contract
    rows = QuarantinedRow.objects.filter(
        delivery=delivery, state__in=(QuarantinedRow.State.OPEN, QuarantinedRow.State.LINKED)
    ).values_list("sheet", "line", "byte_from", "id")
    waiting = {place: pk for *place_, pk in rows if (place := tuple(place_))}
    for at, record in enumerate(numberless_in(delivery, contract)):
        person = answers.same.get(numberless_key(record, contract))
        row = waiting.get((record.sheet, record.line, record.byte_from))
        if person is None or row is None:
            continue
        outcome.confirmed.append(row)
        values = {
            name: value
            for name, value in record.values.items()
            if name != contract.name and not contract.column(name).secret
        }
        outcome.gatherer.add(delivery.accepted + at, person.id, person.household_id, values)


def _set_aside(delivery: Delivery, outcome: Outcome) -> None:
    """List the matched records that give no fact: they contradict each other, or concern a household nobody belongs to."""
    why = dict.fromkeys(outcome.gatherer.homeless(), Reason.NO_HOUSEHOLD)
    why |= dict.fromkeys(outcome.gatherer.contradicting(), Reason.CONTRADICTS)
    for batch in lake.record_batches(delivery) if why else ():
        for place in _places(batch):
            if place.record in why:
                outcome.unlinked.append(_unlinked(delivery, place, why[place.record]))


def _places(batch: pa.RecordBatch) -> Iterator[Place]:
    return map(Place._make, zip(*(batch.column(name).to_pylist() for name in Place._fields), strict=True))


def _name_index(names: dict[int, bytes], person: registry.PersonRef) -> bytes:
    found = names.get(person.id)
    if found is None:
        found = names[person.id] = vault().blind_index(compared_name(person.name), NAME_COLUMN)
    return found


def _unlinked(
    delivery: Delivery, place: Place, reason: str, person_uuid: UUID | None = None, answers: Answers | None = None
) -> UnlinkedRow:
    key = record_key(place.id_index, place.name_index) if answers and answers.none else None
    known = answers is not None and key in answers.none
    return UnlinkedRow(
        delivery=delivery,
        row=place.record,
        sheet=place.sheet[:40],
        line=place.line,
        id_index=place.id_index,
        name_masked=place.name_masked[:60],
        reason=reason,
        person_uuid=person_uuid,
        record_key=key,
        state=UnlinkedRow.State.NOT_OURS if known else UnlinkedRow.State.OPEN,
    )
