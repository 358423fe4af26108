"""An amount in a file is read exactly or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.lib.money import LARGEST_FEN, MoneyError, ceil_to_yuan, divide, fen_from_yuan, yuan

FEN = st.integers(-LARGEST_FEN, LARGEST_FEN)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("1200.5", 120050),
        ("1,200.50", 120050),
        (" １，２００．５０ ", 120050),
        ("￥1200", 120000),
        ("¥1,200元", 120000),
        ("-35.20", -3520),
        ("1.5万元", 1_500_000),
        ("0.000001万元", 1),
    ],
)
def test_amount_as_departments_write_it_is_read(text: str, fen: int) -> None:
    assert fen_from_yuan(text) == fen


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "为空"),
        ("1.2e3", "科学计数法"),
        ("NaN", "不是数字"),
        ("(100)", "不是数字"),
        ("12,34", "不是数字"),
        ("①", "不是数字"),
        ("٣", "不是数字"),
        ("0.005", "细于一分"),
        ("1.200", "细于一分"),
        ("1.200,50", "含义不明"),
        ("9" * 5000, "过大"),
        ("10000000000000.01", "过大"),
    ],
)
def test_amount_that_would_be_a_guess_is_refused(text: str, reason: str) -> None:
    with pytest.raises(MoneyError, match=reason):
        fen_from_yuan(text)


@given(FEN)
def test_written_amount_reads_back(fen: int) -> None:
    assert fen_from_yuan(yuan(fen)) == fen


@given(FEN, st.integers(1, 10**6))
def test_rounding_brackets_the_exact_quotient(fen: int, by: int) -> None:
    floor, ceil, nearest = (divide(fen, by, rounding) for rounding in ("floor", "ceil", "half_up"))
    assert floor * by <= fen <= ceil * by
    assert ceil - floor == (fen % by != 0)
    assert 2 * abs(nearest * by - fen) <= by


def test_half_goes_away_from_zero() -> None:
    assert [divide(fen, 2, "half_up") for fen in (1, 3, -1, -3)] == [1, 2, -1, -2]


@pytest.mark.parametrize(("fen", "whole"), [(0, 0), (1, 100), (100, 100), (101, 200), (-1, 0)])
def test_grant_is_rounded_up_to_the_yuan(fen: int, whole: int) -> None:
    assert ceil_to_yuan(fen) == whole


def test_division_by_zero_is_refused() -> None:
    with pytest.raises(MoneyError, match="正整数"):
        divide(1, 0, "floor")


def test_message_never_holds_a_whole_identity_number() -> None:
    with pytest.raises(MoneyError) as refused:
        fen_from_yuan("99010119900307000X")
    assert "“990101******…”" in str(refused.value)


@pytest.mark.parametrize("slipped", ["13812345678", "１３８１２３４５６７８", "6217001234567890123"])
def test_a_telephone_or_account_number_is_no_amount(slipped: str) -> None:
    with pytest.raises(MoneyError, match="过大") as refused:
        fen_from_yuan(slipped)
    assert "45678" not in str(refused.value)


@pytest.mark.parametrize("text", ["\x00", "1\x0000", "\ud800", "5\u202e", "\u200b7"])
def test_a_message_holds_nothing_a_database_refuses(text: str) -> None:
    with pytest.raises(MoneyError) as refused:
        fen_from_yuan(text)
    assert str(refused.value).isprintable()
    assert "�" in str(refused.value)
