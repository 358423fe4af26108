"""One expression tree as straight LLVM code over vectors of rows: a truth value is two masks, a number a vector and a mask.

A mask holds one bit a row, so that ``and``, ``or``, ``not`` of 64 rows are single instructions. A number carries the bounds
of all its rows (also of those not known): they choose the narrowest vector and say where an overflow must be watched.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from shouwang.engine.tree import (
    GREATEST,
    LEAST,
    And,
    Arithmetic,
    Choose,
    Compare,
    Const,
    Expr,
    Extreme,
    Local,
    Member,
    Name,
    Not,
    Or,
)

LANES = 64
"""Rows at a time. Not fewer: vectors under 512 bits meet a fault of LLVM 22 (decision 0011)."""
MASK = f"i{LANES}"
NONE, ALL = "0", "-1"
WIDTHS = (8, 16, 32, 64)
_SIGNS = {"<": "slt", "<=": "sle", ">": "sgt", ">=": "sge", "==": "eq", "!=": "ne"}
_FOUND = {"+": "add", "-": "sub", "*": "mul"}
_REAL, FLOOR = f"<{LANES} x double>", f"llvm.floor.v{LANES}f64"
_EXACT = 2**53
"""Whole numbers whose sizes add up to less are divided as doubles: the rounded quotient never reaches the next whole number."""


@dataclass(frozen=True, slots=True)
class Truth:
    """``yes`` and ``no`` are masks: where it is known to hold, where it is known not to."""

    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Number:
    """``value`` is a vector of ``width`` bits a row, every row within ``least`` and ``most``; ``known`` a mask."""

    value: str
    known: str
    width: int
    least: int
    most: int


Lane = Truth | Number


def width_of(least: int, most: int) -> int:
    """The narrowest vector that holds these bounds."""
    return next(width for width in WIDTHS if least >= -(2 ** (width - 1)) and most < 2 ** (width - 1))


def bounds_of(width: int) -> tuple[int, int]:
    """The least and the largest number of a width."""
    return -(2 ** (width - 1)), 2 ** (width - 1) - 1


class Code:
    """Lines of one loop's body, and what stands before the loop."""

    def __init__(self) -> None:
        self.before: list[str] = []
        self.lines: list[str] = []
        self._number = 0
        self._once: dict[str, str] = {}

    def fresh(self) -> str:
        """A name not used before in this function."""
        self._number += 1
        return f"%v{self._number}"

    def line(self, text: str) -> str:
        """Add ``text`` to the body under a fresh name, which is returned."""
        name = self.fresh()
        self.lines.append(f"  {name} = {text}")
        return name

    def once(self, text: str) -> str:
        """The name of a line before the loop; the same text stands there once."""
        if text not in self._once:
            name = self.fresh()
            self.before.append(f"  {name} = {text}")
            self._once[text] = name
        return self._once[text]

    def act(self, text: str) -> None:
        """Add a line that has no result."""
        self.lines.append(f"  {text}")

    def both(self, one: str, two: str) -> str:
        """The rows of both masks."""
        if NONE in {one, two}:
            return NONE
        if ALL in {one, two} or one == two:
            return two if one == ALL else one
        return self.line(f"and {MASK} {one}, {two}")

    def either(self, one: str, two: str) -> str:
        """The rows of either mask."""
        if ALL in {one, two}:
            return ALL
        if NONE in {one, two} or one == two:
            return two if one == NONE else one
        return self.line(f"or {MASK} {one}, {two}")

    def other(self, mask: str) -> str:
        """The rows not in a mask."""
        if mask in {NONE, ALL}:
            return ALL if mask == NONE else NONE
        return self.line(f"xor {MASK} {mask}, -1")

    def mask(self, bits: str) -> str:
        """A comparison's bits as a mask."""
        return self.line(f"bitcast <{LANES} x i1> {bits} to {MASK}")

    def bits(self, mask: str) -> str:
        """A mask as one bit a row, to select by."""
        return self.line(f"bitcast {MASK} {mask} to <{LANES} x i1>")

    def compared(self, sign: str, width: int, one: str, two: str) -> str:
        """The mask of a comparison of two vectors."""
        return self.mask(self.line(f"icmp {sign} <{LANES} x i{width}> {one}, {two}"))

    def constant(self, value: int, width: int) -> str:
        """A vector that holds one value everywhere."""
        return f"splat (i{width} {value})"

    def selected(self, mask: str, width: int, one: str, two: str) -> str:
        """``one`` in the rows of a mask, else ``two``."""
        if mask in {NONE, ALL}:
            return one if mask == ALL else two
        kind = f"<{LANES} x i{width}>"
        return self.line(f"select <{LANES} x i1> {self.bits(mask)}, {kind} {one}, {kind} {two}")

    def spread(self, value: str, width: int) -> str:
        """A scalar from before the loop in every row."""
        one = self.once(f"insertelement <{LANES} x i{width}> poison, i{width} {value}, i64 0")
        kind = f"<{LANES} x i{width}>"
        return self.once(f"shufflevector {kind} {one}, {kind} poison, <{LANES} x i32> zeroinitializer")

    def widened(self, number: Number, width: int) -> str:
        """A number's vector at a width at least its own."""
        if number.width == width:
            return number.value
        if number.value.startswith("splat"):
            return number.value.replace(f"(i{number.width} ", f"(i{width} ")
        return self.line(f"sext <{LANES} x i{number.width}> {number.value} to <{LANES} x i{width}>")

    def narrowed(self, value: str, wide: int, width: int) -> str:
        """A vector at a smaller width that holds all its rows."""
        if value.startswith("splat"):
            return value.replace(f"(i{wide} ", f"(i{width} ")
        return self.line(f"trunc <{LANES} x i{wide}> {value} to <{LANES} x i{width}>")

    def real(self, value: str, width: int) -> str:
        """A vector of whole numbers as doubles, exact up to 2**53."""
        if value.startswith("splat"):
            number = float(value.removeprefix(f"splat (i{width} ").removesuffix(")"))
            return f"splat (double 0x{struct.pack('>d', number).hex().upper()})"
        return self.line(f"sitofp <{LANES} x i{width}> {value} to <{LANES} x double>")


