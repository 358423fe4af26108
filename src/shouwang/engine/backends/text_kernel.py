"""The compiled part of ``text_columns``: loops over the bytes of a block of text. Importing it costs half a second.

Every kernel takes a window of bytes with room on either side, so that none looks where there is nothing. All of them are
compiled for one set of types, let other threads run, and are kept on disk where there is a folder for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types

from shouwang.engine.backends import numba_loops

_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), np.int32)
_CHECK = np.frombuffer(b"10X98765432", np.uint8)
_MONTH_DAYS = np.array((0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), np.int32)
_DIGITS, _AMOUNT = 9, 12
_PRIME = np.uint64(0x9E3779B97F4A7C15)

_TEXT = types.Array(types.uint8, 1, "C", readonly=True)
_PLACES = types.Array(types.int64, 1, "C", readonly=True)
_WORDS = types.Array(types.uint64, 1, "A", readonly=True, aligned=False)
_CODES = types.Array(types.uint16, 1, "C", readonly=True)
_SMALL = types.Array(types.int8, 1, "C", readonly=True)
_WHOLE_WORDS = types.Array(types.uint64, 1, "C", readonly=True)
_BYTES = types.Array(types.uint8, 1, "C")
_INTS = types.Array(types.int32, 1, "C")
_LONGS = types.Array(types.int64, 1, "C")
_GRID = types.Array(types.int64, 2, "C")
_FLAGS = types.Array(types.boolean, 1, "C")
_TWO = types.UniTuple(types.int64, 2)  # type: ignore[no-untyped-call]


def _kernel(*signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile for one set of types."""
    made = signature[0](*signature[1:])
    return lambda function: numba_loops.compiled(function, made, error_model="numpy")


@_kernel(types.int64, _TEXT, types.int64, types.int64, _TEXT, _INTS)
def marks(data, first, last, classes, out):  # type: ignore[no-untyped-def]
    """Write the places of all bytes whose class is not 0, rising, without a branch to be guessed wrong; return how many."""
    count = np.uint64(0)
    for i in range(np.uint64(first), np.uint64(last)):
        out[count] = i
        count += np.uint64(classes[data[i]] != 0)
    return np.int64(count)


@_kernel(_TWO, _TEXT, _TEXT, _INTS, types.int64)
def count_ends(data, classes, found, count):  # type: ignore[no-untyped-def]
    """Return how many line ends the marks are (CR LF is one), and how many are to be noted."""
    lines, noted = np.int64(0), np.int64(0)
    for m in range(np.uint64(count)):
        at = np.uint64(found[m])
        what = classes[data[at]]
        lines += np.int64((what == 2) | ((what == 3) & (data[at + np.uint64(1)] != 10)))
        noted += np.int64(what == 4)
    return lines, noted


@_kernel(
    types.void,
    _TEXT,
    types.int64,
    types.int64,
    _TEXT,
    _INTS,
    types.int64,
    _LONGS,
    _LONGS,
    _LONGS,
    _GRID,
    _GRID,
    _FLAGS,
    _LONGS,
)
def cells(data, first, last, classes, found, count, start, stop, behind, cell_start, cell_end, plain, noted):  # type: ignore[no-untyped-def]  # noqa: PLR0917 — a kernel takes what it works on
    """Write the places of lines and of their cells, and of the bytes to be noted, from the marks.

    ``classes``: of each byte 1 for a comma, 2 for LF, 3 for CR, 4 for what is to be noted, 0 for all else.
    """
    width = np.uint64(cell_end.shape[0])
    one, none = np.uint64(1), np.uint64(0)
    inner, line, commas, kept = width - one, none, none, none
    begin = first
    for m in range(np.uint64(count) + one):
        at, what = last, np.uint8(2)
        if m < np.uint64(count):
            at = np.int64(found[m])
            what = classes[data[np.uint64(at)]]
        elif begin == last:
            break  # the last line has an end
        if what == 1:
            if commas < inner:
                cell_end[commas, line] = at
                cell_start[commas + one, line] = at + 1
            commas += one
        elif what == 4:
            noted[kept] = at
            kept += one
        elif what == 2 and at == begin and at > first and data[np.uint64(at - 1)] == 13 and at < last:
            behind[line - one] = at + 1  # the second half of CR LF
            begin = at + 1
        else:
            after = at + 1 if at < last else last
            start[line], stop[line], behind[line] = begin, at, after
            fits = commas == inner
            plain[line] = fits
            if fits:
                cell_start[none, line] = begin
                cell_end[inner, line] = at
            else:
                for k in range(width):
                    cell_start[k, line] = first
                    cell_end[k, line] = first
            line += one
            commas = none
            begin = after


