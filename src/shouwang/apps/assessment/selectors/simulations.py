"""Reads of simulations: what can be changed, what came out, as a post of a level may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError

from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.models import Simulation
from shouwang.apps.assessment.simulation_access import simulations_visible_to
from shouwang.engine import reform_text as text
from shouwang.engine.reform_text import from_data, in_words
from shouwang.engine.rule import Entity
from shouwang.lib import disclosure
from shouwang.lib.area_codes import NATION, parent_of
from shouwang.rules.questions import questions_of
from shouwang.rules.simulated import GROUP_LABELS, benefits_of

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

PAGE = 30
OTHER = "其他"
COUNTS = ("gain", "lose", "newly", "exits", "untold")
MEASURES = (*COUNTS, "before", "after", "more")


@dataclass(frozen=True)
class Line:
    """One line of a table: counts, and 分 a month before, after and more (None: withheld, or no money in this table)."""

    key: str
    label: str
    figures: dict[str, int | None]


@dataclass(frozen=True)
class Table:
    """One table of a result. ``of_persons``: its lines count persons; ``money``: its lines carry money."""

    key: str
    label: str
    of_persons: bool
    money: bool
    lines: list[Line]


@dataclass(frozen=True)
class Result:
    """A finished simulation as a post may see it. ``withheld``: something was."""

    total: dict[str, int | None]
    areas: Table
    benefits: Table
    groups: list[Table]
    withheld: bool


@lru_cache(maxsize=1)
def parameters_to_change() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the parameters that an outcome rests on in any version, with what stands in for them: policy → (item, label)."""
    book = selectors.book()
    needed = _resting_on()
    for name in list(needed & book.parameter_specs.keys()):
        spec = book.parameter_specs[name]
        needed |= {*spec.instead, *((spec.derived.of, spec.derived.ratio) if spec.derived else ())}
    labels = {question.policy: question.label for question in questions_of(book)}
    found: dict[str, list[tuple[str, str]]] = {}
    for name, spec in book.parameter_specs.items():
        if name in needed:
            found.setdefault(labels.get(spec.policy, OTHER), []).append((name, spec.label))
    return tuple((label, tuple(items)) for label, items in found.items())


@lru_cache(maxsize=1)
def versions_to_choose() -> tuple[tuple[str, str], ...]:
    """Return the versions of the rules that an outcome rests on and that have more than one: (text of the version, label)."""
    book, found = selectors.book(), []
    for each in text.versions_to_choose(book):
        if each.name in _resting_on():
            until = f"至 {each.until}" if each.until else "起"
            where = f"，{each.area}" if each.area else ""
            cite = selectors.cited(str(each.cites[0])) if each.cites else ""
            key = f"{each.name}@{each.since}" + (f"@{each.area}" if each.area else "")
            found.append((key, f"{each.label}（{each.since} {until}{where}）{cite}"))
    return tuple(found)


def _resting_on() -> set[str]:
    """Everything the compared outcomes rest on, through every version of every rule."""
    book = selectors.book()
    open_ends = [name for benefit in benefits_of(book) for name in benefit.rules]
    seen: set[str] = set()
    while open_ends:
        name = open_ends.pop()
        if name not in seen:
            seen.add(name)
            open_ends += [argument for version in book.definitions.get(name, ()) for argument in version.arguments]
    return seen


def simulations_page(actor: Actor, after: int | None = None) -> tuple[list[Simulation], int | None]:
    """Return a page of the simulations in the actor's range, newest first, and the key the next starts after."""
    rows = simulations_visible_to(actor).defer("summary", "fingerprint")
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def simulation_by_uuid(uuid: UUID | str | None) -> Simulation | None:
    """Return a simulation, or None."""
    try:
        return Simulation.objects.filter(uuid=uuid).first() if uuid else None
    except (ValidationError, ValueError):
        return None


def simulation_summary(uuid: UUID | str | None) -> dict[str, Any] | None:
    """Return the stored summary of a finished simulation with ``area_code``, ``as_of`` and ``reform``; None if there is none.

    ``total``: households all, same, gain, lose, untold, newly, exits; ``before`` and ``after`` in 分 a month. Unprotected:
    show it to a post as its level may see it (``result_for``).
    """
    found = simulation_by_uuid(uuid)
    if found is None or found.state != Simulation.State.DONE:
        return None
    return {"area_code": found.area_code, "as_of": found.as_of, "reform": found.reform} | found.summary


def reform_in_words(simulation: Simulation) -> list[str]:
    """Return what a simulation changes, a sentence each, with the names of divisions."""
    reform = from_data(simulation.reform)
    codes = {change.area_code for change in reform.changes} | {each.area for each in reform.versions if each.area}
    names = areas.name_paths(codes, simulation.as_of) if codes else {}
    return in_words(selectors.book(), reform, lambda code: names.get(code, code))


