"""Environments of their own for what a bench compares with and the project never depends on."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MADE = HERE.parents[1] / "var/bench/environments"


def python_of(name: str) -> Path:
    """Return the Python of an environment with exactly what ``<name>.lock`` names; make it anew where the lock has changed."""
    lock = HERE / f"{name}.lock"
    mark = hashlib.sha256(lock.read_bytes()).hexdigest()
    folder = MADE / name
    done = folder / "made"
    if not done.exists() or done.read_text() != mark:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            str(lock),
        ]
        subprocess.run([str(folder / "bin/python"), *install], check=True)
        done.write_text(mark)
    return folder / "bin/python"
