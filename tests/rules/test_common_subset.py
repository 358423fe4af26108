"""The subset that is benched against SQL written by hand stays in step with the law: equal results, row for row."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_sql_written_by_hand_gives_what_the_rules_give() -> None:
    run = subprocess.run(
        [sys.executable, "bench/eligibility.py", "--people", "3000", "--sides", "duckdb,columns,compiled"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
