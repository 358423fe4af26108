"""The thirty-three rules written for OpenFisca-Core and for PolicyEngine-core, run by ``bench/eligibility.py`` beside ours.

A program of its own: it runs in an environment that holds the comparator and is never imported by the project. Both comparators
are AGPL-3.0; nothing of the project depends on them. They know no "cannot tell": what is null is read as 0 or no. What
divisions set is given as plain arrays, one value a household, because their own look-up by place costs many times the run.
Money is int32 fen (their integer; their float has 24 bits), products of money are made in 64 bits.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from bench.turns import serve

WHICH, FOLDER, THREADS = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
if WHICH == "openfisca":
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import MONTH
    from openfisca_core.periods import period as period_of
    from openfisca_core.simulations import Simulation
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable
else:
    from policyengine_core.entities import build_entity
    from policyengine_core.periods import MONTH
    from policyengine_core.periods import period as period_of
    from policyengine_core.simulations import Simulation
    from policyengine_core.taxbenefitsystems import TaxBenefitSystem
    from policyengine_core.variables import Variable

PERIOD = period_of("2026-10")
PERSON = build_entity(key="person", plural="persons", label="person", is_person=True)
HOUSEHOLD = build_entity(
    key="household", plural="households", label="household", roles=[{"key": "member", "plural": "members"}]
)
Array = np.ndarray
P: dict[str, Any] = {}
"""What holds where: constants of the nation, arrays by household for what divisions set, by person where a person's rule asks."""
ADULT, CLERGY, ROUNDING, MONTHS = 18, 3, 100, 12
NURSING = [f"dis_nursing_grade{each}" for each in ("1_dibao", "1", "2_dibao", "2")] + [
    f"dis_nursing_grade{each}_intellectual_mental" for each in (3, 4)
]
OF_PERSONS = ["care_extension_grade", *NURSING]
RULES: dict[str, tuple[Any, type, Any]] = {}


def rule(entity: Any, kind: type = bool) -> Any:
    """Keep a formula under its name."""

    def keep(formula: Any) -> Any:
        RULES[formula.__name__] = (entity, kind, formula)
        return formula

    return keep


@rule(PERSON)
def member_by_law(person: Any, period: Any) -> Array:
    """属法定的共同生活成员."""
    kinship = person("member_kinship", period)
    cohabiting = person("long_term_cohabiting", period)
    child = (
        (person("age", period) < ADULT)
        | (person("member_study", period) == 1)
        | person("cannot_live_independently", period)
        | cohabiting
    )
    return (kinship <= 2) | ((kinship == 3) & child) | ((kinship == 4) & cohabiting)


@rule(PERSON)
def left_out_by_law(person: Any, period: Any) -> Array:
    """依法不计入成员."""
    return (
        (person("custody_kind", period) != 0)
        | person("declared_missing", period)
        | (person("clergy_years", period) >= CLERGY)
        | person("member_separated", period)
        | person("left_out_by_province", period)
    )


@rule(PERSON)
def counted_member(person: Any, period: Any) -> Array:
    """计入共同生活家庭成员."""
    finding = person("member_finding", period)
    by_law = person("member_by_law", period) & ~person("left_out_by_law", period)
    here = ~(person("deceased", period) | person("lives_apart", period))
    return here & ((finding == 1) | ((finding != 2) & by_law))


@rule(PERSON, int)
def left_out_income(person: Any, period: Any) -> Array:
    """年不计入收入合计."""
    return (
        person("excluded_income_year", period)
        + person("basic_pension_left_out", period)
        + person("high_age_allowance_left_out", period)
        + person("disability_subsidy_left_out", period)
        + person("child_grants_left_out", period)
    )


@rule(PERSON, int)
def other_countable_income(person: Any, period: Any) -> Array:
    """除工资外的年可计入收入."""
    return (
        person("business_income_year", period)
        + person("property_income_year", period)
        + person("transfer_income_year", period)
        + person("other_income_year", period)
        - person("left_out_income", period)
        - person("hardship_deduction_year", period)
    )


@rule(PERSON)
def certified(person: Any, period: Any) -> Array:
    """在世持证残疾人."""
    return (person("disability_grade", period) > 0) & ~person("deceased", period)


@rule(PERSON)
def severe_for_subsidies(person: Any, period: Any) -> Array:
    """一、二级残疾."""
    return person("certified", period) & (person("disability_grade", period) <= 2)


@rule(PERSON)
def intellectual_or_mental(person: Any, period: Any) -> Array:
    """智力或精神残疾."""
    kind = person("disability_kind", period)
    of_kind = ((kind >= 5) & (kind <= 6)) | ((kind == 7) & person("multiple_includes_mental", period))
    return person("certified", period) & of_kind


