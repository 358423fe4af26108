"""Rows a second through the importer with every check, beside DuckDB's explicit-schema read of the same file on the same cores.

Both read the same file in turn. The first turn also loads what reading takes (DuckDB is loaded before); its CPU seconds are
in the mean. Then the reading alone, in this process, tells what each stage costs in CPU seconds. Last a file of 50 rows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import duckdb

from shouwang.config.start import start
from shouwang.lib.identity import check_digit

HEADER = "身份证号,姓名,结算日期,就诊类型,总费用(元),个人自付(元),大病专项救治病种"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "建国秀英志强桂兰玉梅文华春燕海涛丽娟俊杰晓东红霞永福金凤德明淑珍"
VISITS = ("住院", "门诊统筹", "门诊慢特病")
TURNS, SMALL_TURNS = 3, 10


def write_feed(path: Path, rows: int, encoding: str) -> None:
    """Write a well-formed medical feed of so many rows: names of two and three characters, one in a hundred with a dot."""
    dice = random.Random(7)
    first = date(2026, 10, 1)
    days = [f"{first + timedelta(days=n)}" for n in range(31)]
    births = [f"{date(1940, 1, 1) + timedelta(days=n):%Y%m%d}" for n in range(29_000)]
    with path.open("w", encoding=encoding, newline="") as out:
        out.write(HEADER + "\r\n")
        for number in range(rows):
            seventeen = f"990101{births[dice.randrange(29_000)]}{number % 1000:03d}"
            name = dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=1 + number % 2))
            if number % 100 == 0:
                name = f"{name}·{GIVEN[:3]}"
            fee = dice.randrange(2_000, 900_000)
            out.write(
                f"{seventeen}{check_digit(seventeen)},{name},{days[dice.randrange(31)]},{VISITS[number % 3]},"
                f"{fee // 100}.{fee % 100:02d},{fee // 300}.00,\r\n"
            )


def theirs(path: Path) -> tuple[float, float]:
    """Return the seconds DuckDB takes to read the file into a table, its types given: on the clock and of CPU."""
    types = dict.fromkeys(HEADER.split(","), "VARCHAR") | {
        "结算日期": "DATE",
        "总费用(元)": "DECIMAL(12,2)",
        "个人自付(元)": "DECIMAL(12,2)",
    }
    with duckdb.connect() as base:
        base.execute(f"set threads to {len(os.sched_getaffinity(0))}")
        began, cpu = time.perf_counter(), time.process_time()
        base.execute("create table t as select * from read_csv(?, header=true, columns=?)", [str(path), types])
        return time.perf_counter() - began, time.process_time() - cpu


def stages(path: Path) -> dict[str, float]:
    """Return the CPU seconds of reading one file in a process of its own, by stage."""
    from shouwang.apps.exchange import sandbox

    command = [sys.executable, __file__, "--stages", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=sandbox.environment())
    return dict(json.loads(done.stdout))


def tell_stages(path: Path) -> None:
    """Read a file as the child process does, and print where its CPU seconds went."""
    from shouwang.apps.exchange.contract import load_contract
    from shouwang.apps.exchange.reading import delivered, encoding, lake, read_file, records, sealed, source, table
    from shouwang.apps.exchange.reading.delivered import Delivered

    spent: Counter[str] = Counter()

    def timed(owner: Any, name: str, stage: str) -> None:
        function: Callable[..., Any] = getattr(owner, name)

        @wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent[stage] += time.thread_time() - began

        setattr(owner, name, measured)

    timed(encoding, "decodes", "decide_encoding")
    timed(source.Source, "stretch", "read")
    running = delivered.sm3_running

    class Measured:
        """A digest whose time is known, in whatever thread it is fed."""

        def __init__(self) -> None:
            self._digest = running()
            self.hexdigest = self._digest.hexdigest

        def update(self, piece: bytes | memoryview) -> None:
            began = time.thread_time()
            self._digest.update(piece)
            spent["digest"] += time.thread_time() - began

    delivered.sm3_running = Measured
    timed(source.Source, "block", "find_lines")
    timed(records.Splitter, "rows", "split_and_look_closer")
    timed(table.Table, "look", "check_columns")
    timed(lake.LakeSink, "_batch", "names_and_index")
    timed(lake, "packed", "pack_hidden")
    timed(sealed.SealedWriter, "_seal", "seal")
    timed(lake.LakeSink, "_flush", "write_parquet")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        keys = {"id_key": b"i" * 32, "name_key": b"n" * 32, "seal_key": b"s" * 16}
        contract = load_contract("medical")
        sink = lake.LakeSink(Path(folder), contract, report=lambda done: None, many=True, **keys)
        began = time.process_time()
        with Delivered(path) as data:
            read_file.read_file(data, "csv", contract, sink, today=date(2026, 11, 2), home="990101000000")
            sink.close()
            data.sm3()
        spent["all_with_loading"] = time.process_time() - began
    print(json.dumps({stage: round(seconds, 3) for stage, seconds in spent.items()}))


@contextmanager
def noting() -> Iterator[Counter[str]]:
    """Give the seconds the parent spends on the digest before, and on noting the delivery after."""
    from shouwang.apps.exchange.services import importing

    spent: Counter[str] = Counter()
    kept, digest = importing._keep, importing.sm3_file

    def timed(function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def measured(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[stage] += time.perf_counter() - began

        return measured

    importing._keep, importing.sm3_file = timed(kept, "noting"), timed(digest, "digest_before")
    try:
        yield spent
    finally:
        importing._keep, importing.sm3_file = kept, digest


@contextmanager
def peak() -> Iterator[list[int]]:
    """Give the most memory (KiB resident) a reading process had, looked at every 20 ms.

    ``getrusage`` cannot say: for it the template begins with the memory of this process, into which DuckDB has read.
    """
    from shouwang.apps.exchange import sandbox

    most, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            template = sandbox.template_number()
            with suppress(OSError, IndexError):
                for child in Path(f"/proc/{template}/task/{template}/children").read_text().split():
                    status = Path(f"/proc/{child}/status").read_text()
                    most[0] = max(most[0], int(status.split("VmHWM:")[1].split()[0]))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield most
    finally:
        over.set()
        watching.join()


def measure(home: Path, rows: int, encoding: str) -> dict[str, Any]:
    """Time both readers on the same file in turn; DuckDB reads UTF-8 only, so GB18030 stands beside its UTF-8 figure."""
    from shouwang.apps.exchange import sandbox, services

    ours, duck, own_cpu = [], [], 0.0
    written = home / f"{encoding}.csv"
    write_feed(written, rows, encoding)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with noting() as spent, peak() as most:
        for turn in range(TURNS):
            path = written.rename(home / f"medical_990101_2026-{turn + 1:02d}.csv")
            began, cpu_before = time.perf_counter(), time.process_time()
            delivery = services.import_file(path)
            ours.append(time.perf_counter() - began)
            own_cpu += (time.process_time() - cpu_before) / TURNS
            assert delivery.accepted == rows, (delivery.refusal, delivery.receipt)
            if encoding == "utf-8":
                duck.append(theirs(path))
            written = path.rename(written)
    sandbox.end_template()  # what its children took counts once it has ended
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = written.stat().st_size
    began = time.perf_counter()
    with written.open("rb", buffering=0) as source:
        while source.read(1 << 20):
            pass
    floor = time.perf_counter() - began
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / TURNS
    figure: dict[str, Any] = {
        "bench": "import",
        "encoding": encoding,
        "rows": rows,
        "bytes": size,
        "seconds": [round(each, 2) for each in ours],
        "rows_per_second": round(rows / sorted(ours)[TURNS // 2]),
        "child_cpu_seconds": round(cpu, 2),
        "parent_cpu_seconds": round(own_cpu, 2),
        "parent_seconds": {stage: round(seconds / TURNS, 3) for stage, seconds in spent.items()},
        "floor_seconds_to_read_the_bytes": round(floor, 3),
        "child_peak_mib": most[0] // 1024,
    }
    if duck:
        figure |= {
            "duckdb_seconds": [round(clock, 2) for clock, _ in duck],
            "duckdb_cpu_seconds": round(sum(spent for _, spent in duck) / TURNS, 2),
            "duckdb_rows_per_second": round(rows / sorted(duck)[TURNS // 2][0]),
            "ratio": round(sorted(duck)[TURNS // 2][0] / sorted(ours)[TURNS // 2], 3),
            "ratio_of_cpu": round(sum(spent for _, spent in duck) / TURNS / (cpu + own_cpu), 3),
        }
    return figure


def small_file(home: Path) -> dict[str, Any]:
    """Time a file of 50 rows: the first loads what reading takes, the others come after it."""
    from shouwang.apps.exchange import sandbox, services

    seconds = []
    before, cpu = resource.getrusage(resource.RUSAGE_CHILDREN), 0.0
    for turn in range(SMALL_TURNS):
        path = home / f"medical_990102_2026-{turn + 1:02d}.csv"
        write_feed(path, 50, "utf-8")
        began, cpu_before = time.perf_counter(), time.process_time()
        assert services.import_file(path).accepted == 50
        seconds.append(round(time.perf_counter() - began, 3))
        cpu += time.process_time() - cpu_before
    sandbox.end_template()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"bench": "import_small", "rows": 50, "seconds": seconds, "cpu_seconds_a_file": round(cpu / SMALL_TURNS, 3)}


def main() -> None:
    """Measure UTF-8, then GB18030."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--stages", type=Path, help="used by the bench itself")
    options = parser.parse_args()
    if options.stages:
        tell_stages(options.stages)
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        start(data_dir=home / "data", today="2026-11-02")
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        figures = {encoding: measure(home, options.rows, encoding) for encoding in ("utf-8", "gb18030")}
        for encoding, figure in figures.items():
            print(json.dumps(figure | {"stages_cpu_seconds": stages(home / f"{encoding}.csv")}), flush=True)
        print(json.dumps(small_file(home)), flush=True)


if __name__ == "__main__":
    main()
