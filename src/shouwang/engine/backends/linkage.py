"""Linkage of many records at once by Splink, on DuckDB or on a Spark session: training of the weights, and scoring of a whole list."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shouwang.engine.linkage.levels import MISSING, PEOPLE, Comparison, Scheme
from shouwang.engine.linkage.model import Model
from shouwang.engine.linkage.records import COLUMNS, Whom, columns_of

if TYPE_CHECKING:
    import pyarrow as pa

ID = "row"
U_PAIRS = 1e7
PER_BATCH = 100_000
SEED = 4
LEAST_SEEN = 200
"""Drawing pairs stops early once every level has been seen so often."""
LEAST_M, LEAST_U = 1e-3, 1e-7
_WANTED = ("source_dataset_l", "source_dataset_r", f"{ID}_l", f"{ID}_r", "match_probability")


class LinkageMissing(ImportError):
    """Splink is not installed; the message says what to install."""


@dataclass(frozen=True)
class Pair:
    """One record (its place in the list) and one person of the register (likewise) that may be one, and the level hit in each comparison."""

    record: int
    person: int
    probability: float
    levels: dict[str, str]


def settings_of(scheme: Scheme = PEOPLE, model: Model | None = None, register: int = 2) -> dict[str, Any]:
    """Return Splink's settings: a scheme's levels in order and its blocks; with a model also the weights and the prior for a register."""
    comparisons = []
    for comparison in scheme.comparisons:
        levels: list[dict[str, Any]] = [
            {"sql_condition": comparison.missing, "label_for_charts": MISSING, "is_null_level": True}
        ]
        for at, level in enumerate(comparison.levels):
            described: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.name}
            if at == 0 and comparison.weighed_by:
                described["tf_adjustment_column"] = comparison.weighed_by
            if model is not None:
                described["m_probability"], described["u_probability"] = model.weights[comparison.name][level.name]
            levels.append(described)
        comparisons.append(
            {
                "output_column_name": comparison.name,
                "comparison_description": comparison.label,
                "comparison_levels": levels,
            }
        )
    settings: dict[str, Any] = {
        "link_type": "link_only",
        "unique_id_column_name": ID,
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [_block(block) for block in scheme.blocks],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }
    if model is not None:
        settings["probability_two_random_records_match"] = model.prior(register)
    return settings


def _block(columns: Sequence[str]) -> dict[str, Any]:
    return {"blocking_rule": " AND ".join(f"l.{column} = r.{column}" for column in columns)}


def table_of(records: Sequence[Whom]) -> pa.Table:
    """Return the compared forms of records as a table with their places in the list as ``row``."""
    import pyarrow as pa

    numbers = {"birth_year": pa.int32(), "sex": pa.int32()}
    schema = pa.schema([(ID, pa.int64()), *((name, numbers.get(name, pa.string())) for name in COLUMNS)])
    batches = []
    for start in range(0, len(records), PER_BATCH):
        part = records[start : start + PER_BATCH]
        columns = {ID: list(range(start, start + len(part))), **columns_of(part)}
        batches.append(pa.record_batch([pa.array(columns[field.name], field.type) for field in schema], schema=schema))
    return pa.Table.from_batches(batches, schema)


@contextmanager
def _quiet() -> Iterator[None]:
    """Splink tells its story on the root of its loggers; ours does not repeat it."""
    logger = logging.getLogger("splink")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _linker(database: Any, register: pa.Table, records: pa.Table, settings: dict[str, Any], scheme: Scheme) -> Any:
    """Join both tables to one job; how frequent a name is is counted in the register alone."""
    import pyarrow as pa
    from splink import Linker

    tables = [database.register(register, dataset_display_name="a_register")]
    tables.append(database.register(records, dataset_display_name="b_records"))
    linker = Linker(tables, settings, log_level=None)
    for column in (comparison.weighed_by for comparison in scheme.comparisons if comparison.weighed_by):
        shares = frequencies(register, column)
        lookup = pa.table(
            {
                column: pa.array(list(shares), pa.string()),
                f"tf_{column}": pa.array(list(shares.values()), pa.float64()),
            }
        )
        linker.table_management.register_term_frequency_lookup(
            database.register(lookup, dataset_display_name=f"c_{column}"), column
        )
    return linker


def frequencies(register: pa.Table, column: str) -> dict[str, float]:
    """Return how large a part of a register has each value of a column."""
    counts = register.column(column).value_counts().to_pylist()
    named = [(each["values"], each["counts"]) for each in counts if each["values"] is not None]
    total = sum(count for _, count in named) or 1
    return {value: count / total for value, count in named}


def duckdb_database(threads: int = 0, memory: str = "") -> Any:
    """Return a Splink database on a DuckDB of its own (``threads`` 0: all cores). Raises LinkageMissing."""
    import duckdb

    try:
        from splink import DuckDBAPI
    except ImportError as error:
        raise LinkageMissing("没有安装 splink：请执行 pip install 'shouwang[linkage]'。") from error
    asked: dict[str, Any] = ({"threads": threads} if threads else {}) | ({"memory_limit": memory} if memory else {})
    return DuckDBAPI(duckdb.connect(":memory:", config=asked))


def spark_database(session: Any) -> Any:
    """Return a Splink database on a running Spark session. Raises LinkageMissing."""
    try:
        from splink import SparkAPI
    except ImportError as error:
        raise LinkageMissing("没有安装 splink 或 pyspark：请执行 pip install 'shouwang[linkage,spark]'。") from error
    # our levels use Spark's own functions alone: no Java package of Splink's is loaded into the session
    return SparkAPI(  # type: ignore[no-untyped-call]
        spark_session=session,
        num_partitions_on_repartition=2,
        break_lineage_method="persist",
        register_udfs_automatically=False,
    )


def train(
    records: Sequence[Whom] | pa.Table,
    register: Sequence[Whom] | pa.Table,
    *,
    version: str,
    scheme: Scheme = PEOPLE,
    database: Any = None,
    pairs: float = U_PAIRS,
) -> Model:
    """Train the weights without any answer known: ``u`` from pairs drawn at random, ``m`` by expectation maximisation.

    ``records`` should be some thousands that mostly concern people of the register. Same input, same model.
    """
    register_table, record_table = _as_table(register), _as_table(records)
    with _quiet():
        linker = _linker(database or duckdb_database(), register_table, record_table, settings_of(scheme), scheme)
        linker.training.estimate_probability_two_random_records_match([scheme.sure], recall=scheme.recall)
        linker.training.estimate_u_using_random_sampling(max_pairs=pairs, seed=SEED, min_count_per_level=LEAST_SEEN)
        for block in scheme.trained_on:
            rule = " AND ".join(f"l.{column} = r.{column}" for column in block)
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, estimate_without_term_frequencies=True
            )
        learned = linker.misc.save_model_to_json()
    prior = learned["probability_two_random_records_match"]
    share = min(1.0, prior * register_table.num_rows)
    trained = {"records": record_table.num_rows, "register": register_table.num_rows, "pairs": int(pairs)}
    return Model(version, share, _weights(scheme.comparisons, learned["comparisons"]), trained, scheme)


def _weights(
    comparisons: Sequence[Comparison], learned: list[dict[str, Any]]
) -> dict[str, dict[str, tuple[float, float]]]:
    """Read m and u out of Splink's own form. What was never seen in training is held rare, not impossible."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for comparison, described in zip(comparisons, learned, strict=True):
        levels = [level for level in described["comparison_levels"] if not level.get("is_null_level")]
        m = [float(level.get("m_probability") or 0) for level in levels]
        u = [float(level.get("u_probability") or 0) for level in levels]
        found[comparison.name] = {
            level.name: (max(one, LEAST_M), max(two, LEAST_U))
            for level, one, two in zip(comparison.levels, m, u, strict=True)
        }
    return found