@rule(PERSON)
def care_extended(person: Any, period: Any) -> Array:
    """三、四级智力和精神残疾."""
    grade = person("disability_grade", period)
    within = (grade >= 3) & (grade <= P["care_extension_grade"])
    return person("certified", period) & within & person("intellectual_or_mental", period)


@rule(PERSON)
def care_subsidy_eligible(person: Any, period: Any) -> Array:
    """符合重度残疾人护理补贴条件."""
    disabled = person("severe_for_subsidies", period) | person("care_extended", period)
    return disabled & person("long_term_care_needed", period)


@rule(PERSON)
def dibao_member(person: Any, period: Any) -> Array:
    """低保家庭成员."""
    eligible = person.household("dibao_eligible", period)
    return person("on_dibao", period) | (person("counted_member", period) & eligible)


@rule(PERSON)
def marginal_member(person: Any, period: Any) -> Array:
    """低保边缘家庭成员."""
    eligible = person.household("dibao_marginal_eligible", period)
    return person("on_dibao_marginal", period) | (person("counted_member", period) & eligible)


@rule(PERSON)
def living_dibao(person: Any, period: Any) -> Array:
    """低保家庭中的残疾人."""
    helped = person("dibao_member", period) | person("on_single_unit", period) | person("single_unit_eligible", period)
    return person("certified", period) & helped


@rule(PERSON, int)
def care_rate_grade(person: Any, period: Any) -> Array:
    """护理补贴按几级标准."""
    return person("disability_grade", period)


@rule(PERSON, int)
def care_standard_grade1(person: Any, period: Any) -> Array:
    """一级的护理补贴标准."""
    return np.where(person("living_dibao", period), P["dis_nursing_grade1_dibao"], P["dis_nursing_grade1"])


@rule(PERSON, int)
def care_standard_grade2(person: Any, period: Any) -> Array:
    """二级的护理补贴标准."""
    return np.where(person("living_dibao", period), P["dis_nursing_grade2_dibao"], P["dis_nursing_grade2"])


@rule(PERSON, int)
def care_standard(person: Any, period: Any) -> Array:
    """适用的护理补贴标准."""
    grade = person("care_rate_grade", period)
    lower = np.where(
        grade == 3, P["dis_nursing_grade3_intellectual_mental"], P["dis_nursing_grade4_intellectual_mental"]
    )
    second = np.where(grade == 2, person("care_standard_grade2", period), lower)
    return np.where(grade == 1, person("care_standard_grade1", period), second)


@rule(PERSON, int)
def care_subsidy_amount(person: Any, period: Any) -> Array:
    """重度残疾人护理补贴月金额."""
    monthly = (person("care_standard", period) + MONTHS - 1) // MONTHS
    return np.where(person("care_subsidy_eligible", period), monthly, 0)


@rule(PERSON, int)
def living_subsidy_amount(person: Any, period: Any) -> Array:
    """困难残疾人生活补贴月金额."""
    monthly = (person("living_standard", period) + MONTHS - 1) // MONTHS
    return np.where(person("living_subsidy_eligible", period), monthly, 0)


@rule(HOUSEHOLD, int)
def unit_size(household: Any, period: Any) -> Array:
    """低保家庭人数."""
    return household.sum(household.members("counted_member", period))


@rule(HOUSEHOLD, int)
def household_wage_income(household: Any, period: Any) -> Array:
    """家庭工资收入."""
    members = household.members
    return household.sum(np.where(members("counted_member", period), members("labour_income", period), 0))


@rule(HOUSEHOLD, int)
def household_other_income(household: Any, period: Any) -> Array:
    """家庭其他收入."""
    members = household.members
    return household.sum(np.where(members("counted_member", period), members("other_countable_income", period), 0))


@rule(HOUSEHOLD, int)
def employment_cost(household: Any, period: Any) -> Array:
    """必要就业成本扣减 (the nation's fixed deduction is 0)."""
    wages = household("household_wage_income", period).astype(np.int64)
    return (wages * P["employment_cost_percent"] + 99) // 100


@rule(HOUSEHOLD, int)
def household_income(household: Any, period: Any) -> Array:
    """家庭年可计入收入."""
    earned = (
        household("household_wage_income", period)
        - household("employment_cost", period)
        + household("household_other_income", period)
        + household("household_support_fee", period)
    )
    return np.maximum(earned, 0)


