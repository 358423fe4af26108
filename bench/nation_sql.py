"""The twenty-two rules written by hand as DuckDB SQL on integer keys, in the best form we found.

Folds mean what ``engine/README.md`` says; NULL is unknown. Ages are spans of birth days, days are integers, a state and its
day are one number (``day * 16 + value``), what households take over is packed into few columns. Bits as in ``nation_rules``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.nation_data import Nation
from bench.nation_rules import HOUSEHOLD_RULES, PERSON_RULES
from shouwang.engine.compare.periods import calendar_year_start, last_full_months, school_year_start
from shouwang.lib.dates import birthday_in, day_number

FEEDS = {
    "med": (
        "medical",
        """
    SELECT {key},
        sum("medical.inpatient_self_paid") FILTER (true_from >= {year} AND true_from <= {day})::BIGINT AS inpatient,
        sum("medical.outpatient_cost") FILTER (true_from >= {month} AND true_from < {month_end})::BIGINT AS outpatient,
        max(true_from) FILTER ("medical.serious_illness" IS NOT NULL AND true_from <= {day}) AS ill_day,
        bool_or("medical.serious_illness" <> 0) FILTER (true_from <= {day}) AS ill
    FROM {medical} GROUP BY {key}""",
    ),
    "pen": (
        "pension",
        """
    SELECT {key}, sum("pension.monthly")::BIGINT AS pension
    FROM {pension} WHERE true_from >= {month} AND true_from < {month_end} GROUP BY {key}""",
    ),
    "sch": (
        "school",
        """
    SELECT {key},
        max(true_from * 16 + "school.stage") AS stage_most, max(true_from * 16 + 15 - "school.stage") AS stage_least,
        max(true_from * 16 + "school.status") AS status_most, max(true_from * 16 + 15 - "school.status") AS status_least,
        sum("school.self_paid") FILTER (true_from >= {school_year})::BIGINT AS school_paid
    FROM {school} WHERE true_from <= {day} GROUP BY {key}""",
    ),
    "dis": (
        "disability",
        """
    SELECT {key}, max(most) AS grade_most, max(least) AS grade_least,
        CASE WHEN count(*) > 1 THEN max(most, 2)[2] END AS before_most,
        CASE WHEN count(*) > 1 THEN max(least, 2)[2] END AS before_least
    FROM (
        SELECT {key}, max(true_from * 16 + "disability.grade") AS most, max(true_from * 16 + 15 - "disability.grade") AS least
        FROM {disability} WHERE true_from <= {day} AND "disability.grade" IS NOT NULL GROUP BY {key}, true_from
    ) GROUP BY {key}""",
    ),
    "hom": (
        "realestate",
        """
    SELECT {key}, max(true_from) AS home_day, bool_or("realestate.registered" <> 0) AS home
    FROM {realestate} WHERE true_from <= {day} AND (true_to IS NULL OR true_to > {day}) GROUP BY {key}""",
    ),
    "veh": (
        "vehicle",
        """
    SELECT {key}, max(true_from) AS vehicle_day, bool_or("vehicle.registered" <> 0) AS vehicle
    FROM {vehicle} WHERE true_from <= {day} AND (true_to IS NULL OR true_to > {day}) AND "vehicle.registered" IS NOT NULL
    GROUP BY {key}""",
    ),
    "bus": (
        "market",
        """
    SELECT {key}, max(true_from) AS business_day, bool_or("market.entity" <> 0) AS business
    FROM {market} WHERE true_from <= {day} AND (true_to IS NULL OR true_to > {day}) GROUP BY {key}""",
    ),
    "dea": (
        "death",
        """
    SELECT {key}, max(true_from) AS death_day, bool_or("death.registered" <> 0) AS dead
    FROM {death} WHERE true_from <= {day} GROUP BY {key}""",
    ),
}
"""One aggregation a feed."""

FOLDED = """
    SELECT r.household_row, r.person_id, birth_day, registered, on_benefit, lives_apart, declared_pension,
        coalesce(inpatient, 0) AS inpatient, coalesce(outpatient, 0) AS outpatient, ill_day, coalesce(ill, false) AS ill,
        coalesce(pension, 0) AS pension,
        CASE WHEN stage_most IS NULL THEN 0 WHEN (stage_most & 15) = 15 - (stage_least & 15) THEN stage_most & 15 END AS stage,
        CASE WHEN status_most IS NULL THEN 0 WHEN (status_most & 15) = 15 - (status_least & 15) THEN status_most & 15 END
            AS status,
        status_most >> 4 AS status_day, coalesce(school_paid, 0) AS school_paid,
        CASE WHEN grade_most IS NULL THEN 0 WHEN (grade_most & 15) = 15 - (grade_least & 15) THEN grade_most & 15 END AS grade,
        grade_most >> 4 AS grade_day,
        CASE WHEN before_most IS NULL THEN 0 WHEN (before_most & 15) = 15 - (before_least & 15) THEN before_most & 15 END
            AS before,
        home_day, coalesce(home, false) AS home, vehicle_day, coalesce(vehicle, false) AS vehicle,
        business_day, coalesce(business, false) AS business, death_day, coalesce(dead, false) AS dead
    FROM {register} AS r {joins}"""
"""Each person's folded facts: eight left joins."""

