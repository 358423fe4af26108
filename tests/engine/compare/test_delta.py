"""After any sequence of deliveries, withdrawals, corrections, moved days, changed parameters and registers, the store says
what a plain telling of everything says: every input, every verdict, every change and every count."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from shouwang.engine.book import load_book
from shouwang.engine.compare import at_once, linking, number_files, refolding, registering, rosters
from shouwang.engine.compare import store as store_module
from shouwang.engine.compare.judging import standing_targets
from shouwang.engine.compare.store import NORMAL, Store, open_store
from shouwang.engine.compare.versions import WORDS
from shouwang.engine.packed import unpack
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity
from shouwang.rules.coverage import benefits
from tests.engine.compare.nation_world import Told, World

AREAS = ["970101001001", "970101001002", "970102001001", "970201001001"]


def check(  # noqa: PLR0917 - a store, and all it is held against
    store: Store, world: World, told: Told, as_of: date, targets: tuple[str, ...], parameters: ParameterTable
) -> None:
    """Every input of the book and every bit of every word of the store's view, against the plain telling."""
    book = world.book
    with store.view() as view:
        assert view.targets == targets
        persons, homes = set(), set()
        anew = view.judged(book, parameters, targets, budget=NORMAL)
        for segment, (bare, words), (_, again) in zip(view.segments(), view.verdicts(), anew, strict=True):
            for name in WORDS:
                assert np.array_equal(getattr(again, name), getattr(words, name))
            assert bare.household_ids.tolist() == segment.household_ids.tolist()
            frame = unpack(segment, book, list(book.inputs), as_of, view.covered)
            for columns, ids, plain in (
                (frame.person, segment.person_ids, told.person),
                (frame.household, segment.household_ids, told.household),
            ):
                for name, column in columns.items():
                    for row, number in enumerate(ids.tolist()):
                        assert column.at(row) == plain[number, name], (name, number)
            for bit, name in enumerate(targets):
                own = book.entity_of(name) is Entity.PERSON
                holds, untold = (
                    (words.person_holds, words.person_untold)
                    if own
                    else (words.household_holds, words.household_untold)
                )
                for row, number in enumerate((segment.person_ids if own else segment.household_ids).tolist()):
                    value = (told.person if own else told.household)[number, name]
                    assert (bool(holds[row] >> bit & 1), bool(untold[row] >> bit & 1)) == (value is True, value is None)
            persons |= set(segment.person_ids.tolist())
            homes |= set(segment.household_ids.tolist())
            assert [segment.areas[each] for each in segment.area.tolist()] == [
                told.areas[each] for each in segment.household_ids.tolist()
            ]
        assert homes == {home.number for home in world.homes}
        assert persons == set(world.people())


def check_changes(report, before: Told | None, after: Told, targets: tuple[str, ...]) -> None:
    """The change file and the summary, both directions, against two plain tellings."""
    now, unclear = after.signals(targets, True), after.signals(targets, None)
    then = before.signals(targets, True) if before else set()
    found: dict[str, list[tuple[str, str, int]]] = {"raised": [], "cleared": [], "untold": []}
    for row in pq.read_table(report.changes).to_pylist():
        person = row["person_id"]
        found[row["change"]].append(
            (row["target"], "household", row["household_id"]) if person is None else (row["target"], "person", person)
        )
    wanted = {"raised": now - then, "cleared": then - now - unclear, "untold": (then - now) & unclear}
    for change, rows in found.items():
        assert len(rows) == len(set(rows))
        assert set(rows) == wanted[change], change
    for name in targets:
        counts = {
            "holds": now,
            "untold": unclear,
            "raised": wanted["raised"],
            "cleared": wanted["cleared"],
            "lost": wanted["untold"],
        }
        assert report.counts[name] == {key: sum(each[0] == name for each in rows) for key, rows in counts.items()}
    summary = {}
    for row in pq.read_table(report.summary).to_pylist():
        summary[row["area_code"], row["target"]] = row["holds"]
    for name in targets:
        assert sum(count for (_, target), count in summary.items() if target == name) == report.counts[name]["holds"]


