"""On a real Spark: what a cluster says of a register is, byte for byte, what each household called by itself says; and the
law as Spark SQL says what the columns say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.config import env
from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.duckdb import _arrays, _column, _parameters
from shouwang.engine.backends.sql import SPARK, sql_text
from shouwang.engine.compare.slices import Law
from shouwang.engine.compare.store_files import StoreError
from shouwang.engine.frame import Column, Frame
from shouwang.engine.graph import Plan, plan_of
from shouwang.engine.meaning import Reading, arithmetic
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity
from shouwang.engine.tree import Arithmetic, Expr, Name
from tests.engine.agreement import random_frame
from tests.engine.households import EDGES
from tests.engine.registers import AS_OF, invent
from tests.engine.test_kernels import LEAVES, QUIET, frame, plan, rows
from tests.engine.trees import trees

pytestmark = pytest.mark.spark
FEEDS = frozenset({"fields", "beach", "guild", "register", "bakery", "river"})
EVERYWHERE = {"000000000000": FEEDS}
SOMEWHERE = {"970100000000": FEEDS, "970201000000": FEEDS - {"fields", "bakery"}, "970000000000": frozenset({"river"})}


def missing() -> str:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "没有 pyspark：请安装 shouwang[spark]"
    return "" if shutil.which("java") else "没有 java（Debian 包 openjdk-17-jre-headless）"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    if why := missing():
        (pytest.fail if env.flag("REQUIRE_ALL") else pytest.skip)(why)
    from shouwang.engine.backends.spark import local_session

    with local_session(tmp_path_factory.mktemp("spark"), memory="1g") as found:
        found.conf.set("spark.sql.shuffle.partitions", "2")
        yield found


@pytest.fixture
def law(toyland, standards) -> Law:
    targets = tuple(name for name in toyland.definitions if toyland.unit_of(name) == "bool")
    return Law("tests.toyland", toyland.fingerprint, AS_OF, standards, targets)


def as_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def written(out: Path, name: str) -> pa.Table:
    return pa.concat_tables([pq.read_table(path) for path in sorted(out.glob(f"{name}-*.parquet"))]).combine_chunks()


@pytest.mark.parametrize("covered", [EVERYWHERE, SOMEWHERE], ids=["everywhere", "somewhere"])
def test_a_cluster_judges_as_each_household_called_by_itself(session, law, toyland, tmp_path, covered):
    from shouwang.engine.compare.cluster import judge_register

    made = invent(toyland, tmp_path / "register", 90, seed=3)
    out = tmp_path / "out"
    tally = judge_register(session, made.folder, made.files, law, covered=covered, out=out, households_per_slice=20)
    told = made.told(toyland, law.parameters, law.targets, covered)
    for name, words in told.items():
        columns = [pa.array(each, pa.int64()) for each in zip(*words, strict=True)]
        expected = pa.Table.from_arrays(columns, names=[f"{name}_id", "holds", "untold"])
        assert as_bytes(written(out, f"{name}s")) == as_bytes(expected)
        assert any(expected["holds"].to_pylist())
    assert (tally.households, tally.persons) == (90, len(made.members))
    read = {path: ids for path, ids in made.strangers.items() if not path.endswith("bakery-person.parquet")}
    assert tally.unlinked == {path: len(ids) for path, ids in read.items()}, "of the bakery nothing is asked"
    kept = {path.name: pq.read_table(path).column(0).to_pylist() for path in out.glob("unlinked-*")}
    numbers = {str(path): number for number, path in enumerate(made.files)}
    assert kept == {f"unlinked-{numbers[path]:05d}.parquet": ids for path, ids in read.items()}


def test_nobody_is_left_out_where_no_file_came(session, law, toyland, tmp_path):
    from shouwang.engine.compare.cluster import judge_register

    made = invent(toyland, tmp_path / "register", 30, seed=4)
    made.facts.clear()
    tally = judge_register(
        session, made.folder, [], law, covered=EVERYWHERE, out=tmp_path / "out", households_per_slice=7
    )
    told = made.told(toyland, law.parameters, law.targets, EVERYWHERE)
    table = written(tmp_path / "out", "persons")
    assert list(zip(*(column.to_pylist() for column in table.columns), strict=True)) == told["person"]
    assert (tally.facts, tally.unlinked) == (0, {})


def test_inputs_that_lie_ready_are_computed_the_same(session, law, toyland, standards, tmp_path):
    from shouwang.engine.compare.cluster import evaluate_persons

    frame = random_frame(toyland, 120, AS_OF, seed=8)
    frame.area_codes[:] = np.sort(np.array(["970101001001", "970102001001", "970201001001"])[np.arange(120) % 3])
    folder = tmp_path / "ready"
    folder.mkdir()
    areas = sorted(set(frame.area_codes.tolist()))
    for name, keys, columns in (
        ("households", {"area": np.searchsorted(areas, frame.area_codes).astype(np.int32)}, frame.household),
        ("persons", {"household_row": frame.household_of.astype(np.int32)}, frame.person),
    ):
        arrays = {key: pa.array(column.values, mask=~column.known) for key, column in columns.items()}
        pq.write_table(pa.table(keys | arrays), folder / f"{name}.parquet", row_group_size=50)
    pq.write_table(pa.table({"area_code": areas}), folder / "areas.parquet")
    names = tuple(toyland.definitions)
    evaluate_persons(session, folder, replace(law, targets=names), tmp_path / "out", households_per_slice=35)
    plain = evaluate_columns(toyland, frame, AS_OF, standards, names)
    for name, columns in (("persons", plain.person), ("households", plain.household)):
        arrays = {each: pa.array(columns[each].values, mask=~columns[each].known) for each in sorted(columns)}
        assert as_bytes(written(tmp_path / "out", name)) == as_bytes(pa.table(arrays))
    assert {toyland.entity_of(name) for name in names} == set(Entity)


def test_a_machine_with_other_rules_refuses_to_judge(session, law, toyland, tmp_path):
    from pyspark.errors import PythonException

    from shouwang.engine.compare.cluster import evaluate_persons

    made = invent(toyland, tmp_path / "register", 5, seed=4)
    with pytest.raises(PythonException, match="与发起计算的版本不同"):
        evaluate_persons(session, made.folder, replace(law, fingerprint="another"), tmp_path / "out")


def test_results_are_never_written_over(session, law, toyland, tmp_path):
    from shouwang.engine.compare.cluster import judge_register

    made = invent(toyland, tmp_path / "register", 5, seed=4)
    with pytest.raises(FileExistsError, match="请换一个空文件夹"):
        judge_register(session, made.folder, [], law, covered=EVERYWHERE, out=made.folder)


def test_a_file_with_an_unknown_item_is_refused_by_name(session, law, toyland, tmp_path):
    from shouwang.engine.compare.cluster import judge_register

    made = invent(toyland, tmp_path / "register", 5, seed=4)
    strange = tmp_path / "strange.parquet"
    pq.write_table(pa.table({"key": [1], "true_from": [1], "toy.bread": [1]}), strange)
    with pytest.raises(StoreError, match=r"strange\.parquet 的列 toy\.bread 不是规则包里的个人项目"):
        judge_register(session, made.folder, [strange], law, covered=EVERYWHERE, out=tmp_path / "out")


def test_more_targets_than_a_word_has_bits_are_refused(session, law, toyland, tmp_path):
    from shouwang.engine.compare.cluster import judge_register

    made = invent(toyland, tmp_path / "register", 5, seed=4)
    many = replace(law, targets=("promoted",) * 65)
    with pytest.raises(StoreError, match="一次最多比对 64 条规则"):
        judge_register(session, made.folder, [], many, covered=EVERYWHERE, out=tmp_path / "out")


def run_text(session, made: Plan, households: Frame, parameters: ParameterTable, as_of: date) -> dict[str, Column]:
    """Every result of a plan by its two Spark texts, as columns."""
    distinct, where = np.unique(households.area_codes, return_inverse=True)
    keys = {"household": np.arange(households.households), "area_row": where.astype(np.int64)}
    own_keys = {"household": households.household_of, "person": np.arange(households.persons)}
    for name, table in {
        "households": pa.table(_arrays(keys, made.household_inputs, households.household)),
        "persons": pa.table(_arrays(own_keys, made.person_inputs, households.person)),
        "parameters": _parameters(distinct, made.parameters, as_of, parameters),
    }.items():
        session.createDataFrame(table).createOrReplaceTempView(name)
    found: dict[str, Column] = {}
    text = sql_text(made, SPARK)
    for query in (text.households, text.persons):
        table = session.sql(query).toArrow().combine_chunks()
        found |= {
            name: _column(table[name].combine_chunks())
            for name in table.column_names
            if name not in {"household", "person"}
        }
    return found


def test_the_law_as_spark_sql_says_what_the_columns_say(session, toyland, standards):
    whole = random_frame(toyland, 300, AS_OF, seed=6)
    whole.area_codes[:] = "970101001001"
    made = toyland.plan(AS_OF, toyland.regime("970101001001")).towards(["shares", "harvest_per_barn", "may_plant"])
    told = run_text(session, made, whole, standards, AS_OF)
    plain = evaluate_columns(toyland, whole, AS_OF, standards, list(made.by_name))
    for name, column in (plain.household | plain.person).items():
        assert np.array_equal(told[name].known, column.known), name
        assert np.array_equal(told[name].values, column.values), name


def together(bodies: list[tuple[Expr, bool]]) -> Plan:
    """One plan of many outcomes."""
    single = {f"outcome_{n}": plan(body, truth).by_name["outcome"] for n, (body, truth) in enumerate(bodies)}
    return plan_of({name: replace(each, name=name) for name, each in single.items()}, LEAVES, AS_OF)


@given(st.lists(trees(), min_size=1, max_size=5), st.lists(rows, min_size=1, max_size=15))
@settings(QUIET, max_examples=6)
def test_spark_sql_means_what_single_values_mean(session, bodies, given_rows):
    told = run_text(session, together(bodies), frame(given_rows), ParameterTable(), AS_OF)
    for number, (body, _) in enumerate(bodies):
        expected = [Reading("outcome", row).value(body) for row in given_rows]
        assert [told[f"outcome_{number}"].at(row) for row in range(len(given_rows))] == expected


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_spark_arithmetic_at_every_edge(session, ansi):
    given_rows = [{"a": a, "b": b, "p": True, "q": True} for a in EDGES for b in EDGES]
    made = together([(Arithmetic(op, Name("a"), Name("b")), False) for op in ("+", "-", "*", "//")])
    session.conf.set("spark.sql.ansi.enabled", ansi)
    try:
        told = run_text(session, made, frame(given_rows), ParameterTable(), AS_OF)
    finally:
        session.conf.unset("spark.sql.ansi.enabled")
    for number, op in enumerate(("+", "-", "*", "//")):
        expected = [arithmetic(op, row["a"], row["b"]) for row in given_rows]
        assert [told[f"outcome_{number}"].at(row) for row in range(len(given_rows))] == expected
        assert None in expected