class Reader:
    """Writes the code of one rule's tree; ``arguments`` by name."""

    def __init__(self, code: Code, arguments: Mapping[str, Lane]) -> None:
        self._code = code
        self._arguments = arguments
        self._done: dict[int, Lane] = {}

    def lane(self, node: Expr) -> Lane:
        """Where a node's rows are after the code written so far."""
        key = id(node)
        if key not in self._done:
            self._done[key] = self._written(node)
        return self._done[key]

    def truth(self, node: Expr) -> Truth:
        """A node that is a truth value."""
        found = self.lane(node)
        assert isinstance(found, Truth)
        return found

    def number(self, node: Expr) -> Number:
        """A node that is a number."""
        found = self.lane(node)
        assert isinstance(found, Number)
        return found

    def _written(self, node: Expr) -> Lane:
        code = self._code
        match node:
            case Const(value=bool(value)):
                return Truth(ALL, NONE) if value else Truth(NONE, ALL)
            case Const(value=value):
                width = width_of(value, value)
                return Number(code.constant(value, width), ALL, width, value, value)
            case Name(name=name):
                return self._arguments[name]
            case Local(body=body):
                return self.lane(body)
            case Not(term=term):
                one = self.truth(term)
                return Truth(one.no, one.yes)
            case And(terms=terms):
                found = [self.truth(term) for term in terms]
                return Truth(
                    reduce(code.both, [each.yes for each in found]), reduce(code.either, [e.no for e in found])
                )
            case Or(terms=terms):
                found = [self.truth(term) for term in terms]
                return Truth(reduce(code.either, [e.yes for e in found]), reduce(code.both, [e.no for e in found]))
            case Compare(op=op, left=left, right=right):
                return self._compare(op, self.lane(left), self.lane(right))
            case Arithmetic(op=op, left=left, right=right):
                first, second = self.number(left), self.number(right)
                return self._divide(first, second) if op == "//" else self.arithmetic(op, first, second)
            case Extreme(op=op, terms=terms):
                return reduce(lambda one, two: self._extreme(op, one, two), [self.number(term) for term in terms])
            case Choose(test=test, then=then, other=other):
                return self._choose(self.truth(test), self.lane(then), self.lane(other))
            case Member(item=item, choices=choices):
                return self._member(self.lane(item), [choice.value for choice in choices])

    def _judged(self, mask: str, known: str) -> Truth:
        code = self._code
        return Truth(code.both(mask, known), code.both(code.other(mask), known))

    def _compare(self, op: str, one: Lane, two: Lane) -> Truth:
        code = self._code
        if isinstance(one, Truth) and isinstance(two, Truth):
            same = code.either(code.both(one.yes, two.yes), code.both(one.no, two.no))
            apart = code.either(code.both(one.yes, two.no), code.both(one.no, two.yes))
            return Truth(same, apart) if op == "==" else Truth(apart, same)
        assert isinstance(one, Number)
        assert isinstance(two, Number)
        width = max(one.width, two.width)
        mask = code.compared(_SIGNS[op], width, code.widened(one, width), code.widened(two, width))
        return self._judged(mask, code.both(one.known, two.known))

    def _member(self, item: Lane, choices: list[int | bool]) -> Truth:
        code = self._code
        if isinstance(item, Truth):
            yes = [item.yes] * (True in choices) + [item.no] * (False in choices)
            no = [item.yes] * (True not in choices) + [item.no] * (False not in choices)
            return Truth(reduce(code.either, yes, NONE), reduce(code.either, no, NONE))
        least, most = bounds_of(item.width)
        masks = [
            code.compared("eq", item.width, item.value, code.constant(choice, item.width))
            for choice in dict.fromkeys(choices)
            if least <= choice <= most
        ]
        return self._judged(reduce(code.either, masks, NONE), item.known)

    def _extreme(self, op: str, one: Number, two: Number) -> Number:
        code, width = self._code, max(one.width, two.width)
        pick = min if op == "min" else max
        name, kind = f"llvm.s{op}.v{LANES}i{width}", f"<{LANES} x i{width}>"
        value = code.line(f"call {kind} @{name}({kind} {code.widened(one, width)}, {kind} {code.widened(two, width)})")
        known = code.both(one.known, two.known)
        return Number(value, known, width, pick(one.least, two.least), pick(one.most, two.most))

    def _choose(self, test: Truth, then: Lane, other: Lane) -> Lane:
        """The branch chosen; where the condition is unknown, what both branches agree on."""
        code = self._code
        if isinstance(then, Truth) and isinstance(other, Truth):

            def chosen(one: str, two: str) -> str:
                decided = code.either(code.both(test.yes, one), code.both(test.no, two))
                return code.either(decided, code.both(one, two))

            return Truth(chosen(then.yes, other.yes), chosen(then.no, other.no))
        assert isinstance(then, Number)
        assert isinstance(other, Number)
        width = max(then.width, other.width)
        one, two = code.widened(then, width), code.widened(other, width)
        decided = code.either(code.both(test.yes, then.known), code.both(test.no, other.known))
        if code.either(test.yes, test.no) == ALL:
            known = decided
        else:
            same = code.both(code.compared("eq", width, one, two), code.both(then.known, other.known))
            known = code.either(decided, same)
        value = code.selected(test.yes, width, one, two)
        return Number(value, known, width, min(then.least, other.least), max(then.most, other.most))

    def arithmetic(self, op: str, one: Number, two: Number) -> Number:
        """``+``, ``-`` or ``*``; unknown where it leaves 64 bits."""
        code, known = self._code, self._code.both(one.known, two.known)
        least, most = _bounds(op, one, two)
        within = least >= LEAST and most <= GREATEST
        width = max(16, one.width, two.width, width_of(least, most) if within else 64)
        left, right = code.widened(one, width), code.widened(two, width)
        kind = f"<{LANES} x i{width}>"
        if within:
            return Number(code.line(f"{_FOUND[op]} {kind} {left}, {right}"), known, width, least, most)
        if op == "*":
            both = f"{{{kind}, <{LANES} x i1>}}"
            found = code.line(f"call {both} @llvm.smul.with.overflow.v{LANES}i64({kind} {left}, {kind} {right})")
            value = code.line(f"extractvalue {both} {found}, 0")
            left_out = code.mask(code.line(f"extractvalue {both} {found}, 1"))
        else:
            value = code.line(f"{_FOUND[op]} {kind} {left}, {right}")
            first = code.line(f"xor {kind} {left}, {value if op == '+' else right}")
            second = code.line(f"xor {kind} {right if op == '+' else left}, {value}")
            signs = code.line(f"and {kind} {first}, {second}")
            left_out = code.compared("slt", 64, signs, "zeroinitializer")
        return Number(value, code.both(known, code.other(left_out)), 64, LEAST, GREATEST)

    def _divide(self, one: Number, two: Number) -> Number:
        """Floors; by zero is unknown, and so is the one quotient that does not fit."""
        code = self._code
        least, most = _quotients(one, two)
        width = max(32, one.width, two.width)
        bad = NONE
        if two.least <= 0 <= two.most:
            bad = code.compared("eq", two.width, two.value, "zeroinitializer")
        if one.least == LEAST and two.least <= -1 <= two.most:
            outside = code.both(
                code.compared("eq", one.width, one.value, code.constant(LEAST, one.width)),
                code.compared("eq", two.width, two.value, code.constant(-1, two.width)),
            )
            bad = code.either(bad, outside)
        safe = code.selected(bad, two.width, code.constant(1, two.width), two.value)
        known = code.both(code.both(one.known, two.known), code.other(bad))
        if _farthest(one) + _farthest(two) < _EXACT and not (two.value.startswith("splat") and width == 32):
            width = max(32, width_of(least, most))
            ratio = code.line(f"fdiv {_REAL} {code.real(one.value, one.width)}, {code.real(safe, two.width)}")
            ratio = code.line(f"call {_REAL} @{FLOOR}({_REAL} {ratio})")
            return Number(code.line(f"fptosi {_REAL} {ratio} to <{LANES} x i{width}>"), known, width, least, most)
        kind = f"<{LANES} x i{width}>"
        left = code.widened(one, width)
        right = code.widened(Number(safe, ALL, two.width, two.least, two.most), width)
        quotient = code.line(f"sdiv {kind} {left}, {right}")
        rest = code.line(f"sub {kind} {left}, {code.line(f'mul {kind} {quotient}, {right}')}")
        uneven = code.line(f"icmp ne {kind} {rest}, zeroinitializer")
        apart = code.line(f"icmp slt {kind} {code.line(f'xor {kind} {rest}, {right}')}, zeroinitializer")
        down = code.line(f"and <{LANES} x i1> {uneven}, {apart}")
        value = code.line(f"add {kind} {quotient}, {code.line(f'sext <{LANES} x i1> {down} to {kind}')}")
        return Number(value, known, width, least, most)


def _farthest(number: Number) -> int:
    """How far from 0 its rows may be."""
    return max(-number.least, number.most)


def _quotients(one: Number, two: Number) -> tuple[int, int]:
    """Bounds of a quotient rounded down; where it cannot be told it is the dividend."""
    if two.least > 0:
        corners = [x // y for x in (one.least, one.most) for y in (two.least, two.most)]
        return min(corners), max(corners)
    largest = max(_farthest(one), 0)
    return (-largest, largest) if largest <= GREATEST else (LEAST, GREATEST)


def _bounds(op: str, one: Number, two: Number) -> tuple[int, int]:
    if op == "+":
        return one.least + two.least, one.most + two.most
    if op == "-":
        return one.least - two.most, one.most - two.least
    corners = [x * y for x in (one.least, one.most) for y in (two.least, two.most)]
    return min(corners), max(corners)
