"""A column taken out of Arrow's buffers: what is null becomes the value that stands for it, compiled or not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from shouwang.engine.backends import arrays
from shouwang.engine.compare.rosters import numbers_of
from shouwang.engine.packed import untold

ROWS = 203


def column(kind: pa.DataType, nulls: float) -> pa.Array:
    random = np.random.default_rng(3)
    values = random.random(ROWS) < 0.5 if kind == pa.bool_() else random.integers(-100, 100, ROWS)
    return pa.array(values, mask=random.random(ROWS) < nulls if nulls else None).cast(kind)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("first", [0, 8, 13])
@pytest.mark.parametrize("nulls", [0, 0.02, 0.5, 1])
@pytest.mark.parametrize("kind", [pa.bool_(), pa.int8(), pa.int32()])
def test_a_column_is_taken_in_one_pass(monkeypatch, kind, nulls, first, compiled):
    monkeypatch.setattr(arrays, "COMPILED", compiled)
    monkeypatch.setattr(arrays, "FEW", 0)
    piece = column(kind, nulls)[first:]
    out = np.full(len(piece), 77, dtype=np.int8 if kind == pa.bool_() else kind.to_pandas_dtype())
    valid, values = (None if each is None else np.frombuffer(each, np.uint8) for each in piece.buffers())
    if kind != pa.bool_():
        values = values.view(out.dtype)[first : first + len(piece)]
    missing = untold(out.dtype)
    arrays.take(values, valid, first, out, missing)
    assert out.tolist() == [missing if each is None else int(each) for each in piece.to_pylist()]


@pytest.mark.parametrize("few", [0, 50_000])
@pytest.mark.parametrize("kind", [pa.uint8(), pa.int16(), pa.uint32(), pa.int64()])
def test_numbers_of_any_width_become_whole_ones(monkeypatch, kind, few):
    monkeypatch.setattr(arrays, "FEW", few)
    given = [250 if kind == pa.uint8() else 25_000, None, 7, 0, None, *range(90)]
    for column in (pa.array(given, kind)[2:], pa.chunked_array([pa.array(given, kind), pa.array([None], kind)])):
        values, known = numbers_of(column)
        assert values.dtype == np.int64
        assert [
            value if told else None for value, told in zip(values.tolist(), known.tolist(), strict=True)
        ] == column.to_pylist()
