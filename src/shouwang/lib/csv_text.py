"""CSV for spreadsheet programs: UTF-8 with BOM, and no text that a program would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_text(text: str) -> str:
    """Return a text that stays text: one that begins like a formula gets an apostrophe in front."""
    return f"'{text}" if text.startswith(RISKY) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """Return a CSV file. Whole numbers stay numbers, texts are made safe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in (header, *rows):
        writer.writerow([cell if isinstance(cell, int) else safe_text(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")
