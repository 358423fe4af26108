"""What must become of every file and record: the answers the corpus is checked against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Disposition = Literal["accepted", "quarantined", "header", "blank", "footer", "refused-with-file"]
Verdict = Literal["accepted", "partly", "refused", "held"]
Level = Literal["core", "advanced"]
Values = dict[str, str | int | None]


@dataclass(slots=True)
class Record:
    """One record or non-record row. ``values`` is set for accepted ones: ids 18 characters, amounts in 分, dates ISO."""

    disposition: Disposition
    line: int | None = None
    lines: int = 1
    sheet: str | None = None
    row: int | None = None
    reason: str | None = None
    values: Values | None = None

    def as_dict(self) -> dict[str, Any]:
        """The manifest's form of this record."""
        where: dict[str, Any] = (
            {"line": self.line, "lines": self.lines} if self.sheet is None else {"sheet": self.sheet, "row": self.row}
        )
        where["disposition"] = self.disposition
        where["reason"] = self.reason
        if self.values is not None:
            where["values"] = self.values
        return where


@dataclass(slots=True)
class Case:
    """One file of the corpus with its expected outcome."""

    feed: str
    content: bytes
    records: list[Record]
    extension: str = "csv"
    refused: str | None = None
    held: str | None = None
    level: Level = "core"
    declared_name: str | None = None
    note: str = ""
    family: int = 0
    family_name: str = ""
    variant: str = ""
    path: str = field(default="")

    @property
    def verdict(self) -> Verdict:
        """What must become of the file as a whole."""
        if self.refused:
            return "refused"
        if self.held:
            return "held"
        return "partly" if any(record.disposition == "quarantined" for record in self.records) else "accepted"


def refused_lines(content: bytes) -> list[Record]:
    """The single entry of a refused text file: every physical line goes back with the file."""
    ends = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    count = ends.count(b"\n") + (1 if ends and not ends.endswith(b"\n") else 0)
    return [Record("refused-with-file", line=1, lines=count)] if count else []
