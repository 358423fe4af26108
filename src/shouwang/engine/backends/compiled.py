"""The rules as machine code compiled from their own trees: the same results as ``columns``, many times faster."""

from __future__ import annotations

import ctypes
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from shouwang.engine.backends import native
from shouwang.engine.backends.codegen import layout_of
from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.lanes import LANES
from shouwang.engine.backends.layout import DAYS, FIRST, MOST_MEMBERS, Layout, Limits, Source, Wanted
from shouwang.engine.base_columns import base_column
from shouwang.engine.book import Book
from shouwang.engine.frame import UNKNOWN_DAY, Array, Column, Frame, People
from shouwang.engine.graph import Plan
from shouwang.engine.inputs import InputSpec
from shouwang.engine.packed import BIRTH_DAY, Covered, Form, Segment, form_of, nothing, stored_name
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity
from shouwang.engine.tree import GREATEST, LEAST
from shouwang.lib.area_codes import ancestors_of
from shouwang.lib.dates import day_number

BLOCK = 2048
"""Persons, and households, computed at a time."""
SCATTERED = 64
"""Runs of households in one place shorter than this on average are brought together first."""
FEW, MANY = 4_096, 200_000
"""Persons from which on compiled rules are looked for on disk, and from which on they are compiled."""
FEW_MEMBERS = 1023
"""No household is larger, as a rule; with more a program is made that allows for any number."""
_SMALL, _MIDDLING = 2**14, 2**30
"""Parameters keep within one of these, or are taken for any number of 64 bits."""
_WIDE_UNITS = {"fen", "date", "ratio"}
"""Units of parameters that are middling at least, so that programs seldom change with them."""
_YEARS_BACK, _YEARS_ON, _YEAR = 130, 2, 366
_REMEMBERED = 128
_LOADING = threading.Lock()


@dataclass(slots=True)
class Program:
    """A plan in machine code. ``layout`` says what it reads and writes."""

    layout: Layout
    _folder: Path | None
    _code: native.Loaded | None = None

    def function(self) -> Callable[..., None]:
        """The compiled loop; compiled or loaded when first asked for."""
        with _LOADING:  # of two threads that each loaded it, one would run what the other's loading frees
            if self._code is None:
                self._code = native.load(self.layout.text, self._folder)
        kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_int64, ctypes.c_void_p)
        return kind(self._code.address("run"))

    def is_ready(self, *, on_disk: bool) -> bool:
        """Whether it is in memory, or (if that is asked) kept on disk."""
        return self._code is not None or (on_disk and native.is_kept(self.layout.text, self._folder))


_TABLES: dict[tuple[str, date], Array] = {}
"""The tables of ages of the day last asked for."""


class _Programs:
    """Programs of this process, the last used ones kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, tuple[Plan, Program]] = OrderedDict()
        self._lock = threading.Lock()

    def get(
        self, plan: Plan, sources: Mapping[str, Source], wanted: Wanted, limits: Limits, folder: Path | None
    ) -> Program:
        numbers = (tuple(limits.parameters.items()), limits.members)
        key = (id(plan), tuple(sources.items()), wanted, numbers, folder)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                found = (plan, Program(layout_of(plan, sources, wanted, limits), folder))
                self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
            return found[1]


_PROGRAMS = _Programs()


@dataclass(slots=True)
class Work:
    """A program over the households that follow its plan. ``runs``: rows (first, after, place); ``rows``: scalars of places."""

    plan: Plan
    program: Program
    columns: dict[tuple[str, str], Array]
    rows: Array
    runs: Array


@dataclass(slots=True)
class Given:
    """What is judged, in whichever form: where households begin, and each one's place in ``areas``."""

    areas: Sequence[str]
    area: Array
    offsets: Array
    source: Callable[[str], tuple[Source, dict[tuple[str, str], Array]]]
    feeds: Callable[[str], Collection[str]]
    read: dict[str, tuple[Source, dict[tuple[str, str], Array]]] = field(default_factory=dict)


