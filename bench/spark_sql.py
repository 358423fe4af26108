"""The hand-written queries of the other benches as Spark runs them best: the same text, the dialect's spelling put in its place.

Runs with ``spark.sql.ansi.enabled`` off, as a text must that counts on plain integers. What is asked twice is written once
and read back, which on Spark takes less than computing it twice.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pyspark.sql import SparkSession

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from bench.applicants import Applicants
from bench.common_subset import BACK, HOUSEHOLD_RESULTS, HOUSEHOLDS, LOCAL, NATIONAL, PERSON_RESULTS, PERSONS
from bench.nation_data import Nation
from bench.nation_sql import constants, tables_of, whole_query

SPELLINGS = (
    (r'"([a-z_]+\.[a-z_]+)"', r"`\1`"),
    (r"read_parquet\('([^']+)'\)", r"parquet.`\1`"),
    (r"FILTER \(", "FILTER (WHERE "),
    (r"max\((\w+), 2\)\[2\]", r"sort_array(collect_list(\1), false)[1]"),
    (r"list\(\{'id': person_id, 'mask': mask\}\)", "collect_list(named_struct('id', person_id, 'mask', mask))"),
    (r"persons IS NOT NULL", "size(persons) > 0"),
    (r"unnest\(", "explode("),
    (r"AS (NOT )?MATERIALIZED", "AS"),
    (r" // ", " DIV "),
)


def in_spark(text: str) -> str:
    """Return a DuckDB text as Spark spells it."""
    for pattern, spelling in SPELLINGS:
        text = re.sub(pattern, spelling, text)
    return text


def warnings_text(nation: Nation, as_of: date, local: Mapping[str, int], form: str) -> str:
    """Return the one query over the raw files: a row (id, mask) for each person and household with a warning."""
    text = whole_query(tables_of(nation), constants(as_of, local), form=form)
    chain, _, rest = text.partition("SELECT count(*) AS words")
    rows = rest.partition(" FROM (")[2].removesuffix(")")
    return in_spark(chain + rows)


def judge_warnings(session: SparkSession, text: str, out: Path) -> None:
    """Run the query; write its rows."""
    session.sql(text).write.parquet(str(out))


def judge_applicants(session: SparkSession, applicants: Applicants, out: Path) -> None:
    """Compute the thirty-three results; write those of households, then, with them, those of persons."""
    for name in ("persons", "households"):
        session.read.parquet(f"{applicants.folder}/{name}-*.parquet").createOrReplaceTempView(name)
    session.read.parquet(str(applicants.folder / "places.parquet")).createOrReplaceTempView("places")
    brought = ", ".join(name for name in LOCAL if name.startswith(("dis_", "care_")))
    session.sql(in_spark(PERSONS.format(**NATIONAL))).createOrReplaceTempView("p")
    session.sql(in_spark(HOUSEHOLDS.format(brought=brought, **NATIONAL))).write.parquet(str(out / "households"))
    session.read.parquet(str(out / "households")).createOrReplaceTempView("h")
    columns = ", ".join(("person", *PERSON_RESULTS))
    session.sql(in_spark(BACK.format(columns=columns, order=""))).write.parquet(str(out / "persons"))


RESULTS = {"households": ("household", HOUSEHOLD_RESULTS), "persons": ("person", PERSON_RESULTS)}
"""What ``judge_applicants`` writes: the key and the results of each side."""
