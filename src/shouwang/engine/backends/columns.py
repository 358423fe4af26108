"""The rules as NumPy kernels over whole columns: same meaning as ``meaning.py``, many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from shouwang.engine.backends.kernels import Kernels, Pair, all_known, floor_to_64_bits
from shouwang.engine.backends.regimes import by_regime
from shouwang.engine.book import Book
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.graph import Leaf, Plan, Step, is_same_text
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Aggregate, Entity, Rule
from shouwang.engine.tree import GREATEST


def evaluate_columns(
    book: Book, frame: Frame, as_of: date, parameters: ParameterTable, targets: Collection[str] | None = None
) -> Frame:
    """Evaluate ``targets`` (None: every rule) for every household of the frame on a day.

    The result is a frame of the same households and persons whose columns are the targets. A target not in force where
    a household lives is unknown there. Raises KeyError for a target that is no rule of the book.
    """

    def evaluate(plan: Plan, part: Frame) -> Frame:
        wanted = plan.by_name.keys() if targets is None else plan.by_name.keys() & set(targets)
        return _Run(plan, part, as_of, parameters).results(wanted)

    return by_regime(book, frame, as_of, targets, evaluate)


def evaluate_pair(  # noqa: PLR0917 - both sides of what evaluate_columns takes
    book: Book,
    reformed: Book,
    frame: Frame,
    as_of: date,
    parameters: ParameterTable,
    changed: ParameterTable,
    targets: Collection[str],
) -> tuple[Frame, Frame, Frame]:
    """Evaluate ``targets`` twice over one frame: by a book and its parameters, and by a reform of it.

    ``reformed`` has the names and the regimes of ``book`` (``Book.with_version``). What the change does not reach is
    computed once. The third frame says of each value (0 or 1) whether the two may differ: where nothing a value rests on
    has moved, both sides have the same one, known or not.
    """
    runs: list[_Run] = []

    def before(plan: Plan, part: Frame) -> Frame:
        runs.append(_Run(plan, part, as_of, parameters))
        return runs[-1].results(plan.by_name.keys() & set(targets))

    first = by_regime(book, frame, as_of, targets, before)
    earlier = iter(list(runs))
    later: list[_Run] = []

    def after(plan: Plan, part: Frame) -> Frame:
        later.append(_Run(plan, part, as_of, changed, beside=next(earlier)))
        return later[-1].results(plan.by_name.keys() & set(targets))

    second = by_regime(reformed, frame, as_of, targets, after)
    again = iter(later)
    moved = by_regime(
        reformed, frame, as_of, targets, lambda plan, _: next(again).moves(plan.by_name.keys() & set(targets))
    )
    return first, second, moved


@dataclass(slots=True)
class _Run:
    """One plan over one frame whose households all follow it.

    ``beside``: a finished run over the same frame by another plan or other parameters; whatever rests only on what both
    have in common is taken from it.
    """

    plan: Plan
    frame: Frame
    as_of: date
    parameters: ParameterTable
    beside: _Run | None = None
    taken: set[str] = field(default_factory=set)
    moved: dict[str, Array] = field(default_factory=dict)
    household: dict[str, Pair] = field(default_factory=dict)
    person: dict[str, Pair] = field(default_factory=dict)
    handed_down: dict[str, Pair] = field(default_factory=dict)

    def results(self, wanted: Collection[str]) -> Frame:
        with np.errstate(all="ignore"):
            self.compute()
        results = Frame(self.frame.area_codes, self.frame.offsets)
        for step in self.plan.steps:
            name = step.definition.name
            if name in wanted and step.definition.entity is Entity.PERSON:
                results.person[name] = _column(self.person[name], self.frame.persons)
            elif name in wanted:
                results.household[name] = _column(self.household[name], self.frame.households)
        return results

    def compute(self) -> None:
        frame = self.frame
        self._look_up(self.plan.parameters)
        self._take_in_common()
        for leaf in self.plan.household_inputs:
            if leaf.name not in self.taken:
                self.household[leaf.name] = _input(frame.household.get(leaf.name), leaf, frame.households)
        for leaf in self.plan.person_inputs:
            if leaf.name not in self.taken:
                self.person[leaf.name] = _input(frame.person.get(leaf.name), leaf, frame.persons)
        for step in self.plan.steps:
            definition = step.definition
            if definition.name in self.taken:
                continue
            if isinstance(definition, Aggregate):
                self.household[definition.name] = self._aggregate(definition)
            elif isinstance(definition, Rule):
                own = definition.entity is Entity.PERSON
                arguments = {
                    name: self.person[name] if is_own else self._down(name) if own else self.household[name]
                    for name, is_own in zip(definition.arguments, step.own, strict=True)
                }
                (self.person if own else self.household)[definition.name] = Kernels(arguments).pair(definition.body)
            if self.beside is not None:
                self._note_moved(step, self.beside)

    def moves(self, wanted: Collection[str]) -> Frame:
        """Where each of the wanted steps may differ from the run beside this one."""
        frame = Frame(self.frame.area_codes, self.frame.offsets)
        for step in self.plan.steps:
            name, own = step.definition.name, step.definition.entity is Entity.PERSON
            if name in wanted:
                length = self.frame.persons if own else self.frame.households
                mask = self.moved.get(name, np.zeros(length, dtype=bool))
                (frame.person if own else frame.household)[name] = Column(mask, np.ones(length, dtype=bool))
        return frame

    def _note_moved(self, step: Step, beside: _Run) -> None:
        """A value may differ where its text does or something it names may, unless both sides are known and equal."""
        definition, frame = step.definition, self.frame
        own = definition.entity is Entity.PERSON
        length = frame.persons if own else frame.households
        mask = np.full(length, not is_same_text(definition, beside.plan.by_name.get(definition.name)))
        for name, is_own in zip(definition.arguments, step.own, strict=True):
            if name in self.moved:
                found = self.moved[name]
                if is_own and not own:
                    found = self._grouped(found, np.logical_or.reduceat, False)
                mask |= np.repeat(found, frame.sizes) if own and not is_own else found
        theirs = (beside.person if own else beside.household).get(definition.name)
        if theirs is not None:
            mine = (self.person if own else self.household)[definition.name]
            mask &= ~_known_equal(_full(mine, length), _full(theirs, length))
        if mask.any():
            self.moved[definition.name] = mask

    def _take_in_common(self) -> None:
        """Take from the run beside this one every input, and every step whose version and arguments are the same."""
        if self.beside is None:
            return
        for leaf in self.plan.parameters:
            self._note_moved_parameter(leaf.name, self.beside)
        common = {
            leaf.name
            for leaf in self.plan.parameters
            if _same(self.household[leaf.name], self.beside.household.get(leaf.name))
        }
        for leaf in (*self.plan.household_inputs, *self.plan.person_inputs):
            if leaf.name in self.beside.household or leaf.name in self.beside.person:
                self._take(leaf.name)
                common.add(leaf.name)
        others = self.beside.plan.by_name
        for step in self.plan.steps:
            definition = step.definition
            if is_same_text(definition, others.get(definition.name)) and common.issuperset(definition.arguments):
                self._take(definition.name)
                common.add(definition.name)

    def _note_moved_parameter(self, name: str, beside: _Run) -> None:
        households = self.frame.households
        mask = np.ones(households, dtype=bool)
        if name in beside.household:
            mine, theirs = _full(self.household[name], households), _full(beside.household[name], households)
            unset = [np.zeros(households, dtype=bool) if known is None else ~known for _, known in (mine, theirs)]
            mask = ~(_known_equal(mine, theirs) | (unset[0] & unset[1]))
        if mask.any():
            self.moved[name] = mask

    def _take(self, name: str) -> None:
        if self.beside is None:
            return
        for mine, theirs in ((self.household, self.beside.household), (self.person, self.beside.person)):
            if name in theirs:
                mine[name] = theirs[name]
        if name in self.beside.handed_down:
            self.handed_down[name] = self.beside.handed_down[name]
        self.taken.add(name)

    def _look_up(self, leaves: tuple[Leaf, ...]) -> None:
        """Parameters once per distinct division, then handed to its households."""
        distinct, where = np.unique(self.frame.area_codes, return_inverse=True)
        for leaf in leaves:
            found = [self.parameters.worth(leaf, str(code), self.as_of) for code in distinct]
            values = np.array([0 if each is None else each for each in found], dtype=np.int64)
            known = np.array([each is not None for each in found], dtype=bool)
            if leaf.truth:
                values = values != 0
            if len(distinct) and known.all() and (values == values[0]).all():
                self.household[leaf.name] = (values[0], None)
            else:
                self.household[leaf.name] = (values[where], all_known(known[where]))

    def _down(self, name: str) -> Pair:
        """A household's value, handed down to its members."""
        if name not in self.handed_down:
            values, known = self.household[name]
            sizes = self.frame.sizes
            if values.ndim or known is not None:
                values, known = _full((values, known), self.frame.households)
                values, known = np.repeat(values, sizes), None if known is None else np.repeat(known, sizes)
            self.handed_down[name] = (values, known)
        return self.handed_down[name]

    def _aggregate(self, aggregate: Aggregate) -> Pair:
        """The sum of "``of`` if ``where`` else 0", or the disjunction of ``where``, per household."""
        persons = self.frame.persons
        everyone: Pair = (np.True_, None)
        chosen, sure = _full(everyone if aggregate.where is None else self.person[aggregate.where], persons)
        if aggregate.kind == "any_of":
            found = self._grouped(chosen, np.logical_or.reduceat, False)
            unknown = None if sure is None else self._grouped(~sure, np.logical_or.reduceat, False)
            return (found, None) if unknown is None else (found, all_known(found | ~unknown))
        one: Pair = (np.int64(1), None)
        amount, told = _full(one if aggregate.of is None else self.person[aggregate.of], persons)
        shares = np.where(chosen, amount, 0)
        if told is None and sure is None:
            unclear = None
        else:
            is_told = np.ones(persons, dtype=bool) if told is None else told
            unclear = chosen & ~is_told
            if sure is not None:
                unclear |= ~sure & ~(is_told & (amount == 0))
        sums, fits = self._sums(shares)
        known = None if unclear is None else ~self._grouped(unclear, np.logical_or.reduceat, False)
        if fits is not None:
            known = fits if known is None else known & fits
        if known is not None:
            sums = np.where(known, sums, 0)
        return sums, known

    def _sums(self, shares: Array) -> tuple[Array, Array | None]:
        """Exact sums, and which of them fit in 64 bits (None: all)."""
        largest = max(-int(shares.min()), int(shares.max())) if len(shares) else 0
        if largest * int(self.frame.sizes.max(initial=0)) <= GREATEST:
            return self._grouped(shares, np.add.reduceat, 0), None
        return floor_to_64_bits(self._grouped(shares.astype(object), np.add.reduceat, 0))

    def _grouped(self, rows: Array, reduce: Callable[[Array, Array], Array], empty: int | bool) -> Array:
        """Reduce per household. ``reduceat`` gives an empty group its neighbour's value, so only others are reduced."""
        inhabited = self.frame.sizes > 0
        found = np.full(self.frame.households, empty, dtype=rows.dtype)
        if inhabited.any():
            found[inhabited] = reduce(rows, self.frame.offsets[:-1][inhabited])
        return found


