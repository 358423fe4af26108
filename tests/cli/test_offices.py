"""The commands of the offices as somebody types them, in a data folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def typed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
    environment = {**kept, "SHOUWANG_DATA_DIR": str(folder), "SHOUWANG_TODAY": "2026-11-02"}
    command = [sys.executable, "-m", "shouwang.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    done = typed(folder, "migrate")
    assert done.returncode == 0, done.stderr
    return folder


def test_a_command_before_migrate_says_what_to_do_first(tmp_path: Path) -> None:
    done = typed(tmp_path, "warn")
    assert done.returncode == 1
    assert "请先执行 shouwang migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_standards_table_is_told_in_chinese(office: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "standards.csv"
    wrong.write_text("a,b\n1,2\n", encoding="utf-8")
    done = typed(office, "standards", str(wrong))
    assert done.returncode == 1
    assert done.stderr.startswith("错误：")
    assert "Traceback" not in done.stderr


def test_a_setting_that_cannot_be_understood_names_itself(tmp_path: Path) -> None:
    environment = {**os.environ, "SHOUWANG_DATA_DIR": str(tmp_path), "SHOUWANG_DEBUG": "vielleicht"}
    command = [sys.executable, "-m", "shouwang.cli", "migrate"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "SHOUWANG_DEBUG" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_register_runs_seals_and_verifies(office: Path) -> None:
    for words, said in ((("warn",), "0 人"), (("seal",), "已封存"), (("verify-audit",), "审计日志完整")):
        done = typed(office, *words)
        assert done.returncode == 0, done.stderr
        assert said in done.stdout


def test_an_unreadable_file_is_received_with_its_refusal(office: Path, tmp_path: Path) -> None:
    feed = tmp_path / "death_990101_2026-10.csv"
    feed.write_bytes(b"")
    done = typed(office, "import", str(feed))
    assert "整份退回" in done.stdout


def test_standards_go_in_and_come_out_again(office: Path, tmp_path: Path) -> None:
    rows = tmp_path / "standards.csv"
    rows.write_text(
        "area_code,item,amount_fen,per,valid_from,source\n"
        "990101,dibao_rural,50000,person-month,2026-01-01,安禾民发\n"
        "990101,dibao_rural,52000,person-month,2026-07-01,安禾民发\n"
        "990101,dibao_rural,5x,person-month,2026-08-01,安禾民发\n",
        encoding="utf-8",
    )
    done = typed(office, "standards", str(rows))
    assert done.returncode == 0, done.stderr
    assert "标准 3 行：新增 2，更正 0，相同 0，退回 1" in done.stdout
    assert "第 4 行" in done.stdout
    out = tmp_path / "out.csv"
    done = typed(office, "standards", "--export", str(out), "--area", "990101")
    assert "已导出 2 行" in done.stdout
    assert "相同 2" in typed(office, "standards", str(out)).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "二者选一"),
        (["--drafts-by", "nobody", "{file}"], "没有登录名为“nobody”的在任人员"),
        (["--export", "{out}", "--area", "xx"], "区划代码"),
        (["--export", "{out}/in/no/folder.csv"], "不能写入"),
    ],
)
def test_standards_says_what_is_amiss(office: Path, tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "in.csv").write_text("area_code,item,amount_fen,per,valid_from,source\n", encoding="utf-8")
    files = {"file": tmp_path / "in.csv", "out": tmp_path / "out.csv"}
    done = typed(office, "standards", *(word.format(**files) for word in words))
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["screen", "warn"])
def test_a_mistyped_division_is_told_in_chinese(office: Path, command: str) -> None:
    done = typed(office, command, "--area", "abc")
    assert done.returncode == 1
    assert "错误：区划代码“abc”" in done.stderr
    assert "Traceback" not in done.stderr
