"""``shouwang simulate`` as somebody types it: on case files, on a register, and what is wrong in one Chinese sentence."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shouwang.cli import main
from tests.cli.test_offices import office, typed  # noqa: F401 - the fixture

HOUSEHOLD = str(Path(__file__).resolve().parents[1] / "data/household.yaml")


def simulated(*words: str) -> Result:
    return CliRunner().invoke(main, ["simulate", *words])


def test_case_file_with_a_higher_line_says_who_gains_and_what_it_costs(tmp_path: Path) -> None:
    table = tmp_path / "out.csv"
    done = simulated(HOUSEHOLD, "--set", "农村低保标准=660元/月", "--csv", str(table))
    assert done.exit_code == 0, done.output
    assert "受益 1" in done.output
    assert "600.00 → 780.00 元（+180.00）" in done.output
    rows = list(csv.reader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0][:3] == ["分组", "项", "户数"]
    assert rows[1][:4] == ["合计", "全部", "1", "1"]


def test_other_version_of_a_rule_is_compared() -> None:
    done = simulated(HOUSEHOLD, "--version", "household_income@2012-12-12")
    assert done.exit_code == 0, done.output
    assert "户数 1" in done.output


def test_cases_that_cannot_be_computed_are_counted_apart(tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    text = Path(HOUSEHOLD).read_text(encoding="utf-8")
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    (folder / "b.yaml").write_text(text.replace("农村低保标准", "城市低保标准"), encoding="utf-8")
    done = simulated(str(folder), "--set", "dibao_rural=+10%")
    assert done.exit_code == 0, done.output
    assert "不能测算的案例 1 个，如 b.yaml" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "二者取一"),
        ((HOUSEHOLD, "--area", "990101", "--set", "dibao_rural=1/月"), "二者取一"),
        ((HOUSEHOLD,), "没有写要改什么"),
        ((HOUSEHOLD, "--set", "no_such=1"), "没有名为“no_such”的参数"),
        ((HOUSEHOLD, "--set", "dibao_rural=660"), "应写明期间"),
        ((HOUSEHOLD, "--version", "household_income@1999-01-01"), "没有 1999-01-01 起施行的版本"),
        ((HOUSEHOLD, "--set", "dibao_rural=0元/月"), "不小于"),
        (("nowhere.yaml", "--set", "dibao_rural=1/月"), "找不到“nowhere.yaml”"),
        ((HOUSEHOLD, "--set", "dibao_rural=1/月", "--as-of", "2026-13-01"), "应写成"),
        ((HOUSEHOLD, "--set", "dibao_rural=1/月", "--csv", "/proc/nobody/x.csv"), "不能写入"),
        (("--area", "99x", "--set", "dibao_rural=1/月"), "区划代码“99x”"),
    ],
)
def test_mistakes_are_told_in_one_chinese_sentence(words: tuple[str, ...], said: str) -> None:
    done = simulated(*words)
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output
    assert done.output.count("错误：") == 1


def test_register_is_simulated_and_a_future_day_refused(office: Path) -> None:  # noqa: F811
    done = typed(office, "simulate", "--area", "990101", "--set", "dibao_rural=660元/月", "--as-of", "2026-10-31")
    assert done.returncode == 0, done.stderr
    assert "户数 0" in done.stdout
    ahead = typed(office, "simulate", "--area", "990101", "--set", "dibao_rural=660元/月", "--as-of", "2027-01-01")
    assert (ahead.returncode, "判定日不能晚于今天" in ahead.stderr) == (1, True)


def test_worker_ends_when_nothing_is_queued(office: Path) -> None:  # noqa: F811
    done = typed(office, "work", "--once")
    assert (done.returncode, "已处理 0 个任务" in done.stdout) == (0, True), done.stderr
