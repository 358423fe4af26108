"""The reading process: one job on standard input, progress on standard output, a receipt and two files in its folder.

Forked by ``template`` for one file, without Django, with limits on memory, CPU time and file size.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import resource
import signal
import sys
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

from shouwang.apps.exchange.contract import contract_from
from shouwang.apps.exchange.reading.container import CSV, XLSX
from shouwang.apps.exchange.reading.delivered import LARGE, Delivered
from shouwang.apps.exchange.reading.outcome import Account
from shouwang.apps.exchange.reading.read_file import read_file
from shouwang.apps.exchange.reading.reasons import Refused
from shouwang.apps.exchange.reading.receipt import receipt_of_read, receipt_of_refusal
from shouwang.lib import clock

OUT_OF_MEMORY, DISK_FULL = 9, 8
RECEIPT = "receipt.json"


def limit(memory: int, cpu: int, file_size: int) -> None:
    """Set this process's hard limits: bytes of address space, CPU seconds, bytes of one written file; no core dump."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it otherwise


def fsync(path: Path) -> None:
    """Put a file or folder on disk for good."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(job: dict[str, Any]) -> dict[str, Any]:
    """Read the job's file into its folder; return the receipt."""
    with Delivered(Path(job["file"])) as data:
        return _read(data, job)


def _read(data: Delivered, job: dict[str, Any]) -> dict[str, Any]:
    size = len(data)

    def report(done: int) -> None:
        sys.stdout.write(json.dumps({"done": done, "of": size}) + "\n")
        sys.stdout.flush()

    report(0)
    contract = contract_from(job["contract"])
    today = date.fromisoformat(job["today"])
    sink = _Late(job, contract, report)
    try:
        account: Account = read_file(data, job["extension"], contract, sink, today=today, home=job["home"])
    except Refused as refused:
        return {**receipt_of_refusal(refused), "sm3": data.sm3(), "size": size}
    sink.close()
    report(size)
    container = XLSX if account.sheets else CSV
    return {**receipt_of_read(account, container), "sm3": data.sm3(), "size": size}


class _Late:
    """Opens the lake's files (and loads pyarrow) only once the file has proved readable."""

    def __init__(self, job: dict[str, Any], contract: Any, report: Any) -> None:
        self._make = (job, contract, report)
        self._sink: Any = None

    def _opened(self) -> Any:
        if self._sink is None:
            from shouwang.apps.exchange.reading.lake import LakeSink

            job, contract, report = self._make
            keys = {name: bytes.fromhex(job[name]) for name in ("id_key", "name_key", "seal_key")}
            many = Path(job["file"]).stat().st_size > LARGE
            self._sink = LakeSink(Path(job["folder"]), contract, report=report, many=many, **keys)
        return self._sink

    def taken(self, rows: Any) -> None:
        self._opened().taken(rows)

    def quarantined(self, row: Any) -> None:
        self._opened().quarantined(row)

    def span(self, kind: str, where: Any) -> None:
        pass

    def progress(self, done: int) -> None:
        self._opened().progress(done)

    def close(self) -> None:
        self._opened().close()


def _say_where(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An unexpected error says where it happened and never what it read."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    sys.stderr.write(f"{kind.__name__} {where}\n")


def main() -> int:
    """Do the one job; return the exit code."""
    sys.excepthook = _say_where
    job = json.loads(sys.stdin.readline())
    limit(*job["limits"])
    os.umask(0o077)
    gc.disable()  # short-lived, no cycles to speak of: collecting would cost a third of the time
    clock.pin(date.fromisoformat(job["today"]))
    folder = Path(job["folder"])
    try:
        receipt = read(job)
        (folder / RECEIPT).write_text(json.dumps(receipt, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        for path in folder.iterdir():
            fsync(path)
        fsync(folder)
    except MemoryError:
        return OUT_OF_MEMORY
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return DISK_FULL
        raise
    return 0
