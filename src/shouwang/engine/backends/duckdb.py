"""The SQL reading, run by DuckDB over Arrow tables made from a frame.

Layer by layer: one text of four hundred rules would take minutes to plan and gigabytes to run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
from shouwang.engine.rule import Entity

KEYS = ("household", "person", "area_row")


def evaluate_sql(
    book: Book, frame: Frame, as_of: date, parameters: ParameterTable, targets: Collection[str] | None = None
) -> Frame:
    """As ``evaluate_columns``, by way of SQL text. Raises KeyError for a target that is no rule of the book."""

    def evaluate(plan: Plan, part: Frame) -> Frame:
        return _run(plan, part, as_of, parameters)

    return by_regime(book, frame, as_of, targets, evaluate)


def _run(plan: Plan, frame: Frame, as_of: date, parameters: ParameterTable) -> Frame:
    distinct, where = np.unique(frame.area_codes, return_inverse=True)
    keys = {"household": np.arange(frame.households), "area_row": where.astype(np.int64)}
    own_keys = {"household": frame.household_of, "person": np.arange(frame.persons)}
    connection = duckdb.connect()
    try:
        connection.register("parameters", _parameters(distinct, plan.parameters, as_of, parameters))
        sides = {
            Entity.HOUSEHOLD: _Side("households", _arrays(keys, plan.household_inputs, frame.household)),
            Entity.PERSON: _Side("persons", _arrays(own_keys, plan.person_inputs, frame.person)),
        }
        households = sides[Entity.HOUSEHOLD]
        households.show(connection, ())
        set_here = "SELECT parameters.* FROM households LEFT JOIN parameters USING (area_row) ORDER BY household"
        households.add(connection.execute(set_here).to_arrow_table())
        for layer in sql_text(plan).layers:
            for entity in layer.reads:
                sides[entity].show(connection, layer.needs)
            sides[layer.entity].add(connection.execute(layer.text).to_arrow_table())
        results = Frame(frame.area_codes, frame.offsets)
        for name, definition in plan.by_name.items():
            columns = results.household if definition.entity is Entity.HOUSEHOLD else results.person
            columns[name] = _column(sides[definition.entity].columns[name])
        return results
    finally:
        connection.close()


@dataclass(slots=True)
class _Side:
    """The columns of households, or of persons, given so far; a query is shown only those it needs."""

    table: str
    columns: dict[str, pa.Array]
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.keys = tuple(name for name in KEYS if name in self.columns)

    def show(self, connection: duckdb.DuckDBPyConnection, needs: Collection[str]) -> None:
        shown = (*self.keys, *(name for name in needs if name in self.columns))
        connection.register(self.table, pa.table({name: self.columns[name] for name in shown}))

    def add(self, found: pa.Table) -> None:
        whole = found.combine_chunks()
        empty = {name: pa.array([], type=whole.schema.field(name).type) for name in whole.column_names}
        for name in whole.column_names:
            chunks = whole.column(name).chunks
            self.columns.setdefault(name, chunks[0] if chunks else empty[name])


def _arrays(keys: Mapping[str, Array], leaves: Collection[Leaf], columns: Mapping[str, Column]) -> dict[str, pa.Array]:
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
    return arrays


def _parameters(areas: Array, leaves: Collection[Leaf], as_of: date, parameters: ParameterTable) -> pa.Table:
    arrays = {"area_row": pa.array(range(len(areas)), type=pa.int64())}
    for leaf in leaves:
        values = [parameters.worth(leaf, str(code), as_of) for code in areas]
        arrays[leaf.name] = pa.array(values, type=pa.bool_() if leaf.truth else pa.int64())
    return pa.table(arrays)


def _column(array: pa.Array) -> Column:
    known = ~np.asarray(array.is_null())
    empty = False if pa.types.is_boolean(array.type) else 0
    return Column(np.asarray(array.fill_null(empty)).copy(), known)