@_kernel(types.boolean, _TEXT, _TEXT)
def holds_any(data, words):  # type: ignore[no-untyped-def]
    """Say whether any of three words of three bytes each may stand in the text."""
    found = np.uint8(0)
    a0, a1, a2, b0, b1, b2 = words[0], words[1], words[2], words[3], words[4], words[5]
    c0, c1, c2 = words[6], words[7], words[8]
    for i in range(len(data) - 2):
        x, y, z = data[i], data[i + 1], data[i + 2]
        found |= np.uint8(
            ((x == a0) & (y == a1) & (z == a2))
            | ((x == b0) & (y == b1) & (z == b2))
            | ((x == c0) & (y == c1) & (z == c2))
        )
    return found != 0


@_kernel(types.void, _TEXT, _PLACES, _PLACES, types.int64, _BYTES, _FLAGS)
def identity_numbers(data, start, end, today, out, bad):  # type: ignore[no-untyped-def]  # noqa: PLR0917 — a kernel takes what it works on
    """Copy each text of 18 bytes to ``out`` and say which are no plain identity number of somebody born by ``today`` (YYYYMMDD)."""
    for row in range(len(start)):
        at, to = start[row], row * 18
        if end[row] - at != 18:
            bad[row] = True
            for k in range(18):
                out[to + k] = 0
            continue
        total, odd = np.int32(0), np.uint8(0)
        for k in range(17):
            digit = np.uint8(data[at + k] - np.uint8(48))
            odd |= np.uint8(digit > 9)
            total += np.int32(digit) * _WEIGHTS[k]
            out[to + k] = data[at + k]
        out[to + 17] = data[at + 17]
        if odd or (data[at] == 48 and data[at + 1] == 48) or _CHECK[total % 11] != data[at + 17]:
            bad[row] = True
            continue
        year = (
            (np.int32(data[at + 6]) - 48) * 1000
            + (np.int32(data[at + 7]) - 48) * 100
            + (np.int32(data[at + 8]) - 48) * 10
            + (np.int32(data[at + 9]) - 48)
        )
        month = (np.int32(data[at + 10]) - 48) * 10 + (np.int32(data[at + 11]) - 48)
        day = (np.int32(data[at + 12]) - 48) * 10 + (np.int32(data[at + 13]) - 48)
        longest = _MONTH_DAYS[month] if month <= 12 else 0
        if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
            longest = 29
        bad[row] = day < 1 or day > longest or year < 1850 or np.int64(year) * 10_000 + month * 100 + day > today


@_kernel(types.int64, _TEXT, _PLACES, _PLACES, types.int64, types.int64, _LONGS, _FLAGS)
def amounts(data, start, end, most, times, out, rest):  # type: ignore[no-untyped-def]  # noqa: PLR0917 — a kernel takes what it works on
    """Write amounts of at most nine digits and two decimals in 分, ``times`` so much; return how many are anything else (``rest``)."""
    left = 0
    for row in range(len(start)):
        at, stop = start[row], end[row]
        fen, digits, decimals, dotted, fits = np.int64(0), 0, 0, False, stop > at
        if stop - at > _AMOUNT:
            fits = False
            stop = at
        for i in range(at, stop):
            sign = np.uint8(data[i] - np.uint8(48))
            if sign <= 9:
                fen = fen * 10 + np.int64(sign)
                if dotted:
                    decimals += 1
                else:
                    digits += 1
            elif data[i] == 46 and not dotted:
                dotted = True
            else:
                fits = False
                break
        if (
            not fits
            or digits == 0
            or digits > _DIGITS
            or decimals > 2
            or (dotted and decimals == 0)
            or (data[at] == 48 and digits != 1)
        ):
            fits = False
        else:
            if decimals == 0:
                fen *= 100
            elif decimals == 1:
                fen *= 10
            fits = fen <= most
        out[row] = fen * times if fits else 0
        rest[row] = not fits
        left += not fits
    return left


