"""Invented applicants for ``bench/eligibility.py``: persons sorted by household and county, in Parquet files of a million.

Households and persons of a part stand in two files with the same number. Every fact the rules ask for is a column of the
narrowest kind, null where nobody has looked. The first parts also stand as a state keeps them: plain columns to be mapped,
one value of each kind for what is not known. Counties set their own standards and cities their own subsidies; in some nobody
has set the subsidies, so that the parameter is unknown there. Kept under ``var/bench`` by fingerprint.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.common_subset import AS_OF, LOCAL, found_for, inputs_of, national
from shouwang.engine.book import Book
from shouwang.engine.compare.column_files import write_columns
from shouwang.engine.frame import Array
from shouwang.engine.packed import untold
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity

KEPT = Path(__file__).resolve().parents[1] / "var/bench"
SEED = 20261031
PART = 1_000_000
SIZES = (0.20, 0.24, 0.22, 0.18, 0.10, 0.06)
MEAN_SIZE = sum((size + 1) * share for size, share in enumerate(SIZES))
ROW_GROUP = 122_880
"""DuckDB's own, so that its threads have something to share."""
KEPT_PARTS = 10
"""So many parts also stand as a state keeps them."""
NATION, COUNTIES, FEWEST = 80_000_000, 2790, 9
PREFIXES = [*range(66, 71), *range(72, 81), *range(83, 100)]
"""Two digits no province of today has."""
LOOKED_AT_ALL, NULL = 0.88, 0.12
"""The share of households of which every fact is known, and how often one is not known in the others."""
NEVER_NULL = ("age", "on_dibao", "on_dibao_marginal", "on_single_unit", "urban_household")


@dataclass(frozen=True, slots=True)
class Applicants:
    """A folder of parts. ``codes`` the counties; ``area`` of a household is the place in it."""

    folder: Path
    codes: list[str]
    people: list[int]
    households: list[int]

    def persons_of(self, part: int) -> Path:
        """The file of a part's persons: ``household`` and ``person`` (numbers of the whole), then the facts."""
        return self.folder / f"persons-{part:04}.parquet"

    def households_of(self, part: int) -> Path:
        """The file of a part's households: ``household``, ``area``, ``members``, then the facts."""
        return self.folder / f"households-{part:04}.parquet"

    def state_of(self, part: int) -> tuple[Path, Path]:
        """The files of a part's persons and households as a state keeps them; the households' also hold ``area`` int32 and
        ``offsets`` int64, where each one's members begin."""
        return self.folder / f"persons-{part:04}.columns", self.folder / f"households-{part:04}.columns"


def made(subset: Book, people: int) -> Applicants:
    """Return about so many invented persons, from disk if these were made before."""
    mark = hashlib.sha256(Path(__file__).read_bytes() + repr(sorted(subset.inputs)).encode()).hexdigest()[:12]
    folder = KEPT / f"applicants-{people}-{mark}"
    done = folder / "made.json"
    if not done.exists():
        for stale in KEPT.glob(f"applicants-{people}-*"):
            shutil.rmtree(stale)
        folder.mkdir(parents=True)
        _write(subset, people, folder)
    told = json.loads(done.read_text())
    return Applicants(folder, told["codes"], told["people"], told["households"])


