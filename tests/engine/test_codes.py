"""Codes are said in the words their label lists; other numbers are left alone."""

from __future__ import annotations

import pytest

from shouwang.engine.codes import in_words, words_in


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("经认定的结论（0未认定1计入2不计入）", "经认定的结论"),
        ("经认定的结论（0未认定1计入2不计入）[0] = 1 不成立", "经认定的结论[未认定] = 计入 不成立"),
        ("残疾类别（1视力2听力3言语，0为无证）[2] 属于 （1、3）", "残疾类别[听力] 属于 （视力、言语）"),
        ("残疾类别（1视力2听力）[9] ≠ 1", "残疾类别[9] ≠ 视力"),
        ("残疾等级（0为无证）[2] ≤ 2", "残疾等级（0为无证）[2] ≤ 2"),
        ("家庭人口[3] × 农村低保标准[7,200.00元/年]", "家庭人口[3] × 农村低保标准[7,200.00元/年]"),
        ("（因 类别（1甲2乙）[1] > 0，是）", "（因 类别[甲] > 0，是）"),
    ],
)
def test_codes_are_said_in_words(text: str, said: str) -> None:
    assert in_words(text) == said


def test_words_by_code() -> None:
    assert words_in("残疾类别（1视力2听力3言语，0为无证）") == {1: "视力", 2: "听力", 3: "言语", 0: "无证"}
    assert words_in("年龄") == {}
