"""A plan as one LLVM module: loops over a block of households and their members, cut into functions of bounded size.

Stages alternate: households (even), persons (odd). Between them values are handed down to members, and members' shares are
added up. What crosses a function lies in buffers of one block, which stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shouwang.engine.backends.lanes import ALL, LANES, MASK, NONE, Code, Lane, Number, Reader, Truth, bounds_of
from shouwang.engine.graph import Leaf, Plan
from shouwang.engine.packed import nothing
from shouwang.engine.rule import Aggregate, Entity, Rule
from shouwang.engine.tree import GREATEST, walk

WEIGHT = 250
"""How many nodes of trees one function holds at most, unless one rule alone has more: compile time grows faster than size."""
SIZES, OFFSETS = "sizes", "offsets"
DAY, EARLIEST, DAYS = 0, 1, 2
"""Places in a row of what is the same everywhere in a block: as_of, and the birth days the tables of ages hold."""
FIRST = 3
_DAY_BOUNDS = (-(2**20), 2**22)
_MOST_MEMBERS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Source:
    """How a leaf is read. ``form``: "pair" (values and known), "unknown", "silent" (no column), or a form of ``packed``
    ("as_is", "aged": the register's; "nonzero": 0 stands for unknown). ``zero``: nothing means 0 where ``feed`` speaks."""

    form: str
    width: int = 0
    zero: bool = False
    feed: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the compiled text expects. ``columns`` and ``buffers`` give pointers in order, ``row`` the scalars of a block.

    ``buffers``: name → bits a row · ``outputs``: (buffer, bytes a row, entity), copied out block by block.
    """

    text: str
    columns: tuple[tuple[str, str], ...]
    buffers: Mapping[str, int]
    row: tuple[str, ...]
    outputs: tuple[tuple[str, int, Entity], ...]


@dataclass(slots=True)
class _Task:
    """One thing computed in a stage: a rule, a leaf kept for later, an aggregate's shares, or words of targets."""

    kind: str
    name: str
    needs: tuple[str, ...]
    weight: int


@dataclass(slots=True)
class _Function:
    name: str
    entity: Entity
    tasks: list[_Task] = field(default_factory=list)


def layout_of(
    plan: Plan,
    sources: Mapping[str, Source],
    widths: Mapping[str, int],
    wanted: Sequence[str],
    words: Sequence[tuple[str, Entity]] | None,
) -> Layout:
    """The text of a plan. ``sources`` of its inputs, ``widths`` in bits of its parameters.

    ``wanted``: results that come back as columns; ``words``: truth-valued names whose verdicts come back as bit words
    (one not in the plan is untold).
    """
    return _Writer(plan, sources, widths, wanted, words).layout()


class _Writer:
    def __init__(
        self,
        plan: Plan,
        sources: Mapping[str, Source],
        widths: Mapping[str, int],
        wanted: Sequence[str],
        words: Sequence[tuple[str, Entity]] | None,
    ) -> None:
        self.plan, self.sources, self.widths = plan, sources, widths
        self.wanted = [name for name in wanted if name in plan.by_name]
        self.words = words
        self.leaves: dict[str, Leaf] = {
            leaf.name: leaf for leaf in (*plan.household_inputs, *plan.person_inputs, *plan.parameters)
        }
        self.columns: list[tuple[str, str]] = [(OFFSETS, "")]
        self.buffers: dict[str, int] = {}
        self.outputs: list[tuple[str, int, Entity]] = []
        feeds = sorted({source.feed for source in sources.values() if source.zero})
        self.row = ["as_of", "earliest", "days"]
        for leaf in plan.parameters:
            self.row += [f"param:{leaf.name}", f"set:{leaf.name}"]
        self.row += [f"feed:{feed}" for feed in feeds]
        self.stage: dict[str, int] = {}
        self.kept: dict[str, tuple[int, int, int]] = {}
        self.kinds: dict[str, Lane] = {}

    def entity(self, name: str) -> Entity | None:
        if name in self.plan.by_name:
            return self.plan.by_name[name].entity
        return self.leaves[name].entity

    # ---- what is computed when

    def staged(self) -> dict[int, list[_Task]]:
        tasks: dict[int, list[_Task]] = {}

        def at(name: str, whose: Entity) -> int:
            entity = self.entity(name)
            if entity is None:
                return 0
            here = self.stage.get(name, 0 if entity is Entity.HOUSEHOLD else 1)
            return here if entity is whose else here + 1

        downward: dict[str, None] = {}
        for step in self.plan.steps:
            made = step.definition
            if isinstance(made, Aggregate):
                stage = max((at(name, Entity.PERSON) for name in made.arguments), default=-1)
                if made.arguments:
                    tasks.setdefault(stage, []).append(_Task("share", made.name, made.arguments, 2))
                self.stage[made.name] = stage + 1
            elif isinstance(made, Rule):
                first = 0 if made.entity is Entity.HOUSEHOLD else 1
                stage = max([first, *(at(name, made.entity) for name in made.arguments)])
                self.stage[made.name] = stage
                weight = sum(1 for _ in walk(made.body))
                tasks.setdefault(stage, []).append(_Task("rule", made.name, made.arguments, weight))
                if made.entity is Entity.PERSON:
                    for name in made.arguments:
                        if self.entity(name) is Entity.HOUSEHOLD:
                            downward[name] = None
        for name in downward:
            if name in self.leaves:
                tasks.setdefault(0, []).insert(0, _Task("leaf", name, (name,), 1))
        self.down = tuple(downward)
        if self.words is not None:
            for entity in Entity:
                own = tuple(name for name, whose in self.words if name in self.plan.by_name and whose is entity)
                stage = max([0 if entity is Entity.HOUSEHOLD else 1, *(self.stage[name] for name in own)])
                tasks.setdefault(stage, []).append(_Task("words", entity.value, own, len(own)))
        for name in self.wanted:
            tasks.setdefault(self.stage[name], []).append(_Task("result", name, (name,), 1))
        return tasks

    def layout(self) -> Layout:
        tasks = self.staged()
        functions: dict[int, list[_Function]] = {}
        for stage in sorted(tasks):
            functions[stage] = []
            weight = WEIGHT + 1
            for task in tasks[stage]:
                if weight + task.weight > WEIGHT:
                    entity = Entity.PERSON if stage % 2 else Entity.HOUSEHOLD
                    functions[stage].append(_Function(f"part_{stage}_{len(functions[stage])}", entity))
                    weight = 0
                functions[stage][-1].tasks.append(task)
                weight += task.weight
        self.crossing = self._crossing(functions)
        texts: list[str] = []
        calls: list[str] = []
        last = max([*tasks, *(self.stage.values())], default=0)
        for stage in range(last + 1):
            sums = [
                step.definition
                for step in self.plan.steps
                if isinstance(step.definition, Aggregate) and self.stage[step.definition.name] == stage
            ]
            if sums or (stage == 0 and self._asks_for_sizes()):
                texts.append(self._sums(f"sums_{stage}", sums, sizes=stage == 0))
                calls.append(f"sums_{stage}")
            if stage % 2:
                down = [name for name in self.down if self.stage.get(name, 0) == stage - 1]
                if stage == 1 and any(
                    source.form == "alone" and self.leaves[name].entity is Entity.PERSON
                    for name, source in self.sources.items()
                ):
                    down.append(SIZES)
                if down:
                    texts.append(self._down(f"down_{stage}", down))
                    calls.append(f"down_{stage}")
            if stage == 1:
                for name, source in self.sources.items():
                    if source.form == "aged" and source.width:
                        texts.append(self._ages(f"ages_{len(texts)}", name, source))
                        calls.append(f"ages_{len(texts) - 1}")
            for function in functions.get(stage, ()):
                texts.append(self._part(function))
                calls.append(function.name)
        texts.append(self._run(calls))
        return Layout(
            _SHARED + "\n".join(texts),
            tuple(self.columns),
            dict(self.buffers),
            tuple(self.row),
            tuple(self.outputs),
        )

    def _asks_for_sizes(self) -> bool:
        return any(source.form == "alone" for source in self.sources.values())

    def _crossing(self, functions: Mapping[int, Sequence[_Function]]) -> set[str]:
        """The rules whose values another function needs."""
        made = {
            task.name: each.name
            for some in functions.values()
            for each in some
            for task in each.tasks
            if task.kind == "rule"
        }
        found = set(self.down)
        for some in functions.values():
            for each in some:
                found.update(
                    name for task in each.tasks for name in task.needs if name in made and made[name] != each.name
                )
        return found

    # ---- pointers

    def column(self, kind: str, name: str) -> int:
        """The place of a column's pointer."""
        if (kind, name) not in self.columns:
            self.columns.append((kind, name))
        return self.columns.index((kind, name))

    def buffer(self, name: str, bits: int) -> int:
        """The place of a buffer's pointer."""
        self.buffers.setdefault(name, bits)
        return list(self.buffers).index(name)

    # ---- functions

    def _part(self, function: _Function) -> str:
        code = Code()
        part = _Part(self, code, function.entity)
        for task in function.tasks:
            part.do(task)
        first, after = ("p0", "p1") if function.entity is Entity.PERSON else ("h0", "h1")
        return _loop(function.name, code, first, after)

    def _pointers(self, code: list[str], table: str, place: int, name: str) -> None:
        code.append(f"  %{name}.at = getelementptr ptr, ptr %{table}, i64 {place}")
        code.append(f"  %{name} = load ptr, ptr %{name}.at")

    def _ages(self, name: str, leaf: str, source: Source) -> str:
        """Ages looked up by birth day, one after the other: the table was made by the plain reading."""
        before: list[str] = []
        self._pointers(before, "columns", self.column("stored", leaf), "x")
        self._pointers(before, "columns", self.column("table", leaf), "t")
        self._pointers(before, "buffers", self.buffer(f"age:{leaf}", 16), "o")
        width = source.width
        wide = f"  %w = sext i{width} %v to i64" if width < 64 else "  %w = add i64 %v, 0"
        return f"""
define internal void @{name}({_ARGUMENTS}) {{
entry:
{chr(10).join(before)}
  %low.at = getelementptr i64, ptr %row, i64 {EARLIEST}
  %low = load i64, ptr %low.at
  %days.at = getelementptr i64, ptr %row, i64 {DAYS}
  %days = load i64, ptr %days.at
  %some = icmp slt i64 %p0, %p1
  br i1 %some, label %body, label %done
body:
  %p = phi i64 [ %p0, %entry ], [ %p.next, %body ]
  %at = getelementptr i{width}, ptr %x, i64 %p
  %v = load i{width}, ptr %at, align 1
{wide}
  %day = sub i64 %w, %low
  %in = icmp ult i64 %day, %days
  %safe = select i1 %in, i64 %day, i64 0
  %age.at = getelementptr i16, ptr %t, i64 %safe
  %age = load i16, ptr %age.at, align 2
  %i = sub i64 %p, %p0
  %o.to = getelementptr i16, ptr %o, i64 %i
  store i16 %age, ptr %o.to, align 2
  %p.next = add i64 %p, 1
  %more = icmp slt i64 %p.next, %p1
  br i1 %more, label %body, label %done
done:
  ret void
}}"""

    def _sums(self, name: str, sums: Sequence[Aggregate], *, sizes: bool) -> str:
        """Members' shares added up, household by household."""
        before: list[str] = []
        body: list[str] = []
        self._pointers(before, "columns", 0, "offsets")

        def store(key: str, buffer: str, bits: int, value: str) -> None:
            self._pointers(before, "buffers", self.buffer(buffer, bits), key)
            body.append(f"  %{key}.to = getelementptr i{bits}, ptr %{key}, i64 %i")
            body.append(f"  store i{bits} {value}, ptr %{key}.to")

        if sizes:
            body.append("  %size32 = trunc i64 %size to i32")
            store("s", SIZES, 32, "%size32")
        for place, each in enumerate(sums):
            key = f"a{place}"
            if each.kind == "count" and each.where is None:
                body.append(f"  %{key}.c = trunc i64 %size to i32")
                store(f"{key}v", f"value:{each.name}", 32, f"%{key}.c")
                store(f"{key}k", f"known:{each.name}", 8, "1")
                self.kept[each.name] = (32, 0, _MOST_MEMBERS)
                continue
            self._pointers(before, "buffers", self.buffer(f"unclear:{each.name}", 1), f"{key}u")
            body.append(f"  %{key}.u = call i64 @bits(ptr %{key}u, i64 %first, i64 %size)")
            body.append(f"  %{key}.sure = icmp eq i64 %{key}.u, 0")
            if each.kind == "total":
                width, least, most = self.kept[f"share:{each.name}"]
                self._pointers(before, "buffers", self.buffer(f"share:{each.name}", width), f"{key}x")
                body.append(f"  %{key}.s = call i128 @sum{width}(ptr %{key}x, i64 %first, i64 %size)")
                body.append(f"  %{key}.v = trunc i128 %{key}.s to i64")
                body.append(f"  %{key}.b = sext i64 %{key}.v to i128")
                body.append(f"  %{key}.f = icmp eq i128 %{key}.s, %{key}.b")
                body.append(f"  %{key}.g = and i1 %{key}.sure, %{key}.f")
                body.append(f"  %{key}.k = zext i1 %{key}.g to i8")
                store(f"{key}v", f"value:{each.name}", 64, f"%{key}.v")
                store(f"{key}k", f"known:{each.name}", 8, f"%{key}.k")
                far = max(-least, most) * _MOST_MEMBERS
                self.kept[each.name] = (64, -far, far) if far <= GREATEST else (64, *bounds_of(64))
                continue
            self._pointers(before, "buffers", self.buffer(f"holds:{each.name}", 1), f"{key}h")
            body.append(f"  %{key}.n = call i64 @bits(ptr %{key}h, i64 %first, i64 %size)")
            if each.kind == "count":
                body.append(f"  %{key}.c = trunc i64 %{key}.n to i32")
                body.append(f"  %{key}.k = zext i1 %{key}.sure to i8")
                store(f"{key}v", f"value:{each.name}", 32, f"%{key}.c")
                store(f"{key}k", f"known:{each.name}", 8, f"%{key}.k")
                self.kept[each.name] = (32, 0, _MOST_MEMBERS)
            else:
                body.append(f"  %{key}.some = icmp ne i64 %{key}.n, 0")
                body.append(f"  %{key}.no = select i1 %{key}.sure, i8 2, i8 0")
                body.append(f"  %{key}.code = select i1 %{key}.some, i8 1, i8 %{key}.no")
                store(f"{key}c", f"code:{each.name}", 8, f"%{key}.code")
        return _each_household(name, before, body)

    def _down(self, name: str, names: Sequence[str]) -> str:
        """Households' values copied to their members."""
        before: list[str] = []
        head: list[str] = []
        body: list[str] = []
        self._pointers(before, "columns", 0, "offsets")
        copies: list[tuple[str, int]] = []
        for each in names:
            if each == SIZES:
                copies.append((SIZES, 32))
            elif self.is_truth(each):
                copies.append((f"code:{each}", 8))
            else:
                copies += [(f"value:{each}", self.kept[each][0]), (f"known:{each}", 8)]
        for place, (copied, bits) in enumerate(copies):
            key = f"d{place}"
            self._pointers(before, "buffers", self.buffer(copied, bits), f"{key}a")
            self._pointers(before, "buffers", self.buffer(f"down:{copied}", bits), f"{key}b")
            head.append(f"  %{key}.at = getelementptr i{bits}, ptr %{key}a, i64 %i")
            head.append(f"  %{key}.v = load i{bits}, ptr %{key}.at")
            body.append(f"  %{key}.to = getelementptr i{bits}, ptr %{key}b, i64 %m")
            body.append(f"  store i{bits} %{key}.v, ptr %{key}.to")
        return _each_household(name, before, head, body)

    def is_truth(self, name: str) -> bool:
        """Whether a name of the plan is a truth value."""
        if name in self.plan.by_name:
            return self.plan.by_name[name].unit == "bool"
        return self.leaves[name].truth

    def _run(self, calls: Sequence[str]) -> str:
        lines = [f"  call void @{each}({_ARGUMENTS})" for each in calls]
        for place, (buffer, size, entity) in enumerate(self.outputs):
            first, after = ("%p0", "%p1") if entity is Entity.PERSON else ("%h0", "%h1")
            key = f"o{place}"
            self._pointers(lines, "buffers", list(self.buffers).index(buffer), f"{key}f")
            self._pointers(lines, "outputs", place, f"{key}t")
            lines += [
                f"  %{key}.n = sub i64 {after}, {first}",
                f"  %{key}.b = mul i64 %{key}.n, {size}",
                f"  %{key}.s = mul i64 {first}, {size}",
                f"  %{key}.d = getelementptr i8, ptr %{key}t, i64 %{key}.s",
                f"  call void @llvm.memcpy.p0.p0.i64(ptr %{key}.d, ptr %{key}f, i64 %{key}.b, i1 false)",
            ]
        return f"""
define void @run(ptr %columns, ptr %buffers, ptr %rows, ptr %blocks, i64 %count, ptr %outputs) {{
entry:
  %offsets = load ptr, ptr %columns
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %body, label %done
body:
  %b = phi i64 [ 0, %entry ], [ %b.next, %body ]
  %b3 = mul i64 %b, 3
  %h0.at = getelementptr i64, ptr %blocks, i64 %b3
  %h0 = load i64, ptr %h0.at
  %h1.at = getelementptr i64, ptr %h0.at, i64 1
  %h1 = load i64, ptr %h1.at
  %place.at = getelementptr i64, ptr %h0.at, i64 2
  %place = load i64, ptr %place.at
  %p0.at = getelementptr i64, ptr %offsets, i64 %h0
  %p0 = load i64, ptr %p0.at
  %p1.at = getelementptr i64, ptr %offsets, i64 %h1
  %p1 = load i64, ptr %p1.at
  %row.n = mul i64 %place, {len(self.row)}
  %row = getelementptr i64, ptr %rows, i64 %row.n
{chr(10).join(lines)}
  %b.next = add i64 %b, 1
  %more = icmp slt i64 %b.next, %count
  br i1 %more, label %body, label %done
done:
  ret void
}}
"""


class _Part:
    """One function's loop: reads what it needs once, does its tasks, keeps what others need."""

    def __init__(self, writer: _Writer, code: Code, entity: Entity) -> None:
        self.writer, self.code, self.entity = writer, code, entity
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
        return self._vector(self._pointer("columns", self.writer.column(kind, name)), width, "%r")

    def buffered(self, name: str, width: int) -> str:
        """A buffer's vector."""
        return self._vector(self._pointer("buffers", self.writer.buffer(name, width)), width, "%i")

    def keep(self, name: str, width: int, value: str) -> None:
        """Store a vector in a buffer."""
        pointer = self._pointer("buffers", self.writer.buffer(name, width))
        at = self.code.line(f"getelementptr i{width}, ptr {pointer}, i64 %i")
        self.code.act(f"store <{LANES} x i{width}> {value}, ptr {at}, align 1")

    def keep_mask(self, name: str, mask: str) -> None:
        """Store a mask in a buffer of bits."""
        pointer = self._pointer("buffers", self.writer.buffer(name, 1))
        byte = self.code.line("lshr i64 %i, 3")
        at = self.code.line(f"getelementptr i8, ptr {pointer}, i64 {byte}")
        self.code.act(f"store {MASK} {mask}, ptr {at}, align 1")

    def _scalar(self, name: str) -> str:
        at = self.code.once(f"getelementptr i64, ptr %row, i64 {self.writer.row.index(name)}")
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
        found = []
        for number in (1, 2):
            bit = self.code.line(f"and <{LANES} x i8> {codes}, splat (i8 {number})")
            found.append(self.code.compared("ne", 8, bit, "zeroinitializer"))
        return Truth(*found)

    # ---- values

    def lane(self, name: str) -> Lane:
        """A value this function needs."""
        if name not in self.lanes:
            self.lanes[name] = self._read(name)
        return self.lanes[name]

    def _read(self, name: str) -> Lane:
        whose = self.writer.entity(name)
        if whose is None:
            return self._parameter(name)
        above = whose is Entity.HOUSEHOLD and self.entity is Entity.PERSON
        if name in self.writer.leaves and not above:
            return self._leaf(name)
        down = "down:" if above else ""
        if self.writer.is_truth(name):
            return self._coded(self.buffered(f"{down}code:{name}", 8))
        width, least, most = self.writer.kept[name]
        if above:  # rows past the block's last member hold zeros, and nothing may be divided by them unwatched
            least, most = min(least, 0), max(most, 0)
        value = self.buffered(f"{down}value:{name}", width)
        known = self.code.compared("ne", 8, self.buffered(f"{down}known:{name}", 8), "zeroinitializer")
        return Number(value, known, width, least, most)

    def _parameter(self, name: str) -> Lane:
        known = self._flag(f"set:{name}")
        value = self._scalar(f"param:{name}")
        if self.writer.leaves[name].truth:
            some = self.code.once(f"icmp ne i64 {value}, 0")
            yes = self.code.once(f"sext i1 {some} to {MASK}")
            yes = self.code.once(f"and {MASK} {yes}, {known}")
            return Truth(yes, self.code.once(f"xor {MASK} {yes}, {known}"))
        width = self.writer.widths[name]
        if width < 64:
            value = self.code.once(f"trunc i64 {value} to i{width}")
        return Number(self.code.spread(value, width), known, width, *bounds_of(width))

    def _leaf(self, name: str) -> Lane:
        code, source, truth = self.code, self.writer.sources[name], self.writer.leaves[name].truth
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
        """Days between the stored day and as_of, as 64 bits would wrap."""
        code, (first, last) = self.code, _DAY_BOUNDS
        least, most = (
            (stored.least - last, stored.most - first) if until else (first - stored.most, last - stored.least)
        )
        width = 32 if least >= -(2**31) and most < 2**31 else 64
        if width == 64 and stored.width == 64:
            least, most = bounds_of(64)
        day = self._scalar("as_of")
        day = code.spread(code.once(f"trunc i64 {day} to i32") if width == 32 else day, width)
        value = code.widened(stored, width)
        one, two = (value, day) if until else (day, value)
        return Number(code.line(f"sub <{LANES} x i{width}> {one}, {two}"), stored.known, width, least, most)

    def _born(self, name: str, source: Source, stored: str, known: str) -> Number:
        """A birth day, or what the table says of it; kinds other than 32 bits were refused or widened before."""
        if source.form == "aged":
            return Number(self.buffered(f"age:{name}", 16), known, 16, *bounds_of(16))
        return Number(stored, known, source.width, *bounds_of(source.width))

    # ---- tasks

    def do(self, task: _Task) -> None:
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
        self.writer.kept[name] = (lane.width, lane.least, lane.most)

    def _rule(self, task: _Task) -> None:
        made = self.writer.plan.by_name[task.name]
        assert isinstance(made, Rule)
        lane = Reader(self.code, {name: self.lane(name) for name in task.needs}).lane(made.body)
        self.lanes[task.name] = lane
        if task.name in self.writer.crossing:
            self.put(task.name, lane)

    def _share(self, task: _Task) -> None:
        """What each member adds: ``of`` if ``where`` else 0; unclear where that cannot be told."""
        made, code = self.writer.plan.by_name[task.name], self.code
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
        self.writer.kept[f"share:{made.name}"] = (amount.width, min(0, amount.least), max(0, amount.most))

    def _result(self, name: str) -> None:
        lane, code = self.lane(name), self.code
        known = code.either(lane.yes, lane.no) if isinstance(lane, Truth) else lane.known
        self.keep(f"result:{name}", 8, self.bytes_of([(known, 1)]))
        outputs = self.writer.outputs
        if isinstance(lane, Truth):
            self.keep(f"of:{name}", 8, self.bytes_of([(lane.yes, 1)]))
            outputs.append((f"of:{name}", 1, self.entity))
        else:
            value = code.selected(lane.known, 64, code.widened(lane, 64), "zeroinitializer")
            self.keep(f"of:{name}", 64, value)
            outputs.append((f"of:{name}", 8, self.entity))
        outputs.append((f"result:{name}", 1, self.entity))

    def _words(self, task: _Task) -> None:
        """Bit i of a row's words speaks of the i-th target; one not in force is untold."""
        writer = self.writer
        masks: dict[str, list[tuple[str, int]]] = {"holds": [], "untold": []}
        for place, (name, whose) in enumerate(writer.words or ()):
            if whose is self.entity and name not in writer.plan.by_name:
                masks["untold"].append((ALL, place))
            elif name in task.needs:
                lane = self.lane(name)
                assert isinstance(lane, Truth)
                masks["holds"].append((lane.yes, place))
                masks["untold"].append((self.code.other(self.code.either(lane.yes, lane.no)), place))
        for kind, found in masks.items():
            self.keep(f"{kind}:{task.name}", 64, self._word(found))
            writer.outputs.append((f"{kind}:{task.name}", 8, self.entity))

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


_KINDS = {8: "int8", 16: "int16", 32: "int32", 64: "int64"}
_ARGUMENTS = "ptr %columns, ptr %buffers, ptr %row, i64 %h0, i64 %h1, i64 %p0, i64 %p1"


def _loop(name: str, code: Code, first: str, after: str) -> str:
    """A function that goes over the rows of a block, a vector at a time."""
    return f"""
define internal void @{name}({_ARGUMENTS}) noinline {{
entry:
  %n = sub i64 %{after}, %{first}
{chr(10).join(code.before)}
  %some = icmp sgt i64 %n, 0
  br i1 %some, label %body, label %done
body:
  %i = phi i64 [ 0, %entry ], [ %i.next, %body ]
  %r = add i64 %i, %{first}
{chr(10).join(code.lines)}
  %i.next = add i64 %i, {LANES}
  %more = icmp slt i64 %i.next, %n
  br i1 %more, label %body, label %done
done:
  ret void
}}"""


def _each_household(name: str, before: Sequence[str], head: Sequence[str], member: Sequence[str] = ()) -> str:
    """A function that goes over the households of a block one by one, and over each one's members."""
    members = ""
    if member:
        members = f"""
  %inhabited = icmp sgt i64 %size, 0
  br i1 %inhabited, label %one, label %next
one:
  %m = phi i64 [ %first, %body ], [ %m.next, %one ]
{chr(10).join(member)}
  %m.next = add i64 %m, 1
  %m.more = icmp slt i64 %m.next, %last
  br i1 %m.more, label %one, label %next"""
    else:
        members = "\n  br label %next"
    return f"""
define internal void @{name}({_ARGUMENTS}) noinline {{
entry:
{chr(10).join(before)}
  %some = icmp slt i64 %h0, %h1
  br i1 %some, label %body, label %done
body:
  %h = phi i64 [ %h0, %entry ], [ %h.next, %next ]
  %i = sub i64 %h, %h0
  %first.at = getelementptr i64, ptr %offsets, i64 %h
  %first.all = load i64, ptr %first.at
  %last.at = getelementptr i64, ptr %first.at, i64 1
  %last.all = load i64, ptr %last.at
  %first = sub i64 %first.all, %p0
  %last = sub i64 %last.all, %p0
  %size = sub i64 %last.all, %first.all
{chr(10).join(head)}{members}
next:
  %h.next = add i64 %h, 1
  %more = icmp slt i64 %h.next, %h1
  br i1 %more, label %body, label %done
done:
  ret void
}}"""


def _adding(width: int) -> str:
    return f"""
define internal i128 @sum{width}(ptr %x, i64 %first, i64 %n) {{
entry:
  %some = icmp sgt i64 %n, 0
  br i1 %some, label %body, label %done
body:
  %m = phi i64 [ 0, %entry ], [ %m.next, %body ]
  %s = phi i128 [ 0, %entry ], [ %s.next, %body ]
  %at = add i64 %first, %m
  %to = getelementptr i{width}, ptr %x, i64 %at
  %v = load i{width}, ptr %to
  %w = sext i{width} %v to i128
  %s.next = add i128 %s, %w
  %m.next = add i64 %m, 1
  %more = icmp slt i64 %m.next, %n
  br i1 %more, label %body, label %done
done:
  %sum = phi i128 [ 0, %entry ], [ %s.next, %body ]
  ret i128 %sum
}}
"""


_SHARED = (
    """
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare i64 @llvm.ctpop.i64(i64)
define internal i64 @bits(ptr %x, i64 %first, i64 %n) {
entry:
  %some = icmp sgt i64 %n, 0
  br i1 %some, label %body, label %done
body:
  %bit = phi i64 [ %first, %entry ], [ %bit.next, %body ]
  %left = phi i64 [ %n, %entry ], [ %left.next, %body ]
  %sum = phi i64 [ 0, %entry ], [ %sum.next, %body ]
  %byte = lshr i64 %bit, 3
  %at = getelementptr i8, ptr %x, i64 %byte
  %word = load i64, ptr %at, align 1
  %shift = and i64 %bit, 7
  %low = lshr i64 %word, %shift
  %few = icmp slt i64 %left, 56
  %take = select i1 %few, i64 %left, i64 56
  %one = shl i64 1, %take
  %ones = sub i64 %one, 1
  %own = and i64 %low, %ones
  %found = call i64 @llvm.ctpop.i64(i64 %own)
  %sum.next = add i64 %sum, %found
  %bit.next = add i64 %bit, %take
  %left.next = sub i64 %left, %take
  %more = icmp sgt i64 %left.next, 0
  br i1 %more, label %body, label %done
done:
  %all = phi i64 [ 0, %entry ], [ %sum.next, %body ]
  ret i64 %all
}
"""
    + "".join(_adding(width) for width in (8, 16, 32, 64))
    + "".join(
        f"declare <{LANES} x i{width}> @llvm.s{op}.v{LANES}i{width}(<{LANES} x i{width}>, <{LANES} x i{width}>)\n"
        for op in ("min", "max")
        for width in (8, 16, 32, 64)
    )
    + f"declare {{<{LANES} x i64>, <{LANES} x i1>}} "
    f"@llvm.smul.with.overflow.v{LANES}i64(<{LANES} x i64>, <{LANES} x i64>)\n"
)
