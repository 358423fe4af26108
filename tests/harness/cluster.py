"""A private PostgreSQL of our own on loopback, from Debian's binaries, gone when the block ends."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


class ClusterMissing(Exception):
    """PostgreSQL's server programs are not on this machine."""


def binaries() -> Path:
    """Return the newest installed PostgreSQL's program folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    onpath = shutil.which("initdb")
    if onpath:
        return Path(onpath).parent
    raise ClusterMissing("没有 PostgreSQL 服务端程序（Debian 包 postgresql）")


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _as_owner(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: then run it as Debian's own database user."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """Start an empty cluster (fsync on, C collation) and yield its URL ``postgresql://…/shouwang``."""
    programs, port = binaries(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="shouwang-pg-"))
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(_as_owner(list(command)), check=True, capture_output=True, cwd=folder, timeout=120)

    try:
        run(
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "shouwang",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=100 -c shared_buffers=256MB"
        run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            run(str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "shouwang", "shouwang")
            yield f"postgresql://shouwang@127.0.0.1:{port}/shouwang"
        finally:
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