def evaluate_compiled(
    book: Book,
    frame: Frame,
    as_of: date,
    parameters: ParameterTable,
    targets: Collection[str] | None = None,
    *,
    folder: Path | None = None,
    only_if_it_pays: bool = False,
) -> Frame:
    """Evaluate ``targets`` (None: every rule) as ``columns.evaluate_columns`` does, with the same results.

    ``folder``: where machine code is kept (None: under the user's cache). ``only_if_it_pays``: else leave it to
    ``evaluate_columns``. Raises KeyError for a target that is no rule, NoCompilerError where llvmlite (part of numba) is
    not installed.
    """
    wanted = list(book.definitions) if targets is None else list(dict.fromkeys(targets))
    strangers = [name for name in wanted if name not in book.definitions]
    if strangers:
        raise KeyError(f"no rule is named {', '.join(strangers)}")
    areas, area = np.unique(frame.area_codes, return_inverse=True)
    if frame.households > SCATTERED and len(_runs(area)) > frame.households // SCATTERED:
        order = np.argsort(area, kind="stable")
        if (np.diff(area) < 0).any():
            back = np.argsort(order)
            found = evaluate_compiled(
                book, frame.take(order), as_of, parameters, wanted, folder=folder, only_if_it_pays=only_if_it_pays
            ).take(back)
            return Frame(frame.area_codes, frame.offsets, found.household, found.person)
    given = frame_given(book, frame, areas, area)
    works = works_of(book, given, as_of, parameters, Wanted(tuple(wanted)), folder=folder)
    if only_if_it_pays and not pays(works, frame.persons):
        return evaluate_columns(book, frame, as_of, parameters, wanted)
    results = _blank(book, frame, wanted)
    for work in works:
        outputs = []
        for name, _, entity in work.program.layout.outputs:
            kind, _, target = name.partition(":")
            column = (results.person if entity is Entity.PERSON else results.household)[target]
            outputs.append(column.values if kind == "of" else column.known)
        run(work, frame.offsets, outputs)
    return results


def _blank(book: Book, frame: Frame, wanted: Sequence[str]) -> Frame:
    """Columns to be filled; what is not in force in a division stays unknown there."""
    results = Frame(frame.area_codes, frame.offsets)
    for name in wanted:
        own = book.entity_of(name) is Entity.PERSON
        length = frame.persons if own else frame.households
        kind = bool if book.unit_of(name) == "bool" else np.int64
        columns = results.person if own else results.household
        columns[name] = Column(np.zeros(length, dtype=kind), np.zeros(length, dtype=bool))
    return results


def works_of(
    book: Book, given: Given, as_of: date, parameters: ParameterTable, wanted: Wanted, *, folder: Path | None = None
) -> list[Work]:
    """One piece of work for each regime among the households."""
    runs = _runs(given.area)
    present = sorted(set(runs[:, 2].tolist()))
    regimes = {each: book.regime(given.areas[each]) for each in present}
    names = wanted.results if wanted.words is None else [name for name, _ in wanted.words]
    plans = {regime: book.plan(as_of, regime).towards(names) for regime in dict.fromkeys(regimes.values())}
    largest = int(np.diff(given.offsets).max(initial=0))
    members = FEW_MEMBERS if largest <= FEW_MEMBERS else MOST_MEMBERS
    works = []
    for regime, plan in plans.items():
        own = [each for each, found in regimes.items() if found == regime]
        sources: dict[str, Source] = {}
        columns: dict[tuple[str, str], Array] = {}
        for leaf in (*plan.household_inputs, *plan.person_inputs):
            if leaf.name not in given.read:
                given.read[leaf.name] = given.source(leaf.name)
            sources[leaf.name], read = given.read[leaf.name]
            columns |= read
        feeds = sorted({source.feed for source in sources.values() if source.zero})
        rows, where = _rows(given, plan, own, as_of, parameters, feeds)
        limits = Limits(
            {
                leaf.name: _span(book.parameter_specs[leaf.name].unit, rows[:, FIRST + 2 * place])
                for place, leaf in enumerate(plan.parameters)
            },
            members,
        )
        program = _PROGRAMS.get(plan, sources, wanted, limits, folder)
        together = _runs(where[runs[:, 2]])
        placed = np.stack((runs[together[:, 0], 0], runs[together[:, 1] - 1, 1], together[:, 2]), axis=1)
        works.append(Work(plan, program, columns, rows, placed))
    return works


