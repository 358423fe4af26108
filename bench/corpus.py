"""The malformed-file corpus at any size against the importer: every verdict, every record, every value as its manifest says."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from shouwang.config.start import start


def main() -> None:
    """Read every file as the tests do, at full size; a file that ends otherwise fails the bench."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=["commit", "full"], default="full")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start(data_dir=folder, today="2026-11-02")
        from tests.apps.exchange.test_corpus import check

        from shouwang.synth.corpus import cases

        began, files, families, records, wrong = time.monotonic(), 0, set(), 0, []
        for case in cases(options.seed, options.size):
            files += 1
            families.add(case.family_name)
            records += len(case.records)
            try:
                check(case)
            except AssertionError as error:
                wrong.append(f"{case.path}: {str(error)[:120]}")
        figure = {
            "bench": "corpus",
            "size": options.size,
            "files": files,
            "families": len(families),
            "records": records,
        }
        print(json.dumps(figure | {"otherwise": len(wrong), "seconds": round(time.monotonic() - began, 1)}))
        print("\n".join(wrong[:20]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
