"""Facts of a whole population as columns, in the shared vocabulary of items: what the warning benches run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from shouwang.synth.circumstances import CLASSES, DIBAO, NONE, TEKUN
from shouwang.synth.households import HEAD, Int64, People

OPEN = np.iinfo(np.int32).max
"""``true_to`` of a state that has no end yet."""

EPOCH = date(1970, 1, 1)


@dataclass(slots=True)
class FactTable:
    """Facts in the order written. ``subject`` is a row number of persons (or of households)."""

    items: list[str] = field(default_factory=list)
    _parts: list[tuple[Int64, int, Int64, Int64, Int64]] = field(default_factory=list)

    def add(
        self,
        item: str,
        subject: npt.NDArray[np.integer],
        value: npt.NDArray[np.integer] | int,
        true_from: npt.NDArray[np.integer] | int,
        true_to: npt.NDArray[np.integer] | int = OPEN,
    ) -> None:
        """Append facts of one item; scalars count for every subject."""
        code = self.items.index(item) if item in self.items else len(self.items)
        if code == len(self.items):
            self.items.append(item)
        wide = [np.broadcast_to(np.asarray(each, dtype=np.int64), len(subject)) for each in (value, true_from, true_to)]
        self._parts.append((np.asarray(subject, dtype=np.int64), code, wide[0], wide[1], wide[2]))

    def columns(self) -> dict[str, npt.NDArray[np.integer]]:
        """subject int64, item int16 (place in ``items``), value int64, true_from and true_to int32, all (facts,)."""
        codes = np.concatenate([np.full(len(part[0]), part[1], dtype=np.int16) for part in self._parts])
        gathered = [np.concatenate([part[place] for part in self._parts]) for place in (0, 2, 3, 4)]
        names = ("subject", "value", "true_from", "true_to")
        kinds = (np.int64, np.int64, np.int32, np.int32)
        found = {name: each.astype(kind) for name, each, kind in zip(names, gathered, kinds, strict=True)}
        return {"subject": found.pop("subject"), "item": codes, **found}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What ``draw_facts`` needs to know about a population."""

    people: People
    classes: Int64
    incomes: Int64
    grade: Int64
    kind: Int64
    pension: Int64


def _day(day: date) -> int:
    return (day - EPOCH).days


def draw_facts(rng: np.random.Generator, known: Circumstances, as_of: date) -> tuple[FactTable, FactTable]:
    """Draw the facts of persons and of households as of a day: three months of payments, a year of hospital bills."""
    on = _day(as_of)
    persons, households = FactTable(), FactTable()
    _register(rng, persons, households, known, on)
    _money(rng, persons, known, as_of)
    _health(rng, persons, known, as_of)
    _life(rng, persons, households, known, as_of)
    return persons, households