RULES: dict[str, str] = {
    "age_threshold": "registered AND ({turned})",
    "disability_new": "grade > 0 AND before = 0 AND grade_day >= {recent}",
    "disability_upgraded": "0 < grade AND grade < before AND grade_day >= {recent}",
    "education_cost": "stage IN (3, 4) AND school_paid > 1000000",
    "school_leaving": "birth_day BETWEEN {compulsory_first} AND {compulsory_last} AND status IN (2, 3)"
    " AND status_day >= {recent}",
    "pension_above_declared": "on_benefit AND pension > declared_pension + {pension_tolerance}",
    "medical_spending_registered": "registered AND inpatient >= 500000",
    "medical_spending_general": "NOT registered AND inpatient >= 2000000",
    "outpatient_recurring": "outpatient >= 50000",
    "serious_illness_new": "ill AND ill_day >= {recent}",
    "bench_dead_still_registered": "registered AND dead",
    "bench_pension_after_death": "dead AND death_day < {month_and_a_half} AND pension > 0",
    "new_business_on_benefit": "benefit_here AND any_business",
    "new_vehicle_on_benefit": "benefit_here AND any_vehicle",
    "new_property_on_benefit": "benefit_here AND any_home",
    "authorisation_expiring": "registered_here AND authorisation_expires <= {day} + {authorisation_notice_days}",
    "recheck_overdue": "registered_here AND recheck_due < {day}",
    "bench_elder_left_alone": "(counts & 63) = 1 AND any_elder",
    "bench_death_in_household": "registered_here AND any_death",
    "bench_household_medical_burden": "household_medical >= 3000000",
    "bench_several_vehicles": "benefit_here AND (counts >> 6 & 63) >= 2",
    "bench_several_homes": "benefit_here AND (counts >> 12) >= 2",
}

JUDGED = """
    SELECT household_row, person_id, inpatient, {person_mask} AS mask,
        (CASE WHEN registered AND NOT lives_apart THEN 1 ELSE 0 END)
        | (CASE WHEN on_benefit AND NOT lives_apart THEN 2 ELSE 0 END)
        | (CASE WHEN NOT lives_apart AND business AND business_day >= {asset_recent} THEN 4 ELSE 0 END)
        | (CASE WHEN NOT lives_apart AND vehicle AND vehicle_day >= {asset_recent} THEN 8 ELSE 0 END)
        | (CASE WHEN NOT lives_apart AND home AND home_day >= {asset_recent} THEN 16 ELSE 0 END)
        | (CASE WHEN {severe_elder} THEN 32 ELSE 0 END)
        | (CASE WHEN ({severe_elder}) IS NULL THEN 64 ELSE 0 END)
        | (CASE WHEN dead AND death_day >= {recent} THEN 128 ELSE 0 END) AS flags,
        (CASE WHEN NOT dead AND NOT lives_apart THEN 1 ELSE 0 END) + (CASE WHEN vehicle THEN 64 ELSE 0 END)
        + (CASE WHEN home THEN 4096 ELSE 0 END) AS counts{more}
    FROM folded"""
SEVERE_ELDER = "NOT dead AND NOT lives_apart AND birth_day <= {elder} AND grade IN (1, 2)"

ROLLED = """
    SELECT household_row, bit_or(flags) AS flags, sum(counts)::INTEGER AS counts, sum(inpatient)::BIGINT AS household_medical,
        {persons}
    FROM judged GROUP BY household_row"""
READ_BACK = """
    SELECT household_row, household_id, authorisation_expires, recheck_due, counts, household_medical, persons,
        (flags & 1) <> 0 AS registered_here, (flags & 2) <> 0 AS benefit_here, (flags & 4) <> 0 AS any_business,
        (flags & 8) <> 0 AS any_vehicle, (flags & 16) <> 0 AS any_home,
        CASE WHEN (flags & 32) <> 0 THEN true WHEN (flags & 64) <> 0 THEN NULL ELSE false END AS any_elder,
        (flags & 128) <> 0 AS any_death
    FROM rolled JOIN {households} USING (household_row)"""


