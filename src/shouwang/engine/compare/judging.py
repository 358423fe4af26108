"""A segment judged into words, in pieces that fit a budget of memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from shouwang.engine.backends.judge import MOST_TARGETS, judge
from shouwang.engine.book import Book
from shouwang.engine.compare.regrouping import widened
from shouwang.engine.compare.store_files import StoreError
from shouwang.engine.compare.versions import State
from shouwang.engine.coverage import Scheme
from shouwang.engine.frame import Array
from shouwang.engine.packed import Covered, Segment, Verdicts, columns_needed, nothing
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity

_VALUE_BYTES = 14
"""Bytes a value takes while columns are computed: the number, its mask, and a share of what stands between."""


def standing_targets(book: Book, as_of: date, schemes: Sequence[Scheme]) -> tuple[str, ...]:
    """What the store watches: the warnings in force anywhere on a day, then each scheme's rule of who is entitled."""
    names = [rule.name for rule in book.warnings(as_of)]
    names += [scheme.eligible for scheme in schemes if scheme.eligible in book.definitions]
    return check_targets(book, tuple(dict.fromkeys(names)))


def check_targets(book: Book, targets: Sequence[str]) -> tuple[str, ...]:
    """The targets, if a word can hold them. Raises StoreError (中文)."""
    wrong = [name for name in targets if name not in book.definitions or book.unit_of(name) != "bool"]
    if wrong:
        raise StoreError(f"规则 {'、'.join(wrong)} 不存在或不是“是否”类规则，不能作为全国比对的目标")
    if not targets:
        raise StoreError("没有要比对的规则：这一天没有施行中的预警规则，请核对判定日")
    if len(targets) > MOST_TARGETS:
        raise StoreError(f"一次最多比对 {MOST_TARGETS} 条规则，这里有 {len(targets)} 条：请分开建库")
    return tuple(targets)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the parts of a state are judged.

    ``places``: divisions between which law and coverage differ, ``place_of`` the one of each division of the store
    (``covering.nearest_of``) · ``kinds``: the kind of each column, the widest that any part has (``kinds_of``) ·
    ``budget``: bytes, for one part · ``threads``: that share a part.
    """

    book: Book
    as_of: date
    parameters: ParameterTable
    covered: Covered
    places: Sequence[str]
    place_of: Array
    kinds: Mapping[str, str]
    budget: int
    compiled: bool | None = None
    threads: int = 1

    def words(self, state: State, place: int, targets: Sequence[str]) -> Verdicts:
        """A part's households judged, all that stand in it."""
        return judge_in_pieces(
            self.book,
            self.segment(state, place, targets),
            self.as_of,
            self.parameters,
            self.covered,
            targets,
            compiled=self.compiled,
            threads=self.threads,
            budget=self.budget,
        )

    def segment(self, state: State, place: int, targets: Collection[str]) -> Segment:
        """A part with the columns that the targets need, its divisions told as places of the law.

        It has the columns that any part has, in the widest kind any has, so that all parts are judged by one program.
        """
        place_of_home = self.place_of[state.roster(place).area]
        distinct = np.flatnonzero(np.bincount(place_of_home, minlength=len(self.places)))
        among = np.zeros(len(self.places), dtype=np.int32)
        among[distinct] = np.arange(len(distinct))
        areas = [self.places[each] for each in distinct.tolist()]
        names = columns_needed(self.book, self.book.inputs_for(sorted(targets), self.as_of, areas))
        segment = state.segment(place, areas, names)
        segment.area = among[place_of_home]
        for entity, table, length in (
            (Entity.PERSON, segment.person, segment.persons),
            (Entity.HOUSEHOLD, segment.household, segment.households),
        ):
            for name in names[entity]:
                if (kind := self.kinds.get(f"{entity.value}/{name}")) is not None:
                    widest = np.dtype(kind)
                    table[name] = (
                        widened(table[name], widest)
                        if name in table
                        else np.full(length, nothing(widest), dtype=widest)
                    )
        return segment


def judge_in_pieces(  # noqa: PLR0917 - as ``backends.judge``
    book: Book,
    segment: Segment,
    as_of: date,
    parameters: ParameterTable,
    covered: Covered,
    targets: Sequence[str],
    *,
    compiled: bool | None = None,
    threads: int = 2,
    budget: int = 2 << 30,
) -> Verdicts:
    """Judge whole households, compiled at once, else a piece at a time that fits the budget: the same words."""

    def most() -> int:
        names = book.inputs_for(targets, as_of, segment.areas)
        regimes = {book.regime(code) for code in segment.areas}
        steps = max((len(book.plan(as_of, regime).towards(targets).steps) for regime in regimes), default=0)
        return max(1, budget // 2 // (_VALUE_BYTES * (len(names) + steps + 1)))

    return judge(book, segment, as_of, parameters, covered, targets, compiled=compiled, threads=threads, most=most)
