"""Thirty-three results (membership, income, 低保, 低保边缘, subsidies, 刚性支出) by our columns, by the same rules compiled to
machine code (compiled before the clock starts; that time is stated) and by DuckDB SQL written by hand.

The same Arrow and NumPy data of invented people, nulls included, in one run. The results must be equal, row for row, or the
bench ends with exit code 1. What these rules ask of others is given as data. Best of three turns each; the SQL is in the
best form we know: one pass over persons, one grouping, the parameters as constants. NumPy uses one thread always.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.engine.agreement import random_frame

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.compiled import evaluate_compiled
from shouwang.engine.book import Book, load_book
from shouwang.engine.frame import Column, Frame
from shouwang.engine.inputs import InputSpec
from shouwang.engine.parameters import GIVEN, Assertion, ParameterTable

AS_OF = date(2026, 10, 31)
AREA = "990101001001"
TURNS = 3
BATCH = 122_880
"""Rows of one DuckDB row group, so that two threads have something to share."""
RARE = (
    "deceased",
    "lives_apart",
    "declared_missing",
    "member_separated",
    "left_out_by_province",
    "clergy_years",
    "custody_kind",
    "member_finding",
    "on_dibao",
    "on_dibao_marginal",
    "on_single_unit",
)
SELDOM = 0.04
PERSON_RESULTS = (
    "member_by_law",
    "left_out_by_law",
    "counted_member",
    "left_out_income",
    "other_countable_income",
    "dibao_member",
    "marginal_member",
    "certified",
    "severe_for_subsidies",
    "intellectual_or_mental",
    "care_extended",
    "care_subsidy_eligible",
    "living_dibao",
    "care_rate_grade",
    "care_standard_grade1",
    "care_standard_grade2",
    "care_standard",
    "care_subsidy_amount",
    "living_subsidy_amount",
)
HOUSEHOLD_RESULTS = (
    "unit_size",
    "household_wage_income",
    "household_other_income",
    "employment_cost",
    "household_income",
    "per_capita_income_month",
    "dibao_line",
    "dibao_eligible",
    "dibao_gap_amount",
    "marginal_line",
    "income_within_marginal_line",
    "dibao_marginal_eligible",
    "income_below_disposable_line",
    "rigid_eligible",
)
PARAMETERS = {
    "member_adult_age": 18,
    "clergy_years_least": 3,
    "employment_cost_percent": 30,
    "employment_cost_fixed": 0,
    "dibao_urban": 960_000,
    "dibao_rural": 720_000,
    "dibao_margin_urban": 1_440_000,
    "dibao_margin_rural": 1_080_000,
    "marginal_inclusive": 0,
    "gap_rounding_unit": 100,
    "care_extension_grade": 3,
    "dis_nursing_grade1_dibao": 180_000,
    "dis_nursing_grade1": 144_000,
    "dis_nursing_grade2_dibao": 132_000,
    "dis_nursing_grade2": 120_000,
    "dis_nursing_grade3_intellectual_mental": 96_000,
    "dis_nursing_grade4_intellectual_mental": 60_000,
}
PERSONS = """
CREATE OR REPLACE TEMP TABLE p AS
WITH members AS (
  SELECT *,
    CASE WHEN member_kinship <= 2 THEN TRUE
         WHEN member_kinship = 3
         THEN age < {member_adult_age} OR member_study = 1 OR cannot_live_independently OR long_term_cohabiting
         WHEN member_kinship = 4 THEN long_term_cohabiting
         WHEN member_kinship IS NOT NULL THEN FALSE END AS member_by_law,
    custody_kind <> 0 OR declared_missing OR clergy_years >= {clergy_years_least} OR member_separated
      OR left_out_by_province AS left_out_by_law,
    deceased OR lives_apart AS gone,
    excluded_income_year + basic_pension_left_out + high_age_allowance_left_out + disability_subsidy_left_out
      + child_grants_left_out AS left_out_income,
    disability_grade > 0 AND NOT deceased AS certified
  FROM persons
), judged AS (
  SELECT *,
    CASE WHEN gone THEN FALSE WHEN NOT gone THEN found WHEN NOT found THEN FALSE END AS counted_member,
    business_income_year + property_income_year + transfer_income_year + other_income_year
      - left_out_income - hardship_deduction_year AS other_countable_income,
    certified AND disability_grade <= 2 AS severe_for_subsidies,
    CASE WHEN disability_kind = 7 THEN certified AND multiple_includes_mental
         WHEN disability_kind IS NOT NULL THEN certified AND disability_kind BETWEEN 5 AND 6
         WHEN NOT certified THEN FALSE END AS intellectual_or_mental
  FROM (SELECT *,
    CASE WHEN member_finding = 1 THEN TRUE WHEN member_finding = 2 THEN FALSE
         WHEN member_finding IS NOT NULL THEN member_by_law AND NOT left_out_by_law END AS found
  FROM members)
)
SELECT household, person, member_by_law, left_out_by_law, counted_member, left_out_income, other_countable_income,
  certified, severe_for_subsidies, intellectual_or_mental, disability_grade, on_dibao, on_dibao_marginal,
  long_term_care_needed, on_single_unit, single_unit_eligible, living_subsidy_eligible, living_standard,
  certified AND disability_grade >= 3 AND intellectual_or_mental AND disability_grade <= {care_extension_grade}
    AS care_extended,
  CASE WHEN counted_member THEN labour_income WHEN NOT counted_member OR labour_income = 0 THEN 0 END AS wage_share,
  CASE WHEN counted_member THEN other_countable_income
       WHEN NOT counted_member OR other_countable_income = 0 THEN 0 END AS other_share
