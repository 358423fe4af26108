"""What a rule asks, said in Chinese without any household's values: the tree of the rule, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shouwang.engine.book import Book
from shouwang.engine.rule import Aggregate, Definition, Rule
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
)
from shouwang.engine.wording import unit_shown, value_text

_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_OPERATIONS = {"+": "+", "-": "−", "*": "×", "//": "÷"}
_BINDING = {"+": 1, "-": 1, "*": 2, "//": 2}
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_SHORT = 24


def said(book: Book, definition: Definition) -> list[str]:
    """How a version reaches its result: one line, or one a case with what the circled numbers stand for."""
    if isinstance(definition, Aggregate):
        return [_of_members(book, definition)]
    assert isinstance(definition, Rule)
    return _Sayer(book, definition).lines()


def _of_members(book: Book, aggregate: Aggregate) -> str:
    where = "" if aggregate.where is None else f"“{book.label_of(aggregate.where)}”的"
    if aggregate.kind == "any_of":
        return f"户内至少有一名{where}成员"
    if aggregate.of is None:
        return f"户内{where}成员人数"
    return f"户内{where}成员的“{book.label_of(aggregate.of)}”合计"


class _Sayer:
    def __init__(self, book: Book, rule: Rule) -> None:
        self._book = book
        self._rule = rule
        uses = Counter(id(node) for node in _met(rule.body) if isinstance(node, Local))
        self._shared = {key for key, times in uses.items() if times > 1}
        self._numbered: dict[int, tuple[str, Local]] = {}

    def lines(self) -> list[str]:
        unit = self._rule.unit
        lines, node = [], _bare(self._rule.body)
        while isinstance(node, Choose):
            lines.append(f"若{self.claim(node.test)}：{self.outcome(node.then, unit)}")
            node = _bare(node.other)
        lines.append(f"其余：{self.outcome(node, unit)}" if lines else self.outcome(node, unit))
        done = 0
        while done < len(self._numbered):
            sign, local = list(self._numbered.values())[done]
            lines.append(f"{sign} = {self.outcome(local.body, self._unit(local.body), top=True)}")
            done += 1
        return lines

    def outcome(self, node: Expr, unit: str, *, top: bool = False) -> str:
        if self._is_truth(node) and not (top and isinstance(node, Const)):
            return self.claim(node)
        return self.amount(node, unit)

    def claim(self, node: Expr, within: type[Expr] | None = None) -> str:
        """A truth value; ``within`` the kind of sentence around it, for brackets."""
        match node:
            case Const(value=value):
                return value_text(bool(value), "bool")
            case Name(name=name):
                return self._book.label_of(name)
            case Local():
                return self._named(node) or self.claim(node.body, within)
            case Not(term=term):
                return self._not(term)
            case And(terms=terms):
                text = " 且 ".join(self.claim(term, And) for term in terms)
                return f"（{text}）" if within is Or else text
            case Or(terms=terms):
                text = " 或 ".join(self.claim(term, Or) for term in terms)
                return f"（{text}）" if within is And else text
            case Compare(op=op, left=left, right=right):
                return self._compared(op, left, right)
            case Member(item=item, choices=choices):
                return f"{self.amount(item, '')} 属于{self._listed(choices)}"
            case Choose(test=test, then=then, other=other):
                return f"（若{self.claim(test)}，则{self.claim(then)}，否则{self.claim(other)}）"
        return self.amount(node, "")

    def amount(self, node: Expr, unit: str, binding: int = 0) -> str:
        """A number; ``unit`` is what its bare numbers are in."""
        match node:
            case Const(value=value):
                return value_text(value, unit)
            case Name(name=name):
                return self._book.label_of(name)
            case Local():
                return self._named(node) or self.amount(node.body, unit, binding)
            case Arithmetic(op=op, left=left, right=right):
                mine = _BINDING[op]
                inner = unit if mine == 1 else ""
                if op == "-" and isinstance(left, Const) and left.value == 0:
                    text = f"−{self.amount(right, inner, 2)}"
                else:
                    text = f"{self.amount(left, inner, mine)} {_OPERATIONS[op]} {self.amount(right, inner, mine + 1)}"
                if op == "//":
                    return f"（{text}，舍去余数）"
                return f"({text})" if mine < binding else text
            case Extreme(op=op, terms=terms):
                few = "小" if op == "min" else "大"
                return f"取较{few}者（{'，'.join(self.amount(term, unit) for term in terms)}）"
            case Choose(test=test, then=then, other=other):
                return f"（若{self.claim(test)}，为 {self.amount(then, unit)}，否则为 {self.amount(other, unit)}）"
        return self.claim(node)

    def _not(self, term: Expr) -> str:
        match term:
            case Compare(op=op, left=left, right=right):
                return self._compared(_OPPOSITE[op], left, right)
            case Member(item=item, choices=choices):
                return f"{self.amount(item, '')} 不属于{self._listed(choices)}"
            case Name(name=name):
                return f"不是“{self._book.label_of(name)}”"
            case Local() if self._named(term):
                return f"{self._named(term)} 不成立"
            case Local(body=body):
                return self._not(body)
            case Not(term=inner):
                return self.claim(inner)
        return f"并非（{self.claim(term)}）"

    def _compared(self, op: str, left: Expr, right: Expr) -> str:
        unit = self._unit(left) or self._unit(right)
        return f"{self.outcome(left, unit)} {_SIGNS[op]} {self.outcome(right, unit)}"

    def _named(self, local: Local) -> str:
        """The number of a value used more than once; empty where it is as short said again."""
        if id(local) not in self._shared or len(self._numbered) >= len(_CIRCLED):
            return ""
        if id(local) not in self._numbered:
            if isinstance(_bare(local), Name | Const):
                return ""
            self._numbered[id(local)] = (_CIRCLED[len(self._numbered)], local)
        return self._numbered[id(local)][0]

    def _listed(self, choices: tuple[Const, ...]) -> str:
        return f"（{'、'.join(value_text(choice.value, '') for choice in choices)}）"

    def _is_truth(self, node: Expr) -> bool:
        match node:
            case Const(value=value):
                return isinstance(value, bool)
            case Name(name=name):
                return self._book.unit_of(name) == "bool"
            case Local(body=body):
                return self._is_truth(body)
            case Choose(then=then):
                return self._is_truth(then)
        return isinstance(node, Not | And | Or | Compare | Member)

    def _unit(self, node: Expr) -> str:
        """The unit of a plain sum of arguments; empty once it is multiplied or divided."""
        match node:
            case Name(name=name):
                return unit_shown(self._book, name)
            case Local(body=body):
                return self._unit(body)
            case Arithmetic(op="+" | "-", left=left, right=right):
                return self._unit(left) or self._unit(right)
            case Extreme(terms=terms):
                return next((unit for unit in map(self._unit, terms) if unit), "")
            case Choose(then=then, other=other):
                return self._unit(then) or self._unit(other)
        return ""


def _bare(node: Expr) -> Expr:
    return _bare(node.body) if isinstance(node, Local) else node


def _met(body: Expr) -> Iterator[Expr]:
    """Every place a node is used; what a shared value is made of comes once."""
    seen: set[int] = set()
    waiting = [body]
    while waiting:
        here = waiting.pop()
        yield here
        if id(here) not in seen:
            seen.add(id(here))
            waiting.extend(parts(here))
