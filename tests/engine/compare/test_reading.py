"""Readers keep the version they opened, one writer at a time, earlier days stay readable, and only what the law reaches is
judged again."""

from __future__ import annotations

import resource
from copy import copy
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from shouwang.engine.compare import judging, running, store_files
from shouwang.engine.compare.changed_law import changed_law
from shouwang.engine.compare.column_files import Columns, ColumnsWriter
from shouwang.engine.compare.covering import Coverage, nearest_of
from shouwang.engine.compare.store import StoreError, open_store
from shouwang.engine.parameters import Assertion
from shouwang.engine.tree import Const
from tests.engine.compare.nation_world import World

DAY, LATER = date(2032, 3, 15), date(2032, 3, 20)
AREAS = ["970101001001", "970102001001", "970201001001"]
TARGETS = ("promoted", "licence_ending")


@pytest.fixture
def nation(toyland, standards, tmp_path):
    """A store that has run once, its world, and the files it may be given."""
    world = World(toyland, np.random.default_rng(4), AREAS)
    world.settle(25)
    store = open_store(tmp_path / "store", create=True)
    store.register_people(world.write_register(tmp_path / "register"))
    for feed in ("guild", "register", "register"):
        store.link(world.write_delivery(world.deliver(DAY, feed, rows=80), tmp_path / "files"), items=toyland.items)
    store.run(toyland, DAY, standards, TARGETS)
    return store, world


def words(view):
    return [
        bare.person_ids.tobytes() + each.person_holds.tobytes() + each.household_untold.tobytes()
        for bare, each in view.verdicts()
    ]


def test_an_open_version_stays_readable_while_newer_appear_and_old_ones_are_removed(
    nation, toyland, standards, tmp_path
):
    store, world = nation
    with store.view() as first:
        before = words(first)
        store.link(world.write_delivery(world.deliver(DAY, "guild", rows=300), tmp_path / "files"))
        store.run(toyland, LATER, standards, TARGETS)
        store.compact(keep=1)
        assert words(first) == before
        with store.view(first.version) as again:
            assert words(again) == before
        with store.view() as newest:
            assert newest.version > first.version
            assert words(newest) != before
    store.link(world.write_delivery(world.deliver(DAY, "guild", rows=3), tmp_path / "files"))
    store.run(toyland, LATER, standards, TARGETS)
    store.compact(keep=1)
    with pytest.raises(StoreError, match="没有保留"):
        store.view(first.version)


def test_an_earlier_day_reads_as_it_was_judged(nation, toyland, standards):
    store, _ = nation
    with store.view() as then:
        before = words(then)
    store.withdraw("d1")
    store.run(toyland, LATER, standards, TARGETS)
    with store.view(as_of=date(2032, 3, 19)) as view:
        assert (view.as_of, words(view)) == (DAY, before)
    with store.view() as view:
        assert view.as_of == LATER
    with pytest.raises(StoreError, match="没有保留 2032-03-14"):
        store.view(as_of=date(2032, 3, 14))


def test_a_second_writer_is_told_who_writes(nation):
    store, _ = nation
    with (
        store_files.only_writer(store.folder, "run"),
        pytest.raises(StoreError, match=r"另一个命令正在写这个库（进程号.*run"),
    ):
        store.withdraw("d1")
    store.withdraw("d1")


def test_the_same_run_again_makes_no_version(nation, toyland, standards):
    store, _ = nation
    version = store.status()["version"]
    report = store.run(toyland, DAY, standards, TARGETS)
    assert (report.already, report.version, store.status()["version"]) == (True, version, version)
    assert store.run(toyland, DAY, None, TARGETS).already


def test_a_missing_or_cut_file_of_the_store_is_told(nation):
    store, _ = nation
    path = next((store.folder / "words").iterdir())
    path.write_bytes(path.read_bytes()[:-3])
    with store.view() as view, pytest.raises(StoreError, match="不完整"):
        list(view.verdicts())
    path.unlink()
    with store.view() as view, pytest.raises(StoreError, match="缺少文件"):
        list(view.verdicts())


def spoil(path):
    """Overwrite some of the list at a file's end, its last bytes left as they were."""
    content = bytearray(path.read_bytes())
    content[-40:-30] = b"\xff" * 10
    path.write_bytes(content)


@pytest.mark.parametrize(
    "path", ["rosters/1-0.roster", "areas/1.json", "manifests/5.json", "linked/2-0.linked", "words/5-0.words"]
)
def test_a_spoilt_file_of_the_store_is_told_with_its_name(nation, toyland, path):
    store, _ = nation
    spoil(store.folder / path)
    with pytest.raises(StoreError, match=f"{path} 缺失或已损坏"):
        store.run(toyland, LATER, None, TARGETS)


