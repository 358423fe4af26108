"""The web server ends with the command that started it, however that is stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.cluster import free_port

COMMAND = [sys.executable, "-m", "shouwang.cli"]
PATIENCE = 60


def answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def waits_until(port: int, *, served: bool) -> None:
    until = time.monotonic() + PATIENCE
    while answers(port) is not served:
        assert time.monotonic() < until, f"port {port} served: {not served}"
        time.sleep(0.1)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_serving_when_the_command_is_stopped(tmp_path: Path, how: signal.Signals) -> None:
    port, environment = free_port(), {**os.environ, "SHOUWANG_DATA_DIR": str(tmp_path)}
    subprocess.run([*COMMAND, "migrate"], env=environment, check=True, capture_output=True)
    server = subprocess.Popen([*COMMAND, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL)
    try:
        waits_until(port, served=True)
        server.send_signal(how)
        assert server.wait(PATIENCE) == 0
        waits_until(port, served=False)
    finally:
        server.kill()
