"""From installed packages to the demo's first page: seconds of `shouwang demo` until the sign-in page answers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.harness.cluster import free_port

PATIENCE = 300


def main() -> None:
    """Start the demo in an empty folder, wait for its sign-in page, stop it."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        demo = subprocess.Popen(
            [sys.executable, "-m", "shouwang.cli", "demo", "--data", f"{folder}/data", "--port", str(port)],
            stdout=subprocess.DEVNULL,
        )
        try:
            while time.monotonic() - began < PATIENCE:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=2) as answer:
                        assert answer.status == 200
                        break
                except urllib.error.HTTPError:
                    raise
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.2)
            print(json.dumps({"bench": "first_page", "seconds": round(time.monotonic() - began, 1)}))
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(timeout=20)


if __name__ == "__main__":
    main()
