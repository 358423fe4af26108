"""Linkage without an identity number: FEBRL 4 without its identity column, and Chinese names with damage of known truth.

FEBRL: ours, Splink's own library, and recordlinkage's ECM (in an environment of its own under ``var/``). Chinese names: ours against
exact, normalised and pinyin equality and plain Jaro–Winkler Splink; then new records one by one through the kept index.
The damage model is ours: compare rows, do not quote the absolute figures.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.damaged_names import keyed, people, records_about
from bench.environments import python_of
from bench.febrl import ADDRESSES, Entry, plain_splink, read
from shouwang.engine.backends.linkage import (
    duckdb_database,
    frequencies,
    link_records,
    spark_database,
    table_of,
    train,
)
from shouwang.engine.linkage.index import build_index, suggest
from shouwang.engine.linkage.levels import AREA, BIRTH, SEX
from shouwang.engine.linkage.model import Model, packaged_model
from shouwang.engine.linkage.records import Whom, compared

ROOT = Path(__file__).resolve().parents[1]
Pairs = list[tuple[int, int, float]]
THRESHOLDS = [0.01, 0.02, 0.05, *(at / 20 for at in range(2, 20)), 0.95, 0.98, 0.99, 0.995, 0.999]
CURVE = ROOT / "docs/figures/linkage_curve.json"
PROMISED = 0.995
KEY = b"the key of a bench"
COMMAND = "python bench/linkage.py"


def tell(**figures: Any) -> None:
    print(json.dumps(figures, ensure_ascii=False), flush=True)


def scored(pairs: Pairs, truth: set[tuple[int, int]], least: float) -> tuple[float, float, float]:
    """Return F1, precision and recall of the pairs at or above a probability."""
    found = [(one, two) for one, two, probability in pairs if probability >= least]
    right = sum(pair in truth for pair in found)
    precision, recall = right / max(1, len(found)), right / len(truth)
    return (2 * precision * recall / (precision + recall) if right else 0.0), precision, recall


def figures_of(pairs: Pairs, truth: set[tuple[int, int]], least: float) -> dict[str, float]:
    value, precision, recall = scored(pairs, truth, least)
    best = max(scored(pairs, truth, each)[0] for each in THRESHOLDS)
    figures = {f"f1_at_{least}": value, "precision": precision, "recall": recall, "best_f1": best}
    return {name: round(figure, 4) for name, figure in figures.items()}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    return work(), round(time.process_time() - began, 2)


def febrl() -> bool:
    """Three sides on the same 5,000 × 5,000 records, the identity column withheld; return whether ours is as good as promised."""
    with tempfile.TemporaryDirectory() as folder:
        side = ROOT / "bench/environments/febrl_sides.py"
        told = subprocess.run(
            [str(python_of("recordlinkage")), "-W", "ignore", str(side), folder],
            check=True,
            capture_output=True,
            text=True,
        )
        (a, names_a), (b, names_b) = read(Path(folder) / "a.csv"), read(Path(folder) / "b.csv")
        lines = (Path(folder) / "truth.csv").read_text(encoding="utf-8").split()[1:]
    place_a, place_b = ({name: at for at, name in enumerate(names)} for names in (names_a, names_b))
    truth = {(place_a[one], place_b[two]) for one, two in (line.split(",") for line in lines)}
    pairs, spent = timed(lambda: _ours_on_febrl(a, b))
    ours = figures_of(pairs, truth, 0.9)
    tell(bench="linkage.febrl4", side="ours", **ours, cpu_s=spent)
    tables = _entries(a), _entries(b)
    pairs, spent = timed(lambda: plain_splink(*tables))
    tell(bench="linkage.febrl4", side="Splink 5.0.0, its own library", **figures_of(pairs, truth, 0.9), cpu_s=spent)
    tell(bench="linkage.febrl4", **json.loads(told.stdout.strip().splitlines()[-1]))
    return ours["f1_at_0.9"] >= PROMISED


def _entries(entries: list[Entry]) -> pa.Table:
    columns = zip(*entries, strict=True)
    types = [pa.int64(), *(pa.string() for _ in Entry._fields[1:])]
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, types, strict=True)], names=Entry._fields)


def _ours_on_febrl(a: list[Entry], b: list[Entry]) -> Pairs:
    """Weights by EM under our levels; some pairs are judged a second time by our own evaluator."""
    tables = _entries(a), _entries(b)
    model = train(tables[1], tables[0], version="febrl4", scheme=ADDRESSES, pairs=5e6)
    found = link_records(tables[1], tables[0], model, at_least=min(THRESHOLDS))
    shares = {
        each.weighed_by: frequencies(tables[0], each.weighed_by) for each in ADDRESSES.comparisons if each.weighed_by
    }

    def frequency(column: str, value: str) -> float | None:
        return shares[column].get(value)

    for pair in found[:: max(1, len(found) // 500)]:
        judged = model.judge(a[pair.person], b[pair.record], prior=model.prior(len(a)), frequency=frequency)
        assert abs(judged.probability - pair.probability) < 1e-9, pair
    return [(pair.person, pair.record, pair.probability) for pair in found]


def chinese(size: int, count: int, seed: int, curve: Path | None) -> None:
    """Damaged Chinese names against a register of ``size`` people."""
    register = people(size, seed)
    records, about = records_about(register, count, seed)
    truth = {(at, person) for at, person in enumerate(about) if person >= 0}
    size_of = {"register": size, "records": count, "true_pairs": len(truth)}
    for side, form in (("exact name, birth, sex", "raw"), ("normalised name", "norm"), ("pinyin", "pinyin")):
        pairs, spent = timed(lambda form=form: _equal_on(register, records, form))
        tell(bench="linkage.chinese", side=side, **size_of, **figures_of(pairs, truth, 0.95), cpu_s=spent)
    sides: dict[str, Pairs] = {}
    sides["plain"], spent = timed(lambda: _jaro_winkler(register, records))
    tell(bench="linkage.chinese", side="Splink, Jaro–Winkler on the characters", **size_of,
         **figures_of(sides["plain"], truth, 0.95), cpu_s=spent)  # fmt: skip
    tables, forms_cpu = timed(lambda: (table_of(records), table_of(register)))
    model, train_cpu = timed(lambda: train(*tables, version="bench"))
    found, link_cpu = timed(lambda: link_records(*tables, model, at_least=min(THRESHOLDS)))
    sides["ours"] = [(pair.record, pair.person, pair.probability) for pair in found]
    tell(bench="linkage.chinese", side="ours", **size_of, **figures_of(sides["ours"], truth, 0.95),
         cpu_s=round(forms_cpu + train_cpu + link_cpu, 2), forms_cpu_s=forms_cpu, train_cpu_s=train_cpu,
         link_cpu_s=link_cpu)  # fmt: skip
    latency(register, records, model, truth, sides["ours"])
    if curve is not None:
        points = {side: _curve(pairs, truth) for side, pairs in sides.items()}
        labels = {"ours": "中文比对层级", "plain": "Jaro–Winkler（Splink）"}
        curve.parent.mkdir(parents=True, exist_ok=True)
        kept = {
            "command": f"{COMMAND} --people {size} --records {count}",
            **size_of,
            "labels": labels,
            "curves": points,
        }
        curve.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _curve(pairs: Pairs, truth: set[tuple[int, int]]) -> list[dict[str, float]]:
    points = []
    for least in THRESHOLDS:
        value, precision, recall = scored(pairs, truth, least)
        points.append(
            {"least": least, "precision": round(precision, 5), "recall": round(recall, 5), "f1": round(value, 5)}
        )
    return points


def _equal_on(register: list[Whom], records: list[Whom], form: str) -> Pairs:
    there: dict[tuple[str, str, int], list[int]] = {}
    for at, key in enumerate(keyed(register, form)):
        if key[0]:
            there.setdefault(key, []).append(at)
    return [(at, person, 1.0) for at, key in enumerate(keyed(records, form)) for person in there.get(key, ())]


def _jaro_winkler(register: list[Whom], records: list[Whom]) -> Pairs:
    """Splink with its own name comparison over the characters as they came; birth, sex and division as ours."""
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator

    from shouwang.engine.backends.linkage import settings_of

    logging.getLogger("splink").setLevel(logging.ERROR)
    ours = {each["output_column_name"]: each for each in settings_of()["comparisons"]}
    blocks = (
        ("birth", "sex"), ("name", "birth_month"), ("name", "county"), ("first", "month_day", "prefecture"),
        ("first", "birth_month", "county"), ("name", "month_day"),
    )  # fmt: skip
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="row",
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.9, 0.8, 0.65]).configure(term_frequency_adjustments=True),
            *(ours[each.name] for each in (BIRTH, SEX, AREA)),
        ],
        blocking_rules_to_generate_predictions=[
            {"blocking_rule": " AND ".join(f"l.{column} = r.{column}" for column in block)} for block in blocks
        ],
    )
    database = duckdb_database()
    tables = [_with_names(register), _with_names(records)]
    linker = Linker(
        [database.register(table, dataset_display_name=name) for table, name in zip(tables, "ab", strict=True)],
        settings,
        log_level=None,
    )
    linker.training.estimate_probability_two_random_records_match(
        ["l.name = r.name AND l.birth = r.birth AND l.sex = r.sex"], recall=0.55
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=4)
    for block in (("birth", "sex"), ("name",)):
        linker.training.estimate_parameters_using_expectation_maximisation(
            " AND ".join(f"l.{column} = r.{column}" for column in block), estimate_without_term_frequencies=True
        )
    scored_table = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    rows = linker.misc.query_sql(
        f"SELECT source_dataset_l, row_l, row_r, match_probability FROM {scored_table.physical_name}"
    ).as_record_list()
    return [
        (row["row_r"], row["row_l"], row["match_probability"])
        if row["source_dataset_l"] == "a"
        else (row["row_l"], row["row_r"], row["match_probability"])
        for row in rows
    ]


def _with_names(records: list[Whom]) -> pa.Table:
    kept = (
        "row",
        "birth",
        "birth_year",
        "birth_month",
        "month_day",
        "sex",
        "village",
        "township",
        "county",
        "prefecture",
    )
    names = [whom.name for whom in records]
    table = table_of(records).select(kept).append_column("name", pa.array(names, pa.string()))
    return table.append_column("first", pa.array([name[:1] for name in names], pa.string()))


def latency(register: list[Whom], records: list[Whom], model: Model, truth: set[tuple[int, int]], batch: Pairs) -> None:
    """New records one by one through the kept index, and how many of its suggestions are Splink's too."""
    index, built = timed(lambda: build_index(enumerate(register), KEY))
    spent, candidates, found = [], [], []
    for at, whom in enumerate(records[:2_000]):
        began = time.process_time_ns()
        suggested = suggest(whom, index, model, lambda ids: {each: register[each] for each in ids}, most=1_000)
        spent.append((time.process_time_ns() - began) / 1e6)
        candidates.append(len(index.candidates(compared(whom))))
        found += [(at, each.person, each.judged.probability) for each in suggested]
    here = {(one, two): probability for one, two, probability in batch if one < 2_000 and probability >= 0.05}
    ours = {(one, two): probability for one, two, probability in found}
    apart = max((abs(here[pair] - ours[pair]) for pair in here.keys() & ours.keys()), default=0.0)
    changed = {at: register[at]._replace(name=register[at].name + "一") for at in range(100)}
    _, updated = timed(lambda: index.update(changed))
    tell(bench="linkage.new_record", register=len(register), records=len(spent), p50_ms=round(float(np.percentile(spent, 50)), 3),
         p95_ms=round(float(np.percentile(spent, 95)), 3), candidates_p50=int(np.median(candidates)),
         candidates_p95=int(np.percentile(candidates, 95)), pairs=len(ours), pairs_unlike_splink=len(here.keys() ^ ours.keys()),
         largest_difference=apart, index_build_cpu_s=built, update_of_100_cpu_s=updated,
         index_mb=round(sum(each.nbytes for each in (*index.hashes, *index.persons)) / 1e6, 1))  # fmt: skip


