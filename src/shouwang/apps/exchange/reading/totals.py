"""Sums of the amount columns, to be held against the sender's own 合计 row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shouwang.apps.exchange.contract import Column, Contract
from shouwang.apps.exchange.reading.cells import CellProblem, parse
from shouwang.apps.exchange.reading.header import Header

_TOTAL_ROWS = ("合计", "总计")

if TYPE_CHECKING:
    import pyarrow as pa

_LOW_BITS = 24


def _sum(values: pa.Array) -> int:
    """The exact sum of an int64 column, however large: high and low bits by themselves."""
    known, data = values.buffers()
    part = slice(values.offset, values.offset + len(values))
    fen = np.frombuffer(data, np.int64)[part] if data is not None and data.size else np.zeros(0, np.int64)
    if known is not None:
        fen = fen[np.unpackbits(np.frombuffer(known, np.uint8), bitorder="little")[part].astype(np.bool_)]
    return (int((fen >> _LOW_BITS).sum()) << _LOW_BITS) + int((fen & ((1 << _LOW_BITS) - 1)).sum())


class Totals:
    """Per amount column: accepted and quarantined 分, whether every amount could be read, what the 合计 rows say."""

    def __init__(self, contract: Contract, header: Header) -> None:
        self._places: list[tuple[Column, int]] = [
            (column, header.positions[column.name])
            for column in contract.columns
            if column.type == "money" and column.name in header.positions
        ]
        self._accepted = {column.name: 0 for column, _ in self._places}
        self._quarantined = dict(self._accepted)
        self._unreadable: set[str] = set()
        self._stated: dict[str, list[int]] = {column.name: [] for column, _ in self._places}

    def accepted(self, values: dict[str, pa.Array]) -> None:
        """Add the amounts of accepted records."""
        for name in self._accepted:
            self._accepted[name] += _sum(values[name])

    def quarantined(self, cells: list[Any]) -> None:
        """Add what can be read of a quarantined record's amounts."""
        for column, at in self._places:
            try:
                value, _ = parse(cells[at], column)
            except CellProblem:
                self._unreadable.add(column.name)
            else:
                self._quarantined[column.name] += value or 0

    def unreadable(self) -> None:
        """Note a record none of whose amounts can be told."""
        self._unreadable.update(self._accepted)

    def footer(self, first: str, cells: list[Any]) -> None:
        """Note what a 合计 or 总计 row says."""
        if not first.startswith(_TOTAL_ROWS):
            return
        for column, at in self._places:
            try:
                value, _ = parse(cells[at] if at < len(cells) else None, column)
            except CellProblem:
                continue
            if value is not None:
                self._stated[column.name].append(value)

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the sums by header for the receipt; 分, ``quarantined`` None where an amount could not be read."""
        return {
            column.header: {
                "accepted": self._accepted[column.name],
                "quarantined": None if column.name in self._unreadable else self._quarantined[column.name],
                "stated": self._stated[column.name][-1] if self._stated[column.name] else None,
            }
            for column, _ in self._places
        }

    def mismatches(self) -> list[str]:
        """Return the headers whose 合计 differs from the sum over all records, where both can be told."""
        wrong = []
        for column, _ in self._places:
            stated = self._stated[column.name]
            total = self._accepted[column.name] + self._quarantined[column.name]
            if len(stated) == 1 and column.name not in self._unreadable and stated[0] != total:
                wrong.append(column.header)
        return wrong
