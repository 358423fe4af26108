"""The law as one SQL text, for whoever wants to run it elsewhere, says what the layers say one by one."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from shouwang.engine.backends.duckdb import _arrays, _column, _parameters, evaluate_sql
from shouwang.engine.backends.sql import sql_text
from tests.engine import agreement

AS_OF = date(2032, 3, 15)


def test_one_text_and_its_layers_agree(toyland, standards) -> None:
    whole = agreement.random_frame(toyland, 200, AS_OF, seed=5)
    whole.area_codes[:] = np.array(["970101001001", "970102001001"])[np.arange(200) % 2]
    regimes = {toyland.regime(code) for code in ("970101001001", "970102001001")}
    for regime in regimes:
        frame = whole.take(np.flatnonzero([toyland.regime(str(code)) == regime for code in whole.area_codes]))
        plan = toyland.plan(AS_OF, regime)
        text = sql_text(plan)
        distinct, where = np.unique(frame.area_codes, return_inverse=True)
        keys = {"household": np.arange(frame.households), "area_row": where.astype(np.int64)}
        own_keys = {"household": frame.household_of, "person": np.arange(frame.persons)}
        layered = evaluate_sql(toyland, frame, AS_OF, standards, list(plan.by_name))
        with duckdb.connect() as connection:
            connection.register("households", pa.table(_arrays(keys, plan.household_inputs, frame.household)))
            connection.register("persons", pa.table(_arrays(own_keys, plan.person_inputs, frame.person)))
            connection.register("parameters", _parameters(distinct, plan.parameters, AS_OF, standards))
            for query, columns in ((text.households, layered.household), (text.persons, layered.person)):
                found = connection.execute(query).to_arrow_table().combine_chunks()
                assert set(columns) <= set(found.column_names)
                for name, column in columns.items():
                    told = _column(found.column(name).combine_chunks())
                    assert np.array_equal(told.values, column.values), name
                    assert np.array_equal(told.known, column.known), name
