"""The invented nation as files: a register folder, eight feeds, the register's own facts, and days of change.

Written part by part: birth days (4 bytes a person) are all that is held of everybody, so that 80 million people need well
under 2 GB. Kept under ``var/bench`` and used again while this file, the seed and the size are the same.

``register/`` persons, households, areas · ``feeds/`` one unsorted delivery a feed by keyed identity, and the register's own
facts by person and household number · ``wide/`` the register as SQL likes it best: with its own facts as columns ·
``changes/<share>/`` a day on which that share of each feed's rows came new and of all persons' register facts changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from shouwang.engine.frame import Array
from shouwang.lib.dates import day_number
from shouwang.synth.calibration import DISABILITY_GRADE_SHARES, DISABILITY_KIND_WEIGHTS, LOW_INCOME_COMPOSITION
from shouwang.synth.country import COUNTY_PEOPLE, TOWNSHIPS, VILLAGES, county_code
from shouwang.synth.households import HEAD, draw_people

ROOT = Path(__file__).resolve().parents[1]

AS_OF = date(2026, 11, 10)
NEXT_DAY = date(2026, 11, 11)
SEED = 20261110
SHARES = {
    "medical": 0.20,
    "pension": 0.15,
    "school": 0.12,
    "disability": 0.10,
    "realestate": 0.08,
    "vehicle": 0.05,
    "market": 0.03,
    "death": 0.01,
}
"""Rows of each feed for one person of the register: 0.74 in all."""
MORE_SHARES = {"employment": 0.22, "custody": 0.002, "benefit": 0.50}
"""The feeds no rule of the 22 rests on, for the comparison with all our feeds; and ``disaster``, a row for 1 of 400 households."""
DISASTERS = 0.0025
STRANGERS = 0.15
"""Share of a feed's rows whose key nobody in the register has."""
CHANGES = {"0.0001": 0.0001, "0.001": 0.001, "0.01": 0.01, "0.1": 0.1}
IN_A_CATEGORY = 0.83
"""66 of 80 million people stand in a category; the others share a household file with them or once stood in one."""
COUNTIES_PER_PART = 8
CHUNK = 1 << 20
CATEGORIES = tuple(LOW_INCOME_COMPOSITION)
DIBAO, TEKUN = CATEGORIES.index("dibao"), CATEGORIES.index("tekun")
NONE = len(CATEGORIES)
TODAY = day_number(AS_OF)
MONTH = day_number(date(2026, 10, 1)), day_number(date(2026, 11, 1))
SCHOOL_YEAR = day_number(date(2026, 9, 1))
WHOLE_COUNTRY = "000000000000"

Random = np.random.Generator
Columns = dict[str, pa.Array]


def born_until(age: int, on: date = AS_OF) -> int:
    """Return the last birth day (number) of people who are at least ``age`` on a day."""
    return day_number(on.replace(year=on.year - age))


def mixed(numbers: Array) -> Array:
    """Return int64 keys of these numbers: one to one (splitmix64), and in no order."""
    z = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z.view(np.int64)


