"""`make test`: every check this machine allows, in one run, and at the end the list of what did not run and why.

With SHOUWANG_REQUIRE_ALL=1 (CI) that list must be empty.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.harness.cluster import ClusterMissing, cluster  # noqa: E402 — the path is set just above

BIN = Path(sys.executable).parent
ON_BOTH_DATABASES = ["tests/apps"]


class Tally:
    """What passed, what failed, what did not run."""

    def __init__(self) -> None:
        self.passed, self.failed = 0, 0
        self.broken: list[str] = []
        self.not_run: list[str] = []

    def step(self, name: str, *command: str | Path, env: dict[str, str] | None = None) -> bool:
        started = time.monotonic()
        print(f"\n── {name}", flush=True)
        code = subprocess.run(
            [str(part) for part in command], cwd=ROOT, env={**os.environ, **(env or {})}, check=False
        ).returncode
        print(f"── {name}: {'通过' if code == 0 else '未通过'}（{time.monotonic() - started:.0f} 秒）", flush=True)
        if code:
            self.broken.append(name)
        return code == 0

    def pytest(self, name: str, *arguments: str, env: dict[str, str] | None = None) -> None:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            self.step(
                name, sys.executable, "-m", "pytest", "-q", "--durations=8", f"--junitxml={report}", *arguments, env=env
            )
            if not report.exists():
                return
            for case in ET.parse(report).getroot().iter("testcase"):
                skipped = case.find("skipped")
                if skipped is not None:
                    self.not_run.append(f"{name}：{case.get('classname')}.{case.get('name')}：{skipped.get('message')}")
                elif case.find("failure") is not None or case.find("error") is not None:
                    self.failed += 1
                else:
                    self.passed += 1


def main() -> int:
    """Run all; return the exit code."""
    tally = Tally()
    tally.step("ruff", BIN / "ruff", "check", "-q", ".")
    tally.step("ruff format", BIN / "ruff", "format", "--check", "-q", ".")
    tally.step("楼层与门（import-linter）", BIN / "lint-imports")
    tally.step("mypy --strict", BIN / "mypy")
    tally.step("不装 Django 也能算", sys.executable, "tests/base_install.py")
    coverage = ["--cov", "--cov-report=term:skip-covered", "--cov-report=xml:var/coverage.xml"]
    tally.pytest("测试（SQLite）", *coverage)
    try:
        with cluster() as url:
            tally.pytest("测试（PostgreSQL）", *ON_BOTH_DATABASES, env={"SHOUWANG_DATABASE_URL": url})
    except ClusterMissing as missing:
        tally.not_run.append(f"测试（PostgreSQL）：{missing}")
    if shutil.which("chromium") is None:
        tally.not_run.append("浏览器测试：没有 chromium（Debian 包 chromium）")

    print("\n══ 没有运行的部分")
    print("\n".join(f"  · {line}" for line in tally.not_run) if tally.not_run else "  无")
    if tally.broken:
        print("══ 未通过：" + "、".join(tally.broken))
    failed = tally.failed or len(tally.broken)
    print(f"{tally.passed} passed, {failed} failed")
    return 1 if tally.broken or (tally.not_run and os.environ.get("SHOUWANG_REQUIRE_ALL") == "1") else 0


if __name__ == "__main__":
    sys.exit(main())
