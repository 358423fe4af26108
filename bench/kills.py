"""kill -9 at full count: the import at random moments, the warning run at every point it has; each ends like an unkilled one."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.harness import kills, warn_kills

from shouwang.config.start import start


def write_files(folder: Path) -> None:
    """A roster, three feeds with broken rows, one that the gate holds and one that is refused."""
    from tests.apps.exchange.feed_files import death, feed_file, pension, roster_line, settlement

    folder.mkdir()
    lines = [roster_line(n, f"H{n // 3}", "户主" if n % 3 == 0 else "其他", 年工资性收入=f"{n}.00") for n in range(300)]
    feed_file(folder, "register_990101_2026-10.csv", lines)
    bills = [settlement(n % 320, f"{n}.50", f"2026-09-{1 + n % 30:02d}") for n in range(3000)]
    feed_file(folder, "medical_990101_2026-09.csv", [*bills, settlement(1, "x"), settlement(2, "1e3")])
    feed_file(folder, "pension_990101_2026-09.csv", [pension(n, "205.00") for n in range(310)], "gb18030")
    feed_file(folder, "death_990101_2026-09.csv", [death(n) for n in (3, 5, 310)])
    feed_file(folder, "death_990101_2026-10.csv", [death(n) for n in range(100)])
    (folder / "vehicle_990101_2026-09.csv").write_bytes(b"\x00\x01\x02")


def main() -> None:
    """Kill the import, then the run; a difference in what is left fails the bench."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--import", dest="imports", type=int, default=100)
    parser.add_argument("--warn", type=int, default=100)
    options = parser.parse_args()
    began = time.monotonic()
    wrong: list[object] = []
    if options.imports:
        with tempfile.TemporaryDirectory() as folder:
            start(data_dir=Path(folder) / "own", today=kills.TODAY)
            write_files(Path(folder) / "files")
            done = struck = 0
            while struck < options.imports:
                reports = list(
                    kills.kill_runs(
                        Path(folder) / f"work{done}", Path(folder) / "files", count=10, seed=20261102 + done
                    )
                )
                done += len(reports)
                struck += sum(report.kills for report in reports)
                wrong += [report.differences for report in reports if report.differences]
        figure = {"bench": "kills", "job": "import", "database": "sqlite", "kills": struck, "runs": done}
        print(json.dumps(figure | {"differing": len(wrong), "seconds": round(time.monotonic() - began)}), flush=True)
    if options.warn:
        began = time.monotonic()
        found = warn_kills.run(options.warn)
        print(
            json.dumps(
                {
                    "bench": "kills",
                    "job": "warn",
                    "database": "sqlite",
                    **found,
                    "seconds": round(time.monotonic() - began),
                },
                ensure_ascii=False,
            )
        )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
