"""Loops over the households of a block one by one, and the loop over blocks: text that holds no rule.

Members' shares are added up, households' values are handed down to members, ages are looked up.
"""

from __future__ import annotations

from collections.abc import Sequence

from shouwang.engine.backends.lanes import FLOOR, LANES, Code, bounds_of
from shouwang.engine.backends.layout import DAYS, EARLIEST, SIZES, Desk, Source, given, pointer
from shouwang.engine.rule import Aggregate, Entity
from shouwang.engine.tree import GREATEST

_AT_ONCE = 56
"""Members whose bits lie in one word of eight bytes wherever it begins."""
_COPIES = 8
ARGUMENTS = "ptr %columns, ptr %buffers, ptr %row, i64 %h0, i64 %h1, i64 %p0, i64 %p1"


def ages(desk: Desk, name: str, leaf: str, source: Source) -> str:
    """Ages looked up by birth day, one after the other: the table was made by the plain reading."""
    before: list[str] = []
    pointer(before, "columns", desk.column("stored", leaf), "x")
    pointer(before, "columns", desk.column("table", leaf), "t")
    pointer(before, "buffers", desk.buffer(f"age:{leaf}", 16), "o")
    width = source.width
    wide = f"  %w = sext i{width} %v to i64" if width < 64 else "  %w = add i64 %v, 0"
    return f"""
define internal void @{name}({ARGUMENTS}) {{
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


class _Sums:
    """The members' shares of some aggregates added up, household by household.

    What lies as bits is counted in one word of them where the household is small, else word by word. A total that surely
    fits 64 bits is the difference of two running sums over the block, which may themselves wrap; any other is added in 128.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.before: list[str] = []
        self.few: list[str] = []
        self.many: list[str] = []

    def _each(self, *lines: str) -> None:
        """The same lines in both ways; ``~`` in a name tells them apart."""
        for own, text in (("f", self.few), ("m", self.many)):
            text += [f"  {line.replace('~', own)}" for line in lines]

    def _pointer(self, key: str, name: str, bits: int) -> None:
        pointer(self.before, "buffers", self.desk.buffer(name, bits), key)

    def store(self, key: str, name: str, bits: int, value: str) -> None:
        """Keep a household's value in a buffer."""
        self._pointer(key, name, bits)
        self._each(f"%{key}.~to = getelementptr i{bits}, ptr %{key}, i64 %i", f"store i{bits} {value}, ptr %{key}.~to")

    def _bits(self, key: str, name: str) -> None:
        """How many members' bits are set, as ``%key.n``."""
        self._pointer(key, name, 1)
        self.few += [
            f"  %{key}.fat = getelementptr i8, ptr %{key}, i64 %byte",
            f"  %{key}.fw = load i64, ptr %{key}.fat, align 1",
            f"  %{key}.fl = lshr i64 %{key}.fw, %shift",
            f"  %{key}.fo = and i64 %{key}.fl, %ones",
            f"  %{key}.fn = call i64 @llvm.ctpop.i64(i64 %{key}.fo)",
        ]
        self.many.append(f"  %{key}.mn = call i64 @bits(ptr %{key}, i64 %first, i64 %size)")

    def add(self, key: str, made: Aggregate) -> None:
        """One aggregate."""
        kept, most = self.desk.kept, self.desk.limits.members
        value, known = f"value:{made.name}", f"known:{made.name}"
        if made.kind == "count" and made.where is None:
            self._each(f"%{key}.~c = trunc i64 %size to i32")
            self.store(f"{key}v", value, 32, f"%{key}.~c")
            self.store(f"{key}k", known, 8, "1")
            kept[made.name] = (32, 0, most)
            return
        self._bits(f"{key}u", f"unclear:{made.name}")
        self._each(f"%{key}.~sure = icmp eq i64 %{key}u.~n, 0")
        if made.kind == "total":
            self._total(key, made)
            return
        self._bits(f"{key}h", f"holds:{made.name}")
        if made.kind == "count":
            self._each(f"%{key}.~c = trunc i64 %{key}h.~n to i32", f"%{key}.~k = zext i1 %{key}.~sure to i8")
            self.store(f"{key}v", value, 32, f"%{key}.~c")
            self.store(f"{key}k", known, 8, f"%{key}.~k")
            kept[made.name] = (32, 0, most)
            return
        self._each(
            f"%{key}.~some = icmp ne i64 %{key}h.~n, 0",
            f"%{key}.~no = select i1 %{key}.~sure, i8 2, i8 0",
            f"%{key}.~code = select i1 %{key}.~some, i8 1, i8 %{key}.~no",
        )
        self.store(f"{key}c", f"code:{made.name}", 8, f"%{key}.~code")

    def _total(self, key: str, made: Aggregate) -> None:
        width, least, most = self.desk.kept[f"share:{made.name}"]
        low, high = least * self.desk.limits.members, most * self.desk.limits.members
        self._pointer(f"{key}x", f"share:{made.name}", width)
        if max(-low, high) <= GREATEST:
            self._pointer(f"{key}r", f"running:{made.name}", 64)
            self.before.append(f"  call void @running{width}(ptr %{key}x, ptr %{key}r, i64 %persons)")
            self._each(
                f"%{key}.~a = getelementptr i64, ptr %{key}r, i64 %first",
                f"%{key}.~b = getelementptr i64, ptr %{key}r, i64 %last",
                f"%{key}.~x = load i64, ptr %{key}.~a",
                f"%{key}.~y = load i64, ptr %{key}.~b",
                f"%{key}.~v = sub i64 %{key}.~y, %{key}.~x",
                f"%{key}.~k = zext i1 %{key}.~sure to i8",
            )
            self.desk.kept[made.name] = (64, low, high)
        else:
            self._each(
                f"%{key}.~s = call i128 @sum{width}(ptr %{key}x, i64 %first, i64 %size)",
                f"%{key}.~v = trunc i128 %{key}.~s to i64",
                f"%{key}.~b = sext i64 %{key}.~v to i128",
                f"%{key}.~f = icmp eq i128 %{key}.~s, %{key}.~b",
                f"%{key}.~g = and i1 %{key}.~sure, %{key}.~f",
                f"%{key}.~k = zext i1 %{key}.~g to i8",
            )
            self.desk.kept[made.name] = (64, *bounds_of(64))
        self.store(f"{key}v", f"value:{made.name}", 64, f"%{key}.~v")
        self.store(f"{key}k", f"known:{made.name}", 8, f"%{key}.~k")


