"""The invented nation is what its shares say, and the SQL written by hand gives what the 22 rules give, row for row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from bench.nation_data import AS_OF, CHANGES, NEXT_DAY, SHARES, STRANGERS, Nation, nation, shuffled
from bench.nation_plain import check_of, frame_of, words_of
from bench.nation_rules import TARGETS, bench_book
from bench.nation_sides import by_parts, database, one_query, rows_by_sql, values_for
from bench.population import parameters

from shouwang.engine.book import Book
from shouwang.engine.rule import Entity

PEOPLE = 20_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Nation:
    return nation(PEOPLE, tmp_path_factory.mktemp("nation"))


@pytest.fixture(scope="module")
def book() -> Book:
    return bench_book()


def test_every_feed_has_its_share_of_rows_and_of_strangers_in_no_order(made: Nation) -> None:
    keys = pq.read_table(made.folder / "register" / "persons.parquet")["key"].to_numpy()
    assert len(np.unique(keys)) == PEOPLE
    for name, share in SHARES.items():
        found = pq.read_table(made.feed(name))["key"].to_numpy()
        assert len(found) == round(PEOPLE * share)
        assert (~np.isin(found, keys)).mean() == pytest.approx(STRANGERS, abs=0.01)
        assert (np.diff(found) < 0).mean() == pytest.approx(0.5, abs=0.1)
    for share, part in CHANGES.items():
        rows = sum(pq.read_metadata(made.change(share, name)).num_rows for name in SHARES)
        assert rows == pytest.approx(PEOPLE * 0.74 * part, abs=len(SHARES))


def test_the_same_files_are_used_again(made: Nation) -> None:
    before = made.feed("medical").stat().st_mtime_ns
    again = nation(PEOPLE, made.folder.parent)
    assert (again, made.feed("medical").stat().st_mtime_ns) == (made, before)


def test_a_random_order_names_everybody_once() -> None:
    parts = [shuffled(first, first + 100, 1_000, salt=3) for first in range(0, 4_096, 100)]
    order = np.concatenate(parts)
    assert np.array_equal(np.sort(order), np.arange(1_000))
    assert not np.array_equal(order, np.arange(1_000))


@pytest.mark.parametrize("day", [AS_OF, NEXT_DAY])
def test_the_sql_written_by_hand_gives_what_the_rules_give(
    made: Nation, book: Book, tmp_path: Path, day: object
) -> None:
    assert day in {AS_OF, NEXT_DAY}
    as_of = AS_OF if day == AS_OF else NEXT_DAY
    frame = frame_of(made, book, as_of, book.inputs_for(TARGETS, as_of, ["990101000000"]))
    words = words_of(book, frame, as_of, parameters(book), TARGETS)
    values = values_for(book, as_of)
    by_hand = rows_by_sql(made, values, tmp_path / "spill")
    for entity, household in ((Entity.PERSON, False), (Entity.HOUSEHOLD, True)):
        for own, other in zip(words[entity], by_hand[household], strict=True):
            assert np.array_equal(own, other)
    assert words[Entity.PERSON][1].any(), "nobody of whom something cannot be told: the comparison would not see it"
    seen = np.bitwise_or.reduce(words[Entity.PERSON][0]) | np.bitwise_or.reduce(words[Entity.HOUSEHOLD][0])
    silent = [name for bit, name in enumerate(TARGETS) if not seen >> np.uint64(bit) & np.uint64(1)]
    assert set(silent) <= {"medical_spending_general", "bench_several_vehicles"}, "rules that hold for nobody"


def test_every_form_of_the_query_comes_to_the_same(made: Nation, book: Book, tmp_path: Path) -> None:
    inputs = book.inputs_for(TARGETS, AS_OF, ["990101000000"])
    words = words_of(book, frame_of(made, book, AS_OF, inputs), AS_OF, parameters(book), TARGETS)
    parts = [
        check_of(np.arange(1, len(words[entity][0]) + 1), words[entity][0])
        for entity in (Entity.PERSON, Entity.HOUSEHOLD)
    ]
    expected = [sum(each) for each in zip(*parts, strict=True)]
    values = values_for(book, AS_OF)
    with database(tmp_path / "spill") as connection:
        assert one_query(connection, made, values, "union") == expected
        assert one_query(connection, made, values, "list") == expected
        assert by_parts(connection, made, values, tmp_path / "spill" / "linked") == expected