def constants(as_of: date, local: Mapping[str, int]) -> dict[str, int | str]:
    """Return the day's integers that stand in the SQL; ``local`` the parameters an area sets."""
    day = day_number(as_of)

    def born(age: int, on: date) -> int:
        """Return the last birth day of who is at least that age on a day."""
        found = day_number(on) - int((age - 1) * 365.25) - 1
        while birthday_after(found, age) > on:
            found -= 1
        return found

    recent = as_of - timedelta(days=local["recent_days"])
    month, month_end = last_full_months(as_of, 1)
    turned = " OR ".join(
        f"birth_day BETWEEN {born(age, recent - timedelta(days=1)) + 1} AND {born(age, as_of)}" for age in (16, 18, 60)
    )
    return {
        "day": day,
        "year": day_number(calendar_year_start(as_of)),
        "month": day_number(month),
        "month_end": day_number(month_end),
        "school_year": day_number(school_year_start(as_of)),
        "recent": day_number(recent),
        "asset_recent": day - local["asset_recent_days"],
        "authorisation_notice_days": local["authorisation_notice_days"],
        "pension_tolerance": local["pension_tolerance"],
        "month_and_a_half": day - 45,
        "elder": born(60, as_of),
        "compulsory_first": born(16, as_of) + 1,
        "compulsory_last": born(6, as_of),
        "turned": turned,
    }


def birthday_after(birth_day: int, years: int) -> date:
    """Return the birthday of who was born on a day, that many years later."""
    born = date.fromordinal(birth_day + date(1970, 1, 1).toordinal())
    return birthday_in(born, born.year + years)


def mask_of(names: tuple[str, ...], first: int, values: Mapping[str, int | str], *, untold: bool = False) -> str:
    """Return a word's SQL: bit ``first + i`` where the i-th rule holds (or, ``untold``, cannot be told)."""
    said = (f"({RULES[name].format(**values)}){' IS NULL' if untold else ''}" for name in names)
    return "\n | ".join(f"(CASE WHEN {text} THEN {1 << first + place} ELSE 0 END)" for place, text in enumerate(said))


def whole_query(
    tables: Mapping[str, str], values: Mapping[str, int | str], *, form: str, rows: bool = False, key: str = "key"
) -> str:
    """Return the one query. ``tables`` says where persons (``register``), ``households`` and each feed are read.

    ``form`` "union" (persons' and households' results one under the other) or "list" (one pass: each household with the list
    of its persons' words). Not ``rows``: how many rows and their checksum; ``rows``: the words themselves, also of what
    cannot be told, for comparison row for row.
    """
    aggregates = ",\n".join(
        f"{name} AS ({text.format(**{**tables, **values}, key=key)})" for name, (_, text) in FEEDS.items()
    )
    joins = " ".join(f"LEFT JOIN {name} USING ({key})" for name in FEEDS)
    elder = SEVERE_ELDER.format(**values)
    more = f", {mask_of(PERSON_RULES, 0, values, untold=True)} AS untold" if rows else ""
    told = "mask <> 0 OR untold <> 0" if rows else "mask <> 0"
    head = {
        "list": "list({'id': person_id, 'mask': mask}) FILTER (mask <> 0) AS persons",
        "union": "0 AS persons",
    }[form]
    judged = JUDGED.format(person_mask=mask_of(PERSON_RULES, 0, values), severe_elder=elder, more=more, **values)
    own = mask_of(HOUSEHOLD_RULES, len(PERSON_RULES), values)
    own_untold = f", {mask_of(HOUSEHOLD_RULES, len(PERSON_RULES), values, untold=True)} AS untold" if rows else ""
    chain = f"""WITH {aggregates},
folded AS ({FOLDED.format(joins=joins, **tables)}),
judged AS {"MATERIALIZED" if form == "union" else "NOT MATERIALIZED"} ({judged}),
rolled AS ({ROLLED.format(persons=head)}),
back AS ({READ_BACK.format(**tables)}),
warned AS (SELECT household_row, household_id, persons, {own} AS mask{own_untold} FROM back)
"""
    if rows:
        return f"""{chain} SELECT false AS household, person_id AS id, mask, untold FROM judged WHERE {told}
UNION ALL SELECT true, household_id, mask, untold FROM warned WHERE {told}"""
    checked = "count(*) AS words, sum(mask)::HUGEINT AS total, sum(id % 1000003 * mask)::HUGEINT AS checksum"
    if form == "list":
        return f"""{chain}, found AS (SELECT household_id, mask, persons FROM warned WHERE mask <> 0 OR persons IS NOT NULL)
SELECT {checked} FROM (
    SELECT household_id AS id, mask FROM found WHERE mask <> 0
    UNION ALL SELECT each.id, each.mask FROM (SELECT unnest(persons) AS each FROM found))"""
    return f"""{chain} SELECT {checked} FROM (
    SELECT person_id AS id, mask FROM judged WHERE mask <> 0 UNION ALL SELECT household_id, mask FROM warned WHERE mask <> 0)"""


def tables_of(nation: Nation) -> dict[str, str]:
    """Return where the raw files of a nation are read."""
    places = {name: nation.feed(name) for _, (name, _) in FEEDS.items()}
    places |= {"register": nation.folder / "wide" / "persons.parquet"}
    places |= {"households": nation.folder / "wide" / "households.parquet"}
    return {name: f"read_parquet('{place}')" for name, place in places.items()}
