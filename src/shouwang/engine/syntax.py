"""From the source of a rule function to its tree. Whatever lies outside the subset is refused with file and line."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

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

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}

Scope = dict[str, "Local | None"]
After = Callable[[Scope], Expr]


class RuleSyntaxError(SyntaxError):
    """A rule says something the engine cannot read every way; ``filename`` and ``lineno`` point at it."""

    def __init__(self, message: str, file: str, line: int) -> None:
        super().__init__(message, (file, line, None, None))

    def __str__(self) -> str:
        return f"{self.filename}:{self.lineno}: {self.msg}"


def tree_of(function: Callable[..., Any]) -> tuple[tuple[str, ...], Expr]:
    """The argument names and the expression tree of a rule function.

    Module constants in capitals (integers, truth values, tuples of them) may be named if defined above the rule.
    Raises RuleSyntaxError for anything outside the subset.
    """
    file = function.__code__.co_filename
    first = function.__code__.co_firstlineno
    try:
        source = textwrap.dedent("".join(inspect.getsourcelines(function)[0]))
    except OSError as error:
        raise RuleSyntaxError("the source of a rule must be in a file", file, first) from error
    module = ast.increment_lineno(ast.parse(source), first - 1)
    definition = module.body[0]
    reader = _Reader(file, function.__globals__)
    if not isinstance(definition, ast.FunctionDef):
        raise reader.refusal(definition, "a rule is a plain def")
    return reader.read(definition)


class _Reader:
    def __init__(self, file: str, constants: Mapping[str, Any]) -> None:
        self.file = file
        self.constants = constants
        self.arguments: tuple[str, ...] = ()

    def refusal(self, node: ast.AST, message: str) -> RuleSyntaxError:
        return RuleSyntaxError(message, self.file, getattr(node, "lineno", 0))

    def read(self, definition: ast.FunctionDef) -> tuple[tuple[str, ...], Expr]:
        given = definition.args
        if given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs or given.defaults:
            raise self.refusal(definition, "a rule has plain arguments: no defaults, no * and no keyword-only ones")
        self.arguments = tuple(argument.arg for argument in given.args)
        statements = definition.body
        if isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Constant):
            if not isinstance(statements[0].value.value, str):
                raise self.refusal(statements[0], "an expression without effect")
            statements = statements[1:]
        if not statements:
            raise self.refusal(definition, "a rule must return a value")

        def no_return(_: Scope) -> Expr:
            raise self.refusal(statements[-1], "a path through the rule ends without return")

        return self.arguments, self.block(statements, {}, no_return)

    def block(self, statements: list[ast.stmt], scope: Scope, after: After) -> Expr:
        """The value returned by ``statements`` followed by ``after``."""
        if not statements:
            return after(scope)
        first, rest = statements[0], statements[1:]
        if isinstance(first, ast.Return):
            if rest:
                raise self.refusal(rest[0], "this line is never reached")
            if first.value is None:
                raise self.refusal(first, "return needs a value")
            return self.value(first.value, scope)
        if isinstance(first, ast.Assign):
            return self.block(rest, self.assign(first, scope), after)
        if isinstance(first, ast.If):

            def go_on(inner: Scope) -> Expr:
                return self.block(rest, inner, after)

            if any(isinstance(node, ast.Return) for node in ast.walk(first)):
                test = self.value(first.test, scope)
                return Choose(test, self.block(first.body, scope, go_on), self.block(first.orelse, scope, go_on))
            return go_on(self.merge(first, scope))
        raise self.refusal(first, f"{type(first).__name__} is not part of the rule language")

    def assign(self, statement: ast.Assign, scope: Scope) -> Scope:
        target = statement.targets[0]
        if len(statement.targets) != 1 or not isinstance(target, ast.Name):
            raise self.refusal(statement, "assign one value to one name")
        if target.id in scope or target.id in self.arguments:
            raise self.refusal(statement, f"{target.id} is assigned twice")
        return {**scope, target.id: Local(target.id, self.value(statement.value, scope))}

    def merge(self, statement: ast.If, scope: Scope) -> Scope:
        """The names after an ``if`` whose branches only assign; a name only one branch assigns is not usable after."""
        test = self.value(statement.test, scope)
        then, other = self.assigned(statement.body, scope), self.assigned(statement.orelse, scope)
        merged = dict(scope)
        for name in [*then, *(name for name in other if name not in then)]:
            if name in scope:
                continue
            left, right = then.get(name), other.get(name)
            merged[name] = Local(name, Choose(test, left.body, right.body)) if left and right else None
        return merged

    def assigned(self, statements: list[ast.stmt], scope: Scope) -> Scope:
        for statement in statements:
            if isinstance(statement, ast.Assign):
                scope = self.assign(statement, scope)
            elif isinstance(statement, ast.If):
                scope = self.merge(statement, scope)
            else:
                raise self.refusal(statement, f"{type(statement).__name__} is not part of the rule language")
        return scope

    def value(self, node: ast.expr, scope: Scope) -> Expr:
        match node:
            case ast.Constant(value=value):
                return self.constant(node, value, None)
            case ast.Name(id=name):
                return self.name(node, name, scope)
            case ast.BoolOp(op=op, values=values):
                terms = tuple(self.value(each, scope) for each in values)
                return And(terms) if isinstance(op, ast.And) else Or(terms)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.value(operand, scope))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))) if not isinstance(value, bool):
                return self.constant(node, -value, None)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Arithmetic("-", Const(0), self.value(operand, scope))
            case ast.BinOp(left=left, op=sign, right=right):
                if type(sign) not in _ARITHMETIC:
                    raise self.refusal(
                        node, f"operator {type(sign).__name__} is not part of the rule language (+ - * // are)"
                    )
                return Arithmetic(_ARITHMETIC[type(sign)], self.value(left, scope), self.value(right, scope))
            case ast.Compare():
                return self.comparison(node, scope)
            case ast.IfExp(test=test, body=then, orelse=other):
                return Choose(self.value(test, scope), self.value(then, scope), self.value(other, scope))
            case ast.Call(func=ast.Name(id="min" | "max" as op), args=args, keywords=[]) if len(args) > 1:
                return Extreme(op, tuple(self.value(each, scope) for each in args))
            case ast.Call():
                raise self.refusal(node, "the only calls are min and max of two or more values")
        raise self.refusal(node, f"{type(node).__name__} is not part of the rule language")

    def name(self, node: ast.Name, name: str, scope: Scope) -> Expr:
        if name in scope:
            local = scope[name]
            if local is None:
                raise self.refusal(node, f"{name} is assigned on one branch only")
            return local
        if name in self.arguments:
            return Name(name)
        return self.constant(node, self.outer(node, name), name)

    def outer(self, node: ast.expr, name: str) -> Any:
        if name not in self.constants or not name.isupper():
            raise self.refusal(node, f"{name} is neither an argument nor a constant in capitals defined above the rule")
        return self.constants[name]

    def constant(self, node: ast.expr, value: object, name: str | None) -> Const:
        if isinstance(value, bool):
            return Const(value, name)
        if not isinstance(value, int):
            raise self.refusal(node, f"{value!r} is not an integer or a truth value")
        if not LEAST <= value <= GREATEST:
            raise self.refusal(node, f"{value} does not fit in 64 bits")
        return Const(int(value), name)

    def comparison(self, node: ast.Compare, scope: Scope) -> Expr:
        if isinstance(node.ops[0], ast.In | ast.NotIn):
            if len(node.ops) != 1:
                raise self.refusal(node, "in stands alone, not in a chain")
            member = Member(self.value(node.left, scope), self.choices(node.comparators[0]))
            return member if isinstance(node.ops[0], ast.In) else Not(member)
        for op in node.ops:
            if type(op) not in _COMPARISONS:
                raise self.refusal(node, f"comparison {type(op).__name__} is not part of the rule language")
        values = [self.value(each, scope) for each in (node.left, *node.comparators)]
        terms = tuple(
            Compare(_COMPARISONS[type(op)], left, right)
            for op, (left, right) in zip(node.ops, pairwise(values), strict=True)
        )
        return terms[0] if len(terms) == 1 else And(terms)

    def choices(self, node: ast.expr) -> tuple[Const, ...]:
        if isinstance(node, ast.Tuple):
            found = [self.value(each, {}) for each in node.elts]
            values = [each for each in found if isinstance(each, Const)]
            if len(values) != len(found):
                raise self.refusal(node, "in needs a constant tuple")
        elif isinstance(node, ast.Name):
            outer = self.outer(node, node.id)
            if not isinstance(outer, tuple):
                raise self.refusal(node, f"{node.id} is not a tuple")
            values = [self.constant(node, value, None) for value in outer]
        else:
            raise self.refusal(node, "in needs a constant tuple")
        if len({type(each.value) for each in values}) != 1:
            raise self.refusal(node, "in needs a constant tuple, of integers or of truth values")
        return tuple(values)
