"""Progress bars on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tqdm import tqdm

Progress = Callable[[str, int, int], None]


class Bars:
    """One bar per stage; call it as ``progress(stage, done, total)``."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Move the bar of ``stage`` to ``done`` of ``total``; a new stage closes the old bar."""
        if not sys.stderr.isatty():
            return
        if stage != self._stage:
            self.close()
            self._bar, self._stage = tqdm(total=total, desc=stage, unit="条", leave=False), stage
        if self._bar is not None:
            self._bar.total = total
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """End the running bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar, self._stage = None, ""
