"""Truth values and numbers never mix: checked once when a book is loaded, so that every reading means the same."""

from __future__ import annotations

from collections.abc import Mapping

from shouwang.engine.rule import Rule
from shouwang.engine.syntax import RuleSyntaxError
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

TRUTH = "truth value"
NUMBER = "number"


def kind_of_unit(unit: str) -> str:
    """The kind a value of ``unit`` has."""
    return TRUTH if unit == "bool" else NUMBER


def check_kinds(rule: Rule, kinds: Mapping[str, str]) -> None:
    """Refuse a rule that mixes kinds or returns another kind than its unit says. ``kinds`` is by argument name."""
    seen: dict[int, str] = {}

    def expect(node: Expr, wanted: str, what: str) -> None:
        found = kind(node)
        if found != wanted:
            raise RuleSyntaxError(f"{rule.name}: {what} must be a {wanted}, not a {found}", rule.file, rule.line)

    def kind(node: Expr) -> str:
        if id(node) not in seen:
            seen[id(node)] = found(node)
        return seen[id(node)]

    def found(node: Expr) -> str:
        match node:
            case Const(value=value):
                return TRUTH if isinstance(value, bool) else NUMBER
            case Name(name=name):
                return kinds[name]
            case Local(body=body):
                return kind(body)
            case Not() | And() | Or():
                for term in parts(node):
                    expect(term, TRUTH, "what and, or, not join")
                return TRUTH
            case Compare(op=op, left=left, right=right):
                wanted = kind(left) if op in ("==", "!=") else NUMBER
                expect(left, wanted, f"the left of {op}")
                expect(right, wanted, f"the right of {op}")
                return TRUTH
            case Arithmetic(op=op):
                for term in parts(node):
                    expect(term, NUMBER, f"a side of {op}")
                return NUMBER
            case Extreme(op=op):
                for term in parts(node):
                    expect(term, NUMBER, f"a value given to {op}")
                return NUMBER
            case Choose(test=test, then=then, other=other):
                expect(test, TRUTH, "a condition")
                expect(other, kind(then), "the other branch")
                return kind(then)
            case Member(item=item, choices=choices):
                expect(item, kind(choices[0]), "the left of in")
                return TRUTH

    expect(rule.body, kind_of_unit(rule.unit), f"what a rule of unit {rule.unit} returns")
