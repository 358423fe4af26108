"""A rule's tree said in Chinese, with the values in hand: only the branch taken and the terms that decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from shouwang.engine.book import Book
from shouwang.engine.meaning import Reading, Value
from shouwang.engine.parameter_spec import MONTHS
from shouwang.engine.tree import (
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
    parts,
    walk,
)
from shouwang.engine.words import Words
from shouwang.lib.dates import DateError, date_of
from shouwang.lib.money import yuan
from shouwang.lib.ratio import ratio_text

CANNOT_TELL = "无法判断"
UNKNOWN = "未知"
_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_OPERATIONS = {"+": "+", "-": "-", "*": "×", "//": "÷"}
_BINDING = {"+": 1, "-": 1, "*": 2, "//": 2}


_SPOKEN = {"<": "低于", "<=": "不超过", ">": "超过", ">=": "不低于", "==": "等于", "!=": "不等于"}
_SPOKEN_OF_DAYS = {"<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于", "==": "正是", "!=": "不是"}


class Deciding(NamedTuple):
    """What decided, in everyday words. ``name`` is the truth value it rests on, ``slight`` what goes without saying."""

    text: str
    name: str = ""
    slight: bool = False


def unit_shown(book: Book, name: str) -> str:
    """The unit a name's value is shown in: as declared, but day numbers as dates and money with its period."""
    if name in book.parameter_specs:
        return book.parameter_specs[name].shown_unit
    return "date" if name in book.inputs and book.inputs[name].is_date else book.unit_of(name)


def value_text(value: Value, unit: str) -> str:
    """A value as staff read it: 是/否, 1,200.50元, 30天, 150%, 2026-10-31."""
    if value is None:
        return CANNOT_TELL
    if isinstance(value, bool):
        return "是" if value else "否"
    match unit:
        case "fen":
            return f"{yuan(value)}元"
        case "fen/year":
            return f"{yuan(value)}元/年"
        case "ratio":
            return ratio_text(value)
        case "days":
            return f"{value}天"
        case "percent":
            return f"{value}%"
        case "permille":
            return f"{value}‰"
        case "date":
            try:
                return date_of(value).isoformat()
            except DateError:
                return str(value)
    return str(value)


def parameter_text(value: int, unit: str) -> str:
    """A parameter's value by itself: a yearly amount also by the month, where that is a whole number of 分."""
    said = value_text(bool(value) if unit == "bool" else value, unit)
    return f"{said}（{yuan(value // MONTHS)}元/月）" if unit == "fen/year" and value % MONTHS == 0 else said


def everyday(value: Value, unit: str) -> str:
    """A value as it is said to a citizen: whole yuan without the decimals."""
    return value_text(value, unit).replace(".00元", "元")