def sums(desk: Desk, name: str, aggregates: Sequence[Aggregate], *, sizes: bool) -> str:
    """A function that adds members' shares up, and keeps how many members there are if that is asked."""
    made = _Sums(desk)
    pointer(made.before, "columns", 0, "offsets")
    made.before.append("  %persons = sub i64 %p1, %p0")
    if sizes:
        made.store("s", SIZES, 32, "%size32")
    for place, each in enumerate(aggregates):
        made.add(f"a{place}", each)
    head = ["  %size32 = trunc i64 %size to i32"] if sizes else []
    body = f"""
  %few = icmp ule i64 %size, {_AT_ONCE}
  br i1 %few, label %small, label %large
small:
  %byte = lshr i64 %first, 3
  %shift = and i64 %first, 7
  %one = shl i64 1, %size
  %ones = sub i64 %one, 1
{chr(10).join(made.few)}
  br label %next
large:
{chr(10).join(made.many)}
  br label %next"""
    return _each_household(name, made.before, head, body)


def down(desk: Desk, name: str, names: Sequence[str]) -> str:
    """Households' values copied to their members, several at once: what is too much the next household writes over."""
    before: list[str] = []
    head: list[str] = []
    body: list[str] = []
    pointer(before, "columns", 0, "offsets")
    copies: list[tuple[str, int]] = []
    for each in names:
        if each == SIZES:
            copies.append((SIZES, 32))
        elif desk.is_truth(each):
            copies.append((f"code:{each}", 8))
        else:
            copies += [(f"value:{each}", desk.kept[each][0]), (f"known:{each}", 8)]
    for place, (copied, bits) in enumerate(copies):
        key, kind = f"d{place}", f"<{_COPIES} x i{bits}>"
        pointer(before, "buffers", desk.buffer(copied, bits), f"{key}a")
        pointer(before, "buffers", desk.buffer(f"down:{copied}", bits), f"{key}b")
        head += [
            f"  %{key}.at = getelementptr i{bits}, ptr %{key}a, i64 %i",
            f"  %{key}.v = load i{bits}, ptr %{key}.at",
            f"  %{key}.o = insertelement {kind} poison, i{bits} %{key}.v, i64 0",
            f"  %{key}.s = shufflevector {kind} %{key}.o, {kind} poison, <{_COPIES} x i32> zeroinitializer",
        ]
        body += [
            f"  %{key}.to = getelementptr i{bits}, ptr %{key}b, i64 %m",
            f"  store {kind} %{key}.s, ptr %{key}.to, align 1",
        ]
    members = f"""
  br label %one
one:
  %m = phi i64 [ %first, %body ], [ %m.next, %one ]
{chr(10).join(body)}
  %m.next = add i64 %m, {_COPIES}
  %m.more = icmp slt i64 %m.next, %last
  br i1 %m.more, label %one, label %next"""
    return _each_household(name, before, head, members)


