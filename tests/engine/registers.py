"""Small invented registers and fact files of Toyland on disk, and the same told household by household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shouwang.engine.book import Book
from shouwang.engine.call import evaluate
from shouwang.engine.compare.household import FactRow, Member, case_from_facts
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity
from shouwang.lib.area_codes import ancestors_of
from shouwang.lib.dates import day_number
from tests.engine.households import AREAS

AS_OF = date(2032, 3, 15)


@dataclass(frozen=True)
class Home:
    number: int
    area: str
    persons: list[int]


@dataclass
class Invented:
    """Households with their members' lasting numbers, members' attributes, and facts by person or household number."""

    folder: Path
    files: list[Path]
    homes: list[Home]
    members: dict[int, Member]
    facts: dict[tuple[Entity, int], list[tuple[str, int, date, date | None]]]
    strangers: dict[str, list[int]]

    def told(
        self,
        book: Book,
        parameters: ParameterTable,
        targets: Sequence[str],
        covered: Mapping[str, frozenset[str]],
    ) -> dict[str, list[tuple[int, int, int]]]:
        """(number, holds, untold) of persons and of households, each household called by itself."""
        found: dict[str, list[tuple[int, int, int]]] = {"person": [], "household": []}
        for home in self.homes:
            rows = [
                FactRow(item, value, start, end, place)
                for place, number in enumerate(home.persons)
                for item, value, start, end in self.facts.get((Entity.PERSON, number), ())
            ]
            rows += [FactRow(*each) for each in self.facts.get((Entity.HOUSEHOLD, home.number), ())]
            feeds = frozenset().union(*(covered.get(code, frozenset()) for code in ancestors_of(home.area)))
            members = [self.members[number] for number in home.persons]
            case = case_from_facts(book, home.area, members, rows, AS_OF, covered_feeds=feeds)
            outcome = evaluate(book, case, AS_OF, parameters, targets)
            found["household"].append((home.number, *_words(outcome.household, targets, book, Entity.HOUSEHOLD)))
            for number, values in zip(home.persons, outcome.persons, strict=True):
                found["person"].append((number, *_words(values, targets, book, Entity.PERSON)))
        return found


def _words(values: Mapping[str, object], targets: Sequence[str], book: Book, entity: Entity) -> tuple[int, int]:
    own = [(bit, name) for bit, name in enumerate(targets) if book.entity_of(name) is entity]
    holds = sum(1 << bit for bit, name in own if values.get(name) is True)
    return holds, sum(1 << bit for bit, name in own if values.get(name) is None)


def invent(book: Book, folder: Path, households: int, seed: int) -> Invented:
    """A register and one fact file of each feed, by key, by person number or by household number."""
    random = np.random.default_rng(seed)
    folder.mkdir()
    areas = sorted(AREAS)
    place = np.sort(random.integers(0, len(areas), households))
    sizes = random.integers(0, 5, households)
    persons = int(sizes.sum())
    numbers = random.permutation(persons * 2)[:persons].astype(np.int64)
    keys = random.integers(-(2**62), 2**62, persons)
    keyless = random.random(persons) < 0.1
    birth = day_number(AS_OF) - random.integers(0, 90 * 365, persons)
    unborn = random.random(persons) < 0.05
    sex, relation = random.integers(0, 3, persons), random.integers(0, 4, persons)
    homes_of = np.repeat(np.arange(households), sizes)
    table = {
        "person_id": numbers,
        "key": pa.array(keys, mask=keyless),
        "household_row": homes_of.astype(np.int32),
        "birth_day": pa.array(birth.astype(np.int32), mask=unborn),
        "sex": pa.array(sex.astype(np.int8), mask=sex == 0),
        "relation": relation.astype(np.int8),
    }
    pq.write_table(pa.table(table), folder / "persons.parquet", row_group_size=max(1, persons // 4))
    lasting = random.permutation(households * 3)[:households].astype(np.int64)
    homes = pa.table({"household_id": lasting, "area": place.astype(np.int32)})
    pq.write_table(homes, folder / "households.parquet", row_group_size=max(1, households // 3))
    pq.write_table(pa.table({"area_code": areas}), folder / "areas.parquet")
    made = Invented(
        folder,
        [],
        [Home(int(lasting[row]), areas[place[row]], numbers[homes_of == row].tolist()) for row in range(households)],
        {
            int(numbers[row]): Member(
                None if unborn[row] else AS_OF - timedelta(days=int(day_number(AS_OF) - birth[row])),
                int(sex[row]),
                int(relation[row]),
            )
            for row in range(persons)
        },
        {},
        {},
    )
    for feed in sorted({(item.feed, item.subject) for item in book.items.values()}):
        _file(made, book, feed, (numbers, keys, keyless, lasting), random)
    return made


def _file(
    made: Invented,
    book: Book,
    feed: tuple[str, Entity],
    ids: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    random: np.random.Generator,
) -> None:
    numbers, keys, keyless, lasting = ids
    name, entity = feed
    items = sorted(item.name for item in book.items.values() if (item.feed, item.subject) == feed)
    own = entity is Entity.PERSON
    space = "household_id" if not own else "person_id" if name == "guild" else "key"
    known = np.flatnonzero(~keyless) if space == "key" else np.arange(len(numbers if own else lasting))
    rows = 3 * len(known)
    who = random.choice(known, rows)
    subject = (numbers if own else lasting)[who]
    written = keys[who] if space == "key" else subject
    strange = random.random(rows) < 0.15
    written = np.where(strange, 2**62 + np.arange(rows), written)
    start = day_number(AS_OF) - random.integers(-20, 400, rows)
    end = start + random.integers(1, 300, rows)
    still = random.random(rows) < 0.5
    bounded = any(book.items[item].kind == "state" for item in items)
    columns = {space: pa.array(written), "true_from": start.astype(np.int32)}
    if bounded:
        columns["true_to"] = pa.array(end.astype(np.int32), mask=still)
    for item in items:
        most = 2 if book.items[item].unit == "bool" else 60_000 if book.items[item].unit == "fen" else 4
        values, silent = random.integers(0, most, rows), random.random(rows) < 0.3
        columns[item] = pa.array(values, mask=silent)
        for row in np.flatnonzero(~silent & ~strange):
            until = None if still[row] or not bounded else AS_OF + timedelta(days=int(end[row] - day_number(AS_OF)))
            fact = (item, int(values[row]), AS_OF + timedelta(days=int(start[row] - day_number(AS_OF))), until)
            made.facts.setdefault((entity, int(subject[row])), []).append(fact)
    path = made.folder.parent / f"{name}-{entity}.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=max(1, rows // 3))
    made.files.append(path)
    made.strangers[str(path)] = sorted(written[strange].tolist())