FROM judged
"""
HOUSEHOLDS = """
CREATE OR REPLACE TEMP TABLE h AS
WITH grouped AS (
  SELECT household,
    CASE WHEN count(*) = count(counted_member) THEN count(*) FILTER (counted_member) END AS unit_size,
    CASE WHEN count(*) = count(wage_share) THEN CAST(sum(wage_share) AS BIGINT) END AS household_wage_income,
    CASE WHEN count(*) = count(other_share) THEN CAST(sum(other_share) AS BIGINT) END AS household_other_income
  FROM p GROUP BY household
), joined AS (
  SELECT h.*,
    CASE WHEN g.household IS NULL THEN 0 ELSE unit_size END AS unit_size,
    CASE WHEN g.household IS NULL THEN 0 ELSE household_wage_income END AS household_wage_income,
    CASE WHEN g.household IS NULL THEN 0 ELSE household_other_income END AS household_other_income,
    CASE WHEN urban_household THEN {dibao_urban} WHEN NOT urban_household THEN {dibao_rural} END AS dibao_line,
    CASE WHEN urban_household THEN {dibao_margin_urban}
         WHEN NOT urban_household THEN {dibao_margin_rural} END AS marginal_line
  FROM households h LEFT JOIN grouped g USING (household)
), costs AS (
  SELECT *,
    CASE WHEN household_wage_income = 0 THEN 0
         ELSE cost // 100 - CASE WHEN cost % 100 < 0 THEN 1 ELSE 0 END END AS employment_cost
  FROM (SELECT *, household_wage_income * {employment_cost_percent} + 99 AS cost FROM joined)
), incomes AS (
  SELECT *, CASE WHEN earned > 0 THEN earned WHEN earned <= 0 THEN 0 END AS household_income
  FROM (SELECT *, household_wage_income - employment_cost + household_other_income + household_support_fee AS earned
        FROM costs)
), lines AS (
  SELECT *,
    CASE WHEN unit_size > 0 THEN household_income // (unit_size * 12) END AS per_capita_income_month,
    unit_size > 0 AND household_income < dibao_line * unit_size AND property_ok AS dibao_eligible,
    dibao_line * unit_size - household_income + {gap_rounding_unit} * 12 - 1 AS short,
    household_income < marginal_line * unit_size AS income_within_marginal_line,
    household_income < disposable_income_line * unit_size AS income_below_disposable_line
  FROM incomes
), amounts AS (
  SELECT *,
    (short // ({gap_rounding_unit} * 12) - CASE WHEN short % ({gap_rounding_unit} * 12) < 0 THEN 1 ELSE 0 END)
      * {gap_rounding_unit} AS gap
  FROM lines
)
SELECT household, unit_size, household_wage_income, household_other_income, employment_cost, household_income,
  per_capita_income_month, dibao_line, dibao_eligible, marginal_line, income_within_marginal_line,
  income_below_disposable_line,
  CASE WHEN dibao_eligible THEN gap WHEN NOT dibao_eligible OR gap = 0 THEN 0 END AS dibao_gap_amount,
  unit_size > 0 AND NOT dibao_eligible AND income_within_marginal_line AND property_ok AS dibao_marginal_eligible,
  unit_size > 0 AND outside_prior_schemes AND income_below_disposable_line AND rigid_property_ok
    AND rigid_spending_exceeds AND rigid_other_ok AS rigid_eligible
FROM amounts
"""
BACK = """
WITH belonging AS (
  SELECT p.*,
    on_dibao OR (counted_member AND dibao_eligible) AS dibao_member,
    on_dibao_marginal OR (counted_member AND dibao_marginal_eligible) AS marginal_member,
    (severe_for_subsidies OR care_extended) AND long_term_care_needed AS care_subsidy_eligible,
    (living_standard + 11) // 12 - CASE WHEN (living_standard + 11) % 12 < 0 THEN 1 ELSE 0 END AS living
  FROM p JOIN h USING (household)
), standards AS (
  SELECT *, certified AND (dibao_member OR on_single_unit OR single_unit_eligible) AS living_dibao FROM belonging
), rates AS (
  SELECT *,
    disability_grade AS care_rate_grade,
    CASE WHEN living_dibao THEN {dis_nursing_grade1_dibao}
         WHEN NOT living_dibao THEN {dis_nursing_grade1} END AS care_standard_grade1,
    CASE WHEN living_dibao THEN {dis_nursing_grade2_dibao}
         WHEN NOT living_dibao THEN {dis_nursing_grade2} END AS care_standard_grade2
  FROM standards
), care AS (
  SELECT *,
    CASE WHEN disability_grade = 1 THEN care_standard_grade1 WHEN disability_grade = 2 THEN care_standard_grade2
         WHEN disability_grade = 3 THEN {dis_nursing_grade3_intellectual_mental}
         WHEN disability_grade IS NOT NULL THEN {dis_nursing_grade4_intellectual_mental} END AS care_standard
  FROM rates
)
SELECT {columns},
  CASE WHEN care_subsidy_eligible THEN (care_standard + 11) // 12
       WHEN NOT care_subsidy_eligible THEN 0 END AS care_subsidy_amount,
  CASE WHEN living_subsidy_eligible THEN living
       WHEN NOT living_subsidy_eligible OR living = 0 THEN 0 END AS living_subsidy_amount
FROM care ORDER BY person
"""


def subset_of(book: Book) -> Book:
    """Return a book of the thirty-three rules alone; what they ask of other rules is an input of it."""
    in_force = book.versions_on(AS_OF, AREA)
    own = {name: in_force[name] for name in (*HOUSEHOLD_RESULTS, *PERSON_RESULTS)}
    asked = dict.fromkeys(argument for each in own.values() for argument in each.arguments if argument not in own)
    inputs = {name: book.inputs[name] for name in asked if name in book.inputs}
    for name in asked:
        if name in book.definitions:
            made = in_force[name]
            inputs[name] = InputSpec(name, made.label, made.entity, made.unit, "as_is", base="birth_date")
    return Book(
        definitions=[replace(each, since=date(2000, 1, 1), until=None) for each in own.values()],
        items=book.items,
        inputs=inputs,
        parameter_specs={name: book.parameter_specs[name] for name in asked if name in book.parameter_specs},
        parameters=ParameterTable(),
        sources=book.sources,
        fingerprint="subset",
    )


def table_of(subset: Book) -> ParameterTable:
    """Return the parameters, all set for the nation. Raises KeyError for one this bench has no value for."""
    rows = [
        Assertion(name, AREA, PARAMETERS[name], spec.per or spec.unit, date(2000, 1, 1), source=GIVEN)
        for name, spec in subset.parameter_specs.items()
    ]
    return subset.table(rows)


def invented(subset: Book, households: int) -> Frame:
    """Return invented households in which the exceptions are exceptions."""
    frame = random_frame(subset, households, AS_OF, seed=5, extremes=False)
    frame.area_codes[:] = AREA
    random = np.random.default_rng(6)
    for name in RARE:
        column = frame.person[name]
        column.values[random.random(frame.persons) > SELDOM] = 0
    kinship = frame.person["member_kinship"]
    kinship.values[:] = np.where(kinship.known, random.choice([0, 1, 2, 3, 3, 3, 4], frame.persons), 0)
    return frame


def connect(frame: Frame) -> duckdb.DuckDBPyConnection:
    """Return an open database that sees the frame's columns as Arrow tables."""
    connection = duckdb.connect()
    for name, keys, columns in (
        ("households", {"household": np.arange(frame.households)}, frame.household),
        ("persons", {"household": frame.household_of, "person": np.arange(frame.persons)}, frame.person),
    ):
        arrays = {key: pa.array(values) for key, values in keys.items()}
        arrays |= {key: pa.array(column.values, mask=~column.known) for key, column in columns.items()}
        batches = pa.table(arrays).to_batches(max_chunksize=BATCH)
        connection.register(name, pa.Table.from_batches(batches))
    return connection


def by_hand(connection: duckdb.DuckDBPyConnection) -> tuple[pa.Table, pa.Table]:
    """Run the SQL; return households and persons in order."""
    last = ("care_subsidy_amount", "living_subsidy_amount")
    connection.execute(PERSONS.format(**PARAMETERS))
    connection.execute(HOUSEHOLDS.format(**PARAMETERS))
    households = connection.execute(f"SELECT {', '.join(HOUSEHOLD_RESULTS)} FROM h ORDER BY household").to_arrow_table()
    columns = ", ".join(name for name in PERSON_RESULTS if name not in last)
    return households, connection.execute(BACK.format(columns=columns, **PARAMETERS)).to_arrow_table()


def timed(work: Callable[[], object]) -> tuple[object, float, float]:
    """Return what the work gave, its best wall time and the CPU time of that turn."""
    best: tuple[float, float] | None = None
    found: object = None
    for _ in range(TURNS):
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        spent = time.perf_counter() - wall, time.process_time() - cpu
        best = min(best, spent) if best else spent
    assert best is not None
    return found, *best


def apart(results: Frame, tables: tuple[pa.Table, pa.Table]) -> list[str]:
    """Return the results that are not equal in every row, with how many rows differ."""
    found = []
    for columns, told in ((results.household, tables[0]), (results.person, tables[1])):
        for name, column in columns.items():
            array = told.column(name).combine_chunks()
            array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
            known = ~np.asarray(array.is_null())
            filled = array.fill_null(False if pa.types.is_boolean(array.type) else 0)
            other = Column(np.asarray(filled).astype(column.values.dtype), known)
            rows = int(((column.values != other.values) | (column.known != other.known)).sum())
            if rows:
                found.append(f"{name}: {rows} rows")
    return found


def unequal(one: Frame, two: Frame) -> list[str]:
    """Return the results that differ in any row between two readings of ours."""
    return [
        name
        for mine, theirs in ((one.household, two.household), (one.person, two.person))
        for name, column in mine.items()
        if not np.array_equal(column.values, theirs[name].values)
        or not np.array_equal(column.known, theirs[name].known)
    ]


def main() -> None:
    """Compute every way and compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    options = parser.parse_args()
    subset = subset_of(load_book("shouwang.rules"))
    table = table_of(subset)
    frame = invented(subset, options.people // 3)
    results, wall, cpu = timed(lambda: evaluate_columns(subset, frame, AS_OF, table))
    assert isinstance(results, Frame)
    head = {"bench": "common_subset", "rules": len(subset.definitions), "people": frame.persons}
    print(json.dumps(head | {"reading": "columns", "threads": 1, "wall_s": round(wall, 2), "cpu_s": round(cpu, 2)}))
    began = time.process_time()
    evaluate_compiled(subset, frame, AS_OF, table)
    compiling = time.process_time() - began
    again, quick, quick_cpu = timed(lambda: evaluate_compiled(subset, frame, AS_OF, table))
    assert isinstance(again, Frame)
    wrong = [f"compiled {each}" for each in unequal(results, again)]
    figure = {"reading": "compiled", "threads": 1, "wall_s": round(quick, 3), "cpu_s": round(quick_cpu, 3)}
    print(json.dumps(head | figure | {"first_cpu_s": round(compiling, 2), "results_apart": len(wrong)}))
    for threads in (1, 2):
        with connect(frame) as connection:
            connection.execute(f"SET threads = {threads}")
            tables, other, spent = timed(lambda connection=connection: by_hand(connection))
        assert isinstance(tables, tuple)
        wrong += apart(results, tables)
        figure = {
            "reading": "SQL by hand",
            "threads": threads,
            "wall_s": round(other, 2),
            "cpu_s": round(spent, 2),
            "columns_over_sql_wall": round(wall / other, 2),
            "columns_over_sql_cpu": round(cpu / spent, 2),
            "compiled_over_sql_wall": round(quick / other, 3),
            "compiled_over_sql_cpu": round(quick_cpu / spent, 3),
            "results_apart": len(wrong),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "load": round(os.getloadavg()[0], 1),
        }
        print(json.dumps(head | figure))
    for each in dict.fromkeys(wrong):
        print(each)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