def county_codes(people: int) -> list[str]:
    """Return the counties a population of that size has: of its share of the nation, at least a few."""
    wanted = min(COUNTIES, max(FEWEST, COUNTIES * people // NATION))
    return [
        f"{prefix}{city:02}{county:02}000000" for prefix in PREFIXES for city in range(1, 10) for county in range(1, 11)
    ][:wanted]


def standards(subset: Book, codes: list[str]) -> ParameterTable:
    """Return what the nation, the provinces, the cities and the counties have set."""
    random = np.random.default_rng(SEED)
    rows = national(subset)

    def put(area: str, name: str, value: int) -> None:
        spec = subset.parameter_specs[name]
        rows.append(Assertion(name, area, value, spec.per or spec.unit, date(2020, 1, 1), source="local"))

    for province in dict.fromkeys(code[:2] for code in codes):
        put(f"{province}0000000000", "employment_cost_percent", int(random.integers(0, 41)))
        put(f"{province}0000000000", "care_extension_grade", int(random.choice([2, 3, 4])))
    for city in dict.fromkeys(code[:4] for code in codes):
        for place, name in enumerate(name for name in LOCAL if name.startswith("dis_")):
            if random.random() > 0.03:
                put(f"{city}00000000", name, int(random.integers(60, 160)) * 1200 + place * 1200)
    for code in codes:
        rural, urban = (int(random.integers(*bounds)) * 1200 for bounds in ((460, 900), (700, 1300)))
        for name, value in (("rural", rural), ("urban", urban)):
            put(code, f"dibao_{name}", value)
            put(code, f"dibao_margin_{name}", value * 3 // 2)
    return subset.table(rows)


def _write(subset: Book, people: int, folder: Path) -> None:
    codes = county_codes(people)
    parts = -(-people // PART)
    each = round(people / MEAN_SIZE / parts)
    disposable = np.random.default_rng(SEED + 1).integers(16_000, 32_000, len(codes)) * 100
    living = np.random.default_rng(SEED + 2).integers(60, 130, len(codes)) * 1200
    places = {"area": pa.array(range(len(codes)), pa.int16())}
    places |= {
        name: pa.array(values, pa.int32())
        for name, values in found_for(subset, standards(subset, codes), codes).items()
    }
    pq.write_table(pa.table(places), folder / "places.parquet")
    counted: list[int] = []
    first_person = 0
    for part in range(parts):
        random = np.random.default_rng((SEED, part))
        area = ((part * each + np.arange(each)) * len(codes) // (parts * each)).astype(np.int16)
        sizes = random.choice(len(SIZES), each, p=SIZES) + 1
        of = np.repeat(np.arange(each), sizes)
        place = np.arange(len(of)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        whole = random.random(each) < LOOKED_AT_ALL
        shared, own = _facts(random, of, place, area, disposable, living)
        head = {"household": (of + part * each).astype(np.int32)}
        head |= {"person": np.arange(first_person, first_person + len(of), dtype=np.int32)}
        number = np.arange(part * each, (part + 1) * each, dtype=np.int32)
        first_person += len(of)
        offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)))
        for path, keys, columns, entity, looked in (
            (folder / f"persons-{part:04}.parquet", head, own, Entity.PERSON, whole[of]),
            (
                folder / f"households-{part:04}.parquet",
                {"household": number, "area": area, "members": sizes.astype(np.int8)},
                shared,
                Entity.HOUSEHOLD,
                whole,
            ),
        ):
            arrays = {name: pa.array(values) for name, values in keys.items()}
            kept = {"area": area.astype(np.int32), "offsets": offsets} if entity is Entity.HOUSEHOLD else {}
            for name in inputs_of(subset, entity):
                lacking = ~looked & (random.random(len(looked)) < NULL)
                mask = None if name in NEVER_NULL else lacking
                arrays[name] = pa.array(columns[name], mask=mask)
                kept[name] = columns[name].astype(np.int8 if columns[name].dtype == bool else columns[name].dtype)
                if mask is not None:
                    kept[name][mask] = untold(kept[name].dtype)
            coded = [name for name, array in arrays.items() if array.type in (pa.int8(), pa.int16())]
            pq.write_table(pa.table(arrays), path, row_group_size=ROW_GROUP, compression="lz4", use_dictionary=coded)
            if part < KEPT_PARTS:
                write_columns(path.with_suffix(".columns"), kept)
        counted.append(len(of))
    told = {"codes": codes, "people": counted, "households": [each] * parts, "as_of": AS_OF.isoformat()}
    (folder / "made.json").write_text(json.dumps(told))


def _facts(  # noqa: PLR0917 - what the facts are drawn for
    random: np.random.Generator, of: Array, place: Array, area: Array, disposable: Array, living: Array
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Facts of households and of their members, before anything is hidden."""
    homes, persons = len(area), len(of)

    def chance(share: float | Array, length: int = persons) -> Array:
        return np.asarray(random.random(length) < share)

    def yuan(share: float | Array, median: float, spread: float = 0.7) -> Array:
        amounts = np.exp(random.standard_normal(persons, dtype=np.float32) * spread + np.log(median))
        return np.where(chance(share), np.minimum(amounts, 150_000) * 100, 0).astype(np.int32)

    age = np.where(place < 2, random.integers(22, 90, persons), random.integers(0, 45, persons)).astype(np.int8)
    adult, old = (age >= 18) & (age < 65), age >= 60
    disabled = chance(np.where(place == 0, 0.2, 0.08))
    grade = np.where(disabled, random.integers(1, 5, persons), 0).astype(np.int8)
    kind = np.where(disabled, random.integers(1, 8, persons), 0).astype(np.int8)
    kinship = np.where(
        place == 0, 1, np.where((place == 1) & chance(0.6), 2, random.choice([3, 3, 3, 3, 4, 5], persons))
    )
    study = np.where((age >= 16) & (age < 26), random.choice([0, 0, 0, 1, 1, 2], persons), 0)
    helped = chance(0.35, homes)
    business = yuan(0.15, 6000)
    business[chance(0.01)] *= -1
    own = {
        "member_kinship": kinship.astype(np.int8),
        "age": age,
        "member_study": study.astype(np.int8),
        "cannot_live_independently": (grade > 0) & (grade <= 2) & chance(0.5),
        "long_term_cohabiting": chance(0.5),
        "custody_kind": np.where(chance(0.004), random.integers(1, 4, persons), 0).astype(np.int8),
        "declared_missing": chance(0.001),
        "clergy_years": np.where(chance(0.001), random.integers(0, 9, persons), 0).astype(np.int8),
        "member_separated": chance(0.004),
        "deceased": chance(0.002),
        "lives_apart": chance(0.02),
        "member_finding": np.where(chance(0.02), random.integers(1, 3, persons), 0).astype(np.int8),
        "excluded_income_year": yuan(0.2, 800),
        "business_income_year": business,
        "property_income_year": yuan(0.04, 1500),
        "transfer_income_year": yuan(np.where(old, 0.9, 0.15), 2200),
        "other_income_year": yuan(0.05, 800),
        "hardship_deduction_year": yuan(0.03, 2000),
        "on_dibao": helped[of],
        "on_dibao_marginal": (chance(0.08, homes) & ~helped)[of],
        "disability_grade": grade,
        "disability_kind": kind,
        "multiple_includes_mental": (kind == 7) & chance(0.4),
        "long_term_care_needed": (grade > 0) & (grade <= 3) & chance(0.8),
        "on_single_unit": disabled & chance(0.04),
        "labour_income": yuan(np.where(adult, 0.4, 0.02), 15_000),
        "left_out_by_province": chance(0.002),
        "basic_pension_left_out": np.where(old & chance(0.5), 12 * 14_300, 0).astype(np.int32),
        "high_age_allowance_left_out": np.where((age >= 80) & chance(0.7), 12 * 10_000, 0).astype(np.int32),
        "disability_subsidy_left_out": np.where(disabled & chance(0.5), 12 * 11_000, 0).astype(np.int32),
        "child_grants_left_out": yuan(np.where(age < 18, 0.05, 0), 1500),
        "single_unit_eligible": disabled & chance(0.05),
        "living_subsidy_eligible": disabled & helped[of] & chance(0.9),
        "living_standard": living[area][of].astype(np.int32),
    }
    shared = {
        "urban_household": chance(0.35, homes),
        "household_fixed_employment_cost": np.where(chance(0.3, homes), 120_000, 0).astype(np.int32),
        "household_support_fee": np.where(chance(0.1, homes), random.integers(0, 6000, homes) * 100, 0).astype(
            np.int32
        ),
        "property_ok": chance(0.9, homes),
        "disposable_income_line": disposable[area].astype(np.int32),
        "outside_prior_schemes": chance(0.75, homes),
        "rigid_property_ok": chance(0.85, homes),
        "rigid_spending_exceeds": chance(0.12, homes),
        "rigid_other_ok": chance(0.95, homes),
    }
    return shared, own
