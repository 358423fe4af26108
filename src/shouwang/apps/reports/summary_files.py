"""A summary file: Parquet, one row per division and rule with its counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shouwang.apps.reports.figures import MEASURES, Array, places_of

_GREATEST = 2**31 - 1
_CODE = re.compile(r"\d{12}", re.ASCII)


class SummaryRefused(Exception):
    """A summary file that cannot be loaded; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class SummaryFile:
    """Counts (divisions, rules, measures) int32 of the divisions ``codes`` (int64) and the rules ``targets``; what the file says of itself."""

    codes: Array
    targets: tuple[str, ...]
    counts: Array
    as_of: date | None
    version: int | None


def read_summary(path: Path) -> SummaryFile:
    """Read a summary: ``area_code`` text, ``target`` text, ``holds``, ``untold`` and, if counted, ``raised``, ``cleared`` integers.

    A row counts what lies in its division and in no other division of the file; a division and rule without a row
    counts 0; rows of the same two add up. ``as_of`` and ``version`` may stand in the file's metadata. Raises SummaryRefused.
    """
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise SummaryRefused(f"不能读取“{path.name}”：不是 Parquet 文件，或没有写完整。") from error
    with file:
        lacking = [name for name in ("area_code", "target", "holds", "untold") if name not in file.schema_arrow.names]
        if lacking:
            raise SummaryRefused(f"“{path.name}”不是汇总文件：缺少列 {'、'.join(lacking)}。")
        areas, targets = (_words(file, name, path) for name in ("area_code", "target"))
        wrong = next((code for code in areas if _CODE.fullmatch(code) is None), None)
        if wrong is not None:
            raise SummaryRefused(f"“{path.name}”有不是12位数字的区划代码：{wrong[:20]}。")
        counts = np.zeros((len(areas), len(targets), len(MEASURES)), dtype=np.int32)
        for batch in file.iter_batches(500_000):
            _add(counts, batch, areas, targets, path)
        if counts.size and (counts.min() < 0 or counts.sum(axis=0, dtype=np.int64).max() > _GREATEST):
            raise SummaryRefused(f"“{path.name}”的数加起来过大。")
        about = file.schema_arrow.metadata or {}
    return SummaryFile(
        np.array(areas, dtype="<U12").astype(np.int64), tuple(targets), counts, _day(about, path), _version(about, path)
    )


def _words(file: pq.ParquetFile, name: str, path: Path) -> list[str]:
    found: set[str] = set()
    for batch in file.iter_batches(500_000, columns=[name]):
        column = batch.column(0)
        if column.null_count or not (pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)):
            raise SummaryRefused(f"“{path.name}”的 {name} 列应为文本，且每行都有。")
        found.update(column.unique().to_pylist())
    return sorted(found)


def _add(counts: Array, batch: pa.RecordBatch, areas: list[str], targets: list[str], path: Path) -> None:
    area, target = _rows(batch.column("area_code"), areas), _rows(batch.column("target"), targets)
    for place, measure in enumerate(MEASURES):
        if measure not in batch.schema.names:
            continue
        column = batch.column(measure)
        if column.null_count or not pa.types.is_integer(column.type):
            raise SummaryRefused(f"“{path.name}”的 {measure} 列应为整数，且每行都有。")
        values = column.cast(pa.int64()).to_numpy()
        if len(values) and (values.min() < 0 or values.max() > _GREATEST):
            raise SummaryRefused(f"“{path.name}”的 {measure} 列有负数或过大的数。")
        np.add.at(counts, (area, target, place), values.astype(np.int32))


def _rows(column: Any, words: list[str]) -> Array:
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return places_of(encoded.dictionary.to_pylist(), words)[encoded.indices.to_numpy()]


def _day(about: dict[bytes, bytes], path: Path) -> date | None:
    try:
        return date.fromisoformat(about[b"as_of"].decode()) if b"as_of" in about else None
    except ValueError:
        raise SummaryRefused(f"“{path.name}”元数据里的 as_of 不是日期。") from None


def _version(about: dict[bytes, bytes], path: Path) -> int | None:
    text = about.get(b"version", b"").decode(errors="replace")
    if text and not (text.isascii() and text.isdigit() and int(text) <= _GREATEST):
        raise SummaryRefused(f"“{path.name}”元数据里的 version 不是数字。")
    return int(text) if text else None
