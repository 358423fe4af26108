"""What the rules say: the book and the parameters in force, the signals of runs, one household judged and explained."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from shouwang.apps.assessment import coverage, lake, states
from shouwang.apps.assessment.models import Determination, Finding, LocalStandard, Run, Screening
from shouwang.apps.assessment.selectors.simulations import simulation_summary
from shouwang.apps.assessment.signals import SCHEMA, Signal, SignalTable, joined
from shouwang.apps.assessment.standards import SHARED
from shouwang.apps.exchange import selectors as exchange
from shouwang.apps.registry import selectors as registry
from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, Outcome, evaluate
from shouwang.engine.compare.household import fold_household
from shouwang.engine.coverage import Verdict
from shouwang.engine.explain import Explanation, explain
from shouwang.engine.keeping import told_again
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Cite, Rule
from shouwang.engine.wording import UNKNOWN, unit_shown, value_text
from shouwang.engine.words import citation_of
from shouwang.lib import clock
from shouwang.lib.area_codes import ancestors_of, contains, scope_range
from shouwang.rules.questions import Question, questions_of

__all__ = [
    "CERTAIN",
    "Again",
    "HouseholdCase",
    "Question",
    "Signal",
    "SignalTable",
    "Warning",
    "book",
    "case_of",
    "changes_of",
    "cited",
    "cites_of",
    "cleared_of",
    "coverage_choices",
    "coverage_label",
    "coverage_question",
    "coverage_rule",
    "coverage_words",
    "determinations_of",
    "explain_household",
    "findings_by_uuid",
    "findings_of",
    "is_coverage",
    "item_of",
    "judge_household",
    "label_of",
    "last_finished_run",
    "last_screening",
    "last_screening_within",
    "money_shown",
    "origins_of",
    "parameters",
    "parameters_at",
    "questions",
    "scheme_choices",
    "signals_of",
    "simulation_summary",
    "told_again_of",
    "value_shown",
    "verdict_choices",
    "warnings",
]


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 — 预警 is the noun of this house
    """What a warning rule says besides whether it holds."""

    name: str
    label: str
    level: str
    direction: str
    action: str
    feeds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HouseholdCase:
    """One household as the engine sees it; ``person_ids`` are its members in the order of ``case.members``."""

    case: Case
    person_ids: tuple[int, ...]


@lru_cache(maxsize=1)
def book() -> Book:
    """Return the law as code, loaded once per process."""
    return load_book("shouwang.rules")


@lru_cache(maxsize=1)
def questions() -> tuple[Question, ...]:
    """Return what is asked of each policy, in the statutory order."""
    return questions_of(book())


def parameters() -> ParameterTable:
    """Return the national parameters under the approved local standards of the database (one query)."""
    return _whole(book(), _standards())


def parameters_at(area_code: str) -> ParameterTable:
    """Return what ``parameters`` holds of one division and those above it: all that one household is judged by (one query)."""
    return _around(book(), _standards(ancestors_of(area_code)))


def _standards(places: Sequence[str] = ()) -> tuple[tuple[Any, ...], ...]:
    """The local standards in force, of some divisions or of all, as plain rows: to build objects takes longer than to read."""
    codes = f" AND area_code IN ({', '.join(['%s'] * len(places))})" if places else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT amount_fen, {', '.join(SHARED)} FROM {LocalStandard._meta.db_table} "  # noqa: S608 — names from code
            f"WHERE state IN ({', '.join(['%s'] * len(states.IN_FORCE))}){codes} ORDER BY item, area_code, starts_on",
            [*states.IN_FORCE, *places],
        )
        return tuple(cursor.fetchall())


def _table(law: Book, rows: tuple[tuple[Any, ...], ...]) -> ParameterTable:
    """The table that rows make: kept for equal rows, which are read each time, so that no change of a standard is missed."""
    return law.table(Assertion(value=value, **dict(zip(SHARED, told, strict=True))) for value, *told in rows)


_around = lru_cache(maxsize=256)(_table)
_whole = lru_cache(maxsize=1)(_table)


@lru_cache(maxsize=64)
def warnings(as_of: date) -> dict[str, Warning]:
    """Return every warning rule in force on a day, by name."""
    return {rule.name: _warning(rule) for rule in book().warnings(as_of)}


def _warning(rule: Rule) -> Warning:
    says = rule.warns
    if says is None:
        raise ValueError(f"{rule.name} does not warn")
    return Warning(rule.name, rule.label, says.level, says.direction, says.action, says.feeds)


def label_of(name: str) -> str:
    """Return the 汉字 label of a rule, an input or a parameter."""
    return book().label_of(name)


def value_shown(name: str, value: int | None) -> str:
    """Return a stored integer as staff read it: 是/否, 1,200.50元, 30天, a date."""
    if value is None:
        return UNKNOWN
    unit = unit_shown(book(), name)
    return value_text(bool(value) if unit == "bool" else value, unit)


def item_of(name: str) -> str | None:
    """Return the item of the register an input is folded from; None for a rule, a parameter or a base attribute."""
    spec = book().inputs.get(name)
    return spec.item if spec else None


def cites_of(rule: str, area_code: str, as_of: date) -> list[str]:
    """Return the documents and articles a rule rests on where and when it was applied, as staff read them."""
    version = book().versions_on(as_of, area_code).get(rule)
    return [] if version is None else [_cited(cite.key, cite.article) for cite in version.cites]


def origins_of(items: Iterable[str], area_code: str, as_of: date) -> dict[str, str]:
    """Return which document or division set the parameters that held on a day (one query)."""
    table = parameters()
    found = {item: table.lookup(item, area_code, as_of) for item in items}
    return {item: _cited(each.assertion.source, each.assertion.article) for item, each in found.items() if each}


def cited(cite: str) -> str:
    """Return a cite ("source_key:article") as staff read it."""
    key, _, article = cite.partition(":")
    return _cited(key, article)


def money_shown(fen: int) -> str:
    """Return an amount as staff read it."""
    return value_text(fen, "fen")


def _cited(key: str, article: str) -> str:
    source = book().sources.get(key)
    if source is None:
        return f"本地规定（{' '.join(part for part in (key, article) if part)}）"
    return "本地规定" if key == "local" else str(citation_of(book(), Cite(key, article)))


def last_finished_run(area_code: str) -> Run | None:
    """Return the latest finished run over a division or one above it."""
    return Run.objects.filter(area_code__in=ancestors_of(area_code), state=Run.State.FINISHED).order_by("-id").first()


def run_by_uuid(uuid: UUID | str) -> Run | None:
    """Return a run."""
    return Run.objects.filter(uuid=uuid).first()


def signals_of(run: Run) -> SignalTable:
    """Return the signals that hold, in their fixed order."""
    return SignalTable(lake.read_table(lake.folder_of(run.uuid) / lake.SIGNALS)).holding()


def changes_of(run: Run, kind: str) -> SignalTable:
    """Return the signals that are "new", "still" or "cleared" against the run before (without evidence)."""
    return SignalTable(lake.read_changes(run.uuid, kind))


def cleared_of(run: Run) -> SignalTable:
    """Return the signals that held in the run before and do not hold any more."""
    return changes_of(run, "cleared")


def signals_before(run: Run) -> SignalTable:
    """Return what a run is compared with: the run before it, and those abandoned since that had begun to open alerts."""
    since = Run.objects.filter(id__gt=run.previous_id or 0, id__lt=run.pk, state=Run.State.ABANDONED, taken__gt=0)
    earlier = [each for each in since.order_by("-id") if contains(run.area_code, each.area_code)]
    uuids = [*(each.uuid for each in earlier), *([run.previous.uuid] if run.previous else [])]
    files = [lake.folder_of(uuid) / lake.SIGNALS for uuid in uuids]
    tables = [SignalTable(lake.read_table(file)) for file in files if file.exists()]
    before = joined(tables) if tables else SignalTable(SCHEMA.empty_table())
    if run.previous and run.previous.area_code != run.area_code:
        inside = [contains(run.area_code, code) for code in before.table["area_code"].to_pylist()]
        before = SignalTable(before.table.filter(inside))
    return before


def case_of(household_id: int, as_of: date, targets: Collection[str] | None = None) -> HouseholdCase | None:
    """Return one household as a whole run has it (the same facts, the same meaning of the fold); None if nobody lives in it.

    Only the facts that ``targets`` rest on are folded (None: all).
    """
    there = registry.household_case(household_id, as_of, clock.now())
    if there is None:
        return None
    area_code = there.area_code
    names = None if targets is None else book().inputs_for(targets, as_of, [area_code])
    covered = exchange.covered_feeds(area_code, as_of)
    case = fold_household(book(), area_code, there.members, there.facts, as_of, covered_feeds=covered, names=names)
    return HouseholdCase(case, there.person_ids)


def judge_household(
    household_id: int, as_of: date, targets: Collection[str] | None = None
) -> tuple[HouseholdCase, Outcome] | None:
    """Evaluate rules (None: all in force) for one household on a day with what is known now."""
    found = case_of(household_id, as_of, targets)
    return (
        None
        if found is None
        else (found, evaluate(book(), found.case, as_of, parameters_at(found.case.area_code), targets))
    )


def explain_household(household_id: int, as_of: date, target: str, person_id: int | None = None) -> Explanation | None:
    """Explain one result for a household, or for one of its members; None if the person does not live there."""
    found = case_of(household_id, as_of, [target])
    if found is None or (person_id is not None and person_id not in found.person_ids):
        return None
    person = None if person_id is None else found.person_ids.index(person_id)
    return explain(book(), found.case, as_of, parameters_at(found.case.area_code), target, person)


CERTAIN = coverage.CERTAIN
coverage_choices = coverage.choices
coverage_label = coverage.label
is_coverage = coverage.is_coverage


def coverage_rule(scheme: str, verdict: int) -> str:
    """Return the name under which a finding enters the worklist."""
    return coverage.rule_name(scheme, Verdict(verdict))


def coverage_question(scheme: str) -> str:
    """Return the rule that judges a benefit, whose reason a finding rests on; "" for one no longer screened."""
    return coverage.question(scheme)


scheme_choices = coverage.scheme_choices
verdict_choices = coverage.verdict_choices


def coverage_words(rule: str) -> coverage.CoverageWords:
    """Return what to do about a screening's finding, with its documents as staff read them."""
    told = coverage.words(rule)
    return coverage.CoverageWords(told.action, tuple(cited(cite) for cite in told.cites))