@_kernel(types.int64, _TEXT, _PLACES, _PLACES, types.int64, _INTS, _FLAGS, _FLAGS)
def edges(data, start, end, longest, offsets, blank, bad):  # type: ignore[no-untyped-def]  # noqa: PLR0917 — a kernel takes what it works on
    """Write where each text will lie in a run of all of them, which are blank, and which are too long or have white space on an edge."""
    total = np.int64(0)
    for row in range(len(start)):
        at, stop = start[row], end[row]
        offsets[row] = total
        total += stop - at
        blank[row] = stop == at
        if stop == at:
            bad[row] = False
            continue
        head, tail = data[at], data[stop - 1]
        odd = stop - at > longest
        odd |= head == 0x20 or (head >= 0x09 and head <= 0x0D) or tail == 0x20 or (tail >= 0x09 and tail <= 0x0D)
        odd |= head == 0xC2 and data[at + 1] == 0xA0
        odd |= head == 0xE3 and data[at + 1] == 0x80 and data[at + 2] == 0x80
        odd |= tail == 0xA0 and data[stop - 2] == 0xC2
        odd |= tail == 0x80 and data[stop - 2] == 0x80 and data[stop - 3] == 0xE3
        bad[row] = odd
    offsets[len(start)] = total
    return total


@_kernel(types.void, _TEXT, _PLACES, _PLACES, _BYTES)
def gather(data, start, end, out):  # type: ignore[no-untyped-def]
    """Write the texts one behind the other."""
    to = 0
    for row in range(len(start)):
        for i in range(start[row], end[row]):
            out[to] = data[i]
            to += 1


@_kernel(types.int64, _WORDS, _PLACES, _PLACES, _INTS, _INTS, _LONGS)
def distinct(words, start, end, table, which, first):  # type: ignore[no-untyped-def]  # noqa: PLR0917 — a kernel takes what it works on
    """Number the distinct texts by their first occurrence (``first`` holds its row); return how many.

    ``words``: at each place the eight bytes from there on. ``table``: a power of two of places, more than twice as many as
    there are texts, all -1.
    """
    mask = np.uint64(len(table) - 1)
    eight, one = np.uint64(8), np.uint64(1)
    count = np.int32(0)
    for row in range(np.uint64(len(start))):
        at = np.uint64(start[row])
        size = np.uint64(end[row]) - at
        head = words[at]
        if size < eight:
            head &= (one << (eight * size)) - one
            mixed = (head ^ size) * _PRIME
        else:
            mixed = ((head ^ size) * _PRIME) ^ words[at + size - eight]
            mixed = (mixed ^ (mixed >> np.uint64(29))) * _PRIME
        place = (mixed >> np.uint64(32)) & mask
        while True:
            known = table[place]
            if known < 0:
                table[place] = count
                first[count] = row
                which[row] = count
                count += np.int32(1)
                break
            other = first[known]
            there = np.uint64(start[other])
            if np.uint64(end[other]) - there == size:
                if size < eight:
                    same = words[there] & ((one << (eight * size)) - one) == head
                else:
                    same = words[there + size - eight] == words[at + size - eight]
                    k = np.uint64(0)
                    while same and k + eight <= size:
                        same = words[there + k] == words[at + k]
                        k += eight
                if same:
                    which[row] = known
                    break
            place = (place + one) & mask
    return np.int64(count)


