"""The sink that writes a delivery into the lake: accepted records as Parquet without names or numbers in clear, the rest sealed."""

from __future__ import annotations

from collections import deque
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shouwang.apps.exchange.contract import REGISTER, Column, Contract
from shouwang.apps.exchange.reading.columns import numbers, type_of
from shouwang.apps.exchange.reading.indexes import INDEX, Indexed, name_forms, whom
from shouwang.apps.exchange.reading.outcome import Quarantined, Taken, Where
from shouwang.apps.exchange.reading.sealed import SealedWriter, packed

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

ROWS_PER_GROUP = 100_000
COMING = 6
"""Runs of records whose indexes are being made while the next ones are read: as many as the writing of a row group takes in time."""
QUARANTINED_PER_FRAME = 500
PARQUET, SEALED = "rows.parquet", "rows.sealed"


def _plain_values(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


class LakeSink:
    """Takes what reading hands out. The keys are those of the two blind indexes and of the sealed file; ``many``: a large file."""

    def __init__(
        self,
        folder: Path,
        contract: Contract,
        *,
        id_key: bytes,
        name_key: bytes,
        seal_key: bytes,
        report: Any,
        many: bool,
    ) -> None:
        self.contract = contract
        self._id, self._name = Indexed(id_key, many=many), Indexed(name_key, many=many)
        self._plain: list[Column] = [c for c in contract.columns if c.type not in {"id", "name"} and not c.secret]
        self._secret: list[Column] = (
            [c for c in contract.columns if c.type in {"id", "name"} or c.secret] if contract.feed == REGISTER else []
        )
        fields = [
            ("record", pa.int32()),
            ("sheet", pa.string()),
            ("line", pa.int32()),
            ("lines", pa.int16()),
            ("byte_from", pa.int64()),
            ("byte_to", pa.int64()),
        ]
        fields += [("id_index", INDEX), ("name_index", INDEX), ("name_masked", pa.string())]
        fields += [(column.name, type_of(column)) for column in self._plain]
        self.schema = pa.schema(fields)
        codes = {column.name for column in self._plain if column.type in {"code", "place"}}
        counted = [
            field.name for field in self.schema if field.type in {pa.int32(), pa.int64()} and field.name not in codes
        ]
        self._parquet = pq.ParquetWriter(
            folder / PARQUET,
            self.schema,
            write_statistics=False,
            compression={field.name: "none" if field.type == INDEX else "lz4" for field in self.schema},
            use_dictionary=[field.name for field in self.schema if field.type != INDEX and field.name not in counted],
            column_encoding=dict.fromkeys(counted, "DELTA_BINARY_PACKED"),
        )
        self._sealed = SealedWriter(folder / SEALED, seal_key)
        self._waiting: list[pa.RecordBatch] = []
        self._rows_waiting = 0
        self._records = 0
        self._quarantined: list[list[Any]] = []
        self._numberless: list[list[Any]] = []
        self._report = report
        self._beside: ThreadPoolExecutor | None = None
        self._coming: deque[Future[tuple[pa.RecordBatch, bytes]]] = deque()
        if many:
            from concurrent.futures import ThreadPoolExecutor

            self._beside = ThreadPoolExecutor(1)

    def taken(self, rows: Taken) -> None:
        """Add accepted records."""
        first, self._records = self._records, self._records + len(rows)
        if self._beside is None:
            self._add(*self._made(rows, first))
        else:
            self._coming.append(self._beside.submit(self._made, rows, first))
            if len(self._coming) > COMING:
                self._add(*self._coming.popleft().result())
        if rows.repairs:
            self._sealed.write("repairs", [[r.sheet, r.line, r.column, r.name, r.original] for r in rows.repairs])

    def _made(self, rows: Taken, first: int) -> tuple[pa.RecordBatch, bytes]:
        """What of some records stands in the lake in clear, and what is to be sealed."""
        return self._batch(rows, first), packed(self._hidden(rows.values))

    def _hidden(self, values: dict[str, pa.Array]) -> pa.RecordBatch:
        if self._secret:
            return pa.RecordBatch.from_pydict({column.name: values[column.name] for column in self._secret})
        # whom a record is about, of its number only birth and sex: for a record that nobody's number answers to
        return whom(values[self.contract.name], values[self.contract.id])

    def _batch(self, rows: Taken, first: int) -> pa.RecordBatch:
        """What of some records stands in the lake; the first of them has this number."""
        compared, masked = name_forms(rows.values[self.contract.name])
        columns: list[Any] = [
            np.arange(first, first + len(rows)),
            pa.repeat(rows.sheet, len(rows)),
            rows.line,
            rows.lines,
            rows.start,
            rows.end,
            self._id(rows.values[self.contract.id]),
            self._name(compared),
            masked,
            *(rows.values[column.name] for column in self._plain),
        ]
        arrays = [
            column if isinstance(column, pa.Array) else numbers(column, field.type)
            for column, field in zip(columns, self.schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _add(self, batch: pa.RecordBatch, hidden: bytes) -> None:
        self._sealed.write_columns("roster" if self._secret else "whom", hidden)
        self._waiting.append(batch)
        self._rows_waiting += len(batch)
        if self._rows_waiting >= ROWS_PER_GROUP:
            self._flush()

    def quarantined(self, row: Quarantined) -> None:
        """Add a quarantined record."""
        reasons = [reason.as_dict() for reason in row.reasons]
        self._quarantined.append([row.sheet, row.line, row.lines, row.start, row.end, row.raw, reasons])
        if row.numberless is not None and self.contract.feed != REGISTER:
            number, values = row.numberless
            self._numberless.append([row.sheet, row.line, row.start, number, _plain_values(values)])
        if len(self._quarantined) >= QUARANTINED_PER_FRAME:
            self._flush_quarantined()

    def span(self, kind: str, where: Where) -> None:
        """Lines that are no record leave nothing but their count in the account."""

    def progress(self, done: int) -> None:
        """Tell the parent how far we are."""
        self._report(done)

    def _flush(self) -> None:
        if self._waiting:
            self._parquet.write_table(pa.Table.from_batches(self._waiting, self.schema), row_group_size=ROWS_PER_GROUP)
        self._waiting, self._rows_waiting = [], 0

    def _flush_quarantined(self) -> None:
        if self._quarantined:
            self._sealed.write("quarantined", self._quarantined)
        if self._numberless:
            self._sealed.write("numberless", self._numberless)
        self._quarantined, self._numberless = [], []

    def close(self) -> None:
        """Finish both files."""
        while self._coming:
            self._add(*self._coming.popleft().result())
        if self._beside is not None:
            self._beside.shutdown()
        self._flush()
        self._flush_quarantined()
        self._parquet.close()
        self._sealed.close()
