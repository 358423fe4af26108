"""What two runs have in common: which signals are new, which still stand, which are cleared, which cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shouwang.engine.frame import Array, Frame
from shouwang.engine.rule import Entity, Rule


@dataclass(frozen=True, slots=True)
class Signals:
    """Pairs of a rule and a subject: ``rule`` int index into ``rules``, ``subject`` int64 number of person or household."""

    rules: Sequence[str]
    rule: Array
    subject: Array

    def __len__(self) -> int:
        return len(self.rule)

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, int]]) -> Signals:
        """Signals from (rule name, subject) pairs."""
        rules = sorted({name for name, _ in pairs})
        place = {name: position for position, name in enumerate(rules)}
        codes = np.array([place[name] for name, _ in pairs], dtype=np.int64)
        return cls(rules, codes, np.array([subject for _, subject in pairs], dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of the later signals: ``new``, ``still``. Rows of the earlier: ``cleared``, and ``untold``: now unknown."""

    new: Array
    still: Array
    cleared: Array
    untold: Array


def signals_in(
    results: Frame, rules: Sequence[Rule], person_numbers: Array, household_numbers: Array
) -> tuple[Signals, Signals]:
    """The signals raised by warning ``rules``, and the pairs of which it cannot be told whether they stand.

    ``person_numbers`` and ``household_numbers`` give each row of the frame its lasting number.
    """
    raised: list[tuple[Array, Array]] = []
    untold: list[tuple[Array, Array]] = []
    for position, rule in enumerate(rules):
        own = rule.entity is Entity.PERSON
        column = (results.person if own else results.household)[rule.name]
        numbers = person_numbers if own else household_numbers
        for found, mask in ((raised, column.values & column.known), (untold, ~column.known)):
            subjects = numbers[mask]
            found.append((np.full(len(subjects), position), subjects))
    names = [rule.name for rule in rules]
    return _joined(names, raised), _joined(names, untold)


def _joined(names: Sequence[str], parts: Sequence[tuple[Array, Array]]) -> Signals:
    empty = np.empty(0, dtype=np.int64)
    codes, subjects = [empty], [empty]
    for code, subject in parts:
        codes.append(code)
        subjects.append(subject)
    return Signals(names, np.concatenate(codes), np.concatenate(subjects).astype(np.int64))


def difference(earlier: Signals, later: Signals, untold: Signals | None = None) -> Difference:
    """Compare two runs. A signal whose rule cannot be told now is neither new nor cleared: it is ``untold``."""
    names = sorted({*earlier.rules, *later.rules, *(untold.rules if untold else ())})
    before, after = _keys(earlier, names), _keys(later, names)
    unknown = _keys(untold, names) if untold else np.empty(0, dtype=before.dtype)
    gone = ~np.isin(before, after)
    cannot_tell = gone & np.isin(before, unknown)
    still = np.isin(after, before)
    return Difference(
        new=np.flatnonzero(~still),
        still=np.flatnonzero(still),
        cleared=np.flatnonzero(gone & ~cannot_tell),
        untold=np.flatnonzero(cannot_tell),
    )


def _keys(signals: Signals, names: Sequence[str]) -> Array:
    place = {name: position for position, name in enumerate(names)}
    codes = np.array([place[name] for name in signals.rules], dtype=np.int64)
    if not len(signals):
        return np.empty(0, dtype=np.int64)
    if signals.subject.min() < 0 or signals.subject.max() >= 2**63 // max(len(names), 1):
        raise ValueError("a subject's number must be at least 0 and leave room for the rules")
    return np.asarray(signals.subject * len(names) + codes[signals.rule])
