"""Linked facts folded into packed columns and read again: every input of the real law equals ``fold_facts``, compiled or not."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from shouwang.engine.backends import arrays
from shouwang.engine.book import load_book
from shouwang.engine.compare.folding import Linked, fold_linked, touched_by_time
from shouwang.engine.compare.store import open_store
from shouwang.engine.packed import nothing, unpack, untold
from shouwang.engine.rule import Entity
from tests.engine.compare.nation_world import World

AREAS = ["990101001001", "990101002002"]
DAYS = [date(2026, 10, 31), date(2027, 1, 1), date(2026, 11, 1), date(2026, 2, 28)]
COMPILED = pytest.param(
    True, marks=pytest.mark.skipif(not arrays.COMPILED, reason="numba is not installed"), id="compiled"
)


@pytest.fixture(scope="module")
def law():
    return load_book("shouwang.rules")


@pytest.fixture(params=[COMPILED, pytest.param(False, id="plain")])
def way(request, monkeypatch):
    monkeypatch.setattr(arrays, "COMPILED", request.param)
    return request.param


def nation(law, folder, seed, as_of, *, deliveries=16, rows=150):
    """A store of 25 households and deliveries of every feed, some feeds twice."""
    world = World(law, np.random.default_rng(seed), AREAS)
    world.settle(25)
    store = open_store(folder / "store", create=True)
    store.register_people(world.write_register(folder / "register"))
    world.register_taken()
    feeds = sorted({item.feed for item in law.items.values()})
    for place in range(deliveries):
        feed = feeds[place % len(feeds)] if place < len(feeds) else "register"
        made = world.deliver(as_of, feed, rows=rows * 8 if feed == "register" else rows)
        store.link(world.write_delivery(made, folder / "files"), items=law.items)
        world.linked(made)
    return store, world


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("seed", "as_of"), [(1, DAYS[0]), (2, DAYS[1])])
def test_every_input_of_the_law_reads_as_fold_facts_says(law, tmp_path, seed, as_of):
    store, world = nation(law, tmp_path, seed, as_of)
    store.run(law, as_of, None, [law.warnings(as_of)[0].name])
    told = world.told(as_of, law.parameters, ())
    states = set()
    with store.view() as view:
        for segment in view.segments():
            frame = unpack(segment, law, list(law.inputs), as_of, view.covered)
            for columns, ids, plain in (
                (frame.person, segment.person_ids, told.person),
                (frame.household, segment.household_ids, told.household),
            ):
                for name, column in columns.items():
                    for row, number in enumerate(ids.tolist()):
                        assert column.at(row) == plain[number, name], (name, number)
            for column in (*segment.person.values(), *segment.household.values()):
                states |= {"untold"} if (column == untold(column.dtype)).any() else set()
                states |= {"nothing"} if (column == nothing(column.dtype)).any() else set()
        assert {spec.item for spec in law.inputs.values() if spec.item} >= {
            spec.item for spec in law.inputs.values() if spec.name in segment.person
        }
        assert len(segment.person) > 60
    assert states == {"untold", "nothing"}


@pytest.mark.skipif(not arrays.COMPILED, reason="numba is not installed")
@pytest.mark.parametrize("seed", range(4))
def test_compiled_folds_give_the_bytes_of_the_plain_ones(toyland, tmp_path, monkeypatch, seed):
    as_of = [date(2032, 3, 15), date(2032, 2, 29), date(2031, 12, 31), date(2032, 9, 1)][seed]
    store, _ = nation(toyland, tmp_path, seed + 10, as_of, deliveries=9, rows=200)
    files = [Linked(name, store.folder / name) for each in store.status()["deliveries"] for name in each["linked"]]
    slots = np.random.default_rng(seed).permutation(60).astype(np.int32)
    for entity in Entity:
        compiled = fold_linked(toyland, entity, slots, files, as_of)
        monkeypatch.setattr(arrays, "COMPILED", False)
        plain = fold_linked(toyland, entity, slots, files, as_of)
        monkeypatch.setattr(arrays, "COMPILED", True)
        assert compiled.keys() == plain.keys()
        assert len(plain) > 3
        for name, few in plain.items():
            assert compiled[name].rows.tobytes() == few.rows.tobytes()
            assert compiled[name].stored.dtype == few.stored.dtype
            assert compiled[name].stored.tobytes() == few.stored.tobytes(), name


@pytest.mark.parametrize("days", [1, 17, 31, 300, -1, -40])
def test_whoever_is_not_touched_by_time_folds_the_same_on_both_days(toyland, tmp_path, days):
    before = date(2032, 3, 15)
    after = before + timedelta(days=days)
    store, _ = nation(toyland, tmp_path, 30, before, deliveries=9, rows=40)
    slots = np.arange(60, dtype=np.int32)
    some = 0
    for each in store.status()["deliveries"]:
        for name in each["linked"]:
            file = Linked(name, store.folder / name)
            touched = touched_by_time(toyland, file, before, after)
            one, other = (fold_linked(toyland, file.entity, slots, [file], day) for day in (before, after))
            for column in one.keys() | other.keys():
                both = [found[column] for found in (one, other) if column in found]
                if len({few.stored.dtype for few in both}) > 1:
                    continue  # the marks of another kind are other numbers
                pairs = [set(zip(few.rows.tolist(), few.stored.tolist(), strict=True)) for few in both]
                differing = {row for row, _ in (pairs[0] ^ pairs[1] if len(pairs) > 1 else pairs[0])}
                assert differing <= set(touched.tolist()), column
                some += len(differing)
    assert some or abs(days) == 1


def test_a_sum_beyond_64_bits_cannot_be_told_and_one_that_comes_back_can(toyland, tmp_path, way):
    as_of = date(2032, 3, 15)
    store, world = nation(toyland, tmp_path, 3, as_of, deliveries=0)
    number = world.homes[0].members[0].number if world.homes[0].members else next(iter(world.people()))
    made = world.deliver(as_of, "fields")
    made.number, made.rows = "person_id", []
    for value in (2**62, 2**62, 2**62, -(2**62), -(2**62)):
        made.rows.append((number, "toy.harvest", value, 22_700, 2**31 - 1))
    store.link(world.write_delivery(made, tmp_path / "files"))
    world.linked(made)
    store.run(toyland, as_of, None, ["promoted"])
    told = world.told(as_of, toyland.parameters, ())
    assert told.person[number, "harvest"] == 2**62
    with store.view() as view:
        segment = view.household(world.people()[number].number)
        frame = unpack(segment, toyland, ["harvest"], as_of, view.covered)
        row = segment.person_ids.tolist().index(number)
        assert frame.person["harvest"].at(row) == 2**62
