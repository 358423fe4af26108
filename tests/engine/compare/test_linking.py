"""One delivery linked: every row is linked, unmatched or refused; a key of two persons is nobody's; numbers are found fast
and plainly alike."""

from __future__ import annotations

from datetime import date
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouwang.engine.backends import arrays
from shouwang.engine.compare import linking, number_files
from shouwang.engine.compare.folding import Linked
from shouwang.engine.compare.store import StoreError, open_store
from shouwang.lib.dates import day_number
from tests.engine.compare.nation_world import Home, Member, World

DAY = day_number(date(2032, 3, 1))


@pytest.fixture
def store(toyland, tmp_path):
    """Three households; two persons of different ones have the key 7."""
    world = World(toyland, np.random.default_rng(1), ["970101001001"])
    for number, keys in ((100, (5, 7)), (200, (7, 9)), (300, (None,))):
        members = [Member(number + place, key, 0, 1, 1) for place, key in enumerate(keys, 1)]
        world.homes.append(Home(number, "970101001001", members))
    made = open_store(tmp_path / "store", create=True)
    receipt = made.register_people(world.write_register(tmp_path / "register"))
    assert (receipt.without_key, receipt.doubled_keys) == (1, 1)
    return made


def fact_file(folder, columns, **about):
    about = {"feed": "fields", "period": "2032-03", "area_code": "970101", "delivery": "d1"} | about
    path = folder / f"{about['delivery']}.parquet"
    pq.write_table(pa.table(columns).replace_schema_metadata({k: v for k, v in about.items() if v}), path)
    return path


def test_rows_are_linked_unmatched_or_refused_and_all_are_kept(store, toyland, tmp_path):
    path = fact_file(
        tmp_path,
        {
            "key": [5, 5, 9, 7, 6, None, 5, 5, 5, 5],
            "true_from": [DAY, DAY - 1, DAY, DAY, DAY, DAY, None, DAY, DAY, 2**30],
            "true_to": [None, DAY + 5, None, None, None, None, None, DAY, None, None],
            "toy.harvest": [1, 2**40, None, 3, 4, 5, 6, 7, None, 1],
            "toy.shells": [None, None, 8, None, None, None, None, None, None, None],
        },
    )
    with pytest.raises(StoreError, match="beach"):
        store.link(path, items=toyland.items)  # of another feed
    got = store.link(path)
    assert (got.rows, got.linked, got.unmatched, got.refused, got.doubled) == (10, 3, 2, 5, 1)
    assert sum(got.refusals.values()) == 5
    delivery = store.status()["deliveries"][0]
    linked = Linked("x", store.folder / delivery["linked"][0])
    assert linked.slots.tolist() == [0, 0, 3]
    assert linked.start().tolist() == [DAY - 1, DAY, DAY]
    assert linked.facts("toy.harvest", slice(None))[0][:2].tolist() == [2**40, 1]
    refused = pq.read_table(store.folder / delivery["refused"])
    assert refused["row"].to_pylist() == [6, 7, 8, 9, 10]
    assert refused["key"].to_pylist() == [None, 5, 5, 5, 5]
    assert len(set(refused["reason"].to_pylist())) == 5


def test_the_same_delivery_is_not_linked_twice_and_another_of_its_name_is_refused(store, tmp_path):
    columns = {"key": [5], "true_from": [DAY], "toy.harvest": [1]}
    store.link(fact_file(tmp_path, columns))
    version = store.status()["version"]
    assert store.link(fact_file(tmp_path, columns)).already
    assert store.status()["version"] == version
    more = {name: values * 2 for name, values in columns.items()}
    for other in (more, {**columns, "toy.harvest": [2]}):  # more rows, and as many that say something else
        with pytest.raises(StoreError, match="--replaces d1"):
            store.link(fact_file(tmp_path, other))
    assert store.link(fact_file(tmp_path, more), replaces="d1").linked == 2
    assert [each["rows"] for each in store.status()["deliveries"]] == [2]


@pytest.mark.parametrize(
    ("columns", "about", "said"),
    [
        ({"key": [1], "true_from": [1], "toy.harvest": [1]}, {"feed": ""}, "元数据缺少 feed"),
        ({"key": [1], "toy.harvest": [1]}, {}, "true_from"),
        ({"key": [1], "person_id": [1], "true_from": [1], "toy.harvest": [1]}, {}, "恰有一列"),
        ({"key": [1], "true_from": [1]}, {}, "没有项目列"),
        ({"key": [1], "true_from": [1], "toy.harvest": [1.5]}, {}, "不是整数"),
        ({"key": ["1"], "true_from": [1], "toy.harvest": [1]}, {}, "不是整数"),
        ({"key": [1], "true_from": [1], "toy.harvest": np.array([2**63], np.uint64)}, {}, "不能是无符号"),
        ({"key": [1], "true_from": [1], "toy.nothing": [1]}, {}, r"toy\.nothing 不是规则包里的个人项目"),
        ({"key": [1], "true_from": [1], "toy.flood": [1]}, {"feed": "river"}, r"toy\.flood 不是规则包里的个人项目"),
        ({"key": [1], "true_from": [1], "toy.harvest": [1]}, {"period": "2032-13"}, "所属期"),
        ({"key": [1], "true_from": [1], "toy.harvest": [1]}, {"period": "9999-12"}, "所属期"),
        ({"key": [1], "true_from": [1], "toy.harvest": [1]}, {"area_code": "97x"}, "区划代码"),
    ],
)
def test_a_file_that_is_no_delivery_is_refused_with_what_to_do(  # noqa: PLR0917 - fixtures and parameters
    store, toyland, tmp_path, columns, about, said
):
    with pytest.raises(StoreError, match=said):
        store.link(fact_file(tmp_path, columns, **about), items=toyland.items)
    assert store.status()["deliveries"] == []


