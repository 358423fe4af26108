"""The national store killed before and after every act on the disk, and its disk filled at every write: each verb must leave
the last whole version readable and, given again, end in the same bytes. Every point; --kills and --fulls bound it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.harness import nation_kills


def main() -> None:
    """Strike and print one line of JSON; a difference fails the bench."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--kills", type=int, default=-1, help="how many kills, spread over all points (-1: every point)"
    )
    parser.add_argument("--fulls", type=int, default=-1, help="how many full disks (-1: every write)")
    options = parser.parse_args()
    began = time.monotonic()
    found = nation_kills.run(options.kills, options.fulls)
    figure = {
        "bench": "nation_kills",
        **found,
        "differing": len(found["differing"]),
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(figure, ensure_ascii=False), flush=True)
    for each in found["differing"][:20]:
        print(each, file=sys.stderr)
    sys.exit(bool(found["differing"]))


if __name__ == "__main__":
    main()
