"""Import a county's own divisions: its townships and villages, and for an invented county the levels above."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.db import transaction

from shouwang.apps.areas.models import Division, Lineage
from shouwang.apps.areas.reading import RowRefused, Span, read_local
from shouwang.apps.areas.receipt import Receipt, Refusal
from shouwang.apps.areas.services.spans import BATCH, Progress, divisions_by_code, write_spans
from shouwang.apps.audit.record import record
from shouwang.lib.area_codes import NATION, ancestors_of, parent_of
from shouwang.lib.crypto import sm3_file


def import_local(path: Path, progress: Progress | None = None) -> Receipt:
    """Record a file of ``code,name,level,valid_from`` in one transaction; every row is accounted for.

    A known code under a new name with a later start is a renaming: the old span ends that day and the new one begins.
    Raises ``AreaFileError`` where the file is no division file.
    """
    path = Path(path)
    digest = sm3_file(path)
    source = f"{path.name[:60]} SM3:{digest[:16]}"
    spans, refused = read_local(path)
    rows = len(spans) + len(refused)
    with transaction.atomic():
        known = divisions_by_code({code for span in spans for code in ancestors_of(span.code)})
        present = set(known)
        to_write: list[Span] = []
        renamed: list[Lineage] = []
        for span in sorted(spans, key=lambda span: span.code):
            try:
                _check_parent(span, present)
                writes = _decide(span, known.get(span.code, []))
            except RowRefused as error:
                refused.append(Refusal(span.line, span.code, str(error)))
                continue
            present.add(span.code)
            to_write += writes
            if len(writes) == 2 and span.valid_from is not None:
                renamed.append(Lineage(predecessor=span.code, successor=span.code, on=span.valid_from, source=source))
        created, changed = write_spans(to_write, source, progress, "乡镇和村", known)
        Lineage.objects.bulk_create(renamed, batch_size=BATCH)
        refused.sort(key=lambda refusal: refusal.line)
        receipt = Receipt(
            f"本地区划 {path.name}",
            rows,
            rows - len(refused),
            tuple(refused),
            created,
            changed - len(renamed),
            len(renamed),
        )
        record(
            None,
            "areas.import_local",
            subject_kind="divisions",
            area_code=_common_area([span.code for span in spans]),
            details={
                "file": path.name,
                "sm3": digest,
                "rows": rows,
                "accepted": receipt.accepted,
                "refused": len(refused),
                "created": created,
                "renamed": len(renamed),
            },
        )
    return receipt


def _check_parent(span: Span, present: set[str]) -> None:
    """Refuse a row whose place in the tree is not there: 省直辖 counties have no city, every other level has its parent."""
    above = parent_of(span.code)
    if span.level == "province" or above in present:
        return
    if span.level == "county" and span.code[:2].ljust(12, "0") in present:
        return
    raise RowRefused(f"上级代码 {above} 不在资料中，请先导入上级")


def _decide(span: Span, recorded: list[Division]) -> list[Span]:
    """Return the spans to write for an accepted row: none (known), one (new or corrected) or two (renamed)."""
    if not recorded:
        return [span]
    last = recorded[-1]
    if last.valid_to is not None:
        if span.valid_from is None or span.valid_from < last.valid_to:
            raise RowRefused(f"该代码已于 {last.valid_to} 停用，重新启用须写明之后的启用日")
        return [span]
    if last.name == span.name:
        return []
    if span.valid_from is None:
        raise RowRefused(f"名称与已登记的“{last.name}”不同；更名须写明启用日")
    if span.valid_from == last.valid_from:
        return [span]
    if last.valid_from is not None and span.valid_from < last.valid_from:
        raise RowRefused(f"启用日早于已登记的“{last.name}”的启用日 {last.valid_from}")
    ended = Span(span.line, last.code, last.name, last.level, last.valid_from, span.valid_from)
    return [ended, replace(span)]


def _common_area(codes: list[str]) -> str:
    """Return the smallest division that holds all codes of the file."""
    shared = set.intersection(*(set(ancestors_of(code)) for code in codes)) if codes else {NATION}
    return next((code for code in ancestors_of(codes[0]) if code in shared), NATION) if codes else NATION
