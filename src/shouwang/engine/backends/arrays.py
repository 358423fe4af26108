"""The loops of the national store: finding numbers, sorting by subject, folding histories, counting bits, taking columns in.

Compiled with numba where it is installed and pays, else in NumPy; both give the same arrays, byte for byte. Folds are the
exception: else ``fold`` gives None and the caller folds with ``compare.state``, whose meaning the compiled loop repeats.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shouwang.engine.backends import numba_loops

Array = NDArray[Any]

COMPILED = importlib.util.find_spec("numba") is not None
"""Whether the loops are compiled here."""

ABSENT = np.int32(-1)
_BUCKET = 8
_FEW = 64
"""Of an index of so many times the numbers asked about, only the ways to them are read."""
_DAY_SHIFT = 2**31

LATEST, LATEST_DAY, FIRST_DAY, ANY, COUNT, SUM, MONTHS, DISTINCT, PREVIOUS, NONZERO_DAY, NONZERO_SUM = range(11)
"""What the compiled loop makes of the facts that count; the last two look only at those that are not 0."""

FOLD_CODES = {
    "latest": LATEST,
    "days_until": LATEST,
    "latest_day": LATEST_DAY,
    "last_day": LATEST_DAY,
    "days_since": LATEST_DAY,
    "first_day": FIRST_DAY,
    "any": ANY,
    "count_active": COUNT,
    "sum_calendar_year": SUM,
    "sum_school_year": SUM,
    "sum_days": SUM,
    "sum_last_month": SUM,
    "count_last_months": MONTHS,
    "distinct_values_last_month": DISTINCT,
    "previous": PREVIOUS,
    "days_since_nonzero": NONZERO_DAY,
    "sum_nonzero_day": NONZERO_SUM,
}
"""Fold → what the compiled loop makes for it."""

ALL, IN_FORCE, WITHIN, OVERLAPPING = 0, 1, 2, 3
"""Which facts count: every one so far; those not ended; those that begin, or are in force, within a span of days."""

FEW = 50_000
"""Rows from which on the compiled loops are made ready: bringing numba up costs as much as NumPy takes for as many."""

_loops: dict[str, Callable[..., Any]] = {}
_making = Lock()


def _pays(rows: int) -> bool:
    """Whether so many rows are worth the compiled way: loops that are ready are always used."""
    return COMPILED and (rows >= FEW or bool(_loops))


def _loop(name: str) -> Callable[..., Any]:
    """A compiled loop, made when first asked for: importing numba takes half a second."""
    with _making:
        if not _loops:
            loops = (
                _match_loop,
                _order_loop,
                _find_loop,
                _gather_loop,
                _fold_loop,
                _bits_loop,
                _take_loop,
                _take_bits_loop,
            )
            _loops.update({each.__name__: numba_loops.compiled(each) for each in loops})
        return _loops[name]


def distinct(numbers: Array, slots: Array) -> tuple[Array, Array, Array]:
    """Numbers (int64) ascending with their slots, without those that come twice; and those, each once.

    A number that two have tells neither of them from the other.
    """
    if (numbers[1:] < numbers[:-1]).any():
        order = np.argsort(numbers, kind="stable")
        numbers, slots = numbers[order], slots[order]
    same = numbers[1:] == numbers[:-1]
    if not same.any():
        return numbers, slots, numbers[:0]
    twice = np.concatenate((same, [False])) | np.concatenate(([False], same))
    return numbers[~twice], slots[~twice], np.unique(numbers[twice])


class Numbers:
    """Sorted distinct numbers and the slot of each, ready to be asked.

    ``numbers`` int64 ascending · ``slots`` int32. Kept open over memory-mapped arrays; asking from several threads is safe.
    """

    def __init__(self, numbers: Array, slots: Array, *, compiled: bool = COMPILED) -> None:
        self.numbers, self.slots, self.compiled = numbers, slots, compiled and len(numbers) > 0
        self._buckets: tuple[Array, Any] | None = None
        self._making = Lock()

    def slots_of(self, asked: Array, threads: int = 1) -> Array:
        """Each asked number's slot, int32; -1 where there is none."""
        asked = np.ascontiguousarray(asked, dtype=np.int64)
        found = np.full(len(asked), ABSENT, dtype=np.int32)
        if not len(self.numbers) or not len(asked):
            return found
        is_few = self._buckets is None and len(asked) * _FEW < len(self.numbers)
        if not self.compiled or is_few:
            order = np.argsort(asked, kind="stable")
            places = np.minimum(np.searchsorted(self.numbers, asked[order]), len(self.numbers) - 1)
            found[order] = np.where(self.numbers[places] == asked[order], self.slots[places], ABSENT)
            return found
        loop = _loop("_match_loop")
        given = (self.numbers, self.slots, *self._in_buckets())
        if threads == 1:
            loop(*given, asked, found)
            return found
        cuts = np.linspace(0, len(asked), threads + 1).astype(np.int64)
        with ThreadPoolExecutor(threads) as pool:
            list(
                pool.map(
                    lambda cut: loop(*given, asked[cut[0] : cut[1]], found[cut[0] : cut[1]]),
                    pairwise(cuts.tolist()),
                )
            )
        return found

    def _in_buckets(self) -> tuple[Array, Any]:
        """Where the numbers of each bucket begin; made when many are asked, since it reads the whole index."""
        with self._making:
            if self._buckets is None:
                low, high = int(self.numbers[0]), int(self.numbers[-1])
                bits = max(int(len(self.numbers) // _BUCKET).bit_length(), 1)
                shift = max((high - low).bit_length() - bits, 0)
                steps = np.arange(((high - low) >> shift) + 1, dtype=np.uint64) << np.uint64(shift)
                bounds = (steps + np.uint64(low % 2**64)).view(np.int64)
                starts = np.append(np.searchsorted(self.numbers, bounds), len(self.numbers)).astype(np.int32)
                self._buckets = starts, np.uint64(shift)
            return self._buckets


def _match_loop(  # noqa: PLR0917 - a compiled loop is called by position
    numbers: Array, slots: Array, starts: Array, shift: Any, asked: Array, found: Array
) -> None:
    low, high = numbers[0], numbers[-1]
    for row in range(len(asked)):
        number = asked[row]
        if number < low or number > high:
            continue
        bucket = (np.uint64(number) - np.uint64(low)) >> shift
        begin, end = starts[bucket], starts[bucket + 1]
        while end - begin > 8:
            middle = (begin + end) // 2
            if numbers[middle] < number:
                begin = middle + 1
            else:
                end = middle + 1 if numbers[middle] == number else middle
        for place in range(begin, end):
            if numbers[place] == number:
                found[row] = slots[place]
                break


def order_of(slots: Array, days: Array, first: int, width: int) -> Array:
    """The order that sorts rows by slot, then day, equal ones as they come (int64 rows).

    ``slots`` int32 within ``first`` and ``first + width``; ``days`` int32.
    """
    if not _pays(len(slots)) or width > 4 * len(slots) + 1024:
        key = (slots.astype(np.int64) << 32) + (days.astype(np.int64) + _DAY_SHIFT)
        return np.argsort(key, kind="stable")
    order = np.empty(len(slots), dtype=np.int64)
    _loop("_order_loop")(slots, days, first, width, order)
    return order


def _order_loop(slots: Array, days: Array, first: int, width: int, order: Array) -> None:
    starts = np.zeros(width + 1, dtype=np.int64)
    for row in range(len(slots)):
        starts[slots[row] - first + 1] += 1
    for place in range(width):
        starts[place + 1] += starts[place]
    for row in range(len(slots)):
        place = slots[row] - first
        order[starts[place]] = row
        starts[place] += 1
    begin = 0
    for place in range(width):
        end = starts[place]
        if end - begin > 32:
            group = order[begin:end].copy()
            order[begin:end] = group[np.argsort(days[group], kind="mergesort")]
        else:
            for at in range(begin + 1, end):
                row = order[at]
                day = days[row]
                to = at - 1
                while to >= begin and days[order[to]] > day:
                    order[to + 1] = order[to]
                    to -= 1
                order[to + 1] = row
        begin = end


def rows_of_runs(slots: Array, first: Array, last: Array, shift: Array) -> tuple[Array, Array]:
    """The rows of ascending ``slots`` within each run from ``first`` to ``last``, and there the slot plus the run's ``shift``.

    ``slots`` int32, the runs int64; rows int64, in the order of the runs, places int32.
    """
    if not _pays(len(first)):
        begin = np.searchsorted(slots, first.astype(slots.dtype))
        end = np.searchsorted(slots, last.astype(slots.dtype), side="right")
        lengths = end - begin
        filled = lengths > 0
        begin, lengths, shift = begin[filled], lengths[filled], shift[filled]
        rows = np.repeat(begin - (np.cumsum(lengths) - lengths), lengths) + np.arange(int(lengths.sum()))
        return rows, (slots[rows] + np.repeat(shift, lengths)).astype(np.int32)
    begin, end = np.empty(len(first), dtype=np.int64), np.empty(len(first), dtype=np.int64)
    total = _loop("_find_loop")(slots, first, last, begin, end)
    rows, places = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int32)
    _loop("_gather_loop")(slots, begin, end, shift, rows, places)
    return rows, places


def _find_loop(slots: Array, first: Array, last: Array, begin: Array, end: Array) -> int:
    length = len(slots)
    total = 0
    place = 0
    for run in range(len(first)):
        for side in range(2):
            wanted = first[run] if side == 0 else last[run] + 1
            # from where the last run ended, in growing steps: the next one is seldom far
            low, high, step = place, place, 1
            if place > 0 and slots[place - 1] >= wanted:
                low, high = 0, place
            else:
                while high < length and slots[high] < wanted:
                    low = high + 1
                    high = low + step
                    step *= 2
                high = min(high, length)
            while low < high:
                middle = (low + high) // 2
                if slots[middle] < wanted:
                    low = middle + 1
                else:
                    high = middle
            place = low
            if side == 0:
                begin[run] = low
            else:
                end[run] = low
        total += end[run] - begin[run]
    return total


def _gather_loop(slots: Array, begin: Array, end: Array, shift: Array, rows: Array, places: Array) -> None:  # noqa: PLR0917
    at = 0
    for run in range(len(begin)):
        for row in range(begin[run], end[run]):
            rows[at] = row
            places[at] = slots[row] + shift[run]
            at += 1


def fold(
    fold_name: str, subject: Array, value: Array, start: Array, end: Array, *, which: int, day: int, low: int, high: int
) -> tuple[Array, Array, Array] | None:
    """One fold over one item's facts, sorted by subject and start: subjects with a fact that counts, values, which are told.

    ``subject``, ``start``, ``end`` int32, ``value`` int64. ``which`` says what counts (on ``day``, or begun in ``low`` to
    ``high``, excluded). A fold of days gives the day itself (``days_since``: the day it began; ``days_until``: the value).
    None without numba, and for a few facts before it is up.
    """
    if not _pays(len(subject)):
        return None
    code = FOLD_CODES[fold_name]
    who = np.empty(len(subject), dtype=np.int32)
    values = np.empty(len(subject), dtype=np.int64)
    told = np.empty(len(subject), dtype=np.bool_)
    count = _loop("_fold_loop")(code, subject, value, start, end, which, day, low, high, who, values, told)
    return who[:count], values[:count], told[:count]


def _fold_loop(  # noqa: PLR0917 - a compiled loop is called by position
    code: int,
    subject: Array,
    value: Array,
    start: Array,
    end: Array,
    which: int,
    day: int,
    low: int,
    high: int,
    who: Array,
    values: Array,
    told: Array,
) -> int:
    count = 0
    length = len(subject)
    first = 0
    kept = np.empty(16, dtype=np.int64)
    while first < length:
        after = first + 1
        while after < length and subject[after] == subject[first]:
            after += 1
        if after - first > len(kept):
            kept = np.empty(2 * (after - first), dtype=np.int64)
        many = 0
        for row in range(first, after):
            if start[row] > day:
                continue
            if which == IN_FORCE and end[row] <= day:
                continue
            if which == WITHIN and (start[row] < low or start[row] >= high):
                continue
            if which == OVERLAPPING and (start[row] >= high or end[row] <= low):
                continue
            if code in (NONZERO_DAY, NONZERO_SUM) and value[row] == 0:
                continue
            kept[many] = row
            many += 1
        if code == PREVIOUS and many:
            began = start[kept[many - 1]]
            many = 0
            for row in range(first, after):
                if start[row] < began:
                    kept[many] = row
                    many += 1
        if many:
            last = kept[many - 1]
            sure = True
            amount = value[last]
            if code in (LATEST, PREVIOUS):
                back = many - 2
                while back >= 0 and start[kept[back]] == start[last]:
                    if value[kept[back]] != amount:
                        sure = False
                    back -= 1
            elif code in (LATEST_DAY, NONZERO_DAY):
                amount = np.int64(start[last])
            elif code == FIRST_DAY:
                amount = np.int64(start[kept[0]])
            elif code == ANY:
                amount = np.int64(0)
                for at in range(many):
                    if value[kept[at]] != 0:
                        amount = np.int64(1)
            elif code == COUNT:
                amount = np.int64(many)
            elif code in (SUM, NONZERO_SUM):
                # two halves, so that a sum may leave 64 bits on the way and come back
                upper, lower = np.int64(0), np.int64(0)
                for at in range(many):
                    row = kept[at]
                    if code == NONZERO_SUM and start[row] != start[last]:
                        continue
                    upper += value[row] >> 32
                    lower += value[row] & 0xFFFFFFFF
                upper += lower >> 32
                lower &= 0xFFFFFFFF
                if upper < -(2**31) or upper >= 2**31 or (upper == -(2**31) and lower == 0):
                    sure = False
                    amount = np.int64(0)
                else:
                    amount = (upper << 32) + lower
            elif code == MONTHS:
                amount = np.int64(0)
                before = np.int64(-(2**40))
                for at in range(many):
                    # the month of a day number, by the days since 1 March of the year 0
                    shifted = np.int64(start[kept[at]]) + 719468
                    era = shifted // 146097
                    of_era = shifted - era * 146097
                    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
                    of_year = of_era - (365 * year + year // 4 - year // 100)
                    month = (era * 400 + year) * 12 + (5 * of_year + 2) // 153
                    if month != before:
                        amount += 1
                        before = month
            elif code == DISTINCT:
                if many == 1:
                    amount = np.int64(1)
                else:
                    found = np.empty(many, dtype=np.int64)
                    for at in range(many):
                        found[at] = value[kept[at]]
                    found.sort()
                    amount = np.int64(1)
                    for at in range(1, many):
                        if found[at] != found[at - 1]:
                            amount += 1
            who[count] = subject[first]
            values[count] = amount
            told[count] = sure
            count += 1
        first = after
    return count


def bits_by_group(words: Array, group: Array, groups: int, bits: int) -> Array:
    """How many rows of each group have each of the lowest ``bits`` bits set, (groups, bits) int64. ``words`` uint64."""
    if _pays(len(words)):
        counts = np.zeros((groups, bits), dtype=np.int64)
        _loop("_bits_loop")(np.ascontiguousarray(words), np.ascontiguousarray(group, dtype=np.int64), counts)
        return counts
    every = np.unpackbits(words.astype("<u8").view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    rows, bit = np.nonzero(every[:, :bits])
    return np.bincount(group[rows] * bits + bit, minlength=groups * bits).reshape(groups, bits).astype(np.int64)


def _bits_loop(words: Array, group: Array, counts: Array) -> None:
    bits = counts.shape[1]
    for row in range(len(words)):
        word = words[row]
        bit = 0
        while word and bit < bits:
            if word & np.uint64(1):
                counts[group[row], bit] += 1
            word >>= np.uint64(1)
            bit += 1


def take(values: Array, valid: Array | None, at: int, out: Array, missing: int) -> None:
    """Copy a column into ``out`` (n,), ``missing`` where it is null: one pass over Arrow's own buffers.

    ``values`` (n,) of the kind of ``out`` or a narrower one, or uint8 bits of truth values from bit ``at`` on (then ``out`` is int8). ``valid``:
    uint8 bits from bit ``at`` on, set where there is a value; None: everywhere.
    """
    is_bits = values.dtype == np.uint8 and out.dtype == np.int8
    if valid is not None and at % 8 == 0 and _pays(len(out)):
        loop = _loop("_take_bits_loop" if is_bits else "_take_loop")
        loop(values[at // 8 :] if is_bits else values, valid[at // 8 :], out, out.dtype.type(missing))
        return
    out[:] = unfolded(values, at, len(out)) if is_bits else values
    if valid is not None:
        out[~unfolded(valid, at, len(out))] = missing


def unfolded(bits: Array, at: int, length: int) -> Array:
    """So many of Arrow's bits from bit ``at`` on, as truth values."""
    return np.unpackbits(bits[at // 8 : (at + length + 7) // 8], bitorder="little")[at % 8 :][:length].view(np.bool_)


def _take_loop(values: Array, valid: Array, out: Array, missing: Any) -> None:
    whole = len(out) // 8
    for byte in range(whole):
        bits, row = valid[byte], byte * 8
        if bits == 255:
            for each in range(8):
                out[row + each] = values[row + each]
        else:
            for each in range(8):
                out[row + each] = values[row + each] if (bits >> each) & 1 else missing
    for row in range(whole * 8, len(out)):
        out[row] = values[row] if (valid[row >> 3] >> (row & 7)) & 1 else missing


def _take_bits_loop(values: Array, valid: Array, out: Array, missing: Any) -> None:
    whole = len(out) // 8
    for byte in range(whole):
        bits, truth, row = valid[byte], values[byte], byte * 8
        if bits == 255:
            for each in range(8):
                out[row + each] = (truth >> each) & 1
        else:
            for each in range(8):
                out[row + each] = (truth >> each) & 1 if (bits >> each) & 1 else missing
    for row in range(whole * 8, len(out)):
        out[row] = (values[row >> 3] >> (row & 7)) & 1 if (valid[row >> 3] >> (row & 7)) & 1 else missing
