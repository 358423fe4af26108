"""A register folder that cannot be read, or says what cannot be, is refused in Chinese, and the store stays as it was."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shouwang.engine.compare.store import StoreError, open_store
from tests.engine.compare.nation_world import World

AREAS = ["970101001001", "970102001001"]


@pytest.fixture
def register(toyland, tmp_path):
    world = World(toyland, np.random.default_rng(4), AREAS)
    world.settle(25)
    return world.write_register(tmp_path / "register")


def column(file, name, value, kind):
    """Give a column of a file one value everywhere, in another kind."""

    def change(register):
        path = register / file
        table = pq.read_table(path)
        values = pa.array([value] * len(table), kind)
        pq.write_table(table.set_column(table.schema.get_field_index(name), name, values), path)

    return change


def cut(file):
    return lambda register: (register / file).write_bytes((register / file).read_bytes()[:-50])


def spoil(file):
    """Overwrite the first pages; the list at the end stays whole."""

    def change(register):
        content = bytearray((register / file).read_bytes())
        content[4:200] = b"\xff" * 196
        (register / file).write_bytes(content)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (cut("persons.parquet"), r"读不了登记册 persons\.parquet"),
        (cut("households.parquet"), r"读不了登记册 households\.parquet"),
        (cut("areas.parquet"), r"读不了登记册 areas\.parquet"),
        (spoil("persons.parquet"), r"读不了登记册 persons\.parquet"),
        (column("persons.parquet", "person_id", "甲", pa.string()), "person_id 不是整数"),
        (column("households.parquet", "household_id", 1.5, pa.float64()), "household_id 不是整数"),
        (column("persons.parquet", "household_row", None, pa.int32()), "有空的 household_row"),
        (column("persons.parquet", "sex", 300, pa.int64()), "sex 有超出范围的数"),
        (column("persons.parquet", "birth_day", 2**40, pa.int64()), "birth_day 有超出范围的数"),
    ],
)
def test_a_register_that_cannot_be_is_refused(  # noqa: PLR0917 - fixtures and parameters
    toyland, standards, tmp_path, register, change, said
):
    store = open_store(tmp_path / "store", create=True)
    store.register_people(register)
    version = store.status()["version"]
    change(register)
    with pytest.raises(StoreError, match=said):
        store.register_people(register)
    assert store.status()["version"] == version
    assert not store.run(toyland, date(2032, 3, 15), standards, ("promoted",)).already


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"counties": {"1": {}}}'])
def test_a_list_of_facts_that_is_none_is_refused(tmp_path, register, content):
    store = open_store(tmp_path / "store", create=True)
    store.register_people(register)
    (register / "manifest.json").write_text(content)
    with pytest.raises(StoreError, match="不是登记册导出的清单"):
        store.link_register(register)


def test_a_register_taken_in_twice_leaves_no_file_that_no_version_names(tmp_path, register):
    store = open_store(tmp_path / "store", create=True)
    store.register_people(register)
    before = sorted(path for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert store.register_people(register).already
    assert sorted(path for path in (tmp_path / "store").rglob("*") if path.is_file()) == before
