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