def link_records(
    records: Sequence[Whom] | pa.Table,
    register: Sequence[Whom] | pa.Table,
    model: Model,
    *,
    at_least: float = 0.05,
    database: Any = None,
) -> list[Pair]:
    """Return the pairs of records and people of the register that are one person with at least that probability.

    Suggestions: several people may be suggested for one record. Ordered by record, the likeliest first.
    """
    register_table, record_table = _as_table(register), _as_table(records)
    settings = settings_of(model.scheme, model, register_table.num_rows)
    comparisons = model.scheme.comparisons
    with _quiet():
        linker = _linker(database or duckdb_database(), register_table, record_table, settings, model.scheme)
        scored = linker.inference.predict(threshold_match_probability=at_least or None, warning_mode="never")
        wanted = ", ".join((*_WANTED, *(f"gamma_{comparison.name}" for comparison in comparisons)))
        rows = linker.misc.query_sql(f"SELECT {wanted} FROM {scored.physical_name}").as_record_list()  # noqa: S608
    found = [_pair(row, comparisons) for row in rows]
    return sorted(found, key=lambda pair: (pair.record, -pair.probability, pair.person))


def _pair(row: dict[str, Any], comparisons: Sequence[Comparison]) -> Pair:
    levels = {}
    for comparison in comparisons:
        gamma = row[f"gamma_{comparison.name}"]
        levels[comparison.name] = MISSING if gamma < 0 else comparison.levels[len(comparison.levels) - 1 - gamma].name
    sides = {row["source_dataset_l"]: row[f"{ID}_l"], row["source_dataset_r"]: row[f"{ID}_r"]}
    return Pair(int(sides["b_records"]), int(sides["a_register"]), float(row["match_probability"]), levels)


def _as_table(records: Sequence[Whom] | pa.Table) -> pa.Table:
    import pyarrow as pa

    return records if isinstance(records, pa.Table) else table_of(records)
