"""Triage races at full count: every race has exactly one winner, on SQLite and on PostgreSQL; a planted fault is caught first."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.harness import races
from tests.harness.cluster import cluster


def main() -> None:
    """Run the careless verb until it is caught, then the real one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--races", type=int, default=50)
    options = parser.parse_args()
    with cluster() as url:
        for database, address in (("sqlite", ""), ("postgresql", url)):
            planted = races.run(5, address, careless=True)
            tally = races.run(options.races, address)
            print(
                json.dumps(
                    {
                        "bench": "races",
                        "database": database,
                        "workers": races.WORKERS,
                        "planted": planted,
                        "tally": tally,
                    },
                    ensure_ascii=False,
                )
            )


if __name__ == "__main__":
    main()
