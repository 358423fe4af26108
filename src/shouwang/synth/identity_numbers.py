"""Identity numbers (公民身份号码 GB 11643) and credit codes (统一社会信用代码 GB 32100) of people and firms that do not exist."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

PREFIX = "990101"
"""Area prefix of every invented number: no such division was ever assigned, so no real person can be hit."""

MAX_SAME_BIRTHDAY = 500
"""Order codes 000–999 hold 500 men (odd) and 500 women (even) for each day of birth."""

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_CHECK = np.array(list("10X98765432"))
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def yyyymmdd(day_numbers: Int64) -> Int64:
    """Turn days since 1970-01-01 (n,) into integers such as 20261031 (n,)."""
    days = day_numbers.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    year = years.astype(np.int64) + 1970
    month = (months - years).astype(np.int64) + 1
    day = (days - months).astype(np.int64) + 1
    result: Int64 = year * 10_000 + month * 100 + day
    return result


def order_codes(rng: np.random.Generator, birth_days: Int64, male: npt.NDArray[np.bool_]) -> Int64:
    """Give everyone a three-digit order code (n,), odd for men and even for women, unique within a day of birth.

    Raises ``ValueError`` when more than ``MAX_SAME_BIRTHDAY`` of one sex share a day.
    """
    group = birth_days * 2 + male
    order = rng.permutation(len(group))
    order = order[np.argsort(group[order], kind="stable")]
    sorted_group = group[order]
    starts = np.flatnonzero(np.r_[True, sorted_group[1:] != sorted_group[:-1]])
    lengths = np.diff(np.r_[starts, len(group)])
    if len(lengths) and lengths.max() > MAX_SAME_BIRTHDAY:
        message = (
            f"{lengths.max()} people of one sex share a day of birth; {MAX_SAME_BIRTHDAY} is the most a prefix can hold"
        )
        raise ValueError(message)
    rank = np.arange(len(group)) - np.repeat(starts, lengths)
    shift = sorted_group % 83  # not everyone's number starts at 000
    codes = np.empty(len(group), dtype=np.int64)
    codes[order] = (rank + shift) % MAX_SAME_BIRTHDAY * 2 + male[order]
    return codes


def first_seventeen(prefix: Int64 | int, birth_days: Int64, codes: Int64) -> Int64:
    """Join area, birth date and order code into the 17-digit integers (n,) that analytic files use."""
    result: Int64 = (prefix * 100_000_000 + yyyymmdd(birth_days)) * 1000 + codes
    return result


def with_check_digit(seventeen: Int64) -> npt.NDArray[np.str_]:
    """Append the check digit of GB 11643 to 17-digit integers: (n,) texts of 18 characters."""
    powers = 10 ** np.arange(16, -1, -1, dtype=np.int64)
    total = np.zeros(len(seventeen), dtype=np.int64)
    for weight, power in zip(_WEIGHTS, powers, strict=True):
        total += (seventeen // power % 10) * weight
    return np.char.add(seventeen.astype("U17"), _CHECK[total % 11])


def credit_code(number: int) -> str:
    """Make the 18-character credit code of the invented firm ``number`` (0 to 99,999,999), both check characters right."""
    digits = f"{number:08d}"
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = (11 - weighted % 11) % 11
    body = f"92{PREFIX}{digits}{'X' if check == 10 else check}"
    total = sum(_USCC_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + _USCC_ALPHABET[(31 - total % 31) % 31]
