"""A stage of a bench in a process of its own: wall, CPU, peak memory, bytes written, largest spill; figures as JSON lines."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "figures"
THREADS = 2
_EVERY = 0.1
_PAUSED = 10


class Stage:
    """What a process spent from here on; ``figures`` once it is over."""

    def __init__(self, spill: Path | None = None) -> None:
        self.figures: dict[str, Any] = {}
        self._spill, self._over = spill, threading.Event()
        self._own_peak = self._spill_peak = 0

    def __enter__(self) -> Stage:
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        self._written = _written()
        self._cpu, self._wall = _cpu(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        wall, cpu = time.perf_counter() - self._wall, _cpu() - self._cpu
        self._over.set()
        self._watch.join()
        self.figures = {
            "wall_s": round(wall, 2),
            "cpu_s": round(cpu, 2),
            "peak_mib": _status("VmHWM") // 1024,
            "own_peak_mib": self._own_peak // 1024,
            "written_mb": round((_written() - self._written) / 1e6),
        }
        if self._spill is not None:
            self.figures["spill_mb"] = round(self._spill_peak / 1e6)

    def so_far(self) -> dict[str, float]:
        """Return the wall and CPU time since the stage began."""
        return {"wall_s": round(time.perf_counter() - self._wall, 2), "cpu_s": round(_cpu() - self._cpu, 2)}

    def _look(self) -> None:
        while True:
            self._own_peak = max(self._own_peak, _status("RssAnon"))
            if self._spill is not None:
                self._spill_peak = max(self._spill_peak, size_of(self._spill))
            if self._over.wait(_EVERY):
                return


def _status(name: str) -> int:
    """Return a figure of this process in KiB: VmHWM is the most it ever held, mapped files too; RssAnon what is its own now."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _written() -> int:
    lines = Path("/proc/self/io").read_text(encoding="ascii").split()
    return int(lines[lines.index("wchar:") + 1])


def size_of(folder: Path) -> int:
    """Return the bytes of the files under a folder; a file that goes away meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_size  # noqa: PTH116, PTH118 - a walk over thousands of files
            except FileNotFoundError:
                continue
    return total


def read_through(*folders: Path) -> int:
    """Read files once, so that each side finds them in memory alike; return their bytes."""
    total = 0
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file():
                with path.open("rb", buffering=0) as file:
                    while chunk := file.read(1 << 24):
                        total += len(chunk)
    return total


def run_stage(script: Path, stage: str, *words: str) -> dict[str, Any]:
    """Run ``script --stage`` in a process of its own with two threads; return the figures of its last line."""
    again = [sys.executable, str(script), "--stage", stage, *words]
    threads = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"), str(THREADS))
    source = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        again, env={**os.environ, **threads, **source}, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(f"{script.name} --stage {stage} ended with {done.returncode}\n{done.stdout[-2_000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    time.sleep(_PAUSED if "10000000" in words or "80000000" in words else 0)  # written pages go to the disk meanwhile
    return found


def load_now() -> float:
    """Return the machine's load."""
    return round(os.getloadavg()[0], 1)


@contextmanager
def lines_kept(name: str) -> Iterator[Any]:
    """Yield a function that prints a figure as a JSON line; all of them are kept in ``docs/figures/<name>.json``."""
    lines: list[str] = []

    def tell(figure: dict[str, Any]) -> None:
        lines.append(json.dumps(figure, ensure_ascii=False))
        print(lines[-1], flush=True)

    yield tell
    FIGURES.mkdir(parents=True, exist_ok=True)
    (FIGURES / f"{name}.json").write_text("\n".join(lines) + "\n", encoding="utf-8")


def lines_of(name: str) -> list[dict[str, Any]]:
    """Return the kept figures of a bench, none if it was not run."""
    path = FIGURES / f"{name}.json"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
