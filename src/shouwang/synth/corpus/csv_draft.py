"""Builds a CSV file line by line and keeps the answer for every physical line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shouwang.synth.corpus.contracts import Feed
from shouwang.synth.corpus.manifest import Case, Disposition, Level, Record, Values, refused_lines
from shouwang.synth.corpus.samples import Sample, sample


def quoted(cell: str, delimiter: str = ",") -> str:
    """A cell by RFC 4180: quoted only where it must be."""
    if any(sign in cell for sign in (delimiter, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


class CsvDraft:
    """A CSV file in the making. ``columns`` may reorder or extend the feed's header."""

    def __init__(
        self,
        feed: Feed,
        rng: np.random.Generator,
        *,
        encoding: str = "utf-8",
        bom: bytes = b"",
        end: str = "\n",
        delimiter: str = ",",
        columns: list[str] | None = None,
    ) -> None:
        self.feed = feed
        self.rng = rng
        self.encoding = encoding
        self.end = end
        self.delimiter = delimiter
        self.columns = feed.headers if columns is None else columns
        self._parts: list[bytes] = [bom] if bom else []
        self._records: list[Record] = []
        self._line = 1

    def text(
        self, line: str, disposition: Disposition, *, reason: str | None = None, values: Values | None = None
    ) -> None:
        """Append one record as finished text, line end excluded."""
        self.raw((line + self.end).encode(self.encoding), disposition, reason=reason, values=values)

    def raw(
        self,
        data: bytes,
        disposition: Disposition,
        *,
        reason: str | None = None,
        values: Values | None = None,
        lines: int | None = None,
    ) -> None:
        """Append bytes as they are, line end included; ``lines`` = how many physical lines they hold (counted when None)."""
        if lines is None:
            text = data.decode(self.encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
            lines = max(1, text.count("\n"))
        self._parts.append(data)
        self._records.append(Record(disposition, line=self._line, lines=lines, reason=reason, values=values))
        self._line += lines

    def cells(
        self, cells: Sequence[str], disposition: Disposition, *, reason: str | None = None, values: Values | None = None
    ) -> None:
        """Append one record of quoted cells."""
        line = self.delimiter.join(quoted(cell, self.delimiter) for cell in cells)
        self.text(line, disposition, reason=reason, values=values)

    def header(self, names: list[str] | None = None) -> CsvDraft:
        """Append the header row."""
        self.cells(self.columns if names is None else names, "header")
        return self

    def put(self, record: Sample, *, reason: str | None = None, extra: str = "") -> None:
        """Append a record: quarantined when a reason is given, accepted with its values otherwise."""
        row = [record.cells.get(name, extra) for name in self.columns]
        if reason:
            self.cells(row, "quarantined", reason=reason)
        else:
            self.cells(row, "accepted", values={k: v for k, v in record.values.items() if k in self.columns})

    def good(self, count: int) -> CsvDraft:
        """Append clean records."""
        for _ in range(count):
            self.put(sample(self.feed, self.rng))
        return self

    def line_of(self, record: Sample) -> str:
        """A record as CSV text without its line end, in this draft's column order."""
        return self.delimiter.join(quoted(record.cells.get(name, ""), self.delimiter) for name in self.columns)

    def case(
        self,
        *,
        refused: str | None = None,
        held: str | None = None,
        level: Level = "core",
        extension: str = "csv",
        strip_last_end: bool = False,
    ) -> Case:
        """Finish the file."""
        content = b"".join(self._parts)
        if strip_last_end:
            content = content[: -len(self.end.encode(self.encoding))]
        records = refused_lines(content) if refused else self._records
        return Case(self.feed.name, content, records, extension=extension, refused=refused, held=held, level=level)