def place_names(codes: Iterable[str], on: date) -> dict[str, str]:
    """Return code → the division's own name on a day, without the names of those above it."""
    above = {code: parent_of(code) for code in codes}
    paths = areas.name_paths({*above, *filter(None, above.values())}, on)
    return {
        code: paths[code].removeprefix(paths[up] if up and up != NATION else "") or code for code, up in above.items()
    }


def result_for(actor: Actor, simulation: Simulation) -> Result:
    """Return a finished simulation's tables as the actor's level may see them.

    City and province posts: counts of 1–4 are withheld, with what would give them away; money stands only where all
    counts of its line do.
    """
    summary, wide = simulation.summary, actor.level in disclosure.WIDE_LEVELS
    names = place_names(summary["areas"], simulation.as_of)
    labels = benefit_labels()
    rows: list[tuple[str, str, bool, bool, dict[str, tuple[str, dict[str, int]]]]] = [
        ("areas", "区划", False, True, {code: (names[code], row) for code, row in summary["areas"].items()}),
        *(
            (
                key,
                label,
                of_persons,
                not of_persons,
                {name: (name, row) for name, row in summary["groups"][key].items()},
            )
            for key, (label, of_persons) in GROUP_LABELS.items()
            if key in summary["groups"]
        ),
    ]
    columns = [_counts(actor.level, lines) for *_, lines in rows]
    households = [seen for seen, (*_, money, _lines) in zip(columns, rows, strict=True) if money]
    total = {measure: _total(measure, summary["total"], households) for measure in COUNTS}
    total |= _money(
        {"before": 0, "after": 0} | summary["total"],
        shown=None not in (total["gain"], total["lose"], total["newly"], total["exits"]),
    )
    for measure in COUNTS:
        if total[measure] is None:
            for seen in columns:
                seen[measure] = disclosure.blanked(seen[measure])
    tables = [
        Table(key, label, of_persons, money, _lines(lines, seen, money=money and total["more"] is not None))
        for (key, label, of_persons, money, lines), seen in zip(rows, columns, strict=True)
    ]
    outcomes = Table("benefits", "项目", False, True, _outcomes(actor.level, summary["benefits"], labels, total))
    withheld = wide and any(
        figure is None
        for table in (*tables, outcomes)
        for line in table.lines
        for measure, figure in line.figures.items()
        if table.money or measure in COUNTS
    )
    total["all"] = summary["total"]["all"]
    return Result(total, tables[0], outcomes, tables[1:], withheld)


def benefit_labels() -> dict[str, str]:
    """Return the label of each outcome that is compared, and whom it counts."""
    book = selectors.book()
    persons = {
        benefit.key: all(book.entity_of(name) is Entity.PERSON for name in benefit.rules)
        for benefit in benefits_of(book)
    }
    return {each.key: f"{each.label}（{'人' if persons[each.key] else '户'}）" for each in benefits_of(book)}


def _counts(level: str, lines: dict[str, tuple[str, dict[str, int]]]) -> dict[str, disclosure.Counts[str]]:
    return {
        measure: disclosure.for_level(level, {key: row.get(measure, 0) for key, (_, row) in lines.items()})
        for measure in COUNTS
    }


def _total(measure: str, row: dict[str, int], tables: list[dict[str, disclosure.Counts[str]]]) -> int | None:
    """The figure over all, if every table that adds up to it may tell it."""
    told = all(seen[measure].total is not None for seen in tables)
    return row.get(measure, 0) if told else None


def _money(row: dict[str, int], *, shown: bool) -> dict[str, int | None]:
    """A line's money, if it has any."""
    if "before" not in row:
        return {}
    before, after = row["before"], row["after"]
    figures = {"before": before, "after": after, "more": after - before}
    return {name: figure if shown else None for name, figure in figures.items()}


def _lines(
    lines: dict[str, tuple[str, dict[str, int]]], seen: dict[str, disclosure.Counts[str]], *, money: bool
) -> list[Line]:
    found = []
    hidden = {
        key for measure in COUNTS if measure != "untold" for key, cell in seen[measure].cells.items() if cell is None
    }
    for key, (label, row) in lines.items():
        figures = {measure: seen[measure].cells[key] for measure in COUNTS}
        found.append(Line(key, label, figures | _money(row, shown=money and (key not in hidden))))
    return found


def _outcomes(
    level: str, rows: dict[str, dict[str, int]], labels: dict[str, str], total: dict[str, int | None]
) -> list[Line]:
    """A line per outcome: not a table that adds up. What is withheld over all is withheld here, where it might stand again."""
    found = []
    for key, row in rows.items():
        figures = {
            measure: None if total[measure] is None else disclosure.single(level, row.get(measure, 0))
            for measure in COUNTS
        }
        whole = None not in (figures["gain"], figures["lose"], figures["newly"], figures["exits"])
        found.append(Line(key, labels.get(key, key), figures | _money(row, shown=whole and total["more"] is not None)))
    return found
