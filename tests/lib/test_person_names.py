"""Two spellings of one name meet in one form; two names do not."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.lib import hanzi
from shouwang.lib.hanzi import four_corners, is_private, plain_readings, private_use, to_simplified
from shouwang.lib.person_names import DOT, SURNAME_READINGS, fuzzy_reading, name_forms, normal_name

pytest.importorskip("pypinyin")
pytest.importorskip("opencc")
pytest.importorskip("char_similar_z")

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6)
ANY = st.text(max_size=25)


@pytest.mark.parametrize(
    "spelling",
    ["买买提·艾山", "买买提•艾山", "买买提・艾山", "买买提．艾山", "买买提. 艾山", " 买买提 ・ 艾山　", "買買提·艾山"],
)
def test_dots_spaces_and_traditional_forms_make_no_other_name(spelling: str) -> None:
    assert normal_name(spelling) == f"买买提{DOT}艾山"
    assert name_forms(spelling) == name_forms("买买提·艾山")


def test_name_without_its_dot_is_equal_in_the_form_compared() -> None:
    assert name_forms("买买提艾山").norm == name_forms("买买提·艾山").norm
    assert name_forms("买买提·艾山").first_part == "买买提"


def test_private_use_point_of_gbk_is_the_character_of_today() -> None:
    old = b"\xfe\x9f".decode("gb18030").translate(private_use())
    assert old == "䶮"
    assert b"\xfe\x59".decode("gb18030").translate(private_use()) == "\u9fb4"
    assert not any(is_private(each) for each in private_use().values())
    assert len(private_use()) == 80


def test_unknown_private_use_character_is_a_placeholder() -> None:
    assert name_forms("王\ue000明").wild == "王_明"


@pytest.mark.parametrize("sign", ["?", "？", "□", "*", "○", "〇", "某", "yǎn", "YAN"])
def test_placeholder_and_pinyin_stand_for_one_character(sign: str) -> None:
    assert name_forms(f"张{sign}").wild == "张_"
    assert name_forms(f"张{sign}").surname == "张"


def test_surname_is_read_as_a_surname_and_only_there() -> None:
    assert [name_forms(name).pinyin for name in ("单仇", "解曾", "查单")] == ["shanchou", "xieceng", "zhadan"]
    assert name_forms("尉迟恭").pinyin == "yuchigong"
    assert name_forms("欧阳单").surname == "欧阳"


@pytest.mark.parametrize("surname", SURNAME_READINGS)
def test_surname_reading_is_one_the_tables_know(surname: str) -> None:
    if len(surname) == 1 and surname not in "贠黑":  # the table lacks their surname readings
        assert SURNAME_READINGS[surname] in plain_readings(surname)


@pytest.mark.parametrize(
    ("one", "two"), [("张", "章"), ("陈", "程"), ("宁", "林"), ("苏", "舒"), ("邹", "周"), ("森", "生")]
)
def test_readings_that_speakers_mix_up_fold_together(one: str, two: str) -> None:
    assert name_forms("王" + one).fuzzy == name_forms("王" + two).fuzzy


def test_other_readings_stay_apart() -> None:
    assert len({fuzzy_reading(each) for each in ("li", "lu", "wang", "wan", "zi", "ci", "si")}) == 6


def test_u_with_dots_is_v_typed_either_way() -> None:
    assert name_forms("吕布").pinyin == "lvbu"
    assert name_forms("张lü").pinyin == "zhanglv"


def test_four_corners_has_five_digits_or_nothing() -> None:
    assert four_corners("王") == "10104"
    assert four_corners("a") == ""
    assert len(name_forms("王伟").corners) == 10


@given(ANY)
@settings(max_examples=100)
def test_normal_form_is_its_own_normal_form(name: str) -> None:
    once = normal_name(name)
    assert normal_name(once) == once


@given(HAN)
@settings(max_examples=100)
def test_spaces_and_full_width_change_nothing(name: str) -> None:
    assert name_forms("　".join(name)) == name_forms(name)


@given(HAN)
@settings(max_examples=100)
def test_simplifying_keeps_the_number_of_characters(name: str) -> None:
    assert len(to_simplified(name)) == len(name)


@given(ANY)
@settings(max_examples=100)
def test_forms_fit_one_another(name: str) -> None:
    forms = name_forms(name)
    assert forms.fuzzy == fuzzy_reading(forms.pinyin)
    assert forms.wild.startswith(forms.surname)
    assert DOT not in forms.norm
    assert len(forms.corners) % 5 == 0


def test_missing_extra_is_told_in_chinese_and_only_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opencc", None)
    hanzi._simplified.cache_clear()
    try:
        with pytest.raises(hanzi.LinkageExtraMissing, match=r"请执行 pip install 'shouwang\[linkage\]'"):
            normal_name("張偉")
    finally:
        hanzi._simplified.cache_clear()
    assert four_corners("王") == "10104"