def spark(size: int, count: int, seed: int) -> None:
    """The very same settings on Spark and on DuckDB: the same pairs, levels and probabilities."""
    from pyspark.sql import SparkSession

    register = people(size, seed)
    records, _ = records_about(register, count, seed)
    model = packaged_model()
    with tempfile.TemporaryDirectory() as folder:
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.memory", "1g")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.local.dir", folder)
            .config("spark.sql.warehouse.dir", f"{folder}/warehouse")
            .config("spark.log.level", "ERROR")
            .config("spark.ui.showConsoleProgress", "false")
            .getOrCreate()
        )
        try:
            began = time.perf_counter()
            by_spark = link_records(records, register, model, database=spark_database(session))
            wall = round(time.perf_counter() - began, 1)
        finally:
            session.stop()
    by_duckdb = link_records(records, register, model)
    one, two = ({(pair.record, pair.person): pair for pair in pairs} for pairs in (by_spark, by_duckdb))
    apart = max((abs(one[key].probability - two[key].probability) for key in one.keys() & two.keys()), default=0.0)
    levels = sum(one[key].levels != two[key].levels for key in one.keys() & two.keys())
    tell(bench="linkage.spark", register=size, records=count, pairs=len(one), pairs_unlike_duckdb=len(one.keys() ^ two.keys()),
         levels_unlike_duckdb=levels, largest_difference=apart, wall_s=wall)  # fmt: skip
    if one.keys() != two.keys() or levels or apart > 1e-9:
        raise SystemExit(1)


def main() -> None:
    """Run what is asked for; exit code 1 where a promised figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--people", type=int, default=200_000, help="people in the register (2000000 with --records 10000)"
    )
    parser.add_argument("--records", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["febrl", "chinese", "spark"])
    parser.add_argument(
        "--curve", type=Path, help=f"write the precision/recall curve there ({CURVE.relative_to(ROOT)})"
    )
    options = parser.parse_args()
    good = True
    if options.only == "spark":
        spark(min(options.people, 2_000), min(options.records, 500), options.seed)
    if options.only in {None, "febrl"}:
        good = febrl()
    if options.only in {None, "chinese"}:
        chinese(options.people, options.records, options.seed, options.curve)
    sys.exit(not good)


if __name__ == "__main__":
    main()