def last_screening(area_code: str) -> Screening | None:
    """Return the latest finished screening over a division or one above it."""
    finished = Screening.objects.filter(area_code__in=ancestors_of(area_code), state=Screening.State.FINISHED)
    return finished.order_by("-id").first()


def last_screening_within(area_code: str) -> Screening | None:
    """Return the latest finished screening of a division below this one, for those whose range nobody screened whole."""
    low, high = scope_range(area_code)
    finished = Screening.objects.filter(area_code__gte=low, area_code__lt=high, state=Screening.State.FINISHED)
    return finished.order_by("-id").first()


def findings_of(screening: Screening) -> QuerySet[Finding]:
    """Return a screening's findings, the most pressing first."""
    return Finding.objects.filter(screening=screening).order_by("-rank", "-id")


def findings_by_uuid(area_code: str, uuids: Collection[str]) -> list[Finding]:
    """Return findings of the screening a division goes by, in a fixed order; those replaced since are left out (two queries)."""
    screening = last_screening(area_code)
    if screening is None:
        return []
    return list(findings_of(screening).filter(uuid__in=uuids).select_related("screening"))


@dataclass(frozen=True, slots=True)
class Again:
    """A stored determination computed again by the rules now loaded.

    ``answer`` is None where they cannot answer any more; ``same`` says whether every byte agrees, ``same_value`` whether
    at least the result does.
    """

    answer: Explanation | None
    same: bool
    same_value: bool


def determinations_of(household_id: int) -> QuerySet[Determination]:
    """Return what is stored of a household, the newest first."""
    return Determination.objects.filter(household_id=household_id).order_by("-id")


def told_again_of(stored: Determination, under: Book | None = None) -> Again:
    """Compute a stored determination again under a book (None: the one now loaded) and compare the bytes."""
    try:
        answer = told_again(
            under or book(),
            stored.target,
            stored.position,
            stored.as_of,
            stored.case,
            stored.parameters,
            stored.words,
        )
    except (KeyError, ValueError):
        return Again(None, same=False, same_value=False)
    value = None if answer.value is None else int(answer.value)
    return Again(answer, answer.as_bytes() == bytes(stored.explanation), value == stored.value)
