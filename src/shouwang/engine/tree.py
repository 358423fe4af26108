"""The expression tree of a rule: the one thing every reading (call, explanation, columns, SQL) works from.

A node is a value or unknown; none has an effect, so the order of evaluation never matters. ``README.md`` states
each meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LEAST = -(2**63)
GREATEST = 2**63 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A literal, or a module constant (then ``name`` says which)."""

    value: int | bool
    name: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """An argument of the rule: an input, a parameter, or another rule's result."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """A value the rule's author gave a name. The same object stands wherever the name is used."""

    name: str
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    """``not term``."""

    term: Expr


@dataclass(frozen=True, slots=True, eq=False)
class And:
    """Every term holds."""

    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Or:
    """At least one term holds."""

    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Compare:
    """``op`` is one of ``< <= > >= == !=``; a chain ``a < b < c`` is an And of two."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Arithmetic:
    """``op`` is one of ``+ - * //``; ``-x`` is ``0 - x``."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Extreme:
    """``op`` is ``min`` or ``max``."""

    op: str
    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choose:
    """``then`` if ``test`` else ``other``: from a conditional expression or an ``if`` statement."""

    test: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """``item in choices``; the choices are constants of one kind."""

    item: Expr
    choices: tuple[Const, ...]


Expr = Const | Name | Local | Not | And | Or | Compare | Arithmetic | Extreme | Choose | Member


def parts(node: Expr) -> tuple[Expr, ...]:
    """The direct sub-expressions of ``node``, in reading order."""
    match node:
        case Const() | Name():
            return ()
        case Local(body=body):
            return (body,)
        case Not(term=term):
            return (term,)
        case And(terms=terms) | Or(terms=terms) | Extreme(terms=terms):
            return terms
        case Compare(left=left, right=right) | Arithmetic(left=left, right=right):
            return (left, right)
        case Choose(test=test, then=then, other=other):
            return (test, then, other)
        case Member(item=item, choices=choices):
            return (item, *choices)


def walk(node: Expr) -> Iterator[Expr]:
    """Every node below and including ``node``; a shared local comes once."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        yield here
        waiting.extend(parts(here))
