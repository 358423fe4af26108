"""The thirty-three rules every side of ``bench/eligibility.py`` computes: which they are, and DuckDB SQL written by hand.

Membership, income, 低保, 低保边缘, disability subsidies and 刚性支出. What these rules ask of others is given as data. In the SQL what
the nation fixes stands as constants and what divisions set comes from one join with a table of places, made beforehand: the
best form we know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from shouwang.engine.book import Book
from shouwang.engine.frame import Array
from shouwang.engine.inputs import InputSpec, ItemSpec
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity

AS_OF = date(2026, 10, 31)
AREA = "990101001001"
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
NATIONAL = {
    "member_adult_age": 18,
    "clergy_years_least": 3,
    "employment_cost_fixed": 0,
    "marginal_inclusive": 0,
    "gap_rounding_unit": 100,
}
LOCAL = (
    "employment_cost_percent",
    "dibao_urban",
    "dibao_rural",
    "dibao_margin_urban",
    "dibao_margin_rural",
    "care_extension_grade",
    "dis_nursing_grade1_dibao",
    "dis_nursing_grade1",
    "dis_nursing_grade2_dibao",
    "dis_nursing_grade2",
    "dis_nursing_grade3_intellectual_mental",
    "dis_nursing_grade4_intellectual_mental",
)
PERSONS = """
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
  CASE WHEN counted_member THEN labour_income WHEN NOT counted_member OR labour_income = 0 THEN 0 END AS wage_share,
  CASE WHEN counted_member THEN other_countable_income
       WHEN NOT counted_member OR other_countable_income = 0 THEN 0 END AS other_share
