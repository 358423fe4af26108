"""Counts by division and rule added up from the lowest divisions to the nation, and which of them must not be told.

Pure computing over arrays; also the packed form in which a division's counts are kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shouwang.lib import disclosure
from shouwang.lib.area_codes import CODE_DIGITS

Array = NDArray[Any]
MEASURES = ("holds", "untold", "raised", "cleared")
_STEPS = (10**3, 10**6, 10**8, 10**10, 10**12)
"""A code below each of these levels is nought behind them: township, county, city, province, nation."""
_TOWNSHIP = 10**3
_NOBODY = -1


@dataclass(frozen=True, slots=True)
class Rolled:
    """Every division with counts and all those above it, by code.

    ``codes`` int64 · ``parents`` int64, the division each is shown under (-1: the nation's own line); a division shown
    under itself holds what was counted for it and for none of its parts · ``counts`` (divisions, rules, measures) ·
    ``withheld`` bool of the same shape: not to be told to posts that see counts and not people.
    """

    codes: Array
    parents: Array
    counts: Array
    withheld: Array


def rolled_up(codes: Array, counts: Array) -> Rolled:
    """Add up counts of divisions (each its own: none counts what another does), and find what must be withheld.

    ``codes`` (divisions,) int64, each once; ``counts`` (divisions, rules, measures) int32, whose sums fit too.
    """
    known = [codes, np.zeros(1, dtype=np.int64), *(np.unique(codes // step * step) for step in _STEPS)]
    every = np.unique(np.concatenate(known))
    parents = _parents(every)
    beside = np.intersect1d(codes[(counts != 0).any(axis=(1, 2))], parents)
    lines = np.zeros((len(every) + len(beside), *counts.shape[1:]), dtype=np.int32)
    lines[np.searchsorted(every, codes)] = counts
    lines[len(every) :] = lines[np.searchsorted(every, beside)]
    level = _level(every)
    for each in range(len(_STEPS)):
        here = np.flatnonzero(level == each)
        np.add.at(lines, np.searchsorted(every, parents[here]), lines[here])
    rolled = Rolled(
        np.concatenate((every, beside)),
        np.concatenate((parents, beside)),
        lines,
        np.zeros(lines.shape, dtype=bool),
    )
    _withhold(rolled)
    return rolled


def _level(codes: Array) -> Array:
    """0 village, 1 township, 2 county, 3 city, 4 province, 5 nation."""
    return np.sum([codes % step == 0 for step in _STEPS], axis=0)


def _parents(codes: Array) -> Array:
    """The nearest division above: where a level is missing, the next."""
    parents = np.full(len(codes), _NOBODY, dtype=np.int64)
    for step in reversed(_STEPS):
        above = codes // step * step
        parents = np.where(above != codes, above, parents)
    return parents


def _withhold(rolled: Rolled) -> None:
    """From the nation down to the townships: what is shown of the parts must not tell what is withheld of them.

    Below a withheld count everything is: its parts would add up to it. Beside a withheld part go as many others as
    ``disclosure.protect`` asks, all of them where that does not do. Villages are shown to no post these rules are for.
    """
    counts, withheld = rolled.counts, rolled.withheld
    whole = np.flatnonzero(rolled.parents == _NOBODY)
    withheld[whole] = (counts[whole] > 0) & (counts[whole] < disclosure.SMALLEST)
    order = np.argsort(rolled.parents, kind="stable")
    sorted_parents = rolled.parents[order]
    lines = np.flatnonzero(rolled.parents != rolled.codes)
    by_code = lines[np.argsort(rolled.codes[lines], kind="stable")]
    codes = rolled.codes[by_code]
    wide = np.unique(rolled.parents[(rolled.parents != _NOBODY) & (rolled.codes % _TOWNSHIP == 0)])
    for code in wide[np.argsort(-_level(wide), kind="stable")].tolist():
        first, after = np.searchsorted(sorted_parents, [code, code + 1])
        parts, parent = order[first:after], by_code[np.searchsorted(codes, code)]
        withheld[parts] |= withheld[parent]
        small = ((counts[parts] > 0) & (counts[parts] < disclosure.SMALLEST)).any(axis=0) & ~withheld[parent]
        for rule, measure in zip(*np.nonzero(small), strict=True):
            column = counts[parts, rule, measure].tolist()
            keys = [f"{name}{'' if name != code else '+'}" for name in rolled.codes[parts].tolist()]
            told = disclosure.protect(dict(zip(keys, column, strict=True)))
            withheld[parts, rule, measure] = [told.total is None or told.cells[key] is None for key in keys]


def packed(rolled: Rolled) -> Iterator[tuple[str, str, bytes, bytes]]:
    """Yield each line's code, the code it is shown under ("" for the nation), its figures and what is withheld of them."""
    for code, parent, counts, withheld in zip(
        rolled.codes.tolist(), rolled.parents.tolist(), rolled.counts, rolled.withheld, strict=True
    ):
        above = "" if parent == _NOBODY else f"{parent:0{CODE_DIGITS}d}"
        figures = zlib.compress(counts.astype("<i4").tobytes(), 1)
        yield f"{code:0{CODE_DIGITS}d}", above, figures, np.packbits(withheld).tobytes() if withheld.any() else b""


def unpacked(figures: bytes, withheld: bytes, rules: int, *, as_told: bool) -> list[list[int | None]]:
    """Return a line's counts by rule and measure; ``as_told`` to a post that may not see all: None where withheld."""
    counts = np.frombuffer(zlib.decompress(figures), dtype="<i4").reshape(rules, len(MEASURES))
    found: list[list[int | None]] = counts.tolist()
    if as_told and withheld:
        hidden = np.unpackbits(np.frombuffer(withheld, dtype=np.uint8), count=counts.size).reshape(counts.shape)
        for rule, measure in zip(*np.nonzero(hidden), strict=True):
            found[rule][measure] = None
    return found


def places_of(names: Sequence[str], among: Sequence[str]) -> Array:
    """The place of each of ``names`` in ``among``."""
    place = {name: row for row, name in enumerate(among)}
    return np.array([place[name] for name in names], dtype=np.int64)
