"""Import the history of provinces, prefectures and counties with its lineage."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from shouwang.apps.areas.history_file import Move, read_history
from shouwang.apps.areas.models import Division, Lineage
from shouwang.apps.areas.receipt import Receipt
from shouwang.apps.areas.services.spans import BATCH, Progress, divisions_by_code, write_spans
from shouwang.apps.audit.record import record
from shouwang.lib.area_codes import NATION
from shouwang.lib.crypto import sm3_file


def import_history(path: Path, progress: Progress | None = None) -> Receipt:
    """Record every span and every move of a history file in one transaction; every row is accounted for.

    Rows of the current list whose start was not known give way to the dated span of the same code; where the two disagree
    on its name a note says so. Raises ``AreaFileError`` where the file is no history file.
    """
    path = Path(path)
    digest = sm3_file(path)
    source = f"{path.name[:60]} SM3:{digest[:16]}"
    with transaction.atomic():
        codes = frozenset(Division.objects.values_list("code", flat=True).distinct())
        accepted, refused = read_history(path, codes)
        spans = [row.span for row in accepted]
        known = divisions_by_code({span.code for span in spans} & codes)
        in_use = {span.code: span.name for span in spans if span.valid_to is None}
        recorded = [division for each in known.values() for division in each]
        undated = [division for division in recorded if division.valid_from is None and division.code in in_use]
        for at in range(0, len(undated), BATCH):
            Division.objects.filter(pk__in=[division.pk for division in undated[at : at + BATCH]]).delete()
        created, changed = write_spans(spans, source, progress, "区划沿革", known)
        moves = _record_moves([move for row in accepted for move in row.moves], source)
        receipt = Receipt(
            f"区划沿革 {path.name}",
            len(accepted) + len(refused),
            len(accepted),
            tuple(refused),
            created,
            changed,
            moves,
            _notes_on_undated(undated, in_use),
        )
        record(
            None,
            "areas.import_history",
            subject_kind="divisions",
            area_code=NATION,
            details={
                "file": path.name,
                "sm3": digest,
                "rows": receipt.rows,
                "accepted": receipt.accepted,
                "refused": len(refused),
                "created": created,
                "changed": changed,
                "lineage": moves,
            },
        )
    return receipt


def _record_moves(moves: list[Move], source: str) -> int:
    known = set(Lineage.objects.values_list("predecessor", "successor", "on"))
    new = dict.fromkeys(move for move in moves if (move.predecessor, move.successor, move.on) not in known)
    Lineage.objects.bulk_create(
        [Lineage(predecessor=move.predecessor, successor=move.successor, on=move.on, source=source) for move in new],
        batch_size=BATCH,
    )
    return len(new)


def _notes_on_undated(undated: list[Division], in_use: dict[str, str]) -> tuple[str, ...]:
    if not undated:
        return ()
    renamed = [
        f"{division.code[:6]} 现行名单为“{division.name}”、沿革为“{in_use[division.code]}”"
        for division in undated
        if division.name != in_use[division.code]
    ]
    return (f"现行名单中 {len(undated)} 个代码补上了启用日", *renamed)
