"""Draws what the national benches kept in ``docs/figures/*.json`` as SVG: growth with the nation, cost of a day's change.

A figure is drawn from whatever sizes were measured; one without any is left out and named. Three benches keep nothing by
themselves, since they are also run in part: ``eligibility-<people>.json``, ``spark-<people>.json`` and
``import-<rows>.json`` are what they print, as in
``python bench/spark.py --people 1000000 | grep '^{' > docs/figures/spark-1000000.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.measured import FIGURES
from shouwang.lib.charts import Points, log_lines

ROOT = Path(__file__).resolve().parents[1]

Line = dict[str, Any]
MEBIBYTES = 1024
LEAST = 1e-3
"""A figure below is drawn here: the clocks are told to hundredths of a second."""

COMPARED = {
    "DuckDB, one query": ("DuckDB", "sql", "sql-list"),
    "DuckDB, by parts": ("DuckDB", "sql-parts"),
    "ours: link, fold, judge": ("ours", "full"),
    "ours, small memory": ("ours", "small"),
    "ours: all feeds and rules": ("ours", "everything"),
    "ours: judge from state": ("ours", "again"),
}
REMEMBERED = ("DuckDB, one query", "ours: link, fold, judge", "ours, small memory", "ours: all feeds and rules")
ELIGIBILITY = {
    "DuckDB SQL by hand": "duckdb",
    "ours, NumPy columns": "columns",
    "ours, compiled": "compiled",
    "OpenFisca-Core": "openfisca",
    "PolicyEngine-core": "policyengine",
}


def kept(prefix: str) -> list[Line]:
    """Return all lines of a bench, of every size that was measured."""
    paths = sorted(FIGURES.glob(f"{prefix}-*.json"))
    texts = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in texts if line.startswith("{")]


def growth(
    lines: Sequence[Line], named: dict[str, Callable[[Line], bool]], key: str, share: float = 1.0
) -> list[Points]:
    """Return for each name the pairs of people and figure; of several forms of one size the fastest counts."""
    found = []
    for label, fits in named.items():
        best: dict[int, Line] = {}
        for line in filter(fits, lines):
            people = int(line["people"])
            if people not in best or line["wall_s"] < best[people]["wall_s"]:
                best[people] = line
        if best:
            pairs = [(people, max(float(line[key]) * share, LEAST)) for people, line in sorted(best.items())]
            found.append(Points(label, pairs))
    return found


def compared(lines: Sequence[Line], labels: Sequence[str], key: str, share: float = 1.0) -> list[Points]:
    """Return growth of the comparison's stages by one of their figures."""

    def fits(label: str) -> Callable[[Line], bool]:
        side, *stages = COMPARED[label]
        return lambda line: line.get("side") == side and line.get("stage") in stages

    return growth(lines, {label: fits(label) for label in labels}, key, share)


def deltas(lines: Sequence[Line]) -> list[Points]:
    """Return cost against changed rows for the largest nation measured, and DuckDB's query over everything."""
    if not lines:
        return []
    people = max(int(line["people"]) for line in lines)
    own = [line for line in lines if line["people"] == people]
    days = [line for line in own if line["side"] == "ours"]
    found = [
        Points(label, [(line["rows"], line["wall_s"]) for line in days if line["day"] == day])
        for label, day in (("same day", "same"), ("a day later: all judged", "next"))
    ]
    query = next(float(line["wall_s"]) for line in own if line["side"] == "DuckDB")
    rows = [float(line["rows"]) for line in days]
    found.append(Points("DuckDB, one query", [(min(rows), query), (max(rows), query)]))
    for label, day in (("same day, fitted", "same"), ("a day later, fitted", "next")):
        fit = next(line for line in own if line["side"] == "fit" and line["day"] == day)
        fixed, slope = fit["fixed_wall_s"], fit["slope_wall_s_per_million_rows"] / 1e6
        ends = [(row, fixed + slope * row) for row in sorted({line["rows"] for line in days if line["day"] == day})]
        found.append(Points(label, [(row, cost) for row, cost in ends if cost > 0]))
    return [each for each in found if each.pairs]


def eligibility(lines: Sequence[Line]) -> list[Points]:
    """Return growth of CPU time of each side of the eligibility bench."""
    lines = [line for line in lines if line.get("what") == "from Parquet, by parts"]

    def fits(side: str) -> Callable[[Line], bool]:
        return lambda line: line["side"] == side

    return growth(lines, {label: fits(side) for label, side in ELIGIBILITY.items()}, "cpu_s")


def spark(lines: Sequence[Line]) -> list[Points]:
    """Return growth of both works on Spark, ours and the SQL's, the faster turn of each."""
    works = {"warnings": "warnings", "eligibility": "results"}
    sides = {"applyInArrow": "ours", "sql": "SQL by hand"}

    def fits(work: str, side: str) -> Callable[[Line], bool]:
        return lambda line: line.get("work") == work and line.get("side") == side and "wall_s" in line

    return growth(
        lines,
        {f"{told}: {whose}": fits(work, side) for work, told in works.items() for side, whose in sides.items()},
        "wall_s",
    )


def imports(lines: Sequence[Line]) -> list[Points]:
    """Return the middle time of reading a file against its rows: ours in both encodings, and DuckDB's."""
    found = []
    for label, encoding, key in (
        ("ours, UTF-8", "utf-8", "seconds"),
        ("ours, GB18030", "gb18030", "seconds"),
        ("DuckDB, no checks", "utf-8", "duckdb_seconds"),
    ):
        pairs = [(int(line["rows"]), median(line[key])) for line in lines if line.get("encoding") == encoding]
        found.append(Points(label, sorted(pairs)))
    return [each for each in found if each.pairs]


def main() -> None:
    """Draw every figure of which something was measured."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    comparison, changes = kept("comparison"), kept("delta")
    people = "people in the register"
    figures = {
        "comparison-wall": (
            compared(comparison, list(COMPARED), "wall_s"),
            "Full comparison: seconds",
            people,
            "seconds, wall",
        ),
        "comparison-cpu": (
            compared(comparison, list(COMPARED), "cpu_s"),
            "Full comparison: CPU",
            people,
            "CPU seconds",
        ),
        "comparison-memory": (
            compared(comparison, REMEMBERED, "peak_mib", 1 / MEBIBYTES),
            "Full comparison: most memory held, mapped files too",
            people,
            "GiB",
        ),
        "delta": (deltas(changes), "A day's change", "rows that came new", "seconds, wall"),
        "eligibility-cpu": (eligibility(kept("eligibility")), "33 results from Parquet: CPU", "people", "CPU seconds"),
        "spark-wall": (spark(kept("spark")), "22 warnings, 33 results on Spark, local[2]", "people", "seconds, wall"),
        "import-wall": (imports(kept("import")), "A department's file", "rows", "seconds, wall"),
    }
    for name, (lines, title, x_label, y_label) in figures.items():
        path = FIGURES / f"{name}.svg"
        if lines:
            path.write_text(log_lines(lines, title=title, x_label=x_label, y_label=y_label) + "\n", encoding="utf-8")
        print(json.dumps({"bench": "plots", "figure": str(path.relative_to(ROOT)), "lines": len(lines)}))


if __name__ == "__main__":
    main()
