"""Identity numbers by the column: one pass of integer arithmetic accepts the plain ones; all others go to ``lib.identity``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), dtype=np.int16)
_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
_MONTH_DAYS = np.array((0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0), dtype=np.int32)
_NOBODY = "0" * 18


def plain_identity_numbers(texts: Sequence[object], today: date) -> np.ndarray:
    """Return a boolean column: the text is 18 plain characters with a real birth date not after ``today`` and a right check digit."""
    joined = "".join([text if type(text) is str and len(text) == 18 else _NOBODY for text in texts])
    grid = np.frombuffer(joined.encode("ascii", "replace"), dtype=np.uint8).reshape(-1, 18)
    digits = grid[:, :17] - np.uint8(48)  # wraps: everything that is no digit becomes large
    right = (digits <= 9).all(axis=1) & ((digits[:, 0] > 0) | (digits[:, 1] > 0))
    numbers = digits.astype(np.int16)
    right &= _CHECK[(numbers @ _WEIGHTS) % 11] == grid[:, 17]
    n = numbers.astype(np.int32)
    year = n[:, 6] * 1000 + n[:, 7] * 100 + n[:, 8] * 10 + n[:, 9]
    month = n[:, 10] * 10 + n[:, 11]
    day = n[:, 12] * 10 + n[:, 13]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _MONTH_DAYS[np.clip(month, 0, 15)] + (leap & (month == 2))
    right &= (day >= 1) & (day <= longest) & (year >= 1850)
    right &= (year * 10000 + month * 100 + day) <= today.year * 10000 + today.month * 100 + today.day
    return right