def test_a_broken_file_is_refused(store, tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(StoreError, match="不是 Parquet"):
        store.link(path)


def test_memory_mode_and_partitions_give_the_same_bytes(store, tmp_path, monkeypatch):
    random = np.random.default_rng(3)
    rows = 500
    columns = {
        "key": random.choice([5, 7, 9, 11], rows),
        "true_from": DAY - random.integers(0, 3, rows),
        "toy.harvest": random.integers(-(2**20), 2**20, rows),
    }
    store.link(fact_file(tmp_path, columns))
    monkeypatch.setattr(linking, "_PARTITION", 2)
    monkeypatch.setattr(linking, "_BATCH", 100_000)
    store.link(fact_file(tmp_path, columns, delivery="d2"), budget=3000)
    one, other = (store.folder / each["linked"][0] for each in store.status()["deliveries"])
    assert one.read_bytes() == other.read_bytes()
    assert not list(store.folder.rglob("*.rows"))


COMPILED = [
    pytest.param(True, marks=pytest.mark.skipif(not arrays.COMPILED, reason="numba is not installed"), id="compiled"),
    pytest.param(False, id="plain"),
]
NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 40), st.integers(2**62, 2**62 + 40))


@pytest.mark.skipif(not arrays.COMPILED, reason="numba is not installed")
@given(st.lists(NUMBERS, unique=True, max_size=60), st.lists(NUMBERS, max_size=40), st.integers(1, 2))
@settings(max_examples=80, deadline=None)
def test_compiled_search_finds_what_plain_search_finds(numbers, others, threads):
    ordered = np.sort(np.array(numbers, dtype=np.int64))
    slots = np.arange(len(ordered), dtype=np.int32) * 3
    asked = np.array([*numbers[::2], *others], dtype=np.int64)
    plain = arrays.Numbers(ordered, slots, compiled=False).slots_of(asked)
    assert plain.tolist() == [3 * ordered.tolist().index(each) if each in numbers else -1 for each in asked.tolist()]
    assert arrays.Numbers(ordered, slots).slots_of(asked, threads).tolist() == plain.tolist()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 5)), max_size=90))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("compiled", COMPILED)
def test_rows_are_sorted_alike_with_and_without_compilation(compiled, rows):
    slots = np.array([slot for slot, _ in rows], dtype=np.int32)
    days = np.array([day for _, day in rows], dtype=np.int32)
    plain = sorted(range(len(rows)), key=lambda row: rows[row])
    with mock.patch.object(arrays, "COMPILED", compiled):
        assert arrays.order_of(slots, days, 0, 10).tolist() == plain


@given(
    st.lists(st.integers(0, 60), max_size=80),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9), st.integers(-9, 9)), min_size=1, max_size=20),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("compiled", COMPILED)
def test_the_rows_of_runs_are_found_in_whatever_order_the_runs_come(compiled, numbers, runs):
    slots = np.array(sorted(numbers), dtype=np.int32)
    first, longer, shift = (np.array(each, dtype=np.int64) for each in zip(*runs, strict=True))
    with mock.patch.object(arrays, "COMPILED", compiled):
        rows, places = arrays.rows_of_runs(slots, first, first + longer, shift)
    wanted = [
        (row, slot + by)
        for begin, more, by in runs
        for row, slot in enumerate(slots.tolist())
        if begin <= slot <= begin + more
    ]
    assert list(zip(rows.tolist(), places.tolist(), strict=True)) == wanted


def test_an_index_in_partitions_is_the_index(tmp_path, monkeypatch):
    random = np.random.default_rng(5)
    numbers = random.integers(-50, 50, 80)
    slots = np.arange(80, dtype=np.int32)
    files = []
    for name, partition in (("one", 1000), ("many", 9)):
        monkeypatch.setattr(number_files, "_PARTITION", partition)
        writer = number_files.NumbersWriter(tmp_path / f"{name}.rows", number_files.cuts_for(numbers, 80), 100)
        for first in (0, 30):
            writer.add(
                numbers[first : first + 30 if first == 0 else 80], slots[first : first + 30 if first == 0 else 80]
            )
        writer.write(tmp_path / name)
        files.append([path.read_bytes() for path in number_files.files_of(tmp_path / name)])
    assert files[0] == files[1]
