"""Random households of any book, and whether its three readings say the same of them. Used by the tests and by the bench."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.duckdb import evaluate_sql
from shouwang.engine.book import Book
from shouwang.engine.call import Case, Outcome, evaluate
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.meaning import Value
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity, Rule
from shouwang.engine.tree import GREATEST, LEAST, Arithmetic, Compare, Const, Expr, Local, Member, Name, parts, walk
from shouwang.lib.dates import day_number

MOST_MEMBERS = 6
CODES = 10
YEAR = 365
FAR = 40 * YEAR
YUAN = 100
LARGE = 200_000 * YUAN
NULLS = (0.0, 0.02, 0.1, 0.4, 1.0)
"""Which share of its facts a household lacks; one of these for each household."""
EXTREME = 0.02
"""How often a number of one household in ten leaves what is ordinary."""
EXTREMES = (GREATEST, LEAST, 2**62, -(2**62), 2**31, -1, 0, 1)


def areas_of(book: Book) -> list[str]:
    """Two villages of an invented county that sets everything, one of a county that sets nothing, one in each division
    with rules of its own."""
    local = {each.area for versions in book.definitions.values() for each in versions if each.area}
    return ["990101001001", "990101002002", "980202001001", *sorted(_village(code) for code in local)]


def _village(code: str) -> str:
    return "".join(part if part.strip("0") else "0" * (len(part) - 1) + "1" for part in _groups(code))


def _groups(code: str) -> tuple[str, ...]:
    return code[:2], code[2:4], code[4:6], code[6:9], code[9:]


def random_parameters(book: Book, seed: int) -> ParameterTable:
    """A table in which the invented county sets every parameter, and each division with rules of its own about half."""
    random = np.random.default_rng(seed)
    rows = []
    for area in areas_of(book):
        for spec in book.parameter_specs.values():
            share = 1.0 if area.startswith("990101") else 0.0 if area.startswith("98") else 0.5
            if random.random() < share:
                per = spec.per or spec.unit
                start = date(2010, 1, 1)
                rows.append(Assertion(spec.item, area, ordinary_value(spec, random), per, start, source="local"))
    return book.table(rows)


def ordinary_value(spec: ParameterSpec, random: np.random.Generator) -> int:
    """A value a division might set."""
    ordinary = {
        "bool": 1,
        "fen": 20_000 * YUAN if spec.per.endswith("year") else 2_000 * YUAN,
        "count": 80,
        "days": YEAR,
        "code": 4,
        "percent": 100,
        "permille": 1000,
        "ratio": 720_000,
        "date": 25_000,
    }[spec.unit]
    least, most = spec.least, min(spec.most, max(ordinary, spec.least))
    step = YUAN if spec.unit == "fen" and most - least > YUAN else 1
    return min(most, least + int(random.integers(0, (most - least) // step + 1)) * step)


def random_frame(book: Book, households: int, as_of: date, seed: int, *, extremes: bool = True) -> Frame:
    """Households of 0 to 6 members with every input of the book: ordinary values, the numbers the rules compare with and
    their neighbours, extremes of 64 bits (unless not wanted), and nothing at all. In some households every number is one
    the rules compare with, and households differ in how much is true of them: a rule that wants many inputs at once would
    else never be met."""
    random = np.random.default_rng(seed)
    areas = np.array(areas_of(book), dtype="<U12")
    sizes = random.integers(0, MOST_MEMBERS + 1, households)
    frame = Frame(areas[random.integers(0, len(areas), households)], np.concatenate(([0], np.cumsum(sizes))))
    lacking = np.array(NULLS)[random.integers(0, len(NULLS), households)]
    wild = random.random(households) < (0.1 if extremes else 0)
    likely = random.choice((0.1, 0.5, 0.9), households)
    meeting = ~wild & (random.random(households) < 0.2)
    met = _compared_with(book)
    for name, spec in book.inputs.items():
        own = spec.entity is Entity.PERSON
        length = frame.persons if own else frame.households
        rate, extreme, met_here = (each[frame.household_of] if own else each for each in (lacking, wild, meeting))
        known = random.random(length) >= rate
        if spec.unit == "bool":
            values = random.random(length) < (likely[frame.household_of] if own else likely)
            column = Column(values & known, known)
        else:
            unit = "date" if spec.is_date else spec.unit
            numbers = _numbers(unit, length, met.get(name, ()), as_of, random)
            leaving = extreme & (random.random(length) < EXTREME)
            numbers = np.where(leaving, random.choice(np.array(EXTREMES), length), numbers)
            if met.get(name):
                numbers = np.where(met_here, random.choice(np.array(met[name]), length), numbers)
            column = Column(np.where(known, numbers, 0), known)
        (frame.person if own else frame.household)[name] = column
    return frame


def _numbers(unit: str, length: int, met: Sequence[int], as_of: date, random: np.random.Generator) -> Array:
    """Ordinary values of a unit, mixed with those the rules compare with and their neighbours."""
    today = day_number(as_of)
    low, high, step = {
        "fen": (-500 * YUAN, LARGE, 1),
        "count": (0, 100, 1),
        "days": (-YEAR, 2 * YEAR, 1),
        "code": (0, CODES, 1),
        "date": (today - FAR, today + YEAR, 1),
    }.get(unit, (0, 2_000, 1))
    ordinary = random.integers(low, high + 1, length) * step
    if unit == "fen":
        ordinary = np.where(random.random(length) < 0.4, ordinary % (3_000 * YUAN), ordinary)
        ordinary = np.where(random.random(length) < 0.2, 0, ordinary)
    if unit == "code":
        ordinary = np.where(random.random(length) < 0.3, 0, ordinary)
    edges = np.array([each + shift for each in met for shift in (-1, 0, 1)] or [0], dtype=np.int64)
    return np.where(random.random(length) < 0.35, edges[random.integers(0, len(edges), length)], ordinary)


def _compared_with(book: Book) -> dict[str, list[int]]:
    """Input → the constants it stands beside in a comparison of some rule."""
    found: dict[str, set[int]] = {}
    for versions in book.definitions.values():
        for each in versions:
            for node in walk(each.body) if isinstance(each, Rule) else ():
                if isinstance(node, Compare | Member | Arithmetic):
                    names = [part.name for side in parts(node) for part in _sum(side) if isinstance(part, Name)]
                    values = [int(part.value) for side in parts(node) for part in _sum(side) if isinstance(part, Const)]
                    for name in names:
                        found.setdefault(name, set()).update(value for value in values if abs(value) < GREATEST)
    return {name: sorted(values) for name, values in found.items() if name in book.inputs}


def _sum(node: Expr) -> Iterator[Expr]:
    """The terms a side of a comparison is made of."""
    yield node
    if isinstance(node, Arithmetic | Local):
        for part in parts(node):
            yield from _sum(part)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two readings part: the rule, the household, and what each says."""

    rule: str
    household: int
    member: int | None
    called: Value
    columns: Value
    sql: Value
    case: Case

    def __str__(self) -> str:
        whose = "" if self.member is None else f", member {self.member}"
        said = f"called {self.called}, columns {self.columns}, sql {self.sql}"
        return f"{self.rule}{whose}: {said}\n{self.case}"


