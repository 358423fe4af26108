"""Writing spans in bulk: what is already so is not written again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from shouwang.apps.areas.models import Division
from shouwang.apps.areas.reading import Span

Progress = Callable[[str, int, int], None]
BATCH = 500


def divisions_by_code(codes: Iterable[str]) -> dict[str, list[Division]]:
    """Return the recorded spans of some codes, each code's in order of time (an unknown start first)."""
    found: dict[str, list[Division]] = {}
    wanted = list(codes)
    for at in range(0, len(wanted), BATCH):
        for division in Division.objects.filter(code__in=wanted[at : at + BATCH]):
            found.setdefault(division.code, []).append(division)
    for spans in found.values():
        spans.sort(key=lambda division: division.valid_from or date.min)
    return found


def write_spans(
    spans: Sequence[Span], source: str, progress: Progress | None, stage: str, known: dict[str, list[Division]]
) -> tuple[int, int]:
    """Record spans keyed by code and start; returns (created, changed). ``known``: what is recorded for these codes."""
    recorded = {(division.code, division.valid_from): division for each in known.values() for division in each}
    new: list[Division] = []
    differing: list[Division] = []
    for span in spans:
        division = recorded.get((span.code, span.valid_from))
        if division is None:
            new.append(
                Division(
                    code=span.code,
                    name=span.name,
                    level=span.level,
                    valid_from=span.valid_from,
                    valid_to=span.valid_to,
                    source=source,
                )
            )
        elif (division.name, division.level, division.valid_to) != (span.name, span.level, span.valid_to):
            division.name, division.level, division.valid_to, division.source = (
                span.name,
                span.level,
                span.valid_to,
                source,
            )
            differing.append(division)
    for at in range(0, len(new), BATCH):
        Division.objects.bulk_create(new[at : at + BATCH])
        if progress is not None:
            progress(stage, min(at + BATCH, len(new)), len(new))
    Division.objects.bulk_update(differing, ["name", "level", "valid_to", "source"], batch_size=BATCH)
    return len(new), len(differing)