@rule(HOUSEHOLD, int)
def per_capita_income_month(household: Any, period: Any) -> Array:
    """家庭人均月收入 (nobody counted: unknown with us, the income of one here)."""
    size = np.maximum(household("unit_size", period), 1)
    return household("household_income", period) // (size * MONTHS)


@rule(HOUSEHOLD, int)
def dibao_line(household: Any, period: Any) -> Array:
    """适用的低保标准."""
    return np.where(household("urban_household", period), P["dibao_urban"], P["dibao_rural"])


@rule(HOUSEHOLD)
def dibao_eligible(household: Any, period: Any) -> Array:
    """符合低保条件."""
    size = household("unit_size", period)
    below = household("household_income", period) < household("dibao_line", period) * size
    return (size > 0) & below & household("property_ok", period)


@rule(HOUSEHOLD, int)
def dibao_gap_amount(household: Any, period: Any) -> Array:
    """低保月补差金额."""
    step = ROUNDING * MONTHS
    line = household("dibao_line", period) * household("unit_size", period)
    gap = (line - household("household_income", period) + step - 1) // step * ROUNDING
    return np.where(household("dibao_eligible", period), gap, 0)


@rule(HOUSEHOLD, int)
def marginal_line(household: Any, period: Any) -> Array:
    """适用的低保边缘线."""
    return np.where(household("urban_household", period), P["dibao_margin_urban"], P["dibao_margin_rural"])


@rule(HOUSEHOLD)
def income_within_marginal_line(household: Any, period: Any) -> Array:
    """收入在低保边缘线内 (the line itself is outside)."""
    line = household("marginal_line", period) * household("unit_size", period)
    return household("household_income", period) < line


@rule(HOUSEHOLD)
def dibao_marginal_eligible(household: Any, period: Any) -> Array:
    """符合低保边缘家庭条件."""
    return (
        (household("unit_size", period) > 0)
        & ~household("dibao_eligible", period)
        & household("income_within_marginal_line", period)
        & household("property_ok", period)
    )


@rule(HOUSEHOLD)
def income_below_disposable_line(household: Any, period: Any) -> Array:
    """人均收入低于上年人均可支配收入."""
    line = household("disposable_income_line", period) * household("unit_size", period)
    return household("household_income", period) < line


@rule(HOUSEHOLD)
def rigid_eligible(household: Any, period: Any) -> Array:
    """符合刚性支出困难家庭条件."""
    return (
        (household("unit_size", period) > 0)
        & household("outside_prior_schemes", period)
        & household("income_below_disposable_line", period)
        & household("rigid_property_ok", period)
        & household("rigid_spending_exceeds", period)
        & household("rigid_other_ok", period)
    )


OF_PERSON = [name for name, (entity, _, _) in RULES.items() if entity is PERSON]
OF_HOUSEHOLD = [name for name, (entity, _, _) in RULES.items() if entity is HOUSEHOLD]
KEYS = {"household", "person", "area", "members"}
TRUTH: dict[str, bool] = {}
"""Which facts are yes or no."""
MARKED = 24
"""Bytes at the end of a file of columns: the length of its list, and a mark."""


def system() -> Any:
    """The rules and what they ask for, as the comparator's own system."""
    made = TaxBenefitSystem([PERSON, HOUSEHOLD])
    for entity, file in ((PERSON, "persons-0000.parquet"), (HOUSEHOLD, "households-0000.parquet")):
        for field in pq.read_schema(FOLDER / file):
            if field.name not in KEYS:
                TRUTH[field.name] = pa.types.is_boolean(field.type)
                kind = bool if pa.types.is_boolean(field.type) else int
                given = {"value_type": kind, "entity": entity, "definition_period": MONTH, "label": field.name}
                made.add_variable(type(field.name, (Variable,), given))
    for name, (entity, kind, formula) in RULES.items():
        given = {"value_type": kind, "entity": entity, "definition_period": MONTH, "label": name}
        made.add_variable(type(name, (Variable,), {**given, "formula": formula}))
    return made


SYSTEM = system()
PLACES = {
    name: np.array([0 if value is None else value for value in values], dtype=np.int32)
    for name, values in pq.read_table(FOLDER / "places.parquet").to_pydict().items()
}


def simulation(of: Array, households: int, facts: dict[str, Array], area: Array) -> Any:
    """One simulation of persons (``of``: whose household, from 0), ready to be asked."""
    for name, values in PLACES.items():
        if name != "area":
            P[name] = values[area]
    for name in OF_PERSONS:
        P[name] = P[name][of]
    populations = SYSTEM.instantiate_entities()
    persons, homes = populations["person"], populations["household"]
    persons.count, homes.count = len(of), households
    persons.ids, homes.ids = np.arange(len(of)), np.arange(households)
    homes.members_entity_id = of
    made = Simulation(tax_benefit_system=SYSTEM, populations=populations)
    for name, values in facts.items():
        made.set_input(name, PERIOD, values)
    return made