def thinned(path):
    """Leave a summary that can be read and has lost the lines of what holds."""
    table = pq.read_table(path)
    pq.write_table(table.filter(np.equal(table["holds"], 0)), path)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("x"), thinned])
def test_without_the_last_summary_everything_is_counted_anew(nation, toyland, damage):
    store, _ = nation
    before = store.run(toyland, DAY, None, TARGETS)
    assert any(counts["holds"] for counts in before.counts.values())
    damage(before.summary)
    store.withdraw("d1")
    after = store.run(toyland, DAY, None, TARGETS)
    with store.view() as view:
        for place, name in enumerate(TARGETS):
            held = sum(
                int((words >> np.uint64(place) & np.uint64(1)).sum())
                for _, each in view.verdicts()
                for words in (each.person_holds, each.household_holds)
            )
            assert after.counts[name]["holds"] == held


def test_thousands_of_linked_files_need_not_be_open_at_once(nation, toyland, standards, tmp_path, monkeypatch):
    """As many files as counties: a process that may open a hundred files runs over more than that."""
    store, world = nation
    monkeypatch.setattr(running, "OPEN_FILES", 8)
    files = [world.write_delivery(world.deliver(DAY, "guild", rows=3), tmp_path / "files") for _ in range(110)]
    store.link_all([(path, None) for path in files])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 60, limits[1]))
    try:
        assert store.run(toyland, DAY, standards, TARGETS).touched
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_somebody_elses_file_among_the_manifests_does_no_harm(nation, toyland):
    store, _ = nation
    (store.folder / "manifests" / "notes.json").write_text("x")
    assert store.status()["version"] == 5
    store.compact(keep=1)
    assert (store.folder / "manifests" / "notes.json").exists()


@pytest.mark.parametrize("as_of", [date(1, 1, 1), date(9999, 12, 31)])
def test_a_day_at_the_end_of_the_calendar_is_refused(nation, toyland, as_of):
    store, _ = nation
    with pytest.raises(StoreError, match="超出可以计算的范围"):
        store.run(toyland, as_of, None, TARGETS)