FROM judged
"""
HOUSEHOLDS = """
WITH grouped AS (
  SELECT household,
    CASE WHEN count(*) = count(counted_member) THEN count(*) FILTER (counted_member) END AS unit_size,
    CASE WHEN count(*) = count(wage_share) THEN CAST(sum(wage_share) AS BIGINT) END AS household_wage_income,
    CASE WHEN count(*) = count(other_share) THEN CAST(sum(other_share) AS BIGINT) END AS household_other_income
  FROM p GROUP BY household
), joined AS (
  SELECT h.*, {brought}, employment_cost_percent,
    CASE WHEN g.household IS NULL THEN 0 ELSE unit_size END AS unit_size,
    CASE WHEN g.household IS NULL THEN 0 ELSE household_wage_income END AS household_wage_income,
    CASE WHEN g.household IS NULL THEN 0 ELSE household_other_income END AS household_other_income,
    CASE WHEN urban_household THEN dibao_urban WHEN NOT urban_household THEN dibao_rural
         WHEN dibao_urban = dibao_rural THEN dibao_rural END AS dibao_line,
    CASE WHEN urban_household THEN dibao_margin_urban WHEN NOT urban_household THEN dibao_margin_rural
         WHEN dibao_margin_urban = dibao_margin_rural THEN dibao_margin_rural END AS marginal_line
  FROM households h LEFT JOIN grouped g USING (household) LEFT JOIN places USING (area)
), costs AS (
  SELECT *,
    CASE WHEN household_wage_income = 0 THEN 0
         ELSE cost // 100 - CASE WHEN cost % 100 < 0 THEN 1 ELSE 0 END END AS employment_cost
  FROM (SELECT *, household_wage_income * employment_cost_percent + 99 AS cost FROM joined)
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
SELECT household, {brought}, unit_size, household_wage_income, household_other_income, employment_cost,
  household_income, per_capita_income_month, dibao_line, dibao_eligible, marginal_line, income_within_marginal_line,
  income_below_disposable_line,
  CASE WHEN dibao_eligible THEN gap WHEN NOT dibao_eligible OR gap = 0 THEN 0 END AS dibao_gap_amount,
  unit_size > 0 AND NOT dibao_eligible AND income_within_marginal_line AND property_ok AS dibao_marginal_eligible,
  unit_size > 0 AND outside_prior_schemes AND income_below_disposable_line AND rigid_property_ok
    AND rigid_spending_exceeds AND rigid_other_ok AS rigid_eligible
FROM amounts
"""
BACK = """
WITH extended AS (
  SELECT *,
    certified AND disability_grade >= 3 AND intellectual_or_mental AND disability_grade <= care_extension_grade
      AS care_extended
  FROM p JOIN h USING (household)
), belonging AS (
  SELECT *,
    on_dibao OR (counted_member AND dibao_eligible) AS dibao_member,
    on_dibao_marginal OR (counted_member AND dibao_marginal_eligible) AS marginal_member,
    (severe_for_subsidies OR care_extended) AND long_term_care_needed AS care_subsidy_eligible,
    (living_standard + 11) // 12 - CASE WHEN (living_standard + 11) % 12 < 0 THEN 1 ELSE 0 END AS living
  FROM extended
), standards AS (
  SELECT *, certified AND (dibao_member OR on_single_unit OR single_unit_eligible) AS living_dibao FROM belonging
), rates AS (
  SELECT *,
    disability_grade AS care_rate_grade,
    CASE WHEN living_dibao THEN dis_nursing_grade1_dibao WHEN NOT living_dibao THEN dis_nursing_grade1
         WHEN dis_nursing_grade1_dibao = dis_nursing_grade1 THEN dis_nursing_grade1 END AS care_standard_grade1,
    CASE WHEN living_dibao THEN dis_nursing_grade2_dibao WHEN NOT living_dibao THEN dis_nursing_grade2
         WHEN dis_nursing_grade2_dibao = dis_nursing_grade2 THEN dis_nursing_grade2 END AS care_standard_grade2
  FROM standards
), care AS (
  SELECT *,
    CASE WHEN disability_grade = 1 THEN care_standard_grade1 WHEN disability_grade = 2 THEN care_standard_grade2
         WHEN disability_grade = 3 THEN dis_nursing_grade3_intellectual_mental
         WHEN disability_grade IS NOT NULL THEN dis_nursing_grade4_intellectual_mental END AS care_standard
  FROM rates
), results AS (
  SELECT *,
    CASE WHEN care_subsidy_eligible THEN (care_standard + 11) // 12
         WHEN NOT care_subsidy_eligible OR (care_standard + 11) // 12 = 0 THEN 0 END AS care_subsidy_amount,
    CASE WHEN living_subsidy_eligible THEN living
         WHEN NOT living_subsidy_eligible OR living = 0 THEN 0 END AS living_subsidy_amount
  FROM care
)
SELECT {columns} FROM results {order}
"""
Told = dict[str, tuple[int, int]]
"""A result's name → in how many rows it is known, and the sum of the known values (true: 1)."""


def subset_of(book: Book) -> Book:
    """Return a book of the thirty-three rules alone; what they ask of other rules, and the age, is an input of it."""
    in_force = book.versions_on(AS_OF, AREA)
    own = {name: in_force[name] for name in (*HOUSEHOLD_RESULTS, *PERSON_RESULTS)}
    asked = dict.fromkeys(argument for each in own.values() for argument in each.arguments if argument not in own)
    given = [name for name in asked if name not in book.parameter_specs]
    items: dict[str, ItemSpec] = {}
    inputs: dict[str, InputSpec] = {}
    for name in given:
        entity, unit, label = book.entity_of(name), book.unit_of(name), book.label_of(name)
        assert entity is not None
        items[f"bench.{name}"] = ItemSpec(f"bench.{name}", label, unit, entity, "state", "bench")
        inputs[name] = InputSpec(name, label, entity, unit, "latest", item=f"bench.{name}")
    return Book(
        definitions=[replace(each, since=date(2000, 1, 1), until=None) for each in own.values()],
        items=items,
        inputs=inputs,
        parameter_specs={name: book.parameter_specs[name] for name in asked if name in book.parameter_specs},
        parameters=ParameterTable(),
        sources=book.sources,
        fingerprint="subset",
    )


def inputs_of(subset: Book, entity: Entity) -> list[str]:
    """Return the facts asked of persons, or of households, in the order of their columns."""
    return [name for name, spec in subset.inputs.items() if spec.entity is entity]


def found_for(subset: Book, table: ParameterTable, codes: Sequence[str]) -> dict[str, list[int | None]]:
    """Return what holds in each place, parameter by parameter: the look-up made beforehand for those who have none."""
    found: dict[str, list[int | None]] = {}
    for name in subset.parameter_specs:
        each = [table.lookup(name, code, AS_OF) for code in codes]
        found[name] = [None if one is None else one.value for one in each]
    return found


def national(subset: Book) -> list[Assertion]:
    """Return what the nation fixes. Raises KeyError for a parameter of the rules this bench has no value for."""
    known = {*NATIONAL, *LOCAL}
    strangers = subset.parameter_specs.keys() ^ known
    if strangers:
        raise KeyError(f"the bench and the rules do not know the same parameters: {sorted(strangers)}")
    specs = subset.parameter_specs
    return [
        Assertion(
            name, "000000000000", value, specs[name].per or specs[name].unit, date(2000, 1, 1), source="dibao-2021-57"
        )
        for name, value in NATIONAL.items()
    ]


def judge_by_hand(connection: duckdb.DuckDBPyConnection) -> Told:
    """Run the SQL over ``persons``, ``households`` and ``places``; return what each result comes to.

    One statement with both stages materialised: of the forms tried (temporary tables, views, the stage of persons
    computed twice) the one that takes the least CPU.
    """
    shared = f"SELECT {_sums(HOUSEHOLD_RESULTS)} FROM h"
    own = BACK.format(columns=_sums(PERSON_RESULTS), order="")
    row = connection.execute(f"{_stages()}, shared AS ({shared}), own AS ({own}) SELECT * FROM shared, own").fetchall()
    return _told((*HOUSEHOLD_RESULTS, *PERSON_RESULTS), row[0])


def rows_by_hand(connection: duckdb.DuckDBPyConnection) -> tuple[pa.Table, pa.Table]:
    """Run the SQL; return every result of households and of persons in order."""
    names = ", ".join(HOUSEHOLD_RESULTS)
    shared = connection.execute(f"{_stages()} SELECT {names} FROM h ORDER BY household").to_arrow_table()
    back = BACK.format(columns=", ".join(PERSON_RESULTS), order="ORDER BY person")
    return shared, connection.execute(f"{_stages()}, back AS ({back}) SELECT * FROM back").to_arrow_table()


def _stages() -> str:
    brought = ", ".join(name for name in LOCAL if name.startswith(("dis_", "care_")))
    persons, households = PERSONS.format(**NATIONAL), HOUSEHOLDS.format(brought=brought, **NATIONAL)
    return f"WITH p AS MATERIALIZED ({persons}), h AS MATERIALIZED ({households})"


TRUTHS = {
    "dibao_eligible",
    "income_within_marginal_line",
    "dibao_marginal_eligible",
    "income_below_disposable_line",
    "rigid_eligible",
    "member_by_law",
    "left_out_by_law",
    "counted_member",
    "dibao_member",
    "marginal_member",
    "certified",
    "severe_for_subsidies",
    "intellectual_or_mental",
    "care_extended",
    "care_subsidy_eligible",
    "living_dibao",
}


def _sums(names: Sequence[str]) -> str:
    return ", ".join(
        f"count({name}), count(*) FILTER ({name})" if name in TRUTHS else f"count({name}), sum({name})"
        for name in names
    )


def _told(names: Sequence[str], row: Sequence[int | None]) -> Told:
    return {name: (int(row[2 * at] or 0), int(row[2 * at + 1] or 0)) for at, name in enumerate(names)}


def rows_apart(one: pa.Table, two: pa.Table, among: Array | None = None) -> tuple[int, dict[str, int]]:
    """Return how many values were compared, and the results of ``one`` that differ in ``two`` with the number of rows.

    ``among``: of a side that knows no "cannot tell", only these rows count, and of them those in which the result is known.
    """
    compared, found = 0, {}
    for name in one.column_names:
        mine, theirs = (_plain(each, name) for each in (one, two))
        differs = (mine[0] != theirs[0]) | (mine[1] != theirs[1])
        counted = np.ones(len(differs), dtype=bool) if among is None else among & mine[1]
        compared += int(counted.sum())
        rows = int((differs & counted).sum())
        if rows:
            found[name] = rows
    return compared, found


def _plain(table: pa.Table, name: str) -> tuple[Array, Array]:
    array = table.column(name).combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    known = np.asarray(array.is_valid())
    filled = array.fill_null(False if pa.types.is_boolean(array.type) else 0)
    return np.asarray(filled).astype(np.int64), known
