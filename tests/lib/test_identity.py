"""Identity numbers. Every number here carries the sequence 000 or an unassigned area, so it belongs to nobody."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from shouwang.lib import clock
from shouwang.lib.identity import (
    FIFTEEN_TO_EIGHTEEN,
    HALF_WIDTH,
    NUMERIC_TAIL,
    TRIMMED,
    UPPER_X,
    IdentityError,
    area_of,
    birth_date_of,
    check_digit,
    issuing_area,
    normalise_id,
    sex_of,
    uscc_is_valid,
)

AS_OF = date(2026, 11, 2)


def number(area: str, born: date, sequence: int) -> str:
    first17 = f"{area}{born:%Y%m%d}{sequence:03d}"
    return first17 + check_digit(first17)


FIRST17 = st.builds(
    lambda born, sequence: f"990101{born:%Y%m%d}{sequence:03d}", st.dates(date(1900, 1, 1), AS_OF), st.integers(0, 999)
)
ORDINARY = number("990101", date(1990, 3, 7), 0)
WITH_X = next(n for n in (number("990101", date(1990, 3, day), 0) for day in range(1, 32)) if n.endswith("X"))


@given(FIRST17)
def test_number_with_its_check_digit_is_accepted_unchanged(first17: str) -> None:
    value = first17 + check_digit(first17)
    read = normalise_id(value, as_of=AS_OF)
    assert (read.value18, read.original, read.repairs) == (value, value, ())


@given(FIRST17, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(first17: str, place: int, shift: int) -> None:
    value = first17 + check_digit(first17)
    wrong = value[:place] + str((int(value[place]) + shift) % 10) + value[place + 1 :]
    with pytest.raises(IdentityError):
        normalise_id(wrong, as_of=AS_OF)


@given(FIRST17, st.integers(0, 15))
def test_two_neighbours_swapped_are_always_noticed(first17: str, place: int) -> None:
    value = first17 + check_digit(first17)
    swapped = value[:place] + value[place + 1] + value[place] + value[place + 2 :]
    if swapped != value:
        with pytest.raises(IdentityError):
            normalise_id(swapped, as_of=AS_OF)


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_fifteen_digits_become_the_eighteen_of_the_same_person(born: date, sequence: int) -> None:
    read = normalise_id(f"990101{born:%y%m%d}{sequence:03d}", as_of=AS_OF)
    assert read.value18 == number("990101", born, sequence)
    assert read.repairs == (FIFTEEN_TO_EIGHTEEN,)


@pytest.mark.parametrize(
    ("text", "value", "repairs"),
    [
        (f" {ORDINARY}\u3000", ORDINARY, (TRIMMED,)),
        (ORDINARY.translate({48 + n: 0xFF10 + n for n in range(10)}), ORDINARY, (HALF_WIDTH,)),
        (WITH_X.lower(), WITH_X, (UPPER_X,)),
        ("990101900307000.0", ORDINARY, (NUMERIC_TAIL, FIFTEEN_TO_EIGHTEEN)),
    ],
)
def test_safe_repair_is_made_and_recorded(text: str, value: str, repairs: tuple[str, ...]) -> None:
    read = normalise_id(text, as_of=AS_OF)
    assert (read.value18, read.original, read.repairs) == (value, text, repairs)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "blank"),
        ("\u3000 ", "blank"),
        (ORDINARY[:-1], "length"),
        (ORDINARY + "1", "length"),
        ("'" + ORDINARY, "characters"),
        (ORDINARY[:6] + "-" + ORDINARY[6:], "characters"),
        ("99010119900307X000", "characters"),
        ("①90101199003070000", "characters"),
        (ORDINARY[:-1] + ("1" if ORDINARY[-1] != "1" else "2"), "checksum"),
        ("990101199002300009", "birth_date"),
        (number("990101", date(2026, 11, 3), 0), "future_birth"),
        ("1.10101E+17", "excel_precision"),
        ("1.101011990030712e+17", "excel_precision"),
        ("990101199003071000", "excel_precision"),
        (number("000101", date(1990, 3, 7), 0), "area"),
    ],
)
def test_bad_number_is_refused_with_its_code(text: str, code: str) -> None:
    with pytest.raises(IdentityError) as refused:
        normalise_id(text, as_of=AS_OF)
    assert refused.value.code == code
    assert any("\u4e00" <= character <= "\u9fff" for character in refused.value.message)


def test_eighteen_digits_from_a_numeric_cell_are_refused_even_if_the_check_digit_fits() -> None:
    with pytest.raises(IdentityError) as refused:
        normalise_id(ORDINARY, from_number=True, as_of=AS_OF)
    assert refused.value.code == "excel_precision"


def test_fifteen_digits_survive_a_numeric_cell() -> None:
    assert normalise_id("990101900307000", from_number=True, as_of=AS_OF).value18 == ORDINARY


def test_refusal_never_repeats_the_number() -> None:
    with pytest.raises(IdentityError) as refused:
        normalise_id(ORDINARY[:-1] + ("1" if ORDINARY[-1] != "1" else "2"), as_of=AS_OF)
    assert ORDINARY[:17] not in refused.value.message


def test_birth_today_is_not_in_the_future_by_the_pinned_clock() -> None:
    with clock.pinned(date(2026, 11, 3)):
        assert normalise_id(number("990101", date(2026, 11, 3), 0)).value18


def test_unknown_area_is_refused_when_the_office_knows_its_codes() -> None:
    with pytest.raises(IdentityError, match="前六位"):
        normalise_id(ORDINARY, as_of=AS_OF, area_known=lambda code: code == "110101")


def test_number_tells_birth_sex_and_county() -> None:
    man, woman = number("990101", date(1958, 2, 3), 1), number("990101", date(1958, 2, 3), 2)
    assert (birth_date_of(man), area_of(man)) == (date(1958, 2, 3), "990101")
    assert (sex_of(man), sex_of(woman)) == (1, 2)


def test_issuing_area_is_asked_as_of_a_date() -> None:
    names = {("990101", 1990): "安禾县"}
    assert issuing_area(ORDINARY, date(1990, 5, 1), lambda code, on: names.get((code, on.year))) == "安禾县"


def test_number_issued_by_a_county_younger_than_its_holder_is_ours_to_accept() -> None:
    """密云 became 110118 in 2015; whoever registered there since carries that code whatever the birth year.

    python-stdnum's ``cn.ric`` asks whether the county existed at birth and refuses them: the reason for our own.
    """
    elder = number("110118", date(1950, 1, 1), 0)
    assert not ric.is_valid(elder)
    assert normalise_id(elder, as_of=AS_OF).value18 == elder


@pytest.mark.parametrize(
    ("code", "valid"),
    [("91110000600037341L", True), ("91110000600037342L", False), ("9111000060003734", False), ("", False)],
)
def test_credit_code_is_checked(code: str, valid: bool) -> None:
    assert uscc_is_valid(code) is valid


@pytest.mark.parametrize(
    "text",
    ["9111 0000 6000 3734 1L", "911100006000373-41L", "９１１１００００６０００３７３４１Ｌ", "91110000600037341l"],
)
def test_a_credit_code_has_one_spelling(text: str) -> None:
    """It is the key of an entity: another spelling would be another entity."""
    assert uscc_is_valid("91110000600037341L")
    assert not uscc_is_valid(text)


@pytest.mark.parametrize("text", ["990101209903070005", "990101199013070005", "000101199003070005"])
def test_a_refusal_repeats_nothing_of_the_number(text: str) -> None:
    with pytest.raises(IdentityError) as refused:
        normalise_id(text)
    assert not any(each.isdigit() for each in refused.value.message)