@_kernel(_TWO, _TEXT, _WORDS, _PLACES, _PLACES, _WHOLE_WORDS, _FLAGS, _INTS, _BYTES, _INTS, _BYTES)
def name_forms(data, words, start, end, surnames, plain, compared_at, compared, masked_at, masked):  # type: ignore[no-untyped-def]  # noqa: PLR0917 — a kernel takes what it works on
    """Write names of Chinese characters U+4000 to U+9FFF and middle dots U+00B7 without the dots, and masked.

    ``plain`` says which names those are; the others are left empty. ``surnames``: those of two characters, as words. Returns
    the bytes written of both.
    """
    to, mask_to = np.uint64(0), np.uint64(0)
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for row in range(np.uint64(len(start))):
        at, stop = np.uint64(start[row]), np.uint64(end[row])
        compared_at[row], masked_at[row] = to, mask_to
        first, characters, i = to, np.uint64(0), at
        fits = True
        while i < stop:
            head = data[i]
            if head >= 0xE4 and head <= 0xE9:
                compared[to], compared[to + one], compared[to + two] = head, data[i + one], data[i + two]
                to += three
                i += three
            elif head == 0xC2 and data[i + one] == 0xB7:
                i += two
            else:
                fits = False
                break
            characters += one
        plain[row] = fits
        if not fits:
            to = first
            continue
        if characters == 0:
            continue
        hidden = characters
        if characters > one:
            size = two if data[at] == 0xC2 else three
            hidden = characters - one
            if characters > two:
                name = words[at] & np.uint64(0xFFFFFFFFFFFF)
                known = np.uint8(0)
                for k in range(np.uint64(len(surnames))):
                    known |= np.uint8(surnames[k] == name)
                if known:
                    size = np.uint64(6)
                    hidden = characters - two
            for k in range(size):
                masked[mask_to + k] = data[at + k]
            mask_to += size
        for k in range(hidden):
            masked[mask_to + k] = 42
        mask_to += hidden
    compared_at[len(start)], masked_at[len(start)] = to, mask_to
    return np.int64(to), np.int64(mask_to)


@_kernel(types.int64, _TEXT, _CODES)
def count_of_pairs(data, codes):  # type: ignore[no-untyped-def]
    """Return how many bytes hold whole characters of one byte below 0x80 or of two that ``codes`` knows; -1 where another comes."""
    i, one, size = np.uint64(0), np.uint64(1), np.uint64(len(data))
    while i < size:
        lead = data[i]
        if lead < 0x80:
            i += one
            continue
        if i + one == size:
            break
        trail = data[i + one]
        if np.uint8(lead - np.uint8(0x81)) > 125 or trail < 0x40:
            return -1
        if codes[(np.uint64(lead) - np.uint64(0x81)) * np.uint64(192) + np.uint64(trail) - np.uint64(0x40)] == 0:
            return -1
        i += np.uint64(2)
    return np.int64(i)


@_kernel(types.int64, _TEXT, _CODES, _BYTES)
def pairs_as_utf8(data, codes, out):  # type: ignore[no-untyped-def]
    """Write such characters as UTF-8; return how many bytes that takes, -1 where any other character comes."""
    i, to, one, two, size = np.uint64(0), np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(len(data))
    while i < size:
        lead = data[i]
        if lead < 0x80:
            out[to] = lead
            to += one
            i += one
            continue
        if i + one == size or np.uint8(lead - np.uint8(0x81)) > 125 or data[i + one] < 0x40:
            return -1
        place = (np.uint64(lead) - np.uint64(0x81)) * np.uint64(192) + np.uint64(data[i + one]) - np.uint64(0x40)
        code = np.uint32(codes[place])
        if code == 0:
            return -1
        if code < 0x800:
            out[to] = 0xC0 | (code >> 6)
            out[to + one] = 0x80 | (code & 0x3F)
            to += two
        else:
            out[to] = 0xE0 | (code >> 12)
            out[to + one] = 0x80 | ((code >> 6) & 0x3F)
            out[to + two] = 0x80 | (code & 0x3F)
            to += np.uint64(3)
        i += two
    return np.int64(to)


@_kernel(types.int64, _TEXT, _LONGS)
def line_ends(data, behind):  # type: ignore[no-untyped-def]
    """Write the place behind every line end (CR LF is one); return how many there are."""
    count, one, size = np.uint64(0), np.uint64(1), np.uint64(len(data))
    for i in range(size):
        sign = data[i]
        if sign == 10 or (sign == 13 and (i + one == size or data[i + one] != 10)):
            behind[count] = i + one
            count += one
    return np.int64(count)


@_kernel(types.void, _TEXT, _SMALL, _PLACES, _PLACES, _LONGS)
def sums(data, values, start, end, out):  # type: ignore[no-untyped-def]
    """Write the sum of the values of each text's bytes."""
    for row in range(np.uint64(len(start))):
        total = np.int64(0)
        for i in range(np.uint64(start[row]), np.uint64(end[row])):
            total += np.int64(values[data[i]])
        out[row] = total
