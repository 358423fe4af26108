"""A small invented nation for the store's tests: a register, deliveries, and a plain telling of what the store must say.

The plain telling folds every fact of every household with ``fold_facts`` and judges with ``evaluate_columns``: no store,
no packed columns, no delta.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.book import Book
from shouwang.engine.compare.covering import Coverage, cadence_of
from shouwang.engine.compare.state import fold_facts
from shouwang.engine.frame import OPEN, UNKNOWN_DAY, FactColumns, Frame, People
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity
from shouwang.lib.dates import day_number


@dataclass
class Member:
    number: int
    key: int | None
    birth_day: int
    sex: int
    relation: int


@dataclass
class Home:
    number: int
    area: str
    members: list[Member]


@dataclass
class Delivery:
    """One fact file. ``rows``: (key or person or household number, item, value, from, to)."""

    name: str
    feed: str
    period: str
    area_code: str
    number: str
    rows: list[tuple[int | None, str, int, int, int]]


@dataclass
class World:
    """Households and the deliveries that are linked. ``lasting``: what linking found, by delivery: it is never done again."""

    book: Book
    random: np.random.Generator
    areas: list[str]
    homes: list[Home] = field(default_factory=list)
    left: list[Home] = field(default_factory=list)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    found: dict[str, dict[int, int]] = field(default_factory=dict)
    known: dict[str, set[int]] = field(default_factory=lambda: {"person_id": set(), "household_id": set()})
    next_number: int = 1
    next_delivery: int = 1

    def people(self) -> dict[int, Home]:
        return {member.number: home for home in self.homes for member in home.members}

    # ── register ────────────────────────────────────────────────────────────

    def new_member(self) -> Member:
        self.next_number += int(self.random.integers(1, 3))
        born = day_number(date(2032, 3, 15)) - int(self.random.integers(0, 36_000))
        key = None if self.random.random() < 0.03 else int(self.random.integers(-(2**62), 2**62))
        return Member(
            self.next_number,
            key,
            int(UNKNOWN_DAY) if self.random.random() < 0.05 else born,
            int(self.random.integers(0, 3)),
            int(self.random.integers(0, 4)),
        )

    def new_home(self) -> Home:
        self.next_number += 1
        number = self.next_number
        members = [self.new_member() for _ in range(int(self.random.integers(0, 5)))]
        return Home(number, str(self.random.choice(self.areas)), members)

    def settle(self, homes: int) -> None:
        self.homes += [self.new_home() for _ in range(homes)]

    def change_register(self) -> None:
        """Births, deaths, moves, a household that splits, two that become one, one that goes, one that comes back, new ones,
        a key corrected, a key that two have."""
        random = self.random
        for home in [self.homes[at] for at in random.integers(0, len(self.homes), 6)]:
            what = random.integers(0, 11)
            if what == 0:
                home.members.append(self.new_member())
            elif what == 1 and home.members:
                home.members.pop(int(random.integers(len(home.members))))
            elif what == 2:
                home.area = str(random.choice(self.areas))
            elif what == 3 and len(home.members) > 1:
                self.homes.append(Home(self.new_home().number, home.area, [home.members.pop()]))
            elif what == 4 and home in self.homes and len(self.homes) > 3:
                self.homes.remove(home)
                self.left.append(home)
            elif what == 5:
                self.homes.append(self.new_home())
            elif what in {6, 7} and home.members:
                other = self.homes[int(random.integers(len(self.homes)))]
                moving = home.members if what == 6 else home.members[:1]
                if other is not home:
                    other.members += moving
                    home.members = home.members[len(moving) :]
            elif what == 8 and self.left:
                self.homes.append(self.left.pop())
            elif what == 9 and home.members:
                others = [member.key for other in self.homes for member in other.members]
                home.members[0].key = others[int(random.integers(len(others)))]
            elif home.members:
                home.members[0].sex = int(random.integers(0, 3))
                home.members[0].key = int(random.integers(-(2**62), 2**62))

    def write_register(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        homes = sorted(self.homes, key=lambda home: (home.area, home.number))
        areas = sorted({home.area for home in homes})
        members = [(row, member) for row, home in enumerate(homes) for member in home.members]
        pq.write_table(pa.table({"area_code": areas}), folder / "areas.parquet")
        pq.write_table(
            pa.table(
                {
                    "household_id": pa.array([home.number for home in homes], pa.int64()),
                    "area": pa.array([areas.index(home.area) for home in homes], pa.int32()),
                }
            ),
            folder / "households.parquet",
        )
        pq.write_table(
            pa.table(
                {
                    "person_id": pa.array([each.number for _, each in members], pa.int64()),
                    "key": pa.array([each.key for _, each in members], pa.int64()),
                    "household_row": pa.array([row for row, _ in members], pa.int32()),
                    "birth_day": pa.array([each.birth_day for _, each in members], pa.int32()),
                    "sex": pa.array([each.sex for _, each in members], pa.int8()),
                    "relation": pa.array([each.relation for _, each in members], pa.int8()),
                }
            ),
            folder / "persons.parquet",
            row_group_size=7,
        )
        return folder

    # ── deliveries ──────────────────────────────────────────────────────────

    def deliver(self, as_of: date, feed: str | None = None, rows: int = 60) -> Delivery:
        """A new delivery of some feed: facts of its items of persons or of households, some of nobody."""
        random = self.random
        feeds = sorted({item.feed for item in self.book.items.values()})
        feed = feed or str(random.choice(feeds))
        items = [item for item in self.book.items.values() if item.feed == feed]
        subject = items[int(random.integers(len(items)))].subject
        items = [item for item in items if item.subject is subject]
        number = "household_id" if subject is Entity.HOUSEHOLD else str(random.choice(["key", "key", "person_id"]))
        if number == "household_id":
            numbers = [home.number for home in self.homes]
        else:
            members = [member for home in self.homes for member in home.members]
            numbers = [member.key if number == "key" else member.number for member in members]
        today = day_number(as_of)
        found = []
        for _ in range(rows):
            item = items[int(random.integers(len(items)))]
            whose = (
                int(random.integers(10**9, 2 * 10**9))
                if random.random() < 0.1
                else numbers[int(random.integers(len(numbers)))]
            )
            start = today + int(random.choice([-1, -20, -45, -80, -200, -400, 3, 20])) + int(random.integers(-15, 16))
            end = int(OPEN) if random.random() < 0.6 else start + int(random.integers(1, 300))
            value = int(random.choice([0, 0, 1, 1, 2, 3, 5, 40, 100_000, 3_000_000, 2**40, -7]))
            if item.unit == "date":
                value = today + int(random.integers(-40, 60))
            found.append((whose, item.name, value, start, end))
        area_code = str(
            random.choice([self.areas[0], self.areas[0][:6].ljust(12, "0"), self.areas[0][:2].ljust(12, "0"), "0" * 12])
        )
        made = Delivery(f"d{self.next_delivery}", feed, f"{as_of:%Y-%m}", area_code, number, found)
        self.next_delivery += 1
        return made

    def write_delivery(self, made: Delivery, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        items = sorted({row[1] for row in made.rows})
        columns = {
            made.number: pa.array([row[0] for row in made.rows], pa.int64()),
            "true_from": pa.array([row[3] for row in made.rows], pa.int32()),
            "true_to": pa.array([None if row[4] == OPEN else row[4] for row in made.rows], pa.int32()),
        }
        for item in items:
            columns[item] = pa.array([row[2] if row[1] == item else None for row in made.rows], pa.int64())
        about = {"feed": made.feed, "period": made.period, "area_code": made.area_code, "delivery": made.name}
        path = folder / f"{made.name}.parquet"
        pq.write_table(pa.table(columns).replace_schema_metadata(about), path)
        return path

    def linked(self, made: Delivery) -> None:
        """Note a delivery as linked, to whom the register has now."""
        self.deliveries[made.name] = made
        self.found[made.name] = {}
        self.try_again()

    def try_again(self) -> None:
        """Rows that nobody had are tried against the register as it is now; a key that two have is nobody's."""
        for name, made in self.deliveries.items():
            if made.number == "household_id":
                whose = {home.number: home.number for home in self.homes}
            elif made.number == "person_id":
                whose = {number: number for number in self.people()}
            else:
                whose, twice = {}, set()
                for home in self.homes:
                    for member in home.members:
                        if member.key is not None:
                            if member.key in whose:
                                twice.add(member.key)
                            whose[member.key] = member.number
                whose = {key: number for key, number in whose.items() if key not in twice}
            if made.number != "key":
                # a lasting number stays known to the store after the register has let it go
                self.known[made.number] |= set(whose)
                whose = {number: number for number in self.known[made.number]}
            for place, row in enumerate(made.rows):
                if place not in self.found[name] and row[0] in whose:
                    self.found[name][place] = whose[row[0]]

    def register_taken(self) -> None:
        self.known["person_id"] |= set(self.people())
        self.known["household_id"] |= {home.number for home in self.homes}
        self.try_again()

    def withdrawn(self, name: str) -> None:
        del self.deliveries[name], self.found[name]

    def coverage(self, as_of: date) -> Coverage:
        kept = [
            {"feed": each.feed, "period": each.period, "area_code": each.area_code, "cadence": cadence_of(each.period)}
            for each in self.deliveries.values()
        ]
        return Coverage(kept, as_of)

    # ── told plainly ────────────────────────────────────────────────────────

    def told(self, as_of: date, parameters: ParameterTable, targets: tuple[str, ...]) -> Told:
        """Every input and every target of every household, told without the store."""
        covered = self.coverage(as_of)
        told = Told({}, {}, {})
        groups: dict[frozenset[str], list[Home]] = {}
        for home in self.homes:
            groups.setdefault(frozenset(covered(home.area)), []).append(home)
        for feeds, homes in groups.items():
            frame = self._frame(homes, as_of, feeds)
            results = evaluate_columns(self.book, frame, as_of, parameters, targets)
            members = [(member, home) for home in homes for member in home.members]
            for name, column in (*frame.person.items(), *results.person.items()):
                for row, (member, _) in enumerate(members):
                    told.person[member.number, name] = column.at(row)
            for name, column in (*frame.household.items(), *results.household.items()):
                for row, home in enumerate(homes):
                    told.household[home.number, name] = column.at(row)
        told.areas.update({home.number: home.area for home in self.homes})
        return told

    def _frame(self, homes: list[Home], as_of: date, feeds: frozenset[str]) -> Frame:
        members = [(place, member) for place, home in enumerate(homes) for member in home.members]
        people = People(
            np.array([home.area for home in homes], dtype="<U12"),
            np.array([place for place, _ in members], dtype=np.int64),
            np.array([member.birth_day for _, member in members], dtype=np.int32),
            np.array([member.sex for _, member in members], dtype=np.int64),
            np.array([member.relation for _, member in members], dtype=np.int64),
        )
        place_of = {member.number: row for row, (_, member) in enumerate(members)}
        home_of = {home.number: row for row, home in enumerate(homes)}
        facts = [self._facts(place_of, person=True), self._facts(home_of, person=False)]
        return fold_facts(self.book, people, *facts, as_of, covered_feeds=feeds)

    def _facts(self, place_of: dict[int, int], *, person: bool) -> FactColumns:
        rows = [
            (place_of[self.found[name][at]], *row[1:])
            for name, made in self.deliveries.items()
            if (made.number != "household_id") is person
            for at, row in enumerate(made.rows)
            if at in self.found[name] and self.found[name][at] in place_of
        ]
        items = sorted({row[1] for row in rows})
        columns = list(zip(*rows, strict=True)) if rows else [(), (), (), (), ()]
        return FactColumns(
            items,
            np.array(columns[0], dtype=np.int64),
            np.array([items.index(item) for item in columns[1]], dtype=np.int64),
            np.array(columns[2], dtype=np.int64),
            np.array(columns[3], dtype=np.int32),
            np.array(columns[4], dtype=np.int32),
        )


@dataclass
class Told:
    """(person's or household's number, name) → value."""

    person: dict[tuple[int, str], object]
    household: dict[tuple[int, str], object]
    areas: dict[int, str]

    def signals(self, targets: tuple[str, ...], value: object) -> set[tuple[str, str, int]]:
        """(target, "person" or "household", number) of those whose value is this one."""
        return {
            (name, whose, number)
            for whose, table in (("person", self.person), ("household", self.household))
            for (number, name), each in table.items()
            if name in targets and each is value
        }
