"""Takes files of local standards in, as the installation's word or as drafts to be approved; every row is accounted for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.assessment import selectors, states
from shouwang.apps.assessment.access import SUBJECT, may_write
from shouwang.apps.assessment.checking import clashes, refusals_of
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.assessment.services.storing import InForce, Key, note_step, stand_alone
from shouwang.apps.assessment.standard_files import StandardsFile, StandardsRefused, read_standards
from shouwang.apps.assessment.standards import assertion_from, columns_of
from shouwang.apps.audit.record import record
from shouwang.engine.parameters import Assertion
from shouwang.lib import clock

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

__all__ = ["StandardsReceipt", "StandardsRefused", "draft_standards", "import_standards"]

Lines = list[tuple[int, Assertion]]


@dataclass
class StandardsReceipt:
    """What became of every row: ``rows`` = added + changed + same + refused. ``refused`` holds (line, reason).

    ``drafts``: the added rows wait for a second person. ``notes``: rows that were taken and need a look.
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    drafts: bool = False

    @property
    def headline(self) -> str:
        """The counts in one line."""
        taken = f"拟定（待复核）{self.added}" if self.drafts else f"新增 {self.added}，更正 {self.changed}"
        return f"标准 {self.rows} 行：{taken}，相同 {self.same}，退回 {len(self.refused)}"

    def __str__(self) -> str:
        notes = (f"  第 {line} 行（已接收，请核实）：{text}" for line, text in sorted(self.notes))
        return "\n".join(
            [self.headline, *(f"  第 {line} 行：{reason}" for line, reason in sorted(self.refused)), *notes]
        )


def import_standards(path: Path) -> StandardsReceipt:
    """Take the good rows of a CSV file as approved by the installation, and refuse the bad ones, each with its reason.

    The engine's layout or that of published tables, UTF-8 (with or without BOM) or GB18030. A row with the same
    division, parameter and first day as a stored one corrects it; a later one replaces an earlier one from its first
    day, unless that names a later last day. Raises StandardsRefused where the file is no such table.
    """
    specs = selectors.book().parameter_specs
    file = read_standards(path.read_bytes(), path.name, specs)
    receipt, by_key = _sorted_out(file)
    with transaction.atomic():
        stand_alone()
        taken: Lines = []
        for key in sorted(by_key):
            taken += _take(key, by_key[key], receipt, twins_agree=file.is_published)
        table = InForce().table
        for line, assertion in taken:
            receipt.notes += [(line, text) for text in refusals_of(assertion, table=table, standing=(), specs=specs)]
        _record(None, receipt, "standards.import", "")
    return receipt


def draft_standards(actor: Actor, content: bytes, name: str) -> StandardsReceipt:
    """Take the good rows of a file as drafts of an actor, each checked as a single draft is. Nothing counts before approval.

    Raises StandardsRefused where the file is no such table, NotPermitted for a post that administers no standards.
    """
    if actor.level not in states.WRITERS:
        raise NotPermitted(f"{states.LEVEL_LABELS[actor.level]}岗位只能查看地方标准，不能导入。")
    specs = selectors.book().parameter_specs
    file = read_standards(content, name, specs)
    receipt = StandardsReceipt(rows=len(file.lines), drafts=True)
    with transaction.atomic():
        stand_alone()
        drafting = Drafting(actor, receipt)
        for line in file.lines:
            if line.assertion is None:
                receipt.refused.append((line.number, line.reason))
            else:
                drafting.take(line.number, line.assertion)
        _record(actor, receipt, "standards.import_drafts", actor.area_code)
    return receipt


class Drafting:
    """One file's rows becoming drafts of one actor, each checked against what is in force and what already waits."""

    def __init__(self, actor: Actor, receipt: StandardsReceipt) -> None:
        self._actor, self._receipt = actor, receipt
        self._specs = selectors.book().parameter_specs
        self._in_force = InForce()
        drafts = LocalStandard.objects.filter(state=states.DRAFT)
        self._waiting = {(row.item, row.area_code, row.starts_on): assertion_from(row) for row in drafts}

    def take(self, number: int, wanted: Assertion) -> None:
        """Draft one row, or count it as already there, or refuse it."""
        key = (wanted.item, wanted.area_code, wanted.start)
        drafted = [self._waiting[key]] if key in self._waiting else []
        if not may_write(self._actor, wanted.area_code):
            self._receipt.refused.append((number, f"{wanted.title}：不在您的辖区内"))
        elif any(_figure(other) == _figure(wanted) for other in (*drafted, *self._in_force.of(wanted))):
            self._receipt.same += 1
        elif reason := self._refusal(wanted, drafted):
            self._receipt.refused.append((number, reason))
        else:
            row = LocalStandard.objects.create(state=states.DRAFT, maker_id=self._actor.user_id, **columns_of(wanted))
            note_step(row, self._actor, "import_draft", before="", details={"line": number})
            self._waiting[key] = wanted
            self._receipt.added += 1

    def _refusal(self, wanted: Assertion, drafted: list[Assertion]) -> str:
        if drafted:
            return f"{wanted.title}：{wanted.start} 起的同一标准已有一份待复核，数字不同"
        standing = self._in_force.of(wanted)
        return "；".join(refusals_of(wanted, table=self._in_force.table, standing=standing, specs=self._specs))


