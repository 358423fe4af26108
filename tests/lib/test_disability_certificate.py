from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.lib.disability_certificate import GRADES, KINDS, Certificate, CertificateError, read_certificate

HOLDER = "11010519491231002X"
DAY = date(2026, 6, 30)


def test_case_c14_a_number_ending_in_x63_is_mental_grade_three() -> None:
    read = read_certificate(HOLDER + "63", as_of=DAY)
    assert read == Certificate(HOLDER, 6, 3)
    assert read.text == "精神三级"


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(GRADES)), st.sampled_from(["", "B1", "B12"]))
def test_every_kind_and_grade_is_read_back(kind: int, grade: int, reissue: str) -> None:
    assert read_certificate(f"{HOLDER}{kind}{grade}{reissue}", as_of=DAY) == Certificate(HOLDER, kind, grade, reissue)


def test_what_cannot_change_the_meaning_is_mended() -> None:
    assert read_certificate(" １１０１０５19491231002x６3b1 ", as_of=DAY) == Certificate(HOLDER, 6, 3, "B1")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("  ", "blank", "为空"),
        (HOLDER, "length", "现为18位"),
        (HOLDER + "6", "length", "现为19位"),
        (HOLDER + "633", "length", "现为21位"),
        (HOLDER + "63B", "length", "应为20位"),
        (HOLDER + "6三", "characters", "字符"),
        ("11010519491231002963", "identity", "校验码不符"),
        (HOLDER + "83", "kind", "现为8"),
        (HOLDER + "03", "kind", "现为0"),
        (HOLDER + "60", "grade", "现为0"),
        (HOLDER + "65", "grade", "现为5"),
    ],
)
def test_what_is_no_certificate_is_refused_with_its_reason(text: str, code: str, said: str) -> None:
    with pytest.raises(CertificateError, match=said) as caught:
        read_certificate(text, as_of=DAY)
    assert caught.value.code == code


def test_a_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(CertificateError) as caught:
        read_certificate("11010519491231002963", as_of=DAY)
    assert "19491231" not in caught.value.message
