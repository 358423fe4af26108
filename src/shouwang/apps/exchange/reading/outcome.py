"""What reading hands out: accepted records by the column, quarantined records one by one, and the account of every line and byte."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from shouwang.apps.exchange.reading.reasons import Reason

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

MAX_SHOWN = 4_000
HEADER, ACCEPTED, QUARANTINED, BLANK, FOOTER = "header", "accepted", "quarantined", "blank", "footer"
DISPOSITIONS = (HEADER, ACCEPTED, QUARANTINED, BLANK, FOOTER)


@dataclass(frozen=True, slots=True)
class Repair:
    """A safe normalisation of one cell: where, which, and the text as it came."""

    line: int
    sheet: str
    column: str
    name: str
    original: str


@dataclass(slots=True)
class Taken:
    """A run of accepted records: values by column name, and the place of each record."""

    sheet: str
    line: NDArray[np.int64]
    lines: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    values: dict[str, pa.Array]
    repairs: list[Repair]

    def __len__(self) -> int:
        return len(self.line)


class Numberless(NamedTuple):
    """What a record says whose only fault is its identity number: the number as it came, and the values of its other columns."""

    number: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One record that was not taken, as it came."""

    sheet: str
    line: int
    lines: int
    start: int
    end: int
    raw: str
    reasons: tuple[Reason, ...]
    numberless: Numberless | None = None


class Where(NamedTuple):
    """The place of a record or of lines that are none: sheet, first line, number of lines, bytes from and to."""

    sheet: str
    line: int
    lines: int
    start: int
    end: int


class Sink(Protocol):
    """Takes what reading hands out, in file order per kind."""

    def taken(self, rows: Taken) -> None:
        """Take accepted records."""

    def quarantined(self, row: Quarantined) -> None:
        """Take one quarantined record."""

    def span(self, kind: str, where: Where) -> None:
        """Note lines that are no record: header, blank or footer."""

    def progress(self, done: int) -> None:
        """Note how many bytes of the file are behind us."""


@dataclass(slots=True)
class Account:
    """Bytes, lines and records by disposition; reasons, repairs and remarks counted. For workbooks lines are sheet rows and bytes stay empty."""

    bytes: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    cells: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    flags: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    sheets: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, kind: str, records: int, lines: int, size: int) -> None:
        """Add records of one disposition."""
        self.records[kind] += records
        self.lines[kind] += lines
        self.bytes[kind] += size

    def flag(self, name: str, count: int = 1) -> None:
        """Count a remark for the receipt."""
        self.flags[name] = self.flags.get(name, 0) + count