def differences(book: Book, frame: Frame, as_of: date, parameters: ParameterTable) -> tuple[int, list[Difference]]:
    """How many values were compared over every rule, and every difference between the readings."""
    columns = evaluate_columns(book, frame, as_of, parameters)
    sql = evaluate_sql(book, frame, as_of, parameters)
    shared, own = (_lists(each) for each in (columns.household, columns.person))
    names = list(book.definitions)
    offsets = frame.offsets.tolist()
    compared, suspects = 0, _apart(frame, columns, sql)
    for household in range(frame.households):
        outcome = evaluate(book, frame.case(household), as_of, parameters, names)
        compared += len(outcome.household) + sum(len(person) for person in outcome.persons)
        if any(shared[name][household] != value for name, value in outcome.household.items()) or any(
            own[name][row] != value
            for row, person in enumerate(outcome.persons, offsets[household])
            for name, value in person.items()
        ):
            suspects.add(household)
    return compared, [
        each
        for household in sorted(suspects)
        for each in _told(
            household,
            evaluate(book, frame.case(household), as_of, parameters, names),
            frame.case(household),
            (columns.case(household), sql.case(household)),
        )
    ]


def _lists(columns: dict[str, Column]) -> dict[str, list[Value]]:
    return {
        name: [
            value if sure else None for value, sure in zip(column.values.tolist(), column.known.tolist(), strict=True)
        ]
        for name, column in columns.items()
    }


def _apart(frame: Frame, one: Frame, two: Frame) -> set[int]:
    """The households in which two frames of results differ; a column one of them lacks differs everywhere."""
    found: set[int] = set()
    for mine, theirs, whose in (
        (one.household, two.household, np.arange(frame.households)),
        (one.person, two.person, frame.household_of),
    ):
        if mine.keys() != theirs.keys():
            return set(range(frame.households))
        for name, column in mine.items():
            differs = (column.values != theirs[name].values) | (column.known != theirs[name].known)
            found.update(whose[differs].tolist())
    return found


def _told(household: int, outcome: Outcome, case: Case, read: tuple[Case, Case]) -> Iterator[Difference]:
    for member, values in ((None, outcome.household), *enumerate(outcome.persons)):
        one, two = (each.household if member is None else each.members[member] for each in read)
        for name, value in values.items():
            if not value == one.get(name) == two.get(name):
                yield Difference(name, household, member, value, one.get(name), two.get(name), case)