class OneByte:
    """A file that takes one byte at a time, as an unbuffered one may on a disk that is nearly full."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, content: memoryview) -> int:
        self.content += bytes(content[:1])
        return 1


@pytest.mark.parametrize("content", [b"", b"abc", np.arange(3, dtype=np.uint8)])
def test_all_bytes_are_written_however_few_a_file_takes_at_a_time(content):
    file = OneByte()
    store_files.write(file, content)
    assert file.content == bytes(content)


def test_a_version_that_is_read_is_not_removed(tmp_path):
    path = tmp_path / "1.json"
    path.write_text("{}")
    with store_files.held(path):
        store_files.remove_unless_held(path)
        assert path.exists()
    store_files.remove_unless_held(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("还没有全国库", lambda folder: open_store(folder / "nowhere")),
        ("不是登记册文件夹", lambda folder: open_store(folder / "new", create=True).register_people(folder)),
        ("还没有登记册", lambda folder: open_store(folder / "new", create=True).compact()),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(tmp_path, said, act):
    with pytest.raises(StoreError, match=said):
        act(tmp_path)


@pytest.mark.parametrize("asked", [[], [0], [3, 4, 999], [*range(0, 5000, 3)]])
def test_a_column_says_the_same_of_some_rows_in_whichever_form_it_is_kept(tmp_path, asked):
    values = np.zeros(5000, dtype=np.uint32)
    values[[4, 900, 999]] = 7, 8, 2**32 - 1
    few = np.flatnonzero(values).astype(np.int32)
    with store_files.written(tmp_path / "columns") as file:
        writer = ColumnsWriter(file)
        writer.plain("plain", values)
        writer.compressed("packed", values)
        writer.few("few", len(values), 0, few, values[few])
        writer.few("none", len(values), 0, few[:0], values[:0])
        writer.few("many", len(values), 9, np.arange(5000, dtype=np.int32), values, pack=True)
        writer.finish({})
    columns, rows = Columns(tmp_path / "columns"), np.array(asked, dtype=np.int64)
    for name in ("plain", "packed", "few", "many"):
        assert columns.at(name, rows).tolist() == values[rows].tolist(), name
        assert columns.at(name, rows).dtype == np.uint32
    assert columns.at("none", rows).tolist() == [0] * len(rows)


def test_only_targets_and_divisions_that_a_new_parameter_reaches_are_judged_again(
    nation, toyland, standards, monkeypatch
):
    store, world = nation
    asked = []

    judge = judging.judge_in_pieces

    def noted(*given, **more):
        asked.append(set(given[5]))
        return judge(*given, **more)

    monkeypatch.setattr(judging, "judge_in_pieces", noted)
    seed = standards.overlaid([Assertion("seed_cost", AREAS[0], 7, "", date(2030, 1, 1), source="local")])
    report = store.run(toyland, DAY, seed, TARGETS)
    assert (asked, report.judged) == ([], 0)  # no target rests on the cost of seed
    more = standards.overlaid([Assertion("notice_days", AREAS[0], 400, "days", date(2030, 1, 1), source="local")])
    report = store.run(toyland, DAY, more, TARGETS)
    assert asked == [set(TARGETS)]
    changed = {each["household_id"] for each in _changes(report)}
    assert changed
    assert {home.area for home in world.homes if home.number in changed} == {AREAS[0]}


def _changes(report):
    return pq.read_table(report.changes).to_pylist()


def test_changed_law_names_targets_by_division(toyland, standards):
    more = standards.overlaid([Assertion("notice_days", "970101000000", 5, "days", date(2030, 1, 1), source="local")])
    found = changed_law(toyland, standards, toyland, more, AREAS, TARGETS, DAY)
    assert found == {AREAS[0]: frozenset(TARGETS)}
    assert changed_law(toyland, standards, toyland, standards, AREAS, TARGETS, DAY) == {}
    seed = standards.overlaid([Assertion("seed_cost", "970101000000", 5, "", date(2030, 1, 1), source="local")])
    assert changed_law(toyland, standards, toyland, seed, AREAS, TARGETS, DAY) == {}


def test_an_input_whose_silence_means_something_else_reaches_what_rests_on_it(toyland, standards):
    plan = toyland.plan(DAY, toyland.regime(AREAS[0]))
    one, other = (plan.towards([name]).inputs for name in TARGETS)
    name = min(each for each in one - other if toyland.inputs[each].item)
    spec = toyland.inputs[name]
    book = copy(toyland)
    turned = replace(spec, absent="unknown" if spec.absent == "zero" else "zero")
    book.inputs = {**toyland.inputs, name: turned}
    assert changed_law(toyland, standards, book, standards, AREAS, TARGETS, DAY) == dict.fromkeys(
        AREAS, frozenset({TARGETS[0]})
    )


def test_a_changed_rule_reaches_what_rests_on_it_and_nothing_else_is_judged_again(
    nation, toyland, standards, monkeypatch
):
    text = toyland.definitions["promoted"][-1]
    book = toyland.followed(replace(text, since=date(2032, 1, 1), arguments=(), body=Const(True)))
    assert changed_law(toyland, standards, book, standards, AREAS, TARGETS, DAY) == dict.fromkeys(
        AREAS, frozenset({"promoted"})
    )
    assert changed_law(toyland, standards, book, standards, AREAS, TARGETS, date(2031, 6, 1)) == {}
    store, world = nation
    asked = []

    judge = judging.judge_in_pieces

    def noted(*given, **more):
        asked.append(given[5])
        return judge(*given, **more)

    monkeypatch.setattr(judging, "judge_in_pieces", noted)
    report = store.run(
        book, DAY, book.table(standards.assertions()[len(toyland.parameters.assertions()) :]), TARGETS, old_book=toyland
    )
    assert asked == [["promoted"]]
    assert report.counts["promoted"]["holds"] == len(world.people())
    assert {each["target"] for each in _changes(report)} == {"promoted"}


def test_silence_speaks_where_the_newest_period_still_does():
    def sent(feed, period, area_code="970100000000", cadence="monthly"):
        return {"feed": feed, "period": period, "area_code": area_code, "cadence": cadence}

    sendings = [
        sent("guild", "2032-02"),
        sent("fields", "2032-01"),
        sent("beach", "2031", cadence="yearly"),
        sent("register", "2020-01", "970101000000"),
        sent("river", "2032-03", "000000000000", "event"),
        sent("bakery", "1900", cadence="yearly"),
        sent("bakery", "2032-04"),
    ]
    covered = Coverage(sendings, date(2032, 3, 31))
    assert covered("970101001001") == {"guild", "beach", "register", "river"}
    assert covered("970102001001") == {"guild", "beach", "river"}
    assert covered("980101001001") == {"river"}
    assert Coverage(sendings, date(2032, 4, 1))("970102001001") == {"beach", "river", "bakery"}


def test_nearest_division_is_found_at_every_level():
    areas = ["970101001001", "970101001000", "970101000000", "970102001001", "970200000000", "980101001001"]
    codes, place = nearest_of(areas, ["970101001000", "970101000000", "970000000000"])
    assert [codes[each] for each in place.tolist()] == [
        "970101001000",
        "970101001000",
        "970101000000",
        "970000000000",
        "970000000000",
        "000000000000",
    ]
