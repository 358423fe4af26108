"""Ratios are whole parts of 360,000: what people write is kept exactly, or refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.lib.ratio import PARTS, RatioError, ratio_from_text, ratio_text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1/3", 120_000),
        ("１／６", 60_000),
        ("1/10", 36_000),
        ("130%", 468_000),
        ("1.3", 468_000),
        ("1.3倍", 468_000),
        ("5‰", 1_800),
    ],
)
def test_a_ratio_is_read_exactly(text: str, parts: int) -> None:
    assert ratio_from_text(text) == parts


@pytest.mark.parametrize("text", ["", "三分之一", "1/0", "1/7", "-1/3", "0.333333", "1e3", "130 %%"])
def test_a_ratio_that_is_not_exact_is_refused(text: str) -> None:
    with pytest.raises(RatioError):
        ratio_from_text(text)


@given(st.integers(0, 4 * PARTS))
def test_what_is_shown_reads_back(parts: int) -> None:
    shown = ratio_text(parts)
    assert ratio_from_text(shown) == parts
    assert Fraction(parts, PARTS) >= 0