def _sorted_out(file: StandardsFile) -> tuple[StandardsReceipt, dict[Key, Lines]]:
    """Return the receipt with the unreadable rows in it, and the others by parameter and division."""
    receipt, by_key = StandardsReceipt(rows=len(file.lines)), defaultdict(list)
    for line in file.lines:
        if line.assertion is None:
            receipt.refused.append((line.number, line.reason))
        else:
            by_key[line.assertion.item, line.assertion.area_code].append((line.number, line.assertion))
    return receipt, by_key


def _take(key: Key, new: Lines, receipt: StandardsReceipt, *, twins_agree: bool) -> Lines:
    """Store the rows of one parameter and division; returns those that changed something."""
    rows = LocalStandard.objects.filter(item=key[0], area_code=key[1], state__in=states.IN_FORCE)
    stored = {row.starts_on: row for row in rows}
    kept = {start: assertion_from(row) for start, row in stored.items()}
    replaced = {assertion.start for _, assertion in new}
    standing = [assertion for start, assertion in kept.items() if start not in replaced]
    seen: dict[date | None, tuple[int, Assertion]] = {}
    taken = []
    for line, assertion in sorted(new, key=lambda pair: (pair[1].start or date.min, pair[0])):
        start = assertion.start
        if start in seen:
            first, other = seen[start]
            if twins_agree and _figure(other) == _figure(assertion):
                receipt.same += 1
            else:
                differs = "" if _figure(other) == _figure(assertion) else "，数字还不一致"
                reason = f"{assertion.title}：同一生效日在文件中出现两次（另见第 {first} 行）{differs}"
                receipt.refused.append((line, reason))
        elif clash := clashes(assertion, standing):
            receipt.refused.append((line, "；".join(clash)))
            standing.extend([kept[start]] if start in kept else [])
        else:
            seen[start] = (line, assertion)
            standing.append(assertion)
            if _store(stored.get(start), kept.get(start), assertion, receipt, twins_agree=twins_agree):
                taken.append((line, assertion))
    return taken


def _store(
    row: LocalStandard | None,
    old: Assertion | None,
    new: Assertion,
    receipt: StandardsReceipt,
    *,
    twins_agree: bool,
) -> bool:
    if row is None or old is None:
        row = LocalStandard.objects.create(
            state=states.APPROVED, by_installation=True, approved_at=clock.now(), **columns_of(new)
        )
        note_step(row, None, "install", before="")
        receipt.added += 1
        return True
    if old == new or (twins_agree and _figure(old) == _figure(new)):
        receipt.same += 1
        return False
    nobody = dict.fromkeys(("maker", "checker", "ends_on", "end_maker", "end_checker"))
    LocalStandard.objects.filter(pk=row.pk).update(
        state=states.APPROVED,
        by_installation=True,
        approved_at=clock.now(),
        version=row.version + 1,
        **nobody,
        **columns_of(new),
    )
    before, row.state = row.state, states.APPROVED
    was = {"amount": old.value, "per": old.per, "to": new.value, "per_to": new.per}
    note_step(row, None, "correct", before=before, details=was)
    receipt.changed += 1
    return True


def _figure(assertion: Assertion) -> tuple[object, ...]:
    """What two sources must agree on to tell the same."""
    return (assertion.value, assertion.per, assertion.start, assertion.valid_to)


def _record(actor: Actor | None, receipt: StandardsReceipt, verb: str, area_code: str) -> None:
    counts = {"added": receipt.added, "changed": receipt.changed, "same": receipt.same}
    details = {"rows": receipt.rows, **counts, "refused": len(receipt.refused)}
    record(actor, verb, subject_kind=SUBJECT, area_code=area_code, details=details)
