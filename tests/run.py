"""`make test`: every check this machine allows, in one run, and at the end the list of what did not run and why.

With SHOUWANG_REQUIRE_ALL=1 (CI) that list must be empty. The offices run on PostgreSQL on the other core meanwhile.
``--coverage`` (`make coverage`) also measures which lines the tests reach, at about twice the time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
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

    def pytest(self, name: str, *arguments: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            self.step(name, *_pytest(report, *arguments))
            self.count(name, report)

    @contextmanager
    def pytest_meanwhile(self, name: str, *arguments: str, env: dict[str, str]) -> Iterator[None]:
        """Run tests on the other core while the body runs; their output is shown afterwards."""
        with tempfile.TemporaryDirectory() as folder:
            report, said = Path(folder) / "report.xml", Path(folder) / "output.txt"
            started = time.monotonic()
            with said.open("wb") as output:
                child = subprocess.Popen(
                    _pytest(report, *arguments),
                    cwd=ROOT,
                    env={**os.environ, **env},
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            try:
                yield
            finally:
                code = child.wait()
                print(f"\n── {name}", flush=True)
                print(said.read_text(encoding="utf-8", errors="replace"), flush=True)
                print(
                    f"── {name}: {'通过' if code == 0 else '未通过'}（{time.monotonic() - started:.0f} 秒）", flush=True
                )
                if code:
                    self.broken.append(name)
                self.count(name, report)

    def count(self, name: str, report: Path) -> None:
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


def _pytest(report: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "--durations=8", f"--junitxml={report}", *arguments]


def main() -> int:
    """Run all; return the exit code."""
    tally = Tally()
    tally.step("ruff", BIN / "ruff", "check", "-q", ".")
    tally.step("ruff format", BIN / "ruff", "format", "--check", "-q", ".")
    tally.step("楼层与门（import-linter）", BIN / "lint-imports")
    tally.step("mypy --strict", BIN / "mypy")
    tally.step("不装 Django 也能算", sys.executable, "tests/base_install.py")
    measured = ["--cov", "--cov-report=term:skip-covered", "--cov-report=xml:var/coverage.xml"]
    own = measured if "--coverage" in sys.argv[1:] else []
    try:
        with (
            cluster() as url,
            tally.pytest_meanwhile("测试（PostgreSQL）", *ON_BOTH_DATABASES, env={"SHOUWANG_DATABASE_URL": url}),
        ):
            tally.pytest("测试（SQLite）", *own)
    except ClusterMissing as missing:
        tally.pytest("测试（SQLite）", *own)
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
