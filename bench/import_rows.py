"""Rows a second through the importer with every check, beside DuckDB's explicit-schema read of the same file on the same cores."""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb

from shouwang.config.start import start
from shouwang.lib.identity import check_digit

HEADER = "身份证号,姓名,结算日期,就诊类型,总费用(元),个人自付(元),大病专项救治病种"


def write_feed(path: Path, rows: int, encoding: str) -> None:
    """Write a well-formed medical feed of so many rows."""
    dice = random.Random(7)
    first = date(2026, 10, 1)
    with path.open("w", encoding=encoding, newline="") as out:
        out.write(HEADER + "\r\n")
        for number in range(rows):
            born = date(1940, 1, 1) + timedelta(days=dice.randrange(29000))
            seventeen = f"990101{born:%Y%m%d}{number % 1000:03d}"
            fee = dice.randrange(2000, 900000)
            day = first + timedelta(days=dice.randrange(31))
            out.write(
                f"{seventeen}{check_digit(seventeen)},王建国,{day},住院,{fee // 100}.{fee % 100:02d},{fee // 300}.00,\r\n"
            )


def main() -> None:
    """Time both readers on the same file, in turn, three times each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=300_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        start(data_dir=home / "data", today="2026-11-02")
        from django.core.management import call_command

        from shouwang.apps.exchange import services

        call_command("migrate", verbosity=0)
        for encoding in ("utf-8", "gb18030"):
            ours, theirs = [], []
            for turn in range(3):
                path = home / f"medical_990101_2026-{turn + 1:02d}.csv"
                write_feed(path, options.rows + turn, encoding)
                began = time.perf_counter()
                delivery = services.import_file(path)
                ours.append((options.rows + turn) / (time.perf_counter() - began))
                assert delivery.accepted == options.rows + turn, (delivery.refusal, delivery.receipt)
                if encoding == "utf-8":
                    began = time.perf_counter()
                    types = dict.fromkeys(HEADER.split(","), "VARCHAR") | {
                        "结算日期": "DATE",
                        "总费用(元)": "DECIMAL(12,2)",
                        "个人自付(元)": "DECIMAL(12,2)",
                    }
                    duckdb.connect().execute(
                        "create table t as select * from read_csv(?, header=true, columns=?)", [str(path), types]
                    )
                    theirs.append((options.rows + turn) / (time.perf_counter() - began))
            figure = {
                "bench": "import",
                "encoding": encoding,
                "rows": options.rows,
                "rows_per_second": round(sorted(ours)[1]),
            }
            if theirs:
                figure |= {
                    "duckdb_rows_per_second": round(sorted(theirs)[1]),
                    "ratio": round(sorted(ours)[1] / sorted(theirs)[1], 3),
                }
            print(json.dumps(figure))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(json.dumps({"bench": "import", "child_peak_mib": peak}))


if __name__ == "__main__":
    main()
