"""Proves the base install (lib + engine + rules + CLI) in an environment of its own, where Django is absent."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str | Path, code: int = 0) -> str:
    """Run a command that must end with ``code``; return what it printed."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=300, check=False, cwd=ROOT
    )
    assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def main() -> None:
    """Install the base into an empty environment and use it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        venv.create(home / "env", with_pip=True)
        python = home / "env/bin/python"
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        run(*pip, "--require-hashes", "-r", "requirements-build.lock", "-r", "requirements-base.lock")
        run(*pip, "--no-deps", "--no-build-isolation", ".")
        run(python, "-c", "import django", code=1)
        shouwang = home / "env/bin/shouwang"
        cases = sorted((ROOT / "tests/rules").rglob("*.yaml"))
        assert cases, "no case files"
        assert "不符 0 个" in run(shouwang, "check", *cases)
        run(shouwang, "explain", ROOT / "tests/data/household.yaml", "--rule", "dibao_eligible")
        household = ROOT / "tests/data/household.yaml"
        assert "答复：是" in run(shouwang, "explain", household, "--rule", "dibao_eligible", "--plain")
        paper = run(shouwang, "explain", household, "--rule", "dibao_eligible", "--pdf", home / "x.pdf", code=1)
        assert "[web]" in paper
        run(shouwang, "synth", "--people", "2000", "--out", home / "people")
        assert "[web]" in run(shouwang, "run", ROOT / "README.md", code=1)
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    print("base install: law, explanation, checks and synthesis work without Django")


if __name__ == "__main__":
    sys.exit(main())
