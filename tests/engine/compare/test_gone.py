"""Households that left the register wait for a run like those that came: nothing else may be done with them before."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from shouwang.engine.compare.store import StoreError, open_store
from tests.engine.compare.nation_world import World
from tests.engine.compare.test_delta import check, check_changes

DAY = date(2032, 3, 15)
AREAS = ["970101001001", "970102001001"]
TARGETS = ("promoted", "licence_ending")


def test_households_that_left_the_register_wait_for_a_run_before_parts_are_put_together(toyland, standards, tmp_path):
    world = World(toyland, np.random.default_rng(4), AREAS)
    world.settle(25)
    store = open_store(tmp_path / "store", create=True)
    store.register_people(world.write_register(tmp_path / "register"))
    world.register_taken()
    for feed in ("guild", "register", "register"):
        made = world.deliver(DAY, feed, rows=80)
        store.link(world.write_delivery(made, tmp_path / "files"), items=toyland.items)
        world.linked(made)
    store.run(toyland, DAY, standards, TARGETS)
    before = world.told(DAY, standards, TARGETS)
    assert {number for _, whose, number in before.signals(TARGETS, True) if whose == "person"}
    del world.homes[:12]
    store.register_people(world.write_register(tmp_path / "register2"))
    assert store.status()["waiting"]["gone"]
    with pytest.raises(StoreError, match="等待折算"):
        store.compact()
    report = store.run(toyland, DAY, None, TARGETS)
    after = world.told(DAY, standards, TARGETS)
    assert before.signals(TARGETS, True) != after.signals(TARGETS, True)
    check_changes(report, before, after, TARGETS)
    store.compact()
    assert not store.status()["waiting"]["gone"]
    check(store, world, after, DAY, TARGETS, standards)