class Wording:
    """Says one rule's tree; ``named`` collects the arguments mentioned, ``decided`` the comparisons that decided."""

    def __init__(self, words: Words, reading: Reading, value_of: Callable[[str], Value]) -> None:
        self._words = words
        self._reading = reading
        self._value_of = value_of
        self.named: list[str] = []
        self.decided: list[Expr] = []

    def of_rule(self, body: Expr, unit: str) -> str:
        """Why a truth value came out, or how a number was reached."""
        if unit == "bool":
            return self.claim(body)
        return self.amount(body, unit)

    def deciding(self) -> tuple[Deciding, ...]:
        """What decided, in everyday words: after ``of_rule``."""
        return tuple(dict.fromkeys(self._spoken(node) for node in self.decided))

    def _spoken(self, node: Expr) -> Deciding:
        value = self._reading.value(node)
        match node:
            case Name(name=name):
                return Deciding(
                    f"{self._words.label(name)}：{UNKNOWN if value is None else value_text(value, '')}", name
                )
            case Compare(op=op, left=left, right=right) if value is not None:
                unit = self._unit(left) or self._unit(right)
                met = op if value else _OPPOSITE[op]
                if "code" in (unit, self._code(left), self._code(right)):
                    named = _names_in(node)
                    return Deciding(f"{'、'.join(map(self._words.label, named))}{'符合' if value else '不符合'}要求")
                sign = (_SPOKEN_OF_DAYS if unit == "date" else _SPOKEN)[met]
                slight = isinstance(right, Const) and right.value == 0
                return Deciding(f"{self._figure(left, unit)}，{sign}{self._figure(right, unit)}", slight=slight)
        named = _names_in(node)
        said = "、".join(dict.fromkeys(map(self._words.label, named)))
        verdict = "还不清楚" if value is None else "符合要求" if value else "不符合要求"
        return Deciding(f"{said}{verdict}")

    def _figure(self, node: Expr, unit: str) -> str:
        """A side of a comparison: what it is and how much."""
        held = self._reading.value(node)
        match node:
            case Const():
                return everyday(held, unit)
            case Local(body=body):
                return self._figure(body, unit)
            case Name(name=name):
                return f"{self._words.label(name)}{everyday(held, self._words.unit(name))}"
        named = dict.fromkeys(map(self._words.label, _names_in(node)))
        return f"按{'、'.join(named)}算出的{everyday(held, unit or self._first_unit(node))}"

    def _first_unit(self, node: Expr) -> str:
        """The unit of the first amount of money in an expression: what a product of an amount and a number is in."""
        units = map(self._words.unit, _names_in(node))
        return "fen" if any(unit.startswith("fen") for unit in units) else ""

    def _code(self, node: Expr) -> str:
        return self._unit(node) if isinstance(node, Name | Local) else ""

    def claim(self, node: Expr) -> str:
        """What was found true, false or untold, reduced to the terms that decided."""
        value = self._reading.value(node)
        match node:
            case Local(body=body):
                return self.claim(body)
            case And(terms=terms) | Or(terms=terms):
                return self._joined(node, terms, value)
            case Not(term=term):
                return self._not(term)
            case Choose(test=test, then=then, other=other):
                return self._branch(test, then, other, self.claim)
            case Const(value=constant):
                return value_text(constant, "bool")
        said = self._plain(node)
        if isinstance(node, Compare | Member | Name):
            self.decided.append(node)
        if isinstance(node, Name):
            return said
        return self._ended(said, node, value, holds=True)

    def _joined(self, node: Expr, terms: tuple[Expr, ...], value: Value) -> str:
        settling = isinstance(node, Or)
        if value is None:
            chosen = [term for term in terms if self._reading.value(term) is None]
        elif value is settling:
            chosen = [next(term for term in terms if self._reading.value(term) is settling)]
        else:
            chosen = list(terms)
        return (" 且 " if value or (value is None and not settling) else "，").join(
            self._within(term) for term in chosen
        )

    def _within(self, term: Expr) -> str:
        """A term among others: a branch gets brackets of its own."""
        bare = term.body if isinstance(term, Local) else term
        return f"（{self.claim(term)}）" if isinstance(bare, Choose) else self.claim(term)

    def _not(self, term: Expr) -> str:
        match term:
            case Local(body=body):
                return self._not(body)
            case Compare(op=op, left=left, right=right):
                self.decided.append(term)
                said = self._comparison(_OPPOSITE[op], left, right)
                return self._ended(said, term, self._reading.value(term), holds=False)
            case Member(item=item, choices=choices):
                self.decided.append(term)
                said = f"{self.amount(item, '')} 不属于 {_listed(choices)}"
                return self._ended(said, term, self._reading.value(term), holds=False)
        return self.claim(term)

    def _ended(self, said: str, node: Expr, value: Value, *, holds: bool) -> str:
        if value is None:
            lacking = any(isinstance(part, Name) and self._value_of(part.name) is None for part in walk(node))
            return said if lacking else f"{said} {CANNOT_TELL}"
        return said if value is holds else f"{said} 不成立"

    def _branch(self, test: Expr, then: Expr, other: Expr, say: Callable[[Expr], str]) -> str:
        decided = self._reading.value(test)
        if decided is None:
            same = self._reading.value(then) is not None and self._reading.value(then) == self._reading.value(other)
            condition = self.claim(test)
            return f"{condition}，但两种情形结果相同：{say(then)}" if same else condition
        return f"因 {self.claim(test)}，{say(then if decided else other)}"

    def _plain(self, node: Expr) -> str:
        match node:
            case Compare(op=op, left=left, right=right):
                return self._comparison(op, left, right)
            case Member(item=item, choices=choices):
                return f"{self.amount(item, '')} 属于 {_listed(choices)}"
        return self.amount(node, "bool")

    def _comparison(self, op: str, left: Expr, right: Expr) -> str:
        unit = self._unit(left) or self._unit(right)
        return f"{self.amount(left, unit)} {_SIGNS[op]} {self.amount(right, unit)}"

    def amount(self, node: Expr, unit: str, binding: int = 0) -> str:
        """An expression with the label and value of each argument. ``unit`` is what its bare numbers are in."""
        match node:
            case Const(value=value):
                return value_text(value, unit)
            case Name(name=name):
                if name not in self.named:
                    self.named.append(name)
                held = self._value_of(name)
                shown = UNKNOWN if held is None else value_text(held, self._words.unit(name))
                return f"{self._words.label(name)}[{shown}]"
            case Local(body=body):
                return self.amount(body, unit, binding)
            case Arithmetic(op=op, left=left, right=right):
                mine = _BINDING[op]
                inner = unit if mine == 1 else ""
                if op == "-" and isinstance(left, Const) and left.value == 0:
                    said = f"-{self.amount(right, inner, 2)}"
                else:
                    said = f"{self.amount(left, inner, mine)} {_OPERATIONS[op]} {self.amount(right, inner, mine + 1)}"
                if op == "//":
                    return f"向下取整({said})"
                return f"({said})" if mine < binding else said
            case Extreme(op=op, terms=terms):
                return f"取较{'小' if op == 'min' else '大'}者({', '.join(self.amount(term, unit) for term in terms)})"
            case Choose(test=test, then=then, other=other):
                said = self._branch(test, then, other, lambda branch: self.amount(branch, unit))
                return f"（{said}）" if binding else said
        return self.claim(node)

    def _unit(self, node: Expr) -> str:
        """The unit of a plain sum of arguments; empty once it is multiplied or divided."""
        match node:
            case Name(name=name):
                return self._words.unit(name)
            case Local(body=body):
                return self._unit(body)
            case Arithmetic(op="+" | "-", left=left, right=right):
                return self._unit(left) or self._unit(right)
            case Extreme(terms=terms):
                return next((unit for unit in map(self._unit, terms) if unit), "")
            case Choose(then=then, other=other):
                return self._unit(then) or self._unit(other)
        return ""


def _names_in(node: Expr) -> list[str]:
    """The arguments an expression names, from left to right."""
    if isinstance(node, Name):
        return [node.name]
    return list(dict.fromkeys(name for part in parts(node) for name in _names_in(part)))


def _listed(choices: tuple[Const, ...]) -> str:
    return "（" + "、".join(value_text(choice.value, "") for choice in choices) + "）"
