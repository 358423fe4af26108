"""The SQL reading, run by DuckDB over Arrow tables made from a frame."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from shouwang.engine.backends.regimes import by_regime
from shouwang.engine.backends.sql import sql_text
from shouwang.engine.book import Book
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.graph import Leaf, Plan
from shouwang.engine.parameters import ParameterTable


def evaluate_sql(
    book: Book, frame: Frame, as_of: date, parameters: ParameterTable, targets: Collection[str] | None = None
) -> Frame:
    """As ``evaluate_columns``, by way of SQL text. Raises KeyError for a target that is no rule of the book."""

    def evaluate(plan: Plan, part: Frame) -> Frame:
        return _run(plan, part, as_of, parameters)

    return by_regime(book, frame, as_of, targets, evaluate)


def _run(plan: Plan, frame: Frame, as_of: date, parameters: ParameterTable) -> Frame:
    statement = sql_text(plan)
    distinct, where = np.unique(frame.area_codes, return_inverse=True)
    keys = {"household": np.arange(frame.households), "area_row": where.astype(np.int64)}
    own_keys = {"household": frame.household_of, "person": np.arange(frame.persons)}
    connection = duckdb.connect()
    try:
        connection.register("households", _table(keys, plan.household_inputs, frame.household))
        connection.register("persons", _table(own_keys, plan.person_inputs, frame.person))
        connection.register("parameters", _parameters(distinct, plan.parameters, as_of, parameters))
        results = Frame(frame.area_codes, frame.offsets)
        for query, keyed, columns in (
            (statement.households, 1, results.household),
            (statement.persons, 2, results.person),
        ):
            found = connection.execute(query).to_arrow_table()
            columns.update({name: _column(found.column(name)) for name in found.column_names[keyed:]})
        return results
    finally:
        connection.close()


def _table(keys: Mapping[str, Array], leaves: Collection[Leaf], columns: Mapping[str, Column]) -> pa.Table:
    arrays = {name: pa.array(values, type=pa.int64()) for name, values in keys.items()}
    length = len(next(iter(keys.values())))
    for leaf in leaves:
        kind = pa.bool_() if leaf.truth else pa.int64()
        column = columns.get(leaf.name)
        if column is None:
            arrays[leaf.name] = pa.nulls(length, kind)
        else:
            values = column.values.astype(bool if leaf.truth else np.int64)
            arrays[leaf.name] = pa.array(values, type=kind, mask=~column.known)
    return pa.table(arrays)


def _parameters(areas: Array, leaves: Collection[Leaf], as_of: date, parameters: ParameterTable) -> pa.Table:
    arrays = {"area_row": pa.array(range(len(areas)), type=pa.int64())}
    for leaf in leaves:
        found = [parameters.lookup(leaf.name, str(code), as_of) for code in areas]
        values = [None if each is None else bool(each.value) if leaf.truth else each.value for each in found]
        arrays[leaf.name] = pa.array(values, type=pa.bool_() if leaf.truth else pa.int64())
    return pa.table(arrays)


def _column(found: pa.ChunkedArray) -> Column:
    array = found.combine_chunks()
    known = ~np.asarray(array.is_null())
    empty = False if pa.types.is_boolean(array.type) else 0
    return Column(np.asarray(array.fill_null(empty)).copy(), known)
