"""Masks keep what an officer recognises and never the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.lib.masking import mask_account, mask_id, mask_name, mask_phone


def test_each_kind_keeps_its_ends() -> None:
    assert mask_id("990101199003070009") == "990101********0009"
    assert mask_phone("13800000000") == "138****0000"
    assert mask_account("6222020000000001234") == "***************1234"


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张三", "张*"), ("张小三", "张**"), ("欧阳小三", "欧阳**"), ("欧阳", "欧*"), ("李", "*"), ("", "")],
)
def test_name_keeps_the_surname(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text(st.characters(exclude_characters="*"), min_size=1, max_size=30))
def test_no_mask_ever_shows_the_whole(text: str) -> None:
    for mask in (mask_id, mask_name, mask_phone, mask_account):
        assert len(mask(text)) == len(text)
        assert "*" in mask(text)