def one_life(book, standards, folder: Path, seed: int, *, steps: int, targets, homes: int = 40) -> None:
    """One random life of a store; after every run everything is checked."""
    random = np.random.default_rng(seed)
    world = World(book, random, AREAS)
    world.settle(homes)
    as_of = date(2032, 3, 15)
    store = open_store(folder / "store", create=True)
    store.register_people(world.write_register(folder / "register0"))
    world.register_taken()
    parameters, before, last_day = standards, None, None
    for step in range(steps):
        for _ in range(int(random.integers(1, 4))):
            what = int(random.integers(0, 7))
            if what <= 2 or not world.deliveries:
                made = world.deliver(as_of, rows=int(random.choice([3, 15, 60])))
                replaces = None
                if what == 2 and world.deliveries and random.random() < 0.7:
                    replaces = str(random.choice(sorted(world.deliveries)))
                receipt = store.link(world.write_delivery(made, folder / "files"), items=book.items, replaces=replaces)
                if replaces:
                    world.withdrawn(replaces)
                world.linked(made)
                assert receipt.rows == len(made.rows)
                assert receipt.linked == len(world.found[made.name])
                assert receipt.rows == receipt.linked + receipt.unmatched + receipt.refused
            elif what == 3:
                name = str(random.choice(sorted(world.deliveries)))
                store.withdraw(name)
                world.withdrawn(name)
            elif what == 4:
                as_of += timedelta(days=int(random.choice([1, 1, 16, 40, -3, -30, 300])))
            elif what == 5:
                world.change_register()
                store.register_people(world.write_register(folder / f"register{step}"))
                world.register_taken()
            else:
                area = str(random.choice([AREAS[0], "970102000000", "970000000000"]))
                days = int(random.integers(1, 400))
                item, per = (
                    ("notice_days", "days")
                    if "notice_days" in book.parameter_specs
                    else ("dibao_rural", "person-month")
                )
                changed = [Assertion(item, area, days, per, date(2030, 1, 1), source="local")]
                parameters = standards.overlaid(changed)
        report = store.run(book, as_of, parameters, targets)
        told = world.told(as_of, parameters, targets)
        if not report.already:
            check_changes(report, before, told, targets)
        check(store, world, told, as_of, targets, parameters)
        before, last_day = told, as_of
        if random.random() < 0.25:
            store.compact(keep=2)
            check(store, world, told, as_of, targets, parameters)
    assert last_day is not None


@pytest.fixture
def small_parts(monkeypatch):
    """Parts and partitions of a few rows each, so that a small nation has many."""
    for module in (rosters, registering, store_module):
        monkeypatch.setattr(module, "PART", 7)
    monkeypatch.setattr(linking, "_PARTITION", 16)
    monkeypatch.setattr(number_files, "_PARTITION", 12)


@pytest.mark.parametrize("seed", [5, 11])
def test_a_life_of_a_store_says_what_a_plain_telling_says(toyland, standards, tmp_path, seed):
    one_life(toyland, standards, tmp_path, seed, steps=6, targets=("promoted", "licence_ending"))


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_life_in_many_small_parts_says_the_same(toyland, standards, tmp_path, seed):
    one_life(toyland, standards, tmp_path, seed, steps=6, targets=("promoted", "licence_ending"))


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("seed", [4, 6])
def test_a_life_two_parts_at_a_time_says_the_same(toyland, standards, tmp_path, monkeypatch, seed):
    for module in (at_once, refolding):
        monkeypatch.setattr(module, "MANY", 0)
    one_life(toyland, standards, tmp_path, seed, steps=5, targets=("promoted", "licence_ending"))


@pytest.mark.usefixtures("small_parts")
def test_what_is_kept_and_what_is_compared_do_not_depend_on_how_many_are_done_at_once(
    toyland, standards, tmp_path, monkeypatch
):
    found = []
    for many in (0, 10**9):
        monkeypatch.setattr(at_once, "MANY", many)
        one_life(toyland, standards, tmp_path / str(many), 8, steps=4, targets=("promoted", "licence_ending"))
        store = tmp_path / str(many) / "store"
        found.append(
            {
                path.relative_to(store): path.read_bytes()
                for path in store.rglob("*")
                if path.name != "lock" and path.is_file()
            }
        )
    assert found[0] == found[1]


def test_a_life_under_the_real_law_says_the_same_of_warnings_and_eligibility(tmp_path):
    law = load_book("shouwang.rules")
    day = date(2032, 3, 15)
    targets = standing_targets(law, day, [benefit.scheme for benefit in benefits().values()])
    assert len(targets) > 30
    standards = law.table(
        [Assertion("dibao_rural", "970000000000", 60_000, "person-month", date(2030, 1, 1), source="local")]
    )
    one_life(law, standards, tmp_path, 21, steps=3, targets=targets, homes=20)
