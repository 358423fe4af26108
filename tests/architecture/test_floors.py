"""The building holds: each contract stands, and a planted wrong breaks the contract meant for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).parent / "lint-imports"

PLANTED = {
    "lib reaches up": ("lib/planted.py", "import shouwang.engine", "The floors"),
    "engine knows a policy": ("engine/planted.py", "import shouwang.rules.dibao", "The floors"),
    "a rule imports Django": ("rules/dibao/planted.py", "import django", "run without Django"),
    "policies lean on each other": (
        "rules/dibao/planted.py",
        "import shouwang.rules.dibao_marginal",
        "Policies do not lean",
    ),
    "registry calls monitoring": (
        "apps/registry/planted.py",
        "import shouwang.apps.monitoring.services",
        "Business domains",
    ),
    "another office's tables": (
        "apps/monitoring/planted.py",
        "import shouwang.apps.registry.models",
        "Only registry touches",
    ),
    "an office opens DuckDB": ("apps/assessment/planted.py", "import duckdb", "opens a database engine"),
    "a selector writes": (
        "apps/registry/selectors.py",
        "import shouwang.apps.registry.services",
        "Readers never reach writers",
    ),
    "an office uses invented people": ("apps/registry/planted.py", "import shouwang.synth", "invented people"),
    "a new app without a place": ("apps/planted/__init__.py", "", "Business domains"),
    "a new floor without a place": ("planted.py", "", "The floors"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"},
        check=False,
    )


@pytest.mark.parametrize("wrong", PLANTED)
def test_planted_wrong_breaks_its_contract(tmp_path: Path, wrong: str) -> None:
    path, line, contract = PLANTED[wrong]
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("static", "__pycache__", "*.egg-info")
    )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    target = tmp_path / "src/shouwang" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text((target.read_text(encoding="utf-8") if target.exists() else "") + f"\n{line}\n", encoding="utf-8")
    done = lint(tmp_path)
    assert done.returncode == 1
    _, _, broken = done.stdout.partition("Broken contracts")
    assert contract in broken, done.stdout