def shuffled(first: int, after: int, people: int, salt: int) -> Array:
    """Return places ``first`` to ``after`` of a fixed random order of 0 … 2^k - 1 ≥ people, those below ``people`` only."""
    half = max(1, (max(people - 1, 1).bit_length() + 1) // 2)
    mask = np.uint64((1 << half) - 1)
    numbers = np.arange(first, after, dtype=np.uint64)
    left, right = numbers >> np.uint64(half), numbers & mask
    for turn in range(4):
        left, right = right, left ^ (mixed(right + np.uint64(salt * 8 + turn)).view(np.uint64) >> np.uint64(20)) & mask
    order = (left << np.uint64(half)) | right
    return order[order < people].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Nation:
    """Where a nation's files are and how large it is."""

    folder: Path
    people: int
    households: int
    counts: dict[str, int]

    def feed(self, name: str) -> Path:
        """Return a feed's base delivery."""
        return self.folder / "feeds" / f"{name}.parquet"

    def change(self, share: str, name: str) -> Path:
        """Return a feed's delivery of a day of change."""
        return self.folder / "changes" / share / f"{name}.parquet"


class Writer:
    """A Parquet file in row groups of about a million rows; its metadata says which delivery it is."""

    def __init__(self, path: Path, **told: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.told, self.rows = path, told, 0
        self._file: pq.ParquetWriter | None = None

    def write(self, columns: Columns) -> None:
        """Append rows."""
        table = pa.table(columns)
        if self._file is None:
            schema = table.schema.with_metadata(self.told)
            plain = [name for name in ("key", "person_id", "household_id") if name in table.column_names]
            coded = [name for name in table.column_names if name not in plain]
            self._file = pq.ParquetWriter(self.path, schema, compression="zstd", use_dictionary=coded)
        self._file.write_table(table.replace_schema_metadata(self.told), row_group_size=CHUNK)
        self.rows += table.num_rows

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()


def some(values: Array, kind: pa.DataType, told: Array | None = None) -> pa.Array:
    """Return an Arrow column, null where not ``told``."""
    return pa.array(values.astype(kind.to_pandas_dtype()), kind, mask=None if told is None else ~told)


def nation(people: int, keep: Path | None = None) -> Nation:
    """Return the nation's files, made now unless they are there already."""
    folder = (keep or ROOT / "var" / "bench") / f"nation-{people}"
    made = folder / "made.json"
    print_of = hashlib.sha256(Path(__file__).read_bytes() + f"{people} {SEED} {AS_OF}".encode()).hexdigest()
    if made.exists():
        told = json.loads(made.read_text(encoding="utf-8"))
        if told["fingerprint"] == print_of:
            return Nation(folder, people, told["households"], told["counts"])
    shutil.rmtree(folder, ignore_errors=True)
    began, spent = time.perf_counter(), time.process_time()
    births, households, counts = write_register(people, folder)
    for name, share in SHARES.items():
        counts[name] = write_feed(name, births, folder / "feeds" / f"{name}.parquet", share=share, day=None)
    for name, share in MORE_SHARES.items():
        counts[name] = write_feed(name, births, folder / "more" / f"{name}.parquet", share=share, day=None)
    counts["disaster"] = write_disasters(households, folder / "more" / "disaster.parquet")
    for number, (named, part) in enumerate(CHANGES.items(), start=1):
        there = folder / "changes" / named
        for name, usual in SHARES.items():
            path = there / f"{name}.parquet"
            counts[f"{named} {name}"] = write_feed(name, births, path, share=usual * part, day=number)
        counts[f"{named} register"] = write_changed_register(people, there / "register-persons.parquet", part, number)
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    told = {
        "fingerprint": print_of,
        "people": people,
        "households": households,
        "bytes": size,
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_s": round(time.process_time() - spent, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "counts": counts,
    }
    made.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return Nation(folder, people, households, counts)


def write_register(people: int, folder: Path) -> tuple[Array, int, dict[str, int]]:
    """Write the register, its own facts, and the wide form; return everybody's birth day, how many households, and counts."""
    register, wide = folder / "register", folder / "wide"
    files = {
        "persons": Writer(register / "persons.parquet"),
        "households": Writer(register / "households.parquet"),
        "register-persons": Writer(
            folder / "feeds" / "register-persons.parquet", **told_of("register", "base-persons")
        ),
        "register-households": Writer(
            folder / "feeds" / "register-households.parquet", **told_of("register", "base-households")
        ),
        "wide-persons": Writer(wide / "persons.parquet"),
        "wide-households": Writer(wide / "households.parquet"),
    }
    births = np.empty(people, np.int32)
    areas: list[str] = []
    counties = max(1, -(-people // COUNTY_PEOPLE))
    person = household = 0
    for number, start in enumerate(range(0, counties, COUNTIES_PER_PART)):
        codes = [county_code(place) for place in range(start, min(start + COUNTIES_PER_PART, counties))]
        villages = [f"{code}{township}{village}" for code in codes for township in TOWNSHIPS for village in VILLAGES]
        count = min(len(codes) * COUNTY_PEOPLE, people - person)
        part = draw_part(np.random.Generator(np.random.PCG64([SEED, 0, number])), count, len(villages))
        births[person : person + count] = part["birth"]
        for name, columns in part_columns(part, person, household, len(areas)).items():
            files[name].write(columns)
        areas += villages
        person, household = person + count, household + len(part["home"])
    for file in files.values():
        file.close()
    pq.write_table(pa.table({"area_code": pa.array(areas)}), register / "areas.parquet")
    return births, household, {name: file.rows for name, file in files.items()}


def told_of(feed: str, delivery: str) -> dict[str, str]:
    """Return a delivery's metadata."""
    return {"feed": feed, "period": "2026-11", "area_code": WHOLE_COUNTRY, "delivery": f"{feed}-{delivery}"}


def draw_part(random: Random, count: int, villages: int) -> dict[str, Array]:
    """Draw some counties: people, categories and what the register itself says of them."""
    people = draw_people(random, count, TODAY)
    households, own = people.households, people.household
    shares = np.array([LOW_INCOME_COMPOSITION[name] for name in CATEGORIES])
    shares = np.append(shares / shares.sum() * IN_A_CATEGORY, 1 - IN_A_CATEGORY)
    category = random.choice(NONE + 1, households, p=shares)[own].astype(np.int8)
    alone = (people.sizes() == 1)[own]
    apart = (random.random(count) < 0.03) & ~alone & (people.relation != HEAD)
    category[apart & (random.random(count) < 0.5)] = NONE
    on_benefit = (category == DIBAO) | (category == TEKUN)
    elder = people.birth_day <= born_until(60)
    listed = np.bincount(own, category != NONE, households) > 0
    return {
        "birth": people.birth_day.astype(np.int32),
        "household": own,
        "sex": np.where(people.male, 1, 2),
        "relation": people.relation,
        "home": np.sort(random.integers(0, villages, households)),
        "category": category,
        "since": (TODAY - random.integers(200, 3_500, households))[own],
        "apart": apart,
        "declared": np.where(elder, 14_300 + 100 * (own % 40), 0),
        "has_declared": on_benefit & (random.random(count) >= 0.02),
        "expires": TODAY + random.integers(-20, 700, households),
        "due": TODAY + random.integers(-8, 360, households),
        "listed": listed & (random.random(households) < 0.99),
        "listed_since": TODAY - random.integers(30, 360, households),
    }


def part_columns(part: dict[str, Array], first: int, first_household: int, first_area: int) -> dict[str, Columns]:
    """Return a part's rows of every file of the register."""
    count, households = len(part["birth"]), len(part["home"])
    ids, household_ids = np.arange(first + 1, first + count + 1), np.arange(households) + first_household + 1
    key = mixed(ids)
    persons = {
        "person_id": some(ids, pa.int64()),
        "key": some(key, pa.int64()),
        "household_row": some(part["household"] + first_household, pa.int32()),
        "birth_day": some(part["birth"], pa.int32()),
        "sex": some(part["sex"], pa.int8()),
        "relation": some(part["relation"], pa.int8()),
    }
    area = {
        "household_id": some(household_ids, pa.int64()),
        "area": some(part["home"] + first_area, pa.int32()),
    }
    category, apart, declared = part["category"], part["apart"], part["has_declared"]
    rows = (category != NONE) | apart | declared
    facts = {"person_id": some(ids[rows], pa.int64()), "true_from": some(part["since"][rows], pa.int32())}
    for place, name in enumerate(CATEGORIES):
        holds = category[rows] == place
        facts[f"category.{name}"] = some(holds, pa.int8(), holds)
    facts["member.lives_apart"] = some(apart[rows], pa.int8(), apart[rows])
    facts["pension.declared_monthly"] = some(part["declared"][rows], pa.int32(), declared[rows])
    listed = part["listed"]
    own = {
        "household_id": some(household_ids[listed], pa.int64()),
        "true_from": some(part["listed_since"][listed], pa.int32()),
        "authorisation.expires": some(part["expires"][listed], pa.int32()),
        "recheck.due": some(part["due"][listed], pa.int32()),
    }
    wide = {name: persons[name] for name in ("person_id", "key", "household_row", "birth_day")}
    wide |= {
        "registered": pa.array(category != NONE),
        "on_benefit": pa.array((category == DIBAO) | (category == TEKUN)),
        "lives_apart": pa.array(apart),
        "declared_pension": some(part["declared"], pa.int32(), declared),
    }
    wide_households = {
        "household_row": some(household_ids - 1, pa.int32()),
        "household_id": area["household_id"],
        "authorisation_expires": some(part["expires"], pa.int32(), listed),
        "recheck_due": some(part["due"], pa.int32(), listed),
    }
    return {
        "persons": persons,
        "households": area,
        "register-persons": facts,
        "register-households": own,
        "wide-persons": wide,
        "wide-households": wide_households,
    }


def write_feed(name: str, births: Array, path: Path, *, share: float, day: int | None) -> int:
    """Write one delivery of ``share`` rows a person; ``day`` None is the base, else the rows began lately."""
    people = len(births)
    rows = max(1, round(people * share))
    salt = [*SHARES, *MORE_SHARES].index(name) + 1 + 16 * (day or 0)
    random = np.random.Generator(np.random.PCG64([SEED, salt]))
    file = Writer(path, **told_of(name, "base" if day is None else f"day-{day}"))
    inside = round(rows * (1 - STRANGERS))
    written, stranger = 0, people * 4 + salt * people
    for who in people_of(name, births, inside, salt, random):
        strangers = round((written + len(who)) / max(inside, 1) * (rows - inside)) - (stranger - people * (4 + salt))
        number = np.concatenate((who + 1, np.arange(strangers) + stranger))
        birth = np.concatenate((births[who], births[random.integers(0, people, strangers)]))
        order = random.permutation(len(number))
        columns = DRAWN[name](random, birth[order], day is not None)
        file.write({"key": some(mixed(number[order]), pa.int64()), **columns})
        written, stranger = written + len(who), stranger + strangers
    file.close()
    return file.rows


def people_of(name: str, births: Array, wanted: int, salt: int, random: Random) -> Iterator[Array]:
    """Yield rows of the register that a feed speaks of, in no order; medical bills as often as they fall ill."""
    people = len(births)
    first, after = AGES.get(name, (-(2**31), 2**31 - 1))
    taken = place = 0
    space = 1 << (2 * max(1, (max(people - 1, 1).bit_length() + 1) // 2))
    while taken < wanted:
        if name == "medical" or place >= space:
            who = random.integers(0, people, min(CHUNK, max(4 * (wanted - taken), 64)))
        else:
            who = shuffled(place, min(place + CHUNK, space), people, salt)
            place += CHUNK
        born = births[who]
        who = who[(born >= first) & (born <= after)]
        twice = REPEATED.get(name, 0.02)
        who = who[: math.ceil((wanted - taken) / (1 + twice))]
        who = np.concatenate((who, who[: round(len(who) * twice)]))[: wanted - taken]
        taken += len(who)
        if len(who):
            yield who


AGES = {
    "pension": (-(2**31), born_until(60)),
    "school": (born_until(22) + 1, born_until(6)),
    "market": (born_until(80), born_until(18)),
    "realestate": (-(2**31), born_until(18)),
    "vehicle": (born_until(80), born_until(18)),
    "death": (-(2**31), born_until(45)),
    "employment": (born_until(60), born_until(16)),
    "custody": (born_until(60), born_until(18)),
}
"""First and last birth day of the people a feed speaks of."""


REPEATED = {"disability": 0.08}
"""Share of people of whom a feed speaks twice."""


def _began(random: Random, count: int, most: int, lately: bool) -> Array:
    """Return first days: up to ``most`` days ago, or within the last week."""
    return TODAY - random.integers(0, 7 if lately else most, count)


def _medical(random: Random, birth: Array, lately: bool) -> Columns:
    count = len(birth)
    kind = random.random(count)
    inpatient, outpatient = kind < 0.55, (kind >= 0.55) & (kind < 0.96)
    paid = np.exp(random.normal(7.2, 1.0, count).astype(np.float32)) * 100
    day = _began(random, count, TODAY - day_number(date(2026, 1, 1)) + 40, lately)
    day[outpatient] = TODAY - 3 - random.integers(0, 90, int(outpatient.sum()))
    return {
        "true_from": some(day, pa.int32()),
        "medical.inpatient_self_paid": some(paid, pa.int32(), inpatient),
        "medical.outpatient_cost": some(paid // 6, pa.int32(), outpatient),
        "medical.serious_illness": some(np.ones(count), pa.int8(), kind >= 0.96),
    }


def _pension(random: Random, birth: Array, lately: bool) -> Columns:
    count = len(birth)
    first, after = MONTH
    month = np.full(count, first)
    end = np.full(count, after)
    earlier = random.random(count) < 0.1
    month[earlier], end[earlier] = first - 30, first
    amount = 14_300 + 100 * random.integers(0, 42, count)
    return {
        "true_from": some(month, pa.int32()),
        "true_to": some(end, pa.int32()),
        "pension.monthly": some(amount, pa.int32()),
    }


def _school(random: Random, birth: Array, lately: bool) -> Columns:
    count = len(birth)
    stage = 1 + sum((birth <= born_until(age)).astype(np.int8) for age in (12, 15)) + 2 * (birth <= born_until(18))
    left = random.random(count) < 0.02
    since = np.where(left, SCHOOL_YEAR + random.integers(0, TODAY - SCHOOL_YEAR, count), SCHOOL_YEAR)
    paid = np.exp(random.normal(8.6, 0.5, count)) * 100
    return {
        "true_from": some(since, pa.int32()),
        "school.stage": some(stage, pa.int8()),
        "school.status": some(np.where(left, 2 + (random.random(count) < 0.4), 1), pa.int8()),
        "school.self_paid": some(paid, pa.int32(), stage >= 3),
    }


def _disability(random: Random, birth: Array, lately: bool) -> Columns:
    count = len(birth)
    grade = random.choice(4, count, p=np.array(DISABILITY_GRADE_SHARES)) + 1
    weights = np.array(DISABILITY_KIND_WEIGHTS)
    begun = np.where(
        random.random(count) < 0.2, _began(random, count, 90, lately), _began(random, count, 3_000, lately)
    )
    begun[random.random(count) < 0.05] = TODAY - 6  # the day on which a round of assessments was written down
    return {
        "true_from": some(begun, pa.int32()),
        "disability.grade": some(grade, pa.int8()),
        "disability.kind": some(random.choice(7, count, p=weights / weights.sum()) + 1, pa.int8()),
    }


def _owned(*items: tuple[str, float]) -> Callable[[Random, Array, bool], Columns]:
    def drawn(random: Random, birth: Array, lately: bool) -> Columns:
        count = len(birth)
        begun = _began(random, count, 4_000, lately)
        sold = random.random(count) < 0.05
        columns = {
            "true_from": some(begun, pa.int32()),
            "true_to": some(begun + 1 + random.integers(0, 800, count), pa.int32(), sold),
        }
        which, least = random.random(count), 0.0
        for item, share in items:
            columns[item] = some(np.ones(count), pa.int8(), (which >= least) & (which < least + share))
            least += share
        return columns

    return drawn


def _death(random: Random, birth: Array, lately: bool) -> Columns:
    count = len(birth)
    return {
        "true_from": some(_began(random, count, 400, lately), pa.int32()),
        "death.registered": some(np.ones(count), pa.int8()),
    }


def _employment(random: Random, birth: Array, lately: bool) -> Columns:
    count = len(birth)
    status = np.where(random.random(count) < 0.05, 2, 1)
    return {
        "true_from": some(_began(random, count, 2_500, lately), pa.int32()),
        "employment.status": some(status, pa.int8()),
        "employment.wage": some(10_000 * random.integers(18, 56, count), pa.int32(), status == 1),
    }


def _custody(random: Random, birth: Array, lately: bool) -> Columns:
    count = len(birth)
    begun = _began(random, count, 1_000, lately)
    return {
        "true_from": some(begun, pa.int32()),
        "true_to": some(begun + random.integers(180, 1_500, count), pa.int32()),
        "custody.held": some(1 + (random.random(count) < 0.3), pa.int8()),
    }


def _benefit(random: Random, birth: Array, lately: bool) -> Columns:
    count = len(birth)
    first, after = MONTH
    returned = random.random(count) < 0.003
    return {
        "true_from": some(np.full(count, first), pa.int32()),
        "true_to": some(np.full(count, after), pa.int32()),
        "benefit.paid": some(100 * random.integers(180, 560, count), pa.int32(), ~returned),
        "benefit.place": some(np.where(random.random(count) < 0.0005, 990_102, 990_101), pa.int32(), ~returned),
        "benefit.returned": some(np.ones(count), pa.int8(), returned),
    }


def write_disasters(households: int, path: Path) -> int:
    """Write the losses of a few households."""
    random = np.random.Generator(np.random.PCG64([SEED, 9]))
    count = max(1, round(households * DISASTERS))
    file = Writer(path, **told_of("disaster", "base"))
    file.write(
        {
            "household_id": some(1 + random.integers(0, households, count), pa.int64()),
            "true_from": some(TODAY - random.integers(0, 200, count), pa.int32()),
            "disaster.loss": some(5_000 * random.integers(0, 400, count), pa.int32()),
        }
    )
    file.close()
    return file.rows


DRAWN: dict[str, Callable[[Random, Array, bool], Columns]] = {
    "medical": _medical,
    "pension": _pension,
    "school": _school,
    "disability": _disability,
    "realestate": _owned(("realestate.registered", 1.0)),
    "vehicle": _owned(("vehicle.registered", 0.93), ("vehicle.mobility_aid", 0.07)),
    "market": _owned(("market.entity", 1.0)),
    "death": _death,
    "employment": _employment,
    "custody": _custody,
    "benefit": _benefit,
}


def write_changed_register(people: int, path: Path, share: float, day: int) -> int:
    """Write new register facts of ``share`` of all persons: a category begun this week, or another declared pension."""
    random = np.random.Generator(np.random.PCG64([SEED, 8, day]))
    file = Writer(path, **told_of("register", f"day-{day}"))
    wanted = max(1, round(people * share))
    for start in range(0, wanted, CHUNK):
        count = min(CHUNK, wanted - start)
        ids = 1 + random.integers(0, people, count)
        kind = random.integers(0, NONE + 1, count)
        columns = {
            "person_id": some(ids, pa.int64()),
            "true_from": some(TODAY - random.integers(0, 7, count), pa.int32()),
        }
        for place, name in enumerate(CATEGORIES):
            columns[f"category.{name}"] = some(np.ones(count), pa.int8(), kind == place)
        columns["member.lives_apart"] = some(np.ones(count), pa.int8(), np.zeros(count, bool))
        amount = 14_300 + 100 * random.integers(0, 42, count)
        columns["pension.declared_monthly"] = some(amount, pa.int32(), kind == NONE)
        file.write(columns)
    file.close()
    return file.rows


def main() -> None:
    """Make the nation, or tell that it is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    options = parser.parse_args()
    made = nation(options.people)
    told = json.loads((made.folder / "made.json").read_text(encoding="utf-8"))
    told.pop("fingerprint")
    print(json.dumps({"bench": "nation_data", **told, "load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()