def rows(name: str, code: Code, first: str, after: str) -> str:
    """A function that goes over the rows of a block, a vector at a time."""
    return f"""
define internal void @{name}({ARGUMENTS}) noinline {{
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


def blocks(desk: Desk, calls: Sequence[str]) -> str:
    """The function that is called from outside: every block through the others, one after another.

    First all a block reads is asked for, since these are more columns than the processor follows by itself. Last its
    outputs are put in their places: words as they are, since they are read next; results past the cache, which they
    overflow anyhow, so that the memory written to need not be read first.
    """
    lines = [f"  call void @{each}({ARGUMENTS})" for each in calls]
    ahead: list[str] = []
    for place, (size, entity) in desk.read.items():
        key = f"f{place}"
        pointer(ahead, "columns", place, key)
        ahead += _stretch(key, size, entity)
        ahead.append(f"  call void @ask(ptr %{key}.p, i64 %{key}.n)")
    put = "put_past" if desk.wanted.words is None else "put_near"
    behind: list[str] = []
    for place, (name, size, entity) in enumerate(desk.outputs):
        key = f"o{place}"
        pointer(behind, "outputs", place, key)
        pointer(behind, "buffers", desk.buffer(given(name), size * 8), f"{key}b")
        behind += _stretch(key, size, entity)
        behind.append(f"  call void @{put}(ptr %{key}.p, ptr %{key}b, i64 %{key}.n)")
    return f"""
define internal void @ahead(ptr %columns, i64 %h0, i64 %h1, i64 %p0, i64 %p1) noinline {{
entry:
{chr(10).join(ahead)}
  ret void
}}
define internal void @behind(ptr %buffers, i64 %h0, i64 %h1, i64 %p0, i64 %p1, ptr %outputs) noinline {{
entry:
{chr(10).join(behind)}
  ret void
}}
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
  %row.n = mul i64 %place, {len(desk.row)}
  %row = getelementptr i64, ptr %rows, i64 %row.n
  call void @ahead(ptr %columns, i64 %h0, i64 %h1, i64 %p0, i64 %p1)
{chr(10).join(lines)}
  call void @behind(ptr %buffers, i64 %h0, i64 %h1, i64 %p0, i64 %p1, ptr %outputs)
  %b.next = add i64 %b, 1
  %more = icmp slt i64 %b.next, %count
  br i1 %more, label %body, label %over
over:
  fence seq_cst
  br label %done
done:
  ret void
}}
"""


def _stretch(key: str, size: int, entity: Entity) -> list[str]:
    """Lines that find a block's part of a column: where it begins (``.p``) and how many bytes it has (``.n``)."""
    rows_of = "p" if entity is Entity.PERSON else "h"
    return [
        f"  %{key}.a = mul i64 %{rows_of}0, {size}",
        f"  %{key}.b = mul i64 %{rows_of}1, {size}",
        f"  %{key}.p = getelementptr i8, ptr %{key}, i64 %{key}.a",
        f"  %{key}.n = sub i64 %{key}.b, %{key}.a",
    ]


