"""Wrong input at the keyboard: one Chinese sentence, exit code 1, no traceback and no English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from shouwang.cli import main

HOUSEHOLD = str(Path(__file__).resolve().parents[1] / "data/household.yaml")
BEFORE_THE_LAW = 'as_of: 2005-01-01\narea: "990101"\ncases:\n- {name: 早年, expect: {符合低保条件: 未知}}\n'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evalute", "x"], "没有“evalute”这个命令"),
        (["--frob"], "没有选项 --frob"),
        (["evaluate"], "缺少 案例文件"),
        (["evaluate", "nowhere.yaml"], "找不到“nowhere.yaml”"),
        (["evaluate", "."], "“.”是文件夹"),
        (["evaluate", HOUSEHOLD, "--frob"], "没有选项 --frob"),
        (["evaluate", HOUSEHOLD, "more"], "多写了“more”"),
        (["evaluate", HOUSEHOLD, "--case", "abc"], "--case “abc”不是数字"),
        (["evaluate", HOUSEHOLD, "--case"], "选项 --case 后面要写一个值"),
        (["evaluate", HOUSEHOLD, "--case", "9"], "只有 1 个案例"),
        (["explain", HOUSEHOLD], "缺少选项 --rule"),
        (["explain", HOUSEHOLD, "--rule", "dibao_eligible", "--member", "1"], "是家庭规则"),
        (["explain", HOUSEHOLD, "--rule", "dibao_eligible", "--member", "0"], "是家庭规则"),
        (["explain", HOUSEHOLD, "--rule", "符合"], "没有名为 符合 的规则"),
        (["check", "nowhere"], "找不到“nowhere”"),
        (["synth"], "缺少选项 --out"),
        (["synth", "--out", HOUSEHOLD], "是文件"),
        (["synth", "--people", "0", "--out", "x"], "--people 0 超出范围"),
        (["synth", "--people", "5", "--seed", "-1", "--out", "x"], "--seed -1 超出范围"),
        (["synth", "--people", "5", "--out", "/proc/nobody"], "不能写入“/proc/nobody”"),
    ],
)
def test_an_officer_who_mistypes_is_told_in_chinese(words: list[str], said: str) -> None:
    done = CliRunner().invoke(main, words)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 1
    assert said in done.output
    assert done.output.startswith("错误：")
    assert re.search(r"Error|Usage|Invalid|[Nn]o such|Missing", done.output) is None


def test_a_rule_not_yet_in_force_on_the_day_is_told(tmp_path: Path) -> None:
    path = tmp_path / "early.yaml"
    path.write_text(BEFORE_THE_LAW, encoding="utf-8")
    done = CliRunner().invoke(main, ["explain", str(path), "--rule", "dibao_eligible"])
    assert (done.exit_code, done.output.strip()) == (1, "错误：规则 dibao_eligible 在 2005-01-01 没有施行")
