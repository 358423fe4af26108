"""A question (待核关联) in words: the record beside each person it may be about, what agrees, what differs, how likely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shouwang.apps.areas.selectors import name_paths
from shouwang.apps.exchange.models import LinkQuestion, QuarantinedRow, UnlinkedRow
from shouwang.apps.exchange.whom import opened_whom
from shouwang.apps.registry import selectors as registry
from shouwang.engine.linkage.levels import MISSING, PEOPLE
from shouwang.engine.linkage.model import Part
from shouwang.lib.area_codes import contains

if TYPE_CHECKING:
    from shouwang.engine.linkage.records import Whom

MILLION = 1_000_000
BANDS = ((0.95, "几乎可以肯定"), (0.7, "很可能"), (0.3, "可能"), (0.05, "不大可能"), (0.0, "可能性很小"))
SEXES = {1: "男", 2: "女"}
CHIPS = {
    LinkQuestion.State.OPEN: "open",
    LinkQuestion.State.LATER: "coordination",
    LinkQuestion.State.SAME: "closed",
    LinkQuestion.State.NONE: "closed",
}
AGREES, NEAR, DIFFERS, SILENT = "agrees", "near", "differs", "silent"
_SIGNS = {AGREES: "相同", NEAR: "相近", DIFFERS: "不同", SILENT: "未提供"}


@dataclass(frozen=True)
class Line:
    """One thing compared: how it stands in the record and in the register, what was found, and how it weighs (in bits)."""

    label: str
    record: str
    register: str
    found: str
    sign: str
    kind: str
    bits: float

    @property
    def weighs(self) -> str:
        """The weight in words."""
        if self.kind == SILENT:
            return "—"
        return f"{'支持' if self.bits >= 0 else '不支持'} {self.bits:+.1f}"


@dataclass(frozen=True)
class Candidate:
    """One person of the register who may be meant. ``gone`` when no longer in the county's register."""

    person: str
    name: str
    place: str
    household: registry.HomeRef | None
    band: str
    percent: str
    same_number: bool
    lines: tuple[Line, ...]
    start: str
    gone: bool


def band_of(millionths: int) -> str:
    """Return how likely in words; shown instead of a figure that would look surer than it is."""
    return next(words for least, words in BANDS if millionths / MILLION >= least)


def percent_of(millionths: int) -> str:
    """Return a likelihood in per cent, never as a certainty."""
    share = millionths / MILLION
    if share > 0.999:
        return "99.9% 以上"
    return "0.1% 以下" if share < 0.001 else f"{share * 100:.1f}%"


def candidates_of(question: LinkQuestion, whom: Whom, on: date) -> list[Candidate]:
    """Return the people a question suggests, the likeliest first, as they stand in the register now.

    Of somebody who is of another county by now nothing is told: that is not for this county's eyes.
    """
    uuids = [UUID(each["person"]) for each in question.candidates]
    known = registry.refs_by_uuid(uuids)
    refs = {uuid: ref for uuid, ref in known.items() if contains(question.area_code, ref.area_code)}
    cards = registry.cards_by_id([ref.id for ref in refs.values()])
    homes = registry.households_by_id([ref.household_id for ref in refs.values() if ref.household_id is not None])
    places = name_paths({card.area_code for card in cards.values()}, on)
    found = []
    for uuid, stated in zip(uuids, question.candidates, strict=True):
        ref = refs.get(uuid)
        card = cards.get(ref.id) if ref else None
        home = homes.get(ref.household_id) if ref and ref.household_id is not None else None
        found.append(_candidate(stated, whom, card, home, places))
    return found


def _candidate(
    stated: Mapping[str, Any],
    whom: Whom,
    card: registry.PersonCard | None,
    home: registry.HomeRef | None,
    places: Mapping[str, str],
) -> Candidate:
    ours = {
        "name": (whom.name, card.name if card else "—"),
        "birth": (_day(whom.birth), card.birth_date.isoformat() if card and card.birth_date else "—"),
        "sex": (SEXES.get(whom.sex, "—"), SEXES.get(card.sex, "—") if card else "—"),
    }
    lines = [_line(Part(*part), *ours[part[0]], stated["same_number"]) for part in stated["parts"] if part[0] in ours]
    return Candidate(
        person=stated["person"],
        name=card.name if card else "—",
        place=places.get(card.area_code, card.area_code) if card else "—",
        household=home,
        band=band_of(stated["likelihood"]),
        percent=percent_of(stated["likelihood"]),
        same_number=stated["same_number"],
        lines=tuple(lines),
        start=f"{'号码相同的人恰是此人' if stated['same_number'] else '县内任意一人恰是此人'}”的 {stated['prior']:+.1f}",
        gone=card is None,
    )


def _line(part: Part, record: str, register: str, same_number: bool) -> Line:
    if same_number and part.level == MISSING:
        return Line(part.label, record, register, "已含在身份证号里，不重复计算", "—", SILENT, 0.0)
    first = next(each.levels[0].name for each in PEOPLE.comparisons if each.name == part.comparison)
    kind = (
        SILENT
        if part.level == MISSING
        else AGREES
        if part.level == first
        else DIFFERS
        if part.level == "other"
        else NEAR
    )
    return Line(part.label, record, register, part.text, _SIGNS[kind], kind, part.weight + part.rarity)


def _day(birth: str) -> str:
    return f"{birth[:4]}-{birth[4:6]}-{birth[6:]}" if birth else "—"


@dataclass(frozen=True)
class Asked:
    """A question as its page shows it."""

    whom: Whom
    birth: str
    sex: str
    candidates: list[Candidate]
    rows: list[tuple[Any, int, str]]


def asked(question: LinkQuestion, on: date) -> Asked:
    """Return a question opened: call it only behind the door that writes the audit row."""
    whom = opened_whom(question)
    return Asked(
        whom, _day(whom.birth), SEXES.get(whom.sex, "—"), candidates_of(question, whom, on), records_of(question)
    )


def records_of(question: LinkQuestion) -> list[tuple[Any, int, str]]:
    """Return (delivery, line, state) of the records a question is about, the newest first; at most twenty."""
    found = []
    for model in (UnlinkedRow, QuarantinedRow):
        rows = model.objects.filter(record_key=question.record_key, delivery__area_code=question.area_code)
        newest = rows.select_related("delivery").defer("delivery__receipt").order_by("-id")[:20]
        found.extend((row.delivery, row.line, row.get_state_display()) for row in newest)
    return found[:20]
