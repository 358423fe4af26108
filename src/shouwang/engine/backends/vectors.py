"""One function's loop over the rows of a block, a vector at a time: what it reads, its rules, and what it keeps.

What one function makes and another needs lies in buffers of one block. A truth value lies there as a byte: 1 holds, 2 does
not, 0 cannot be told.
"""

from __future__ import annotations

from collections.abc import Sequence

from shouwang.engine.backends.lanes import (
    ALL,
    LANES,
    MASK,
    NONE,
    Code,
    Lane,
    Number,
    Reader,
    Truth,
    bounds_of,
    width_of,
)
from shouwang.engine.backends.layout import SIZES, Desk, Source, Task
from shouwang.engine.packed import nothing
from shouwang.engine.rule import Aggregate, Entity, Rule

_DAY_BOUNDS = (-(2**20), 2**22)
_KINDS = {8: "int8", 16: "int16", 32: "int32", 64: "int64"}


class Part:
    """One function's loop: reads what it needs once, does its tasks, keeps what others need."""

    def __init__(self, desk: Desk, code: Code, entity: Entity) -> None:
        self.desk, self.code, self.entity = desk, code, entity
        self.lanes: dict[str, Lane] = {}

    # ---- memory

    def _pointer(self, table: str, place: int) -> str:
        at = self.code.once(f"getelementptr ptr, ptr %{table}, i64 {place}")
        return self.code.once(f"load ptr, ptr {at}")

    def _vector(self, pointer: str, width: int, row: str) -> str:
        at = self.code.line(f"getelementptr i{width}, ptr {pointer}, i64 {row}")
        return self.code.line(f"load <{LANES} x i{width}>, ptr {at}, align 1")

    def stored(self, kind: str, name: str, width: int) -> str:
        """A column's vector."""
        place = self.desk.column(kind, name)
        self.desk.read[place] = (width // 8, self.entity)
        return self._vector(self._pointer("columns", place), width, "%r")

    def buffered(self, name: str, width: int) -> str:
        """A buffer's vector."""
        return self._vector(self._pointer("buffers", self.desk.buffer(name, width)), width, "%i")

    def keep(self, name: str, width: int, value: str) -> None:
        """Store a vector in a buffer."""
        pointer = self._pointer("buffers", self.desk.buffer(name, width))
        at = self.code.line(f"getelementptr i{width}, ptr {pointer}, i64 %i")
        self.code.act(f"store <{LANES} x i{width}> {value}, ptr {at}, align 1")

    def give(self, name: str, width: int, value: str) -> None:
        """Store a vector of an output in a buffer: the block's rows are put in their place once it is done."""
        self.keep(self.desk.output(name, width, self.entity), width, value)

    def keep_mask(self, name: str, mask: str) -> None:
        """Store a mask in a buffer of bits."""
        pointer = self._pointer("buffers", self.desk.buffer(name, 1))
        byte = self.code.line("lshr i64 %i, 3")
        at = self.code.line(f"getelementptr i8, ptr {pointer}, i64 {byte}")
        self.code.act(f"store {MASK} {mask}, ptr {at}, align 1")

    def _scalar(self, name: str) -> str:
        at = self.code.once(f"getelementptr i64, ptr %row, i64 {self.desk.row.index(name)}")
        return self.code.once(f"load i64, ptr {at}")

    def _flag(self, name: str) -> str:
        value = self._scalar(name)
        return value if MASK == "i64" else self.code.once(f"trunc i64 {value} to {MASK}")

    def bytes_of(self, choices: Sequence[tuple[str, int]]) -> str:
        """A byte a row: the numbers of the masks it is in, joined."""
        code = self.code
        found = "zeroinitializer"
        for mask, number in choices:
            one = code.selected(mask, 8, code.constant(number, 8), "zeroinitializer")
            found = one if found == "zeroinitializer" else code.line(f"or <{LANES} x i8> {found}, {one}")
        return found

    def _coded(self, codes: str) -> Truth:
        return Truth(*(self.code.compared("eq", 8, codes, self.code.constant(number, 8)) for number in (1, 2)))

    # ---- values

    def lane(self, name: str) -> Lane:
        """A value this function needs."""
        if name not in self.lanes:
            self.lanes[name] = self._read(name)
        return self.lanes[name]

    def _read(self, name: str) -> Lane:
        whose = self.desk.entity(name)
        if whose is None:
            return self._parameter(name)
        above = whose is Entity.HOUSEHOLD and self.entity is Entity.PERSON
        if name in self.desk.leaves and not above:
            return self._leaf(name)
        down = "down:" if above else ""
        if self.desk.is_truth(name):
            return self._coded(self.buffered(f"{down}code:{name}", 8))
        width, least, most = self.desk.kept[name]
        if above:  # rows past the block's last member may hold zeros, and nothing may be divided by them unwatched
            least, most = min(least, 0), max(most, 0)
        value = self.buffered(f"{down}value:{name}", width)
        known = self.code.compared("ne", 8, self.buffered(f"{down}known:{name}", 8), "zeroinitializer")
        return Number(value, known, width, least, most)

    def _parameter(self, name: str) -> Lane:
        known = self._flag(f"set:{name}")
        value = self._scalar(f"param:{name}")
        if self.desk.leaves[name].truth:
            some = self.code.once(f"icmp ne i64 {value}, 0")
            yes = self.code.once(f"sext i1 {some} to {MASK}")
            yes = self.code.once(f"and {MASK} {yes}, {known}")
            return Truth(yes, self.code.once(f"xor {MASK} {yes}, {known}"))
        least, most = self.desk.limits.parameters[name]
        width = width_of(least, most)
        if width < 64:
            value = self.code.once(f"trunc i64 {value} to i{width}")
        return Number(self.code.spread(value, width), known, width, least, most)

    def _leaf(self, name: str) -> Lane:
        code, source, truth = self.code, self.desk.sources[name], self.desk.leaves[name].truth
        speaks = self._flag(f"feed:{source.feed}") if source.zero else NONE
        if source.form == "pair":
            known = code.compared("ne", 8, self.stored("known", name, 8), "zeroinitializer")
            if truth:
                yes = code.compared("ne", 8, self.stored("values", name, 8), "zeroinitializer")
                return Truth(code.both(yes, known), code.both(code.other(yes), known))
            return Number(self.stored("values", name, 64), known, 64, *bounds_of(64))
        if source.form == "alone":
            down = "down:" if self.entity is Entity.PERSON else ""
            yes = code.compared("eq", 32, self.buffered(f"{down}{SIZES}", 32), "splat (i32 1)")
            return Truth(yes, code.other(yes))
        if source.form in {"unknown", "silent"}:
            known = speaks if source.form == "silent" else NONE
            return Truth(NONE, known) if truth else Number("zeroinitializer", known, 8, 0, 0)
        width = source.width
        stored = self.stored("stored", name, width)
        none = nothing(_KINDS[width])
        known = code.compared("sgt", width, stored, code.constant(none, width))
        if source.form in {"as_is", "aged"}:
            return self._born(name, source, stored, known)
        if source.form == "nonzero":
            known = code.both(known, code.compared("ne", width, stored, "zeroinitializer"))
            return Number(stored, known, width, *bounds_of(width))
        value = Number(stored, known, width, *bounds_of(width))
        if source.form in {"since", "until"}:
            value = self._days(value, until=source.form == "until")
            known = value.known
        silent = NONE
        if source.zero:
            silent = code.both(code.compared("eq", width, stored, code.constant(none, width)), speaks)
        if truth:
            some = code.compared("ne", value.width, value.value, "zeroinitializer")
            return Truth(code.both(some, known), code.either(silent, code.both(code.other(some), known)))
        if not source.zero:
            return value
        cleared = code.selected(known, value.width, value.value, "zeroinitializer")
        return Number(cleared, code.either(known, silent), value.width, value.least, value.most)

    def _days(self, stored: Number, *, until: bool) -> Number:
        """Days between the stored day and as_of."""
        code = self.code
        day = code.spread(code.once(f"trunc i64 {self._scalar('as_of')} to i32"), 32)
        today = Number(day, ALL, 32, *_DAY_BOUNDS)
        one, two = (stored, today) if until else (today, stored)
        return Reader(code, {}).arithmetic("-", one, two)

    def _born(self, name: str, source: Source, stored: str, known: str) -> Number:
        """A birth day, or what the table says of it; kinds other than 32 bits were refused or widened before."""
        if source.form == "aged":
            return Number(self.buffered(f"age:{name}", 16), known, 16, *bounds_of(16))
        return Number(stored, known, source.width, *bounds_of(source.width))

    # ---- tasks

    def do(self, task: Task) -> None:
        """Write one task's code."""
        if task.kind == "rule":
            self._rule(task)
        elif task.kind == "leaf":
            self.put(task.name, self._leaf(task.name))
        elif task.kind == "share":
            self._share(task)
        elif task.kind == "result":
            self._result(task.name)
        else:
            self._words(task)

    def put(self, name: str, lane: Lane) -> None:
        """Keep a value for other functions."""
        if isinstance(lane, Truth):
            self.keep(f"code:{name}", 8, self.bytes_of([(lane.yes, 1), (lane.no, 2)]))
            return
        self.keep(f"value:{name}", lane.width, lane.value)
        self.keep(f"known:{name}", 8, self.bytes_of([(lane.known, 1)]))
        self.desk.kept[name] = (lane.width, lane.least, lane.most)

    def _rule(self, task: Task) -> None:
        made = self.desk.plan.by_name[task.name]
        assert isinstance(made, Rule)
        lane = Reader(self.code, {name: self.lane(name) for name in task.needs}).lane(made.body)
        self.lanes[task.name] = lane
        if task.name in self.desk.crossing:
            self.put(task.name, lane)

    def _share(self, task: Task) -> None:
        """What each member adds: ``of`` if ``where`` else 0; unclear where that cannot be told."""
        made, code = self.desk.plan.by_name[task.name], self.code
        assert isinstance(made, Aggregate)
        where = Truth(ALL, NONE) if made.where is None else self.lane(made.where)
        assert isinstance(where, Truth)
        unsure = code.other(code.either(where.yes, where.no))
        if made.of is None:
            self.keep_mask(f"unclear:{made.name}", unsure)
            self.keep_mask(f"holds:{made.name}", where.yes)
            return
        amount = self.lane(made.of)
        assert isinstance(amount, Number)
        untold = code.both(where.yes, code.other(amount.known))
        if unsure != NONE:
            none = code.both(amount.known, code.compared("eq", amount.width, amount.value, "zeroinitializer"))
            untold = code.either(untold, code.both(unsure, code.other(none)))
        self.keep_mask(f"unclear:{made.name}", untold)
        counted = code.both(where.yes, amount.known)
        share = code.selected(counted, amount.width, amount.value, "zeroinitializer")
        self.keep(f"share:{made.name}", amount.width, share)
        self.desk.kept[f"share:{made.name}"] = (amount.width, min(0, amount.least), max(0, amount.most))

    def _result(self, name: str) -> None:
        lane, code = self.lane(name), self.code
        if isinstance(lane, Truth):
            known = code.either(lane.yes, lane.no)
            self.give(f"of:{name}", 8, self.bytes_of([(lane.yes, 1)]))
        else:
            known = lane.known
            width = width_of(min(lane.least, 0), max(lane.most, 0)) if self.desk.wanted.narrow else 64
            value = code.widened(lane, width) if width >= lane.width else code.narrowed(lane.value, lane.width, width)
            self.give(f"of:{name}", width, code.selected(known, width, value, "zeroinitializer"))
        self.give(f"result:{name}", 8, self.bytes_of([(known, 1)]))

    def _words(self, task: Task) -> None:
        """Bit i of a row's words speaks of the i-th target; one not in force is untold."""
        plan = self.desk.plan
        masks: dict[str, list[tuple[str, int]]] = {"holds": [], "untold": []}
        for place, (name, whose) in enumerate(self.desk.wanted.words or ()):
            if whose is self.entity and name not in plan.by_name:
                masks["untold"].append((ALL, place))
            elif name in task.needs:
                lane = self.lane(name)
                assert isinstance(lane, Truth)
                masks["holds"].append((lane.yes, place))
                masks["untold"].append((self.code.other(self.code.either(lane.yes, lane.no)), place))
        for kind, found in masks.items():
            self.give(f"{kind}:{task.name}", 64, self._word(found))

    def _word(self, masks: Sequence[tuple[str, int]]) -> str:
        code, word = self.code, "zeroinitializer"
        for byte in sorted({place // 8 for _, place in masks}):
            eight = [(mask, _signed(1 << place % 8)) for mask, place in masks if place // 8 == byte]
            part = code.line(f"zext <{LANES} x i8> {self.bytes_of(eight)} to <{LANES} x i64>")
            part = code.line(f"shl <{LANES} x i64> {part}, splat (i64 {byte * 8})") if byte else part
            word = part if word == "zeroinitializer" else code.line(f"or <{LANES} x i64> {word}, {part}")
        return word


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte
