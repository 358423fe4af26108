"""Plates, property unit numbers and credit codes of the invented county."""

from __future__ import annotations

import numpy as np

from shouwang.synth.identity_numbers import credit_code

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def plate(rng: np.random.Generator) -> str:
    """A number plate with the invented province's character 示."""
    number = int(rng.integers(0, 24 * 24 * 1000))
    first, rest = divmod(number, 24_000)
    second, digits = divmod(rest, 1000)
    return f"示A{_LETTERS[first]}{digits:03d}{_LETTERS[second]}"


def unit_number(rng: np.random.Generator) -> str:
    """A 28-character property unit number (不动产单元号) of the invented county."""
    return f"990101{int(rng.integers(0, 1_000_000)):06d}JC{int(rng.integers(0, 100_000)):05d}F{int(rng.integers(0, 100_000_000)):08d}"


def firm_code(rng: np.random.Generator) -> str:
    """A credit code (统一社会信用代码) of an invented firm."""
    return credit_code(int(rng.integers(0, 100_000_000)))
