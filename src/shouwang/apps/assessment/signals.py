"""The signals of a run: one row per rule and subject that it holds for, or held for and cannot be told now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shouwang.engine.compare.diff import Signals

HOLDS, UNTOLD = 1, 0
SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("household_id", pa.int64()),
        ("person_id", pa.int64()),
        ("area_code", pa.string()),
        ("verdict", pa.int8()),
        ("evidence", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Signal:
    """One rule that holds for a person, or for a household (``person_id`` None)."""

    rule: str
    household_id: int
    person_id: int | None
    area_code: str
    evidence: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def subject_key(self) -> str:
        """The subject as short text: p<person> or h<household>."""
        return f"h{self.household_id}" if self.person_id is None else f"p{self.person_id}"


class SignalTable(Sequence[Signal]):
    """Signals over a Parquet table; rows become objects only when they are asked for."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return SignalTable(self.table.take(list(range(*place.indices(len(self))))))
        return next(iter(SignalTable(self.table.slice(range(len(self))[place], 1))))

    def __iter__(self) -> Iterator[Signal]:
        for batch in self.table.to_batches(max_chunksize=2000):
            for row in batch.to_pylist():
                evidence = json.loads(row["evidence"]) if row["evidence"] else {}
                yield Signal(row["rule"], row["household_id"], row["person_id"], row["area_code"], evidence)

    def rows(self, first: int, most: int) -> list[Signal]:
        """Return at most ``most`` signals from row ``first`` on."""
        return list(SignalTable(self.table.slice(first, most)))

    def holding(self) -> SignalTable:
        """Return only the signals that hold."""
        return SignalTable(self.table.filter(pc.equal(self.table["verdict"], HOLDS)))

    def pairs(self) -> Signals:
        """Return every row, also those that cannot be told, as the engine compares them."""
        encoded = self.table["rule"].combine_chunks().dictionary_encode()
        subject = pc.coalesce(self.table["person_id"], self.table["household_id"])
        return Signals(
            encoded.dictionary.to_pylist(),
            encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64),
            subject.to_numpy().astype(np.int64),
        )


def joined(tables: Sequence[SignalTable]) -> SignalTable:
    """Return several tables as one, each rule and subject once; of equals the first table's row stays."""
    whole = pa.concat_tables([each.table for each in tables]) if tables else SCHEMA.empty_table()
    keys = zip(
        whole["rule"].to_pylist(), whole["household_id"].to_pylist(), whole["person_id"].to_pylist(), strict=True
    )
    seen: dict[tuple[str, int], int] = {}
    for row, (rule, household, person) in enumerate(keys):
        seen.setdefault((rule, household if person is None else person), row)
    return SignalTable(whole.take(list(seen.values())) if len(seen) < whole.num_rows else whole)


def sorted_table(table: pa.Table) -> pa.Table:
    """Return signals in their one fixed order."""
    order = [
        ("rule", "ascending"),
        ("area_code", "ascending"),
        ("household_id", "ascending"),
        ("person_id", "ascending"),
    ]
    return table.sort_by(order).combine_chunks()
