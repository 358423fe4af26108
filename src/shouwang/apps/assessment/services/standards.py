"""Takes the local standards of provinces, cities and counties in from the CSV layout; every row is accounted for."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.db import transaction

from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.assessment.standards import assertion_from, columns_of
from shouwang.apps.audit.record import record
from shouwang.engine.parameter_csv import assertion_of, problems_with
from shouwang.engine.parameters import COLUMNS, Assertion

REQUIRED = ("area_code", "item", "amount_fen", "per", "valid_from", "source")
Key = tuple[str, str]


class StandardsRefused(Exception):
    """The whole file cannot be read as a table of standards; the message is Chinese."""


@dataclass
class StandardsReceipt:
    """What became of every row: ``rows`` = added + changed + same + refused. ``refused`` holds (line, reason)."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def __str__(self) -> str:
        head = (
            f"标准 {self.rows} 行：新增 {self.added}，更正 {self.changed}，相同 {self.same}，退回 {len(self.refused)}"
        )
        return "\n".join([head, *(f"  第 {line} 行：{reason}" for line, reason in sorted(self.refused))])


def import_standards(path: Path) -> StandardsReceipt:
    """Take the good rows of a CSV file and refuse the bad ones, each with its line and a Chinese reason.

    A row with the same division, parameter and first day as a stored one corrects it; spans may not overlap. UTF-8
    (with or without BOM) or GB18030. Raises StandardsRefused where the file is no such table.
    """
    receipt = StandardsReceipt()
    by_key: dict[Key, list[tuple[int, Assertion]]] = defaultdict(list)
    for line, row in _rows(path):
        receipt.rows += 1
        try:
            assertion = _checked(row)
        except ValueError as error:
            receipt.refused.append((line, str(error)))
        else:
            by_key[assertion.item, assertion.area_code].append((line, assertion))
    with transaction.atomic():
        for key in sorted(by_key):
            _take(key, by_key[key], receipt)
        counts = {"added": receipt.added, "changed": receipt.changed, "same": receipt.same}
        details = {"rows": receipt.rows, **counts, "refused": len(receipt.refused)}
        record(None, "standards.import", subject_kind="local_standard", details=details)
    return receipt


def _rows(path: Path) -> Iterator[tuple[int, dict[str | None, str | None]]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise StandardsRefused(f"{path.name}：文字编码既不是 UTF-8 也不是 GB18030") from None
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    lacking = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
    if lacking:
        raise StandardsRefused(f"{path.name}：缺少列 {'、'.join(lacking)}；应有的列：{'、'.join(COLUMNS)}")
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise StandardsRefused(f"{path.name} 第 {reader.line_num} 行：不是规范的 CSV（{error}）") from error


def _checked(row: dict[str | None, str | None]) -> Assertion:
    """Return the assertion of a row. Raises ValueError with a Chinese reason."""
    if None in row or None in row.values():
        raise ValueError("列数与表头不符")
    assertion = assertion_of(row)
    problems = problems_with([assertion], selectors.book().parameter_specs)
    if problems:
        raise ValueError("；".join(problems))
    if not assertion.source:
        raise ValueError(f"{assertion.title}：没有写来源")
    for name, column in columns_of(assertion).items():
        limit = LocalStandard._meta.get_field(name).max_length if isinstance(column, str) else None
        if limit is not None and len(column) > limit:
            raise ValueError(f"{assertion.title}：{LocalStandard._meta.get_field(name).verbose_name}超过 {limit} 字")
    if not -(2**63) <= assertion.value < 2**63:
        raise ValueError(f"{assertion.title}：值超出范围")
    return assertion


def _take(key: Key, new: list[tuple[int, Assertion]], receipt: StandardsReceipt) -> None:
    stored = {row.valid_from: row for row in LocalStandard.objects.filter(item=key[0], area_code=key[1])}
    kept = {start: assertion_from(row) for start, row in stored.items()}
    replaced = {assertion.valid_from for _, assertion in new}
    standing = [assertion for start, assertion in kept.items() if start not in replaced]
    taken: set[date | None] = set()
    for line, assertion in sorted(new, key=lambda pair: (pair[1].start or date.min, pair[0])):
        start = assertion.valid_from
        if start in taken:
            receipt.refused.append((line, f"{assertion.title}：同一生效日在文件中出现两次"))
        elif clash := _overlapping(assertion, standing):
            receipt.refused.append(
                (line, f"{assertion.title}：与 {clash.start} 起的值时间重叠，请写明前一个值的失效日")
            )
            standing.extend([kept[start]] if start in kept else [])
        else:
            taken.add(start)
            standing.append(assertion)
            _store(stored.get(start), kept.get(start), assertion, receipt)


def _overlapping(assertion: Assertion, standing: Iterable[Assertion]) -> Assertion | None:
    first, last = assertion.start or date.min, assertion.valid_to or date.max
    for other in standing:
        if first < (other.valid_to or date.max) and (other.start or date.min) < last:
            return other
    return None


def _store(row: LocalStandard | None, old: Assertion | None, new: Assertion, receipt: StandardsReceipt) -> None:
    if row is None:
        LocalStandard.objects.create(**columns_of(new))
        receipt.added += 1
    elif old == new:
        receipt.same += 1
    else:
        LocalStandard.objects.filter(pk=row.pk).update(**columns_of(new))
        receipt.changed += 1