def _each_household(name: str, before: Sequence[str], head: Sequence[str], body: str) -> str:
    """A function that goes over the households of a block one by one; ``body`` ends in branches to ``%next``."""
    return f"""
define internal void @{name}({ARGUMENTS}) noinline {{
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
{chr(10).join(head)}{body}
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
define internal void @running{width}(ptr %x, ptr %sums, i64 %n) {{
entry:
  store i64 0, ptr %sums
  %some = icmp sgt i64 %n, 0
  br i1 %some, label %body, label %done
body:
  %m = phi i64 [ 0, %entry ], [ %m.next, %body ]
  %s = phi i64 [ 0, %entry ], [ %s.next, %body ]
  %from = getelementptr i{width}, ptr %x, i64 %m
  %v = load i{width}, ptr %from
  %w = {f"sext i{width} %v to i64" if width < 64 else "add i64 %v, 0"}
  %s.next = add i64 %s, %w
  %m.next = add i64 %m, 1
  %to = getelementptr i64, ptr %sums, i64 %m.next
  store i64 %s.next, ptr %to
  %more = icmp slt i64 %m.next, %n
  br i1 %more, label %body, label %done
done:
  ret void
}}
"""


SHARED = (
    """
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
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
define internal void @ask(ptr %x, i64 %n) noinline {
entry:
  %some = icmp sgt i64 %n, 0
  br i1 %some, label %body, label %done
body:
  %i = phi i64 [ 0, %entry ], [ %i.next, %body ]
  %at = getelementptr i8, ptr %x, i64 %i
  call void @llvm.prefetch.p0(ptr %at, i32 0, i32 2, i32 1)
  %i.next = add i64 %i, 64
  %more = icmp slt i64 %i.next, %n
  br i1 %more, label %body, label %done
done:
  ret void
}
define internal void @put_near(ptr %to, ptr %from, i64 %n) noinline {
entry:
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %n, i1 false)
  ret void
}
define internal void @put_past(ptr %to, ptr %from, i64 %n) noinline {
entry:
  %address = ptrtoint ptr %to to i64
  %under = sub i64 0, %address
  %short = and i64 %under, 63
  %all = icmp ult i64 %n, %short
  %first = select i1 %all, i64 %n, i64 %short
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %first, i1 false)
  %left = sub i64 %n, %first
  %lines = and i64 %left, -64
  %after = add i64 %first, %lines
  %some = icmp ne i64 %lines, 0
  br i1 %some, label %body, label %rest
body:
  %i = phi i64 [ %first, %entry ], [ %i.next, %body ]
  %near = getelementptr i8, ptr %from, i64 %i
  %line = load <64 x i8>, ptr %near, align 1
  %far = getelementptr i8, ptr %to, i64 %i
  store <64 x i8> %line, ptr %far, align 64, !nontemporal !0
  %i.next = add i64 %i, 64
  %more = icmp ult i64 %i.next, %after
  br i1 %more, label %body, label %rest
rest:
  %few = sub i64 %n, %after
  %last.to = getelementptr i8, ptr %to, i64 %after
  %last.from = getelementptr i8, ptr %from, i64 %after
  call void @llvm.memcpy.p0.p0.i64(ptr %last.to, ptr %last.from, i64 %few, i1 false)
  ret void
}
!0 = !{i32 1}
"""
    + "".join(_adding(width) for width in (8, 16, 32, 64))
    + "".join(
        f"declare <{LANES} x i{width}> @llvm.s{op}.v{LANES}i{width}(<{LANES} x i{width}>, <{LANES} x i{width}>)\n"
        for op in ("min", "max")
        for width in (8, 16, 32, 64)
    )
    + f"declare {{<{LANES} x i64>, <{LANES} x i1>}} "
    f"@llvm.smul.with.overflow.v{LANES}i64(<{LANES} x i64>, <{LANES} x i64>)\n"
    f"declare <{LANES} x double> @{FLOOR}(<{LANES} x double>)\n"
)
"""What any of the functions may call."""