def _rows(  # noqa: PLR0917 - what a row tells of
    given: Given, plan: Plan, areas: Sequence[int], as_of: date, parameters: ParameterTable, feeds: Sequence[str]
) -> tuple[Array, Array]:
    """The scalars of each distinct place among ``areas``, and the place of every area (-1: not among them)."""
    items = [leaf.name for leaf in plan.parameters]
    nearest = _nearest(parameters, items, [given.areas[each] for each in areas])
    place_of: dict[tuple[str, frozenset[str]], int] = {}
    where = np.full(len(given.areas), -1, dtype=np.int64)
    for each, code in zip(areas, nearest, strict=True):
        speaking = frozenset(given.feeds(given.areas[each])).intersection(feeds) if feeds else frozenset()
        where[each] = place_of.setdefault((code, speaking), len(place_of))
    rows = np.zeros((len(place_of), FIRST + 2 * len(items) + len(feeds)), dtype=np.int64)
    rows[:, 0] = day_number(as_of)
    rows[:, 1] = _first_day(as_of)
    rows[:, DAYS] = _table_length()
    for (code, speaking), place in place_of.items():
        for number, leaf in enumerate(plan.parameters):
            found = parameters.worth(leaf, code, as_of)
            if found is not None:
                rows[place, FIRST + 2 * number] = found
                rows[place, FIRST + 2 * number + 1] = -1
        for number, feed in enumerate(feeds):
            rows[place, FIRST + 2 * len(items) + number] = -(feed in speaking)
    return rows, where


def _span(unit: str, values: Array) -> tuple[int, int]:
    """What a parameter's values surely keep within, 0 (not set) among them: one of a few spans, by its unit and size."""
    least, most = int(values.min(initial=0)), int(values.max(initial=0))
    for far in (_MIDDLING,) if unit in _WIDE_UNITS else (_SMALL, _MIDDLING):
        if least >= -far and most <= far:
            return (0, far) if least >= 0 else (-far, far)
    return LEAST, GREATEST


def _runs(places: Array) -> Array:
    """Rows (first, after, place) of neighbours in one place; place -1 is left out."""
    cuts = np.concatenate(([0], np.flatnonzero(places[1:] != places[:-1]) + 1, [len(places)])).astype(np.int64)
    runs = np.stack((cuts[:-1], cuts[1:], places[cuts[:-1]] if len(places) else cuts[:-1]), axis=1)
    return runs[(runs[:, 2] >= 0) & (runs[:, 1] > runs[:, 0])]


def _nearest(parameters: ParameterTable, items: Sequence[str], codes: Sequence[str]) -> list[str]:
    """For each division the nearest at or above it that says anything of these parameters, else the nation.

    What a look-up finds depends on nothing else, so villages share their county's or province's.
    """
    saying = parameters.divisions_setting(items)
    above: dict[str, str] = {}
    found = []
    for code in codes:
        if code in saying:
            found.append(code)
            continue
        township = code[:9]
        if township not in above:
            chain = ancestors_of(code)[1:] or ancestors_of(code)
            above[township] = next((each for each in chain if each in saying), chain[-1])
        found.append(above[township])
    return found


# ---- the two forms of what is given


def frame_given(book: Book, frame: Frame, areas: Array, area: Array) -> Given:
    """A frame as the compiled loop reads it: values and what is known, side by side."""

    def source(name: str) -> tuple[Source, dict[tuple[str, str], Array]]:
        spec = book.inputs[name]
        column = (frame.person if spec.entity is Entity.PERSON else frame.household).get(name)
        if column is None:
            return Source("unknown"), {}
        return Source("pair"), _pair(name, column, spec)

    return Given([str(each) for each in areas], area, frame.offsets, source, lambda _: ())


def _pair(name: str, column: Column, spec: InputSpec) -> dict[tuple[str, str], Array]:
    kind = np.bool_ if spec.unit == "bool" else np.int64
    return {
        ("values", name): np.ascontiguousarray(column.values, dtype=kind),
        ("known", name): np.ascontiguousarray(column.known, dtype=np.bool_),
    }