def facts_of(part: int) -> tuple[Array, int, dict[str, Array], Array]:
    """A part's columns as plain arrays."""
    tables = []
    for name in ("households", "persons"):
        file = pq.ParquetFile(FOLDER / f"{name}-{part:04}.parquet")
        needed = [each for each in file.schema_arrow.names if each not in {"household", "person"}]
        tables.append(file.read(needed, use_threads=THREADS > 1))
    shared, own = tables
    facts = {}
    for table in (shared, own):
        for name, column in zip(table.column_names, table.columns, strict=True):
            if name not in KEYS:
                truth = pa.types.is_boolean(column.type)
                values = np.asarray(pc.fill_null(column, False if truth else 0))
                facts[name] = values if truth else values.astype(np.int32, copy=False)
    of = np.repeat(np.arange(shared.num_rows), np.asarray(shared["members"]))
    return of, shared.num_rows, facts, np.asarray(shared["area"])


def columns_of(path: Path) -> dict[str, Array]:
    """The columns of a file as the project's state keeps them: plain bytes, then a list of what lies where. Mapped."""
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    end = len(mapped) - MARKED
    length = int.from_bytes(mapped[end : end + 8].tobytes(), "little")
    listed = json.loads(mapped[end - length : end].tobytes())["columns"]
    found = {}
    for name, column in listed.items():
        kind = np.dtype(column["kind"])
        found[name] = mapped[column["at"] : column["at"] + column["length"] * kind.itemsize].view(kind)
    return found


def facts_kept(part: int) -> tuple[Array, int, dict[str, Array], Array]:
    """A part as the state keeps it, as plain arrays: what is not known (the two least numbers of a kind) as 0 or no."""
    shared, own = (columns_of(FOLDER / f"{name}-{part:04}.columns") for name in ("households", "persons"))
    offsets, area = shared.pop("offsets"), shared.pop("area")
    facts = {}
    for stored in (shared, own):
        for name, values in stored.items():
            if TRUTH[name]:
                facts[name] = values == 1
            else:
                facts[name] = np.where(values > np.iinfo(values.dtype).min + 1, values, values.dtype.type(0)).astype(
                    np.int32, copy=False
                )
    return np.repeat(np.arange(len(area)), np.diff(offsets)), len(area), facts, area


KEPT: list[Any] = []


def told(made: Any) -> dict[str, tuple[int, int]]:
    """Every result's number of rows and sum."""
    found = {}
    for name in RULES:
        values = made.calculate(name, PERIOD)
        found[name] = (len(values), int(values.sum(dtype=np.int64)))
    return found


def run(part: int) -> dict[str, tuple[int, int]]:
    """Read a part, judge it, sum it up."""
    return told(simulation(*facts_of(part)))


def state(part: int) -> dict[str, tuple[int, int]]:
    """Read a part as the state keeps it, judge it, sum it up."""
    return told(simulation(*facts_kept(part)))


def load(part: int) -> None:
    """Read a part and keep it."""
    KEPT[:] = [facts_of(part)]


def judge() -> dict[str, tuple[int, int]]:
    """Judge what is kept."""
    return told(simulation(*KEPT[0]))


def rows(part: int, path: str) -> None:
    """Write every result of a part."""
    made = simulation(*facts_of(part))
    for names, end in ((OF_HOUSEHOLD, "households"), (OF_PERSON, "persons")):
        table = pa.table({name: made.calculate(name, PERIOD) for name in names})
        with pa.OSFile(f"{path}.{end}", "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)


def one(household: dict[str, Any], members: list[dict[str, Any]], places: dict[str, int], times: int) -> list[float]:
    """Judge one household so many times, all facts known; return the milliseconds of each."""
    import time

    for name, value in places.items():
        PLACES[name] = np.array([value])
    facts = {name: np.array([value]) for name, value in household.items()}
    facts |= {name: np.array([member[name] for member in members]) for name in members[0]}
    of, area = np.zeros(len(members), dtype=np.int64), np.zeros(1, dtype=np.int64)
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        made = simulation(of, 1, facts, area)
        for name in RULES:
            made.calculate(name, PERIOD)
        spent.append((time.perf_counter() - began) * 1000)
    return spent


if __name__ == "__main__":
    serve({"run": run, "state": state, "load": load, "judge": judge, "rows": rows, "one": one})
