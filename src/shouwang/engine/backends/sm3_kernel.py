"""The compiled part of ``sm3_lanes``: SM3 compressions of thirty-two messages side by side. Importing it costs half a second.

``words`` is flat: word j of lane k at ``j * LANES + k``, sixteen of the message and room for fifty-two more; ``state``
likewise with eight. Every inner loop runs over the lanes alone, which is what lets the compiler use vector
instructions. Casts to 32 bits stand wherever numba would widen to 64.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from shouwang.engine.backends import numba_loops

LANES = 32
WORDS = 68 * LANES
IV = np.array(
    (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E), np.uint32
)


def _turned(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & 0xFFFFFFFF


_ROUND = np.array([_turned(0x79CC4519 if j < 16 else 0x7A879D8A, j % 32) for j in range(64)], np.uint32)
_STATE = 8 * LANES
_BLOCK_BITS = 512


@njit(inline="always")
def _left(x, n):  # type: ignore[no-untyped-def]
    return np.uint32(np.uint32(x << np.uint32(n)) | np.uint32(x >> np.uint32(32 - n)))


@njit(inline="always")
def _early(a, b, c, d, e, f, g, h, t, w, w4):  # type: ignore[no-untyped-def]  # noqa: PLR0917 — a kernel takes what it works on
    """One of rounds 0–15: the new values of b, d, f, h; the eight letters then turn by one."""
    a12 = _left(a, 12)
    one = _left(np.uint32(a12 + e + t), 7)
    first = np.uint32((a ^ b ^ c) + d + (one ^ a12) + (w ^ w4))
    second = np.uint32((e ^ f ^ g) + h + one + w)
    return _left(b, 9), first, _left(f, 19), np.uint32(second ^ _left(second, 9) ^ _left(second, 17))


@njit(inline="always")
def _late(a, b, c, d, e, f, g, h, t, w, w4):  # type: ignore[no-untyped-def]  # noqa: PLR0917 — a kernel takes what it works on
    """One of rounds 16–63."""
    a12 = _left(a, 12)
    one = _left(np.uint32(a12 + e + t), 7)
    first = np.uint32(((a & b) | ((a | b) & c)) + d + (one ^ a12) + (w ^ w4))
    second = np.uint32((g ^ (e & (f ^ g))) + h + one + w)
    return _left(b, 9), first, _left(f, 19), np.uint32(second ^ _left(second, 9) ^ _left(second, 17))


@numba_loops.compiled
def compress(words, state, before):  # type: ignore[no-untyped-def]
    """Absorb one block of every lane into its state; ``before`` is room for the states as they were."""
    for j in range(16, 68):
        at = j * LANES
        for k in range(LANES):
            x = np.uint32(words[at - 16 * LANES + k] ^ words[at - 9 * LANES + k] ^ _left(words[at - 3 * LANES + k], 15))
            spread = np.uint32(x ^ _left(x, 15) ^ _left(x, 23))
            words[at + k] = spread ^ _left(words[at - 13 * LANES + k], 7) ^ words[at - 6 * LANES + k]
    for k in range(_STATE):
        before[k] = state[k]
    for j in range(0, 16, 4):
        at = j * LANES
        t0, t1, t2, t3 = _ROUND[j], _ROUND[j + 1], _ROUND[j + 2], _ROUND[j + 3]
        for k in range(LANES):
            a, b, c, d = state[k], state[LANES + k], state[2 * LANES + k], state[3 * LANES + k]
            e, f, g, h = state[4 * LANES + k], state[5 * LANES + k], state[6 * LANES + k], state[7 * LANES + k]
            b, d, f, h = _early(a, b, c, d, e, f, g, h, t0, words[at + k], words[at + 4 * LANES + k])
            a, c, e, g = _early(d, a, b, c, h, e, f, g, t1, words[at + LANES + k], words[at + 5 * LANES + k])
            d, b, h, f = _early(c, d, a, b, g, h, e, f, t2, words[at + 2 * LANES + k], words[at + 6 * LANES + k])
            c, a, g, e = _early(b, c, d, a, f, g, h, e, t3, words[at + 3 * LANES + k], words[at + 7 * LANES + k])
            state[k], state[LANES + k], state[2 * LANES + k], state[3 * LANES + k] = a, b, c, d
            state[4 * LANES + k], state[5 * LANES + k], state[6 * LANES + k], state[7 * LANES + k] = e, f, g, h
    for j in range(16, 64, 4):
        at = j * LANES
        t0, t1, t2, t3 = _ROUND[j], _ROUND[j + 1], _ROUND[j + 2], _ROUND[j + 3]
        for k in range(LANES):
            a, b, c, d = state[k], state[LANES + k], state[2 * LANES + k], state[3 * LANES + k]
            e, f, g, h = state[4 * LANES + k], state[5 * LANES + k], state[6 * LANES + k], state[7 * LANES + k]
            b, d, f, h = _late(a, b, c, d, e, f, g, h, t0, words[at + k], words[at + 4 * LANES + k])
            a, c, e, g = _late(d, a, b, c, h, e, f, g, t1, words[at + LANES + k], words[at + 5 * LANES + k])
            d, b, h, f = _late(c, d, a, b, g, h, e, f, t2, words[at + 2 * LANES + k], words[at + 6 * LANES + k])
            c, a, g, e = _late(b, c, d, a, f, g, h, e, t3, words[at + 3 * LANES + k], words[at + 7 * LANES + k])
            state[k], state[LANES + k], state[2 * LANES + k], state[3 * LANES + k] = a, b, c, d
            state[4 * LANES + k], state[5 * LANES + k], state[6 * LANES + k], state[7 * LANES + k] = e, f, g, h
    for k in range(_STATE):
        state[k] ^= before[k]


@njit(inline="always")
def _turned_round(x):  # type: ignore[no-untyped-def]
    """Four bytes in the other order."""
    low = np.uint32(np.uint32(x << np.uint32(24)) | np.uint32(np.uint32(x << np.uint32(8)) & np.uint32(0xFF0000)))
    return np.uint32(low | np.uint32(np.uint32(x >> np.uint32(8)) & np.uint32(0xFF00)) | np.uint32(x >> np.uint32(24)))


@numba_loops.compiled
def keyed_digests(inner, outer, quads, start, end, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917 — a kernel takes what it works on
    """Write the first words of each message's HMAC: ``inner`` and ``outer`` are the states behind the two key blocks.

    ``quads``: at each place the four bytes from there on, as this machine reads them (lowest first).
    """
    words, state, before = np.zeros(WORDS, np.uint32), np.zeros(_STATE, np.uint32), np.zeros(_STATE, np.uint32)
    wanted = out.shape[1]
    for first in range(0, len(start), LANES):
        lanes = min(LANES, len(start) - first)
        words[: 16 * LANES] = 0
        for k in range(lanes):
            at, size = start[first + k], end[first + k] - start[first + k]
            whole, rest = size >> 2, size & 3
            for j in range(whole):
                words[j * LANES + k] = _turned_round(quads[at + 4 * j])
            last = np.uint32(np.uint32(0x80) << np.uint32(24 - 8 * rest))
            if rest:
                last |= np.uint32(
                    _turned_round(quads[at + 4 * whole])
                    & np.uint32(~np.uint32(np.uint32(0xFFFFFFFF) >> np.uint32(8 * rest)))
                )
            words[whole * LANES + k] = last
            words[15 * LANES + k] = np.uint32(_BLOCK_BITS + 8 * size)
        for j in range(8):
            for k in range(LANES):
                state[j * LANES + k] = inner[j]
        compress(words, state, before)
        for j in range(8):
            for k in range(LANES):
                words[j * LANES + k] = state[j * LANES + k]
                state[j * LANES + k] = outer[j]
        words[8 * LANES : 16 * LANES] = 0
        words[8 * LANES : 9 * LANES] = np.uint32(0x80000000)
        words[15 * LANES : 16 * LANES] = np.uint32(_BLOCK_BITS + 256)
        compress(words, state, before)
        for k in range(lanes):
            for j in range(wanted):
                out[first + k, j] = _turned_round(state[j * LANES + k])