def segment_given(book: Book, segment: Segment, as_of: date, covered: Covered) -> Given:
    """A segment as the compiled loop reads it: its stored columns, in place."""

    tabled: dict[str, bool] = {}

    def in_table(spec: InputSpec, stored: Array) -> bool:
        name = stored_name(spec)
        if name not in tabled:
            tabled[name] = _in_table(stored, as_of)
        return tabled[name]

    def source(name: str) -> tuple[Source, dict[tuple[str, str], Array]]:
        spec = book.inputs[name]
        form = form_of(spec)
        if form is Form.ALONE:
            return Source("alone"), {}
        stored = (segment.person if spec.entity is Entity.PERSON else segment.household).get(stored_name(spec))
        if stored is None:
            if spec.base is None and spec.absent == "zero":
                return Source("silent", 0, True, book.items[spec.item or ""].feed), {}
            return Source("unknown"), {}
        stored = np.ascontiguousarray(stored)
        width = stored.dtype.itemsize * 8
        columns = {("stored", name): stored}
        if form is Form.BIRTH:
            if width == 64 or (spec.fold != "as_is" and not in_table(spec, stored)):
                return Source("pair"), _pair(name, _born(spec, segment, as_of), spec)
            if spec.fold == "as_is":
                return Source("as_is", width), columns
            return Source("aged", width), columns | {("table", name): _table(spec, as_of)}
        if spec.base is not None:
            return Source("nonzero", width), columns
        zero = spec.absent == "zero"
        return Source(form.value, width, zero, book.items[spec.item or ""].feed if zero else ""), columns

    return Given(segment.areas, segment.area, segment.offsets, source, covered)


def _first_day(as_of: date) -> int:
    return day_number(as_of) - _YEARS_BACK * _YEAR


def _table_length() -> int:
    return (_YEARS_BACK + _YEARS_ON) * _YEAR


def _in_table(stored: Array, as_of: date) -> bool:
    """Whether every birth day told is one the tables of ages hold."""
    first = _first_day(as_of)
    late = int(stored.max(initial=first)) >= first + _table_length()
    return not late and np.count_nonzero(stored < first) == np.count_nonzero(stored <= nothing(stored.dtype))


def _alike(spec: InputSpec, birth: Array, as_of: date) -> Column:
    """The plain reading of birth days."""
    length = len(birth)
    nobody = np.zeros(length, dtype=np.int64)
    people = People(np.array(["0" * 12]), nobody, birth.astype(np.int32), nobody, nobody)
    return base_column(spec, people, Frame(people.area_codes, np.array([0, length])), as_of)


def _table(spec: InputSpec, as_of: date) -> Array:
    key = (spec.fold, as_of)
    found = _TABLES.get(key)  # another thread, asking of another day, may forget it meanwhile
    if found is None:
        first = _first_day(as_of)
        found = _alike(spec, np.arange(first, first + _table_length()), as_of).values.astype(np.int16)
        if any(day != as_of for _, day in list(_TABLES)):
            _TABLES.clear()
        _TABLES[key] = found
    return found


def _born(spec: InputSpec, segment: Segment, as_of: date) -> Column:
    birth = segment.person[BIRTH_DAY]
    return _alike(spec, np.where(birth > nothing(birth.dtype), birth, UNKNOWN_DAY), as_of)


# ---- running


def run(work: Work, offsets: Array, outputs: Sequence[Array], threads: int = 1) -> None:
    """Fill ``outputs`` (in the order of the program's) for the households of ``work``."""
    offsets = np.ascontiguousarray(offsets, dtype=np.int64)
    households, persons = len(offsets) - 1, int(offsets[-1])
    # a vector reads past its block, so the last households are computed on copies with room behind them
    last = min(households - LANES, int(np.searchsorted(offsets, persons - LANES, side="right")) - 1)
    last = max(last, 0)
    function = work.program.function()
    jobs = [(_blocks(runs, offsets), 0) for runs in _shares(_between(work.runs, 0, last), threads) if len(runs)]
    tail = _between(work.runs, last, households)
    if len(tail):
        tail[:, :2] -= last
        jobs.append((_blocks(tail, offsets[last:] - offsets[last]), last))
    calls = [_call(work, function, offsets, outputs, blocks, first) for blocks, first in jobs]
    if threads > 1 and len(calls) > 1:
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(each) for each in calls]:
                done.result()
    else:
        for each in calls:
            each()


