"""The main job on the whole demo county, as `make demo SERVE=0` runs it: nothing lost, planted truth found, nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SHOUWANG_")}
    done = subprocess.run(
        [sys.executable, "-m", "shouwang.cli", "demo", "--data", str(folder / "data"), "--serve", "0"],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "data/demo.json").read_text(encoding="utf-8"))


def test_every_record_and_byte_is_accounted_for(summary: dict[str, Any]) -> None:
    totals = summary["totals"]
    assert totals["records"] == totals["accepted"] + totals["quarantined"] > 100_000
    assert totals["bytes"] == totals["bytes_accounted"]
    assert totals["quarantined"] >= summary["broken_rows"] > 0


def test_every_planted_case_is_found(summary: dict[str, Any]) -> None:
    assert summary["expected"] > 0
    assert summary["found"] == summary["expected"]
    assert summary["missed"] == {}


def test_no_near_miss_is_warned(summary: dict[str, Any]) -> None:
    assert summary["near_misses"] > 0
    assert summary["wrong"] == {}
