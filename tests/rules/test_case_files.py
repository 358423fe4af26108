"""Every case file passes, every warning is shown true, false and undecided, and a bad file says in Chinese what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.duckdb import evaluate_sql
from shouwang.engine.book import Book
from shouwang.engine.call import evaluate
from shouwang.engine.explain import explain
from shouwang.engine.frame import Frame, frame_of
from shouwang.rules.casefile import CaseResult, read_case_file, run_case_file
from shouwang.rules.worked_case import WorkedCase

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.rglob("*.yaml"))
GOOD = """
as_of: 2026-06-30
area: "990101"
parameters: {农村低保标准: 600元/月, 必要就业成本扣减比例: 30}
cases:
- name: 一户
  household: {家庭财产符合规定: 是}
  members:
  - {who: 户主, 年工资性收入: 0, 年经营净收入: 1200元, 年财产净收入: 0, 年转移净收入: 0}
  expect: {低保月补差金额: 500元}
"""


def worked_cases(book: Book) -> Iterator[WorkedCase]:
    for path in FILES:
        yield from read_case_file(path, book)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_case_file_passes(book: Book, path: Path) -> None:
    results = run_case_file(path, book)
    assert results
    assert [result.line() for result in results if not result.passed] == []


def test_every_warning_is_shown_true_false_and_undecided(book: Book) -> None:
    shown: dict[str, set[bool | int | None]] = {rule.name: set() for rule in book.warnings(date(2026, 10, 31))}
    for case in worked_cases(book):
        for expected in (case.expected, *case.expected_of):
            for name in shown.keys() & expected.keys():
                shown[name].add(expected[name])
    assert {name for name, values in shown.items() if values != {True, False, None}} == set()


@pytest.mark.parametrize("reading", [evaluate_columns, evaluate_sql])
def test_every_reading_of_the_rules_agrees_on_every_case(book: Book, reading: Callable[..., Frame]) -> None:
    """On what the cases ask; on every rule: ``test_readings_agree.py``."""
    together: dict[tuple[date, str], list[WorkedCase]] = {}
    for case in worked_cases(book):
        together.setdefault((case.as_of, case.parameters.fingerprint), []).append(case)
    for cases in together.values():
        as_of, parameters = cases[0].as_of, cases[0].parameters
        asked = {name for each in cases for names in (each.expected, *each.expected_of) for name in names}
        results = reading(book, frame_of(book, [each.case for each in cases]), as_of, parameters, asked)
        for row, each in enumerate(cases):
            outcome, got = evaluate(book, each.case, as_of, parameters, asked), results.case(row)
            for name, value in outcome.household.items():
                assert got.household[name] == value, (each.name, name)
            for person, found in zip(outcome.persons, got.members, strict=True):
                assert {name: found[name] for name in person} == person, each.name


def result_of(text: str, book: Book, folder: Path) -> CaseResult:
    path = folder / "案例.yaml"
    path.write_text(text, encoding="utf-8")
    return run_case_file(path, book)[0]


def test_a_wrong_amount_is_named_exactly(book: Book, tmp_path: Path) -> None:
    result = result_of(GOOD.replace("500元", "500.01元"), book, tmp_path)
    assert result.line() == "不符  案例.yaml  一户：低保月补差金额 应为 500.01元，算得 500.00元"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("as_of: 2026-06-30", "as_of: 六月底", "判定日"),
        ('area: "990101"', "area: 安禾县", "地区"),
        ("农村低保标准: 600元/月", "低保标准: 600元", "不认识“低保标准”，是不是“城市低保标准”、“农村低保标准”"),
        ("农村低保标准: 600元/月", "年工资性收入: 600元", "它是事实（household 或成员名下），写错了地方"),
        ("家庭财产符合规定", "家庭财产符合规订", "不认识“家庭财产符合规订”，是不是“家庭财产符合规定”"),
        ("低保月补差金额", "低保补差", "不认识“低保补差”，是不是“低保月补差金额”"),
        ("低保月补差金额", "农村低保标准", "它是参数（parameters），写错了地方"),
        ("低保月补差金额", "dibao_gap_amuont", "是不是“dibao_gap_amount”"),
        ("低保月补差金额", "天气", "不认识“天气”"),
        ("600元", "6e2元", "科学计数法"),
        ("1200元", "1200.001元", "细于一分钱"),
        ("是}", "对}", "应写 是、否 或 未知"),
        ("家庭财产符合规定", "年工资性收入", "应写在成员名下"),
        ("年经营净收入", "家庭财产符合规定", "应写在家庭"),
        ("低保月补差金额: 500元", "低保月补差金额", "金额为空"),
        ("{低保月补差金额: 500元}", "五百元", "形式"),
        ("  expect: {低保月补差金额: 500元}", "", "没有写预期结果"),
        ("- name: 一户", "- name: 一户\n  covered: [公安]", "covered"),
        ("年财产净收入: 0", "年财产净收入: 0, 年财产净收入: 5", "写了两次"),
        ("年财产净收入: 0", "年财产净收入: 0, property_income_year: 5", "写了两次"),
        ("as_of: 2026-06-30", "as_of: 2026-06-30\nnotes: x", "不认识 notes"),
        ("农村低保标准: 600元/月", "农村低保标准: 未知/月", "没有值"),
        ("{农村低保标准: 600元/月, 必要就业成本扣减比例: 30}", "六百元", "parameters：应是"),
        ("{农村低保标准: 600元/月, 必要就业成本扣减比例: 30}", "[600元]", "parameters：应是"),
        ("必要就业成本扣减比例: 30", "必要就业成本扣减比例: ٣٠", "应是不超过12位的整数"),
        ("必要就业成本扣减比例: 30", "必要就业成本扣减比例: 3_0", "应是不超过12位的整数"),
        ("必要就业成本扣减比例: 30", f"必要就业成本扣减比例: {'9' * 5000}", "应是不超过12位的整数"),
        ("必要就业成本扣减比例: 30", "必要就业成本扣减比例: 三成", "应是不超过12位的整数"),
        ("- name: 一户", "- name: 一户\n  covered: [[公安]]", "covered"),
        ("年财产净收入: 0", "年财产净收入: !!int 零", "不能写类型标记"),
        ("年财产净收入: 0", "? [年, 月] : 0", "写法不合 YAML 格式"),
        ("- name: 一户", "- name: 一户\x00", "不能显示的字符"),
        ("- name: 一户", "- name: " + "[" * 5000, "套得太深"),
        ("as_of: 2026-06-30", "as_of： 2026-06-30", "第 "),
    ],
)
def test_a_bad_file_says_what_is_wrong(book: Book, tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    result = result_of(GOOD.replace(old, new), book, tmp_path)
    assert not result.passed
    assert said in result.line()


@pytest.mark.parametrize("text", ["", "cases: []", "- 1", "a: [", "cases: 5"])
def test_what_is_no_case_file_is_a_failed_result(book: Book, tmp_path: Path, text: str) -> None:
    assert not result_of(text, book, tmp_path).passed


def test_a_file_saved_in_another_encoding_is_told_how_to_save_it(book: Book, tmp_path: Path) -> None:
    path = tmp_path / "案例.yaml"
    path.write_bytes(GOOD.encode("gb18030"))
    assert "另存为 UTF-8" in run_case_file(path, book)[0].line()
    path.write_bytes(GOOD.encode("utf-8-sig"))
    assert run_case_file(path, book)[0].passed


def test_a_parameter_written_in_the_case_is_called_given(book: Book, tmp_path: Path) -> None:
    path = tmp_path / "案例.yaml"
    path.write_text(GOOD, encoding="utf-8")
    case = read_case_file(path, book)[0]
    lines = explain(book, case.case, case.as_of, case.parameters, "dibao_eligible").lines()
    at = next(place for place, line in enumerate(lines) if "农村低保标准：" in line)
    assert lines[at].strip("　") == "农村低保标准：7,200.00元/年（600.00元/月） ← 案例给定"
    assert "依据" not in lines[at + 1]


def test_a_rule_not_yet_in_force_does_not_pass_silently(book: Book, tmp_path: Path) -> None:
    result = result_of(GOOD.replace("2026-06-30", "2013-06-30"), book, tmp_path)
    assert "没有施行的规则" in result.line()
