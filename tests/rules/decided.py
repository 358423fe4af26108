"""Decisions on every day on which the law or a local standard changes, 2014 to 2027, and the digests they are known by.

``python -m tests.rules.decided`` (from the top folder, with ``PYTHONPATH=src``) writes ``decided.txt`` anew: do so only
where a past rule was meant to change, and say why in the commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from shouwang.engine.book import Book, load_book
from shouwang.engine.keeping import Kept, keep
from shouwang.engine.parameters import GIVEN, Assertion, ParameterTable
from shouwang.engine.rule import Entity
from shouwang.lib.crypto import sm3_hex
from shouwang.rules.questions import questions_of
from shouwang.rules.worked_case import WorkedCase, read_case_file

FOLDER = Path(__file__).parent
FILE = FOLDER / "decided.txt"
FIRST, AFTER = date(2014, 1, 1), date(2028, 1, 1)
STANDARDS_SINCE, STANDARDS_RAISED = date(2012, 1, 1), date(2020, 4, 1)
RAISED_BY = 1_200
HOUSEHOLDS_OF_A_POLICY = 1
HEAD = "# case | rule | member | from | value | first 16 digits of the SM3 of the explanation; only days on which it changes\n"


@dataclass(frozen=True)
class Decision:
    """One explained answer, first given on ``day``."""

    case: str
    day: date
    kept: Kept

    @property
    def key(self) -> tuple[str, str, str]:
        """Who was told about what."""
        member = "-" if self.kept.person is None else str(self.kept.person + 1)
        return self.case, self.kept.target, member

    @property
    def line(self) -> str:
        """The decision as one line of the file."""
        value = self.kept.explanation.value
        shown = "?" if value is None else str(int(value))
        digest = sm3_hex(self.kept.explanation.as_bytes())[:16]
        return " | ".join([*self.key, self.day.isoformat(), shown, digest])


@cache
def the_book() -> Book:
    return load_book("shouwang.rules")


@cache
def households() -> tuple[tuple[str, WorkedCase, ParameterTable], ...]:
    """The best-described household in the case files of each policy, by file and number, with standards of all the years."""
    book = the_book()
    found = []
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir() and any(path.glob("*.yaml"))):
        cases = [
            (f"{folder.name}/{file.stem} {number}", worked)
            for file in sorted(folder.glob("*.yaml"))
            for number, worked in enumerate(read_case_file(file, book), 1)
            if worked.who
        ]
        cases.sort(key=lambda pair: (-_known(pair[1]), pair[0]))
        found += [(name, worked, standards_of(book, worked)) for name, worked in cases[:HOUSEHOLDS_OF_A_POLICY]]
    return tuple(found)


def _known(worked: WorkedCase) -> int:
    """How many facts of a household are known and not nothing."""
    return sum(1 for facts in (worked.case.household, *worked.case.members) for value in facts.values() if value)


def standards_of(book: Book, worked: WorkedCase) -> ParameterTable:
    """The standards a case gives, as if the area had set them in 2012 and raised the amounts in 2020."""
    rows: list[Assertion] = []
    for row in worked.parameters.assertions():
        if row.source == GIVEN:
            set_then = replace(row, valid_from=STANDARDS_SINCE, source="local")
            rows.append(set_then)
            if book.parameter_specs[row.item].unit == "fen":
                rows.append(replace(set_then, valid_from=STANDARDS_RAISED, value=row.value + RAISED_BY))
    return book.table(rows)


def days(book: Book) -> list[date]:
    """Every day on which anything changes."""
    turns = {*book.change_dates(), FIRST, STANDARDS_RAISED}
    return sorted(day for day in turns if FIRST <= day < AFTER)


def decisions() -> Iterator[Decision]:
    """Every question in force, for every household, on every day on which something it rests on has changed.

    An explanation depends on the versions in force, the parameters found and the facts, on nothing else: where these
    are the same as before it need not be made again.
    """
    book = the_book()
    rules = list(dict.fromkeys(rule for question in questions_of(book) for rule in question.rules))
    for name, worked, parameters in households():
        area = worked.case.area_code
        last: dict[str, object] = {}
        for day in days(book):
            plan = book.plan(day, book.regime(area))
            for rule in rules:
                if rule not in plan.by_name:
                    continue
                part = plan.towards([rule])
                rests_on = (
                    [step.definition for step in part.steps],
                    [parameters.lookup(leaf.name, area, day) for leaf in part.parameters],
                )
                if last.get(rule) == rests_on:
                    continue
                last[rule] = rests_on
                own = book.entity_of(rule) is Entity.PERSON
                for person in range(len(worked.who)) if own else (None,):
                    yield Decision(name, day, keep(book, worked.case, day, parameters, rule, person))


@cache
def all_decisions() -> tuple[Decision, ...]:
    """All of them, made once."""
    return tuple(decisions())


def main() -> None:
    """Write the file anew."""
    lines = [decision.line for decision in all_decisions()]
    FILE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} decisions in {FILE.name}")


if __name__ == "__main__":
    main()
