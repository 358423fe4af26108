"""Builds a workbook row by row and keeps the answer for every row; the bytes are the same for the same seed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from shouwang.synth.corpus.contracts import Feed
from shouwang.synth.corpus.manifest import Case, Disposition, Level, Record, Values
from shouwang.synth.corpus.samples import Sample, sample

_FIXED_TIME = (2026, 11, 2, 8, 0, 0)
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes: written as a formula, never as text."""

    text: str


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell holding an Excel error such as #REF!."""

    text: str


State = Literal["visible", "hidden", "veryHidden"]
Cell = str | int | float | bool | date | Formula | ErrorCell | None


def repacked(content: bytes, *, replace: dict[str, bytes] | None = None, add: dict[str, bytes] | None = None) -> bytes:
    """The same workbook with fixed time stamps, some parts replaced or added: equal bytes for an equal draft."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        parts = {name: source.read(name) for name in source.namelist()}
        for name, data in {**parts, **(replace or {}), **(add or {})}.items():
            body = _STAMP.sub(b"2026-11-02T08:00:00Z", data) if name == "docProps/core.xml" else data
            info = zipfile.ZipInfo(name, _FIXED_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, body)
    return out.getvalue()


class XlsxDraft:
    """A workbook in the making, one data sheet first."""

    def __init__(
        self, feed: Feed, rng: np.random.Generator, *, columns: list[str] | None = None, title: str = "Sheet1"
    ) -> None:
        self.feed = feed
        self.rng = rng
        self.columns = feed.headers if columns is None else columns
        self.book = Workbook()
        first = self.book.active
        if not isinstance(first, Worksheet):  # pragma: no cover
            raise TypeError
        self.sheet: Worksheet = first
        self.sheet.title = title
        self._records: list[Record] = []
        self._row = 0

    @property
    def row(self) -> int:
        """Number of the last row written."""
        return self._row

    def other_sheet(self, title: str, state: State = "visible") -> None:
        """Go on writing in a further sheet."""
        self.sheet = self.book.create_sheet(title)
        self.sheet.sheet_state = state
        self._row = 0

    def cells(
        self,
        cells: Sequence[Cell],
        disposition: Disposition | None,
        *,
        reason: str | None = None,
        values: Values | None = None,
    ) -> None:
        """Append a row; ``disposition`` None leaves it out of the manifest (rows of an ignored sheet)."""
        self._row += 1
        for place, value in enumerate(cells, start=1):
            if value is None or value == "":
                continue
            target: Any = self.sheet.cell(self._row, place)
            if isinstance(value, Formula):
                target.value = value.text
            elif isinstance(value, ErrorCell):
                target.value = value.text
                target.data_type = "e"
            elif isinstance(value, str):
                target.value = value
                target.data_type = "s"
            else:
                target.value = value
                if isinstance(value, date):
                    target.number_format = "yyyy-mm-dd hh:mm" if isinstance(value, datetime) else "yyyy-mm-dd"
        if disposition:
            record = Record(disposition, sheet=self.sheet.title, row=self._row, reason=reason, values=values)
            self._records.append(record)

    def header(self, names: list[str] | None = None) -> XlsxDraft:
        """Append the header row."""
        self.cells(list(self.columns if names is None else names), "header")
        return self

    def put(self, record: Sample, *, reason: str | None = None, override: dict[str, Cell] | None = None) -> None:
        """Append a record, some cells written as other types; quarantined when a reason is given."""
        row: list[Cell] = [(override or {}).get(name, record.cells.get(name)) for name in self.columns]
        if reason:
            self.cells(row, "quarantined", reason=reason)
        else:
            self.cells(row, "accepted", values={k: v for k, v in record.values.items() if k in self.columns})

    def good(self, count: int) -> XlsxDraft:
        """Append clean records."""
        for _ in range(count):
            self.put(sample(self.feed, self.rng))
        return self

    def content(self) -> bytes:
        """The workbook as bytes."""
        out = io.BytesIO()
        self.book.save(out)
        return repacked(out.getvalue())

    def case(
        self,
        *,
        refused: str | None = None,
        held: str | None = None,
        level: Level = "core",
        extension: str = "xlsx",
        content: bytes | None = None,
    ) -> Case:
        """Finish the file."""
        body = self.content() if content is None else content
        records = [] if refused else self._records
        return Case(self.feed.name, body, records, extension=extension, refused=refused, held=held, level=level)
