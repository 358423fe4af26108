"""Reading the history of divisions (区划沿革): ``code,name,level,start_year,end_year,successors`` among its columns.

``start_year`` is included and ``end_year`` excluded, both as of 31 December, so a span runs from one 31 December to another.
``successors`` are split by ``;``; a year in brackets is when that part of the territory went over, if not at the end.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shouwang.apps.areas.reading import RowRefused, Span, checked_code, checked_name, read_rows
from shouwang.apps.areas.receipt import Refusal
from shouwang.lib.area_codes import AreaCodeError, normalise_code

COLUMNS = ("code", "name", "level", "start_year", "end_year", "successors")
LEVEL_OF_WORD = {"province": "province", "prefecture": "city", "county": "county"}
_SUCCESSOR = re.compile(r"(\d{6})(?:\[(\d{4})\])?", re.ASCII)
_YEAR = re.compile(r"(?:19|20)\d{2}", re.ASCII)


@dataclass(frozen=True)
class Move:
    """A code, wholly or in part, went over into another on a day."""

    predecessor: str
    successor: str
    on: date


@dataclass(frozen=True)
class HistoryRow:
    """One accepted row: the span of the code and where its territory went."""

    span: Span
    moves: tuple[Move, ...]


def read_history(path: Path, known: frozenset[str] = frozenset()) -> tuple[list[HistoryRow], list[Refusal]]:
    """Read a whole history file; every row is either a ``HistoryRow`` or a ``Refusal``.

    ``known`` are codes already recorded, which a successor may name without standing in the file.
    """
    read: list[HistoryRow] = []
    refused: list[Refusal] = []
    for line, row in read_rows(path, COLUMNS):
        try:
            if row is None:
                raise RowRefused("列数与表头不符")
            read.append(_history_row(line, row))
        except RowRefused as error:
            refused.append(Refusal(line, "" if row is None else row["code"], str(error)))
    codes = known | {row.span.code for row in read}
    taken: dict[str, list[Span]] = defaultdict(list)
    accepted: list[HistoryRow] = []
    for row in read:
        reason = _quarrel(row, taken[row.span.code], codes)
        if reason:
            refused.append(Refusal(row.span.line, row.span.code, reason))
        else:
            taken[row.span.code].append(row.span)
            accepted.append(row)
    return accepted, sorted(refused, key=lambda refusal: refusal.line)


def _history_row(line: int, row: dict[str, str]) -> HistoryRow:
    level = LEVEL_OF_WORD.get(row["level"], row["level"])
    code = checked_code(row["code"], level)
    start = _year_end(row["start_year"], "启用年")
    end = _year_end(row["end_year"], "停用年") if row["end_year"] else None
    if end is not None and end <= start:
        raise RowRefused("停用年不晚于启用年")
    moves = tuple(_move(code, part.strip(), end) for part in row["successors"].split(";") if part.strip())
    return HistoryRow(Span(line, code, checked_name(row["name"]), level, start, end), moves)


def _year_end(text: str, what: str) -> date:
    if _YEAR.fullmatch(text) is None:
        raise RowRefused(f"{what}“{text}”不是年份")
    return date(int(text), 12, 31)


def _move(code: str, text: str, end: date | None) -> Move:
    found = _SUCCESSOR.fullmatch(text)
    if found is None:
        raise RowRefused(f"去向“{text}”的写法无法识别")
    on = _year_end(found[2], "划转年") if found[2] else end
    if on is None:
        raise RowRefused(f"在用代码的去向“{text}”没有写明年份")
    if end is not None and on > end:
        raise RowRefused(f"去向“{text}”的年份晚于停用年")
    try:
        return Move(code, normalise_code(found[1]), on)
    except AreaCodeError as error:
        raise RowRefused(str(error)) from None


def _quarrel(row: HistoryRow, earlier: list[Span], codes: frozenset[str]) -> str:
    """Return why a readable row cannot stand beside the others, or ''."""
    for other in earlier:
        if (other.valid_to is None or row.span.valid_from < other.valid_to) and (
            row.span.valid_to is None or other.valid_from < row.span.valid_to
        ):
            return f"该代码的使用时段与第 {other.line} 行重叠"
    strangers = [move.successor for move in row.moves if move.successor not in codes]
    return f"去向 {strangers[0][:6]} 不在资料中" if strangers else ""
