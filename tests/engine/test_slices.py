"""A register cut into any slices, its facts into any parts, is judged the same; and what cannot be judged is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from shouwang.engine.backends import native
from shouwang.engine.compare import slices
from shouwang.engine.compare.slices import Law, Register, Run, fact_source
from shouwang.engine.compare.store import open_store
from shouwang.engine.compare.store_files import StoreError
from tests.engine.compare.nation_world import World
from tests.engine.registers import AS_OF, Invented, invent

FEEDS = frozenset({"fields", "beach", "guild", "register", "bakery", "river"})


@pytest.fixture
def law(toyland, standards) -> Law:
    return Law("tests.toyland", toyland.fingerprint, AS_OF, standards, ("promoted", "bread_eligible", "child"))


def run_of(made: Invented, law: Law, out: Path, slice_of: int, parts: int) -> Run:
    sources = tuple(fact_source(path, law.load(), law.load().items) for path in made.files)
    out.mkdir()
    return Run(Register.at(made.folder, slice_of), sources, parts, law, {"000000000000": FEEDS}, str(out))


def all_steps(run: Run) -> dict[str, bytes]:
    spread = pa.concat_tables(slices.spread(run, slices.pieces_of(run)))
    parts = [spread.filter(pc.equal(spread["part"], part)) for part in range(run.parts)]
    linked = pa.concat_tables([slices.link(run, part) for part in parts])
    for number in (*run.register.slices, slices.UNLINKED):
        slices.judge_slice(run, number, linked.filter(pc.equal(linked["slice"], number)))
    return {path.name: path.read_bytes() for path in Path(run.out).iterdir()}


def rows(files: dict[str, bytes], name: str) -> list[dict[str, int]]:
    chosen = sorted(path for path in files if path.startswith(name))
    return [row for path in chosen for row in pq.read_table(pa.BufferReader(files[path])).to_pylist()]


@pytest.mark.parametrize(("slice_of", "parts"), [(7, 1), (60, 5), (1000, 3)])
def test_every_cut_gives_the_same_words(toyland, law, tmp_path, slice_of, parts):
    made = invent(toyland, tmp_path / "register", 60, seed=9)
    plain = made.told(toyland, law.parameters, law.targets, {"000000000000": FEEDS})
    files = all_steps(run_of(made, law, tmp_path / "out", slice_of, parts))
    for name in ("person", "household"):
        assert [tuple(row.values()) for row in rows(files, f"{name}s-")] == plain[name]


@pytest.mark.skipif(not native.is_installed(), reason="llvmlite is not installed")
def test_compiled_or_not_the_same_bytes_are_written(toyland, law, tmp_path):
    made = invent(toyland, tmp_path / "register", 60, seed=9)
    compiled, plain = (
        all_steps(run_of(made, replace(law, compiled=way), tmp_path / f"out-{way}", 25, 2)) for way in (True, False)
    )
    assert compiled == plain


def test_a_feed_speaks_only_where_it_was_delivered(toyland, law, tmp_path):
    made = invent(toyland, tmp_path / "register", 60, seed=9)
    covered = {"970100000000": FEEDS, "970201000000": FEEDS - {"fields", "bakery"}}
    run = replace(run_of(made, law, tmp_path / "out", 25, 2), covered=covered)
    plain = made.told(toyland, law.parameters, law.targets, covered)
    files = all_steps(run)
    for name in ("person", "household"):
        assert [tuple(row.values()) for row in rows(files, f"{name}s-")] == plain[name]


@pytest.mark.parametrize("seed", range(3))
def test_a_cluster_says_of_the_same_files_what_the_national_store_says(toyland, law, tmp_path, seed):
    """Every feed, of persons and of households, events and states, one delivery taken back, one corrected by another, rows
    of nobody, a key that two have, items of which a row says nothing, feeds that cover some divisions."""
    world = World(toyland, np.random.default_rng(seed), ["970101001001", "970201001001"])
    world.settle(30)
    one, other, *_ = (member for home in world.homes for member in home.members if member.key is not None)
    other.key = one.key
    register = world.write_register(tmp_path / "register")
    store = open_store(tmp_path / "store", create=True)
    store.register_people(register)
    feeds = sorted({item.feed for item in toyland.items.values()})
    made = [world.deliver(AS_OF, feed, rows=80) for feed in (*feeds, *feeds, feeds[seed])]
    paths = [world.write_delivery(each, tmp_path / "files") for each in made]
    for path in paths[:-1]:
        store.link(path, items=toyland.items)
    store.withdraw(made[seed].name)
    store.link(paths[-1], items=toyland.items)
    del made[seed], paths[seed]
    world.deliveries = {each.name: each for each in made}
    targets = tuple(name for name in toyland.definitions if toyland.unit_of(name) == "bool")
    store.run(toyland, AS_OF, None, targets)
    told = {"persons": [], "households": []}
    with store.view() as view:
        for segment, words in view.verdicts():
            for name, ids, kind in (
                ("persons", segment.person_ids, "person"),
                ("households", segment.household_ids, "household"),
            ):
                pair = getattr(words, f"{kind}_holds"), getattr(words, f"{kind}_untold")
                told[name] += zip(ids.tolist(), *(each.tolist() for each in pair), strict=True)
    law = replace(law, parameters=toyland.parameters, targets=targets)
    sources = tuple(fact_source(path, toyland, toyland.items) for path in paths)
    (tmp_path / "out").mkdir()
    covered = world.coverage(AS_OF).senders
    files = all_steps(Run(Register.at(register, 11), sources, 3, law, covered, str(tmp_path / "out")))
    for name, words in told.items():
        assert sorted(tuple(row.values()) for row in rows(files, f"{name}-")) == sorted(words)
        assert any(holds for _, holds, _ in words)


def test_persons_out_of_the_order_of_their_households_are_refused(toyland, law, tmp_path):
    made = invent(toyland, tmp_path / "register", 20, seed=9)
    path = made.folder / "persons.parquet"
    persons = pq.read_table(path)
    pq.write_table(persons.take(list(range(persons.num_rows))[::-1]), path)
    with pytest.raises(StoreError, match="没有按户排序"):
        all_steps(run_of(made, law, tmp_path / "out", 20, 1))


def test_a_repeated_attempt_writes_the_same_bytes(toyland, law, tmp_path):
    made = invent(toyland, tmp_path / "register", 60, seed=9)
    run = run_of(made, law, tmp_path / "out", 25, 2)
    first = all_steps(run)
    assert all_steps(run) == first
    assert not [name for name in first if name.startswith(".")]


def test_a_key_that_two_persons_have_is_linked_to_nobody(toyland, law, tmp_path):
    made = invent(toyland, tmp_path / "register", 20, seed=9)
    persons = pq.read_table(made.folder / "persons.parquet")
    same = pa.array([77] * persons.num_rows, pa.int64())
    pq.write_table(persons.set_column(1, "key", same), made.folder / "persons.parquet")
    fact = tmp_path / "guild.parquet"
    pq.write_table(pa.table({"key": [77], "true_from": pa.array([10], pa.int32()), "toy.grade": [3]}), fact)
    made.files[:] = [fact]
    run = run_of(made, law, tmp_path / "out", 20, 1)
    linked = slices.link(run, pa.concat_tables(slices.spread(run, slices.pieces_of(run))))
    assert linked["slice"].to_pylist() == [slices.UNLINKED]


def test_rows_that_the_national_store_refuses_are_left_out(toyland, law, tmp_path):
    """No key, no first day, a day no calendar has, an end not after the beginning."""
    made = invent(toyland, tmp_path / "register", 20, seed=9)
    fact = tmp_path / "guild.parquet"
    facts = {
        "key": [None, 5, 5, 5, 5],
        "true_from": pa.array([10, None, 2**31 - 1, 10, 10], pa.int32()),
        "true_to": pa.array([20, 20, None, 10, 20], pa.int32()),
        "toy.grade": [3, 3, 3, 3, 3],
    }
    pq.write_table(pa.table(facts), fact)
    made.files[:] = [fact]
    run = run_of(made, law, tmp_path / "out", 20, 1)
    kept = slices._fact_rows(run.sources[0], 0)
    assert kept.to_pylist() == [{"id": 5, "true_from": 10, "true_to": 20, "toy.grade": 3}]


def test_a_column_that_is_not_of_whole_numbers_is_refused(toyland, tmp_path):
    path = tmp_path / "halves.parquet"
    pq.write_table(pa.table({"key": [1], "true_from": [1], "toy.grade": [1.5]}), path)
    with pytest.raises(StoreError, match=r"toy\.grade 不是整数"):
        fact_source(path, toyland, toyland.items)


def test_a_household_item_in_a_file_of_persons_is_refused(toyland, tmp_path):
    path = tmp_path / "mixed.parquet"
    pq.write_table(pa.table({"key": [1], "true_from": [1], "toy.barns": [1]}), path)
    with pytest.raises(StoreError, match=r"列 toy\.barns 不是规则包里的个人项目"):
        fact_source(path, toyland, toyland.items)


def test_a_file_without_a_first_day_is_refused(toyland, tmp_path):
    path = tmp_path / "timeless.parquet"
    pq.write_table(pa.table({"key": [1], "toy.grade": [1]}), path)
    with pytest.raises(StoreError, match="应当有 true_from"):
        fact_source(path, toyland, toyland.items)