def _register(
    rng: np.random.Generator, persons: FactTable, households: FactTable, known: Circumstances, on: int
) -> None:
    people = known.people
    category = known.classes[people.household]
    since = (on - rng.integers(200, 3_500, people.households))[people.household]
    for code, name in enumerate(CLASSES):
        if code != NONE:
            members = np.flatnonzero(category == code)
            persons.add(f"category.{name}", members, 1, since[members])
    registered = np.flatnonzero(known.classes != NONE)
    start = on - 200
    households.add("property.compliant", registered, 1, start)
    for item, low, high in (("authorisation.expires", -5, 700), ("recheck.due", -8, 360)):
        households.add(item, registered, on + rng.integers(low, high, len(registered)), start)
    ages = people.ages(on)
    listed = np.flatnonzero((category != NONE) | (rng.random(len(people)) < 0.05))
    total = known.incomes[people.household]
    earner = (ages >= 18) & (ages < 60)
    head = people.relation == HEAD
    for item, amounts in (
        ("income.wage_year", np.where(earner, total * 6 // 10, 0)),
        ("income.business_net_year", np.where(head, total * 3 // 10, 0)),
        ("income.property_net_year", np.where(head, 20_000, 0)),
        ("income.transfer_net_year", np.where(ages >= 60, total * 2 // 10, 0)),
    ):
        persons.add(item, listed, amounts[listed], start)
    declared = np.flatnonzero(np.isin(category, (DIBAO, TEKUN)) & (known.pension > 0))
    less = 5_000 * (rng.random(len(declared)) < 0.01).astype(np.int64)
    persons.add("pension.declared_monthly", declared, known.pension[declared] - less, start)


def _months(as_of: date, count: int) -> list[tuple[int, int]]:
    """First day and day after the last of the latest months up to that of ``as_of``."""
    last = np.datetime64(as_of, "M").astype(np.int64)
    firsts = np.arange(last - count + 1, last + 2).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return list(zip(firsts[:-1].tolist(), firsts[1:].tolist(), strict=True))


def _money(rng: np.random.Generator, persons: FactTable, known: Circumstances, as_of: date) -> None:
    category = known.classes[known.people.household]
    benefit = np.flatnonzero(np.isin(category, (DIBAO, TEKUN)))
    pensioners = np.flatnonzero(known.pension > 0)
    amount = np.where(category[benefit] == TEKUN, 78_000, rng.integers(180, 560, len(benefit)) * 100)
    for first, after in _months(as_of, 3):
        returned = rng.random(len(benefit)) < 0.003
        persons.add("benefit.paid", benefit[~returned], amount[~returned], first, after)
        persons.add("benefit.place", benefit[~returned], 990_101, first, after)
        persons.add("benefit.returned", benefit[returned], 1, first, first + 1)
        elsewhere = benefit[rng.random(len(benefit)) < 0.0005]
        persons.add("benefit.place", elsewhere, 990_102, first, after)
        persons.add("pension.monthly", pensioners, known.pension[pensioners], first, after)


def _pick(rng: np.random.Generator, fitting: npt.NDArray[np.bool_], share: float) -> Int64:
    return np.flatnonzero(fitting & (rng.random(len(fitting)) < share))


def _health(rng: np.random.Generator, persons: FactTable, known: Circumstances, as_of: date) -> None:
    on, people = _day(as_of), known.people
    everyone = np.ones(len(people), dtype=bool)
    year = on - _day(date(as_of.year, 1, 1)) + 1
    registered = known.classes[people.household] != NONE
    for _ in range(2):
        chosen = _pick(rng, everyone, 0.06)
        median = np.where(registered[chosen], 700.0, 1_500.0)
        paid = (median * np.exp(rng.normal(0, 0.85, len(chosen))) * 100).astype(np.int64)
        day = on - rng.integers(0, year, len(chosen))
        persons.add("medical.inpatient_self_paid", chosen, paid, day, day + 1)
    chosen = _pick(rng, everyone, 0.08)
    day = on - rng.integers(0, 90, len(chosen))
    cost = (11_000 * np.exp(rng.normal(0, 0.58, len(chosen)))).astype(np.int64)
    persons.add("medical.outpatient_cost", chosen, cost, day, day + 1)
    chosen = _pick(rng, everyone, 0.002)
    persons.add("medical.serious_illness", chosen, 1, on - rng.integers(0, 900, len(chosen)))
    holders = np.flatnonzero(known.grade > 0)
    issued = on - rng.integers(0, 4_000, len(holders))
    persons.add("disability.grade", holders, known.grade[holders], issued)
    persons.add("disability.kind", holders, known.kind[holders], issued)
    worse = holders[(known.grade[holders] < 4) & (rng.random(len(holders)) < 0.05)]
    persons.add("disability.grade", worse, known.grade[worse] + 1, on - rng.integers(4_100, 6_000, len(worse)))


def _life(
    rng: np.random.Generator, persons: FactTable, households: FactTable, known: Circumstances, as_of: date
) -> None:
    on, people = _day(as_of), known.people
    ages = people.ages(on)
    died = _pick(rng, ages >= 60, 0.006)
    persons.add("death.registered", died, 1, on - rng.integers(0, 120, len(died)))
    pupils = _pick(rng, (ages >= 6) & (ages < 22), 0.9)
    stage = np.select([ages[pupils] < 12, ages[pupils] < 15, ages[pupils] < 18], [1, 2, 3], 5)
    since = _day(date(as_of.year - (as_of.month < 9), 9, 1))
    persons.add("school.stage", pupils, stage, since)
    left = rng.random(len(pupils)) < 0.003
    persons.add(
        "school.status", pupils, np.where(left, 2, 1), since + left * rng.integers(0, max(on - since, 1), len(pupils))
    )
    paying = pupils[stage >= 3]
    cost = (5_000 * np.exp(rng.normal(0, 0.32, len(paying)))).astype(np.int64) * 100
    persons.add("school.self_paid", paying, cost, since, since + 1)
    workers = _pick(rng, (ages >= 18) & (ages < 60), 0.35)
    jobless = rng.random(len(workers)) < 0.03
    registered = on - rng.integers(0, 2_500, len(workers))
    persons.add("employment.status", workers, np.where(jobless, 2, 1), registered)
    waged = workers[~jobless]
    persons.add("employment.wage", waged, rng.integers(18, 56, len(waged)) * 10_000, registered[~jobless])
    adult = (ages >= 18) & (ages < 80)
    for item, share in (("vehicle.registered", 0.12), ("realestate.registered", 0.10), ("market.entity", 0.03)):
        owners = _pick(rng, adult, share)
        persons.add(item, owners, 1, on - rng.integers(0, 4_000, len(owners)))
    held = _pick(rng, (ages >= 19) & (ages < 60), 0.0012)
    begun = on - rng.integers(0, 1_000, len(held))
    persons.add(
        "custody.held", held, 1 + (rng.random(len(held)) < 0.3), begun, begun + rng.integers(180, 1_500, len(held))
    )
    struck = np.flatnonzero(rng.random(people.households) < 0.002)
    day = on - rng.integers(0, 200, len(struck))
    households.add("disaster.loss", struck, rng.integers(0, 400, len(struck)) * 5_000, day, day + 1)
