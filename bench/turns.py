"""How the sides of a bench take turns: each a process of its own that answers one JSON line per request.

No import of the project: a side may live in an environment that has nothing but its own packages.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

Handler = Callable[..., Any]


def serve(handlers: Mapping[str, Handler]) -> None:
    """Answer requests ``{"do": name, ...}`` on standard input until it ends; what a handler prints goes to standard error.

    An answer holds what the handler returned, its wall and CPU seconds (all threads), and the peak memory so far.
    """
    out = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        work = handlers[request.pop("do")]
        wall, cpu = time.perf_counter(), time.process_time()
        found = work(**request)
        told = {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "found": found,
        }
        print(json.dumps(told), file=out, flush=True)


class Side:
    """One side's process. Raises RuntimeError where it ended instead of answering."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=None if env is None else dict(env)
        )

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        """Let the side work; return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with {self._process.wait()} when asked to {do} {given}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