def _input(column: Column | None, leaf: Leaf, length: int) -> Pair:
    kind = bool if leaf.truth else np.int64
    if column is None:
        return np.zeros(length, dtype=kind), np.zeros(length, dtype=bool)
    values = column.values.astype(kind, copy=False)
    known = all_known(column.known)
    return (values, None) if known is None else (np.where(known, values, kind(0)), known)


def _same(one: Pair, other: Pair | None) -> bool:
    """Whether two columns of a parameter hold the same values; a missing one does not."""
    if other is None:
        return False
    known = [True if mask is None else mask for _, mask in (one, other)]
    return bool(np.array_equal(one[0], other[0]) and np.array_equal(known[0], known[1]))


def _known_equal(one: Pair, other: Pair) -> Array:
    """Where both columns, spread over every row, are known and hold the same."""
    equal: Array = one[0] == other[0]
    for _, known in (one, other):
        if known is not None:
            equal = equal & known
    return equal


def _full(pair: Pair, length: int) -> Pair:
    """The pair with scalars spread over every row."""
    values, known = pair
    return np.broadcast_to(values, (length,)), None if known is None else np.broadcast_to(known, (length,))


def _column(pair: Pair, length: int) -> Column:
    values, known = _full(pair, length)
    return Column(values.copy(), np.ones(length, dtype=bool) if known is None else known.copy())
