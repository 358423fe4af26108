"""Truth-valued rules judged over a segment as bit words: by compiled rules where that pays, else by the plain reading."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from shouwang.engine.backends import compiled as fast
from shouwang.engine.backends import native
from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.layout import Wanted
from shouwang.engine.book import Book
from shouwang.engine.frame import Array, Frame
from shouwang.engine.packed import Covered, Segment, Verdicts, unpack
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity

MOST_TARGETS = 64


def judge(  # noqa: PLR0917 - what a judgement rests on, as in ``evaluate_columns``
    book: Book,
    segment: Segment,
    as_of: date,
    parameters: ParameterTable,
    covered: Covered,
    targets: Sequence[str],
    *,
    compiled: bool | None = None,
    threads: int = 1,
    folder: Path | None = None,
    most: Callable[[], int] | None = None,
) -> Verdicts:
    """Judge ``targets`` (truth-valued rules, at most 64) for every household of a segment.

    ``compiled`` True: by machine code, False: by NumPy, None: by machine code where it is installed and the segment is
    large or the code is kept already. Both give the same words. ``threads`` share the compiled work; ``folder`` is where
    machine code is kept; ``most`` is asked how many persons, about, NumPy may take at a time (None: all). Raises KeyError
    for a target that is no rule, ValueError for one that is no truth value or for more than 64, NoCompilerError for
    ``compiled=True`` without the compiler.
    """
    targets = tuple(targets)
    strangers = [name for name in targets if name not in book.definitions]
    if strangers:
        raise KeyError(f"no rule is named {', '.join(strangers)}")
    numbers = [name for name in targets if book.unit_of(name) != "bool"]
    if numbers:
        raise ValueError(f"no truth value: {', '.join(numbers)}")
    if len(targets) > MOST_TARGETS:
        raise ValueError(f"{len(targets)} targets do not fit in a word of {MOST_TARGETS} bits: judge them in parts")
    if compiled is None and not native.is_installed():
        compiled = False
    if compiled is not False:
        wanted = Wanted((), tuple((name, _entity(book, name)) for name in targets))
        given = fast.segment_given(book, segment, as_of, covered)
        works = fast.works_of(book, given, as_of, parameters, wanted, folder=folder)
        if compiled or fast.pays(works, segment.persons):
            return _by_code(segment, targets, works, threads)
    if most is None:
        return _by_columns(book, segment, as_of, parameters, covered, targets)
    found = [
        _by_columns(book, segment.part(first, after), as_of, parameters, covered, targets)
        for first, after in _pieces(segment.offsets, most())
    ]
    words = ("person_holds", "person_untold", "household_holds", "household_untold")
    return Verdicts(targets, *(np.concatenate([getattr(each, name) for each in found]) for name in words))


def _pieces(offsets: Array, most: int) -> Iterator[tuple[int, int]]:
    """Rows of households cut so that a piece has at most about ``most`` persons and households."""
    households = len(offsets) - 1
    first = 0
    while True:
        after = int(np.searchsorted(offsets, offsets[first] + most, side="right")) - 1
        after = min(max(after, first + 1), first + most, households)
        yield first, after
        first = after
        if first >= households:
            return


def _entity(book: Book, name: str) -> Entity:
    return Entity.PERSON if book.entity_of(name) is Entity.PERSON else Entity.HOUSEHOLD


def _by_code(segment: Segment, targets: tuple[str, ...], works: Collection[fast.Work], threads: int) -> Verdicts:
    found = {
        f"{kind}:{entity.value}": np.zeros(length, dtype=np.uint64)
        for entity, length in ((Entity.PERSON, segment.persons), (Entity.HOUSEHOLD, segment.households))
        for kind in ("holds", "untold")
    }
    for work in works:
        outputs = [found[name] for name, _, _ in work.program.layout.outputs]
        fast.run(work, segment.offsets, outputs, threads)
    return Verdicts(
        targets, found["holds:person"], found["untold:person"], found["holds:household"], found["untold:household"]
    )


def _by_columns(  # noqa: PLR0917 - as above
    book: Book,
    segment: Segment,
    as_of: date,
    parameters: ParameterTable,
    covered: Covered,
    targets: tuple[str, ...],
) -> Verdicts:
    present = [segment.areas[each] for each in np.unique(segment.area)]
    names = book.inputs_for(targets, as_of, present)
    results = evaluate_columns(book, unpack(segment, book, names, as_of, covered), as_of, parameters, targets)
    return words_of(results, targets)


def words_of(results: Frame, targets: tuple[str, ...]) -> Verdicts:
    """The words of a frame of results."""

    def word(own: bool, kind: str) -> Array:
        columns = results.person if own else results.household
        found = np.zeros(results.persons if own else results.households, dtype=np.uint64)
        for place, name in enumerate(targets):
            if name in columns:
                column = columns[name]
                mask = column.values & column.known if kind == "holds" else ~column.known
                found |= mask.astype(np.uint64) << np.uint64(place)
        return found

    return Verdicts(targets, word(True, "holds"), word(True, "untold"), word(False, "holds"), word(False, "untold"))
