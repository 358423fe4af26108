"""Division codes carry their own tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.lib.area_codes import (
    LEVELS,
    NATION,
    AreaCodeError,
    ancestors_of,
    contains,
    level_of,
    normalise_code,
    parent_of,
    scope_range,
)

CODES = st.from_regex(r"[1-9][0-9]([0-9]{2}){0,2}", fullmatch=True).map(normalise_code) | st.from_regex(
    r"[1-9][0-9]{8}([0-9]{3})?", fullmatch=True
).map(normalise_code)


def test_village_names_everything_above_it() -> None:
    assert ancestors_of("990101100201") == (
        "990101100201",
        "990101100000",
        "990101000000",
        "990100000000",
        "990000000000",
        NATION,
    )


@pytest.mark.parametrize(
    ("short", "code", "level"),
    [
        ("000000000000", NATION, "nation"),
        ("99", "990000000000", "province"),
        ("9901", "990100000000", "city"),
        ("990101", "990101000000", "county"),
        (" ９９０１０１１００ ", "990101100000", "township"),
        ("990101100201", "990101100201", "village"),
    ],
)
def test_short_code_gets_its_level(short: str, code: str, level: str) -> None:
    assert (normalise_code(short), level_of(code)) == (code, level)


@pytest.mark.parametrize("code", ["", "9", "99010", "9901011", "99010110020A", "001101", "٩٩٠١٠١"])
def test_text_that_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(AreaCodeError, match="区划代码"):
        normalise_code(code)


def test_township_right_under_a_city_has_no_county_above_it() -> None:
    assert parent_of("441900003000") == "441900000000"


def test_nation_has_no_parent_and_holds_everything() -> None:
    assert parent_of(NATION) is None
    assert contains(NATION, "999999999999")


@given(CODES, CODES)
def test_range_holds_exactly_the_codes_below(scope: str, code: str) -> None:
    low, high = scope_range(scope)
    assert (low <= code < high) == (scope in ancestors_of(code))


@given(CODES)
def test_parent_is_always_higher(code: str) -> None:
    above = parent_of(code)
    assert above is not None
    assert LEVELS.index(level_of(above)) < LEVELS.index(level_of(code))


@pytest.mark.parametrize("code", ["1" * 100_000, "99\x00", "\ud800", "110101199003070015"])
def test_a_refusal_is_short_and_printable(code: str) -> None:
    for read in (normalise_code, level_of, scope_range):
        with pytest.raises(AreaCodeError) as refused:
            read(code)
        assert len(str(refused.value)) < 60
        assert str(refused.value).isprintable()
        assert "0015" not in str(refused.value)


def test_the_handbook_s_village_lies_where_it_says() -> None:
    """Q04: 省35 地05 县26 乡100 村201."""
    assert ancestors_of("350526100201")[:5] == (
        "350526100201",
        "350526100000",
        "350526000000",
        "350500000000",
        "350000000000",
    )