def _between(runs: Array, first: int, after: int) -> Array:
    """The parts of runs that lie between two households."""
    cut = runs.copy()
    cut[:, 0] = np.maximum(cut[:, 0], first)
    cut[:, 1] = np.minimum(cut[:, 1], after)
    return cut[cut[:, 0] < cut[:, 1]]


def _shares(runs: Array, threads: int) -> list[Array]:
    if threads <= 1 or not len(runs):
        return [runs]
    first, after = int(runs[0, 0]), int(runs[-1, 1])
    cuts = np.linspace(first, after, threads + 1).astype(np.int64)
    return [_between(runs, int(cuts[each]), int(cuts[each + 1])) for each in range(threads)]


def _blocks(runs: Array, offsets: Array) -> Array:
    """Runs cut into blocks of at most ``BLOCK`` households and persons (a larger household is a block of its own)."""
    found: list[tuple[int, int, int]] = []
    begins = offsets.data
    for first, after, place in runs.tolist():
        here = first
        while here < after:
            last = min(here + BLOCK, after)
            there = max(bisect_right(begins, begins[here] + BLOCK, here + 1, last + 1) - 1, here + 1)
            found.append((here, there, place))
            here = there
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def _call(  # noqa: PLR0917 - a call of machine code names all it touches
    work: Work, function: Callable[..., None], offsets: Array, outputs: Sequence[Array], blocks: Array, first: int
) -> Callable[[], None]:
    """A call ready to run, with everything it points to kept alive."""
    layout = work.program.layout
    begin = int(offsets[first])
    own = offsets if not first and _ends_early(blocks, offsets) else np.ascontiguousarray(offsets[first:] - begin)
    arrays = []
    for kind, name in layout.columns:
        if kind == "offsets":
            arrays.append(own)
        elif kind == "table":
            arrays.append(work.columns[kind, name])
        else:
            column = work.columns[kind, name]
            if own is not offsets:
                entity = _entity(work.plan, name)
                column = column[begin if entity is Entity.PERSON else first :]
                column = np.concatenate((column, np.zeros(LANES, dtype=column.dtype)))
            arrays.append(column)
    room = max(BLOCK, int((own[blocks[:, 1]] - own[blocks[:, 0]]).max(initial=0))) + 2 * LANES
    buffers = [np.zeros(room * bits // 8 + LANES, dtype=np.uint8) for bits in layout.buffers.values()]
    addresses = np.array([each.ctypes.data for each in arrays], dtype=np.uint64)
    scratch = np.array([each.ctypes.data for each in buffers], dtype=np.uint64)
    shift = 0 if own is offsets else 1
    ends = np.array(
        [
            each.ctypes.data + shift * (begin if entity is Entity.PERSON else first) * size
            for each, (_, size, entity) in zip(outputs, layout.outputs, strict=True)
        ],
        dtype=np.uint64,
    )
    kept = (arrays, buffers, addresses, scratch, ends, blocks, work.rows, outputs)

    def call() -> None:
        _, _, columns, space, to, cut, rows, _ = kept
        function(columns.ctypes.data, space.ctypes.data, rows.ctypes.data, cut.ctypes.data, len(cut), to.ctypes.data)

    return call


def _ends_early(blocks: Array, offsets: Array) -> bool:
    """Whether no vector of these blocks reads past the end of a column."""
    last = int(blocks[:, 1].max(initial=0))
    return last <= len(offsets) - 1 - LANES and int(offsets[last]) <= int(offsets[-1]) - LANES


def _entity(plan: Plan, name: str) -> Entity:
    return Entity.PERSON if any(leaf.name == name for leaf in plan.person_inputs) else Entity.HOUSEHOLD


def pays(works: Iterable[Work], persons: int) -> bool:
    """Whether this many persons are worth the compiled way: the one place where that is decided.

    Code in memory is always used. Code on disk is looked for from ``FEW`` persons on; from ``MANY`` on it is made.
    """
    if persons >= MANY:
        return True
    return all(work.program.is_ready(on_disk=persons >= FEW) for work in works)
