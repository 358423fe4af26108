from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest

from shouwang.lib.disclosure import SMALLEST, Counts, for_level, protect, single

MOST = 14


def published(counts: dict[str, int]) -> tuple[tuple[tuple[str, int | None], ...], int | None]:
    seen = protect(counts)
    return tuple(seen.cells.items()), seen.total


def splits(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Every way to write a total as so many positive numbers."""
    if parts == 1:
        yield (total,)
        return
    for first in range(1, total - parts + 2):
        for rest in splits(total - first, parts - 1):
            yield (first, *rest)


def could_be(counts: dict[str, int]) -> dict[str, set[int]]:
    """What somebody who knows the method and sees the published table can still believe of each withheld cell."""
    seen = protect(counts)
    hidden = [key for key, cell in seen.cells.items() if cell is None]
    beliefs: dict[str, set[int]] = {key: set() for key in hidden}
    if not hidden:
        return beliefs
    left = None if seen.total is None else seen.total - sum(cell or 0 for cell in seen.cells.values())
    worlds = product(range(1, SMALLEST), repeat=len(hidden)) if left is None else splits(left, len(hidden))
    for split in worlds:
        world = counts | dict(zip(hidden, split, strict=True))
        if published(world) == published(counts):
            for key, count in zip(hidden, split, strict=True):
                beliefs[key].add(count)
    return beliefs


@pytest.mark.parametrize("seed", range(500))
def test_no_withheld_count_can_be_worked_out_from_the_table(seed: int) -> None:
    dice = random.Random(seed)
    counts = {
        f"cell {number}": dice.choice((0, dice.randint(1, 4), dice.randint(5, MOST)))
        for number in range(dice.randint(2, 5))
    }
    for cell, possible in could_be(counts).items():
        assert len(possible) > 1, (counts, cell, possible)


def test_every_small_count_is_withheld_and_zero_is_not() -> None:
    seen = protect({"a": 0, "b": 1, "c": 4, "d": 5, "e": 900})
    assert (seen.cells["a"], seen.cells["b"], seen.cells["c"], seen.cells["e"]) == (0, None, None, 900)


def test_one_small_count_takes_another_with_it() -> None:
    seen = protect({"a": 3, "b": 12, "c": 70})
    assert (seen.cells["a"], seen.withheld, seen.total) == (None, 2, 85)


def test_the_total_goes_too_when_nothing_else_can_cover_it() -> None:
    assert protect({"a": 1, "b": 1, "c": 0}).total is None
    assert protect({"a": 2}) == Counts({"a": None}, None)


def test_large_counts_are_left_alone() -> None:
    assert protect({"a": 6, "b": 12}) == Counts({"a": 6, "b": 12}, 18)


@pytest.mark.parametrize(("level", "shown"), [("township", 3), ("county", 3), ("city", None), ("province", None)])
def test_only_city_and_province_posts_get_withheld_figures(level: str, shown: int | None) -> None:
    assert for_level(level, {"a": 3, "b": 40}).cells["a"] == shown
    assert single(level, 3) == shown
    assert single(level, SMALLEST) == SMALLEST
