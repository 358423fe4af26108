"""A register judged by every warning rule on a day: pure computing over arrays, the same every time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from shouwang.apps.assessment.evidence import Evidence, named_by, targets_for
from shouwang.apps.assessment.frames import Snapshot
from shouwang.apps.assessment.signals import HOLDS, SCHEMA, UNTOLD, SignalTable, sorted_table
from shouwang.engine.backends.evaluate import evaluate_many
from shouwang.engine.book import Book
from shouwang.engine.compare.diff import Difference, Signals, difference, signals_in
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity, Rule


@dataclass(frozen=True, slots=True)
class Judged:
    """One part of a register: what holds, what cannot be told, and how often by rule."""

    holds: pa.Table
    untold: Signals
    unknown: Counter[str]


def judge(
    book: Book,
    part: Snapshot,
    as_of: date,
    *,
    area_code: str,
    parameters: ParameterTable,
    covered_feeds: Collection[str],
) -> Judged:
    """Judge one county: fold its facts, evaluate all warning rules in force there, read off the evidence."""
    rules = list(book.warnings(as_of, area_code))
    by_name = book.versions_on(as_of, area_code)
    targets = targets_for(book, rules, by_name)
    needed = book.inputs_for(targets, as_of, map(str, np.unique(part.people.area_codes)))
    frame = part.frame(book, as_of, covered_feeds, needed)
    results = evaluate_many(book, frame, as_of, parameters, targets)
    evidence = Evidence(book, frame, results, part.person_ids, parameters, as_of)
    household_of = frame.household_of
    columns: dict[str, list[object]] = {name: [] for name in SCHEMA.names}
    unknown: Counter[str] = Counter()
    for rule in rules:
        own = rule.entity is Entity.PERSON
        column = (results.person if own else results.household)[rule.name]
        unknown[rule.name] += int((~column.known).sum())
        named = named_by(book, rule, by_name)
        for row in np.flatnonzero(column.values & column.known).tolist():
            household = int(household_of[row]) if own else row
            columns["rule"].append(rule.name)
            columns["household_id"].append(int(part.household_ids[household]))
            columns["person_id"].append(int(part.person_ids[row]) if own else None)
            columns["area_code"].append(str(frame.area_codes[household]))
            columns["verdict"].append(HOLDS)
            columns["evidence"].append(as_text(evidence.of(rule, named, row)))
    _, untold = signals_in(results, rules, part.person_ids, part.household_ids)
    return Judged(pa.table(columns, schema=SCHEMA), untold, unknown)


def as_text(evidence: dict[str, object]) -> str:
    """Return evidence as JSON with one fixed form."""
    return json.dumps(evidence, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def in_force(book: Book, as_of: date) -> tuple[Rule, ...]:
    """Return the warning rules in force anywhere on a day."""
    return book.warnings(as_of)


@dataclass(frozen=True, slots=True)
class Compared:
    """A run against the one before: all signals (also those that cannot be told now), the gone ones, and the counts."""

    signals: pa.Table
    changes: pa.Table
    counts: dict[str, int]


def compare(earlier: SignalTable, holds: pa.Table, untold: list[Signals]) -> Compared:
    """Compare what holds now with what held before.

    A signal whose rule cannot be told now is kept as it was, so that a missing delivery never clears a warning.
    """
    now = SignalTable(sorted_table(holds))
    before, after = earlier.pairs(), now.pairs()
    found = _difference(before, after, untold)
    kept = earlier.table.take(found.untold)
    kept = kept.set_column(kept.schema.get_field_index("verdict"), "verdict", pa.array([UNTOLD] * len(kept), pa.int8()))
    signals = sorted_table(pa.concat_tables([now.table, kept]))
    changes = pa.concat_tables(
        [
            _change("new", now.table.take(found.new)),
            _change("still", now.table.take(found.still)),
            _change("cleared", earlier.table.take(found.cleared)),
        ]
    )
    counts = {
        "signals": len(now),
        "new": len(found.new),
        "still": len(found.still),
        "cleared": len(found.cleared),
        "untold": len(found.untold),
    }
    return Compared(signals, changes.combine_chunks(), counts)


def _difference(before: Signals, after: Signals, untold: list[Signals]) -> Difference:
    rules = list(untold[0].rules) if untold else []
    if any(list(each.rules) != rules for each in untold):
        names = sorted({name for each in untold for name in each.rules})
        place = {name: position for position, name in enumerate(names)}
        untold = [
            Signals(names, np.array([place[name] for name in each.rules], dtype=np.int64)[each.rule], each.subject)
            for each in untold
        ]
        rules = names
    codes = np.concatenate([each.rule for each in untold]) if untold else np.empty(0, dtype=np.int64)
    subjects = np.concatenate([each.subject for each in untold]) if untold else np.empty(0, dtype=np.int64)
    return difference(before, after, Signals(rules, codes, subjects))


def _change(kind: str, table: pa.Table) -> pa.Table:
    return table.drop_columns(["verdict", "evidence"]).append_column(
        "change", pa.array([kind] * len(table), pa.string())
    )
