"""Killed at random moments and started again, the import ends in the state of an undisturbed run. SQLite, own processes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.apps.exchange.feed_files import death, feed_file, pension, roster_line, settlement
from tests.harness import kills

RUNS = 3


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    people = range(300)
    lines = [roster_line(n, f"H{n // 3}", "户主" if n % 3 == 0 else "其他", 年工资性收入=f"{n}.00") for n in people]
    feed_file(folder, "register_990101_2026-10.csv", lines)
    bills = [settlement(n % 320, f"{n}.50", f"2026-09-{1 + n % 30:02d}") for n in range(3000)]
    feed_file(folder, "medical_990101_2026-09.csv", [*bills, settlement(1, "x"), settlement(2, "1e3")])
    feed_file(folder, "pension_990101_2026-09.csv", [pension(n, "205.00") for n in range(310)], "gb18030")
    feed_file(folder, "death_990101_2026-09.csv", [death(n) for n in (3, 5, 310)])
    feed_file(folder, "death_990101_2026-10.csv", [death(n) for n in range(100)])  # held at the gate
    (folder / "vehicle_990101_2026-09.csv").write_bytes(b"\x00\x01\x02")  # refused
    return folder


def test_killed_imports_end_in_the_same_state(files: Path, tmp_path: Path) -> None:
    reports = list(kills.kill_runs(tmp_path / "work", files, count=RUNS, seed=20261102))
    assert [report.differences for report in reports] == [[]] * RUNS
    assert sum(report.kills for report in reports) >= RUNS


def test_two_at_once_leave_one_state_and_the_harness_notices_a_lost_row(files: Path, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    kills.prepare(tmp_path / "data", tmp_path / "keys")
    state, _ = kills.reference(tmp_path / "data", files)
    assert len(state["exchange_delivery"]) == 6
    assert len(state["exchange_quarantinedrow"]) == 2
    assert state["registry_fact"]
    kills.check_database(tmp_path / "data")
    # two at once over the same files leave what one leaves
    kills.prepare(tmp_path / "both", tmp_path / "keys")
    assert kills.differences(state, kills.together(tmp_path / "both", files)) == []
    with sqlite3.connect(tmp_path / "data/shouwang.sqlite3") as base:
        base.execute("DELETE FROM registry_fact WHERE id = (SELECT max(id) FROM registry_fact)")
    base.close()
    assert kills.differences(state, kills.state_of(tmp_path / "data"))
    with sqlite3.connect(tmp_path / "data/shouwang.sqlite3") as base:
        base.execute("UPDATE exchange_delivery SET uuid = '00000000' || substr(uuid, 9) WHERE feed = 'pension'")
    base.close()
    with pytest.raises(AssertionError):
        kills.check_database(tmp_path / "data")
