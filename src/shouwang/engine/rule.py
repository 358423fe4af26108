"""How a rule is written: the decorator, the named declarations over household members, and what a warning says."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import FrameType
from typing import Any, TypeVar

from shouwang.engine.syntax import RuleSyntaxError, tree_of
from shouwang.engine.tree import Expr
from shouwang.lib.area_codes import normalise_code

F = TypeVar("F", bound=Callable[..., Any])

UNITS = ("bool", "fen", "count", "days", "code", "percent", "permille", "ratio", "date")
LEVELS = ("红", "橙", "黄")
DIRECTIONS = ("in", "out")
LOCAL = "local"
"""The source of what no published text says and the area sets itself."""

REGISTER = "__definitions__"
_CITE = re.compile(r"(?P<key>[^:\s]+)(?::(?P<article>\S+))?")


class Entity(StrEnum):
    """Whom a value belongs to."""

    PERSON = "person"
    HOUSEHOLD = "household"


PERSON = Entity.PERSON
HOUSEHOLD = Entity.HOUSEHOLD


@dataclass(frozen=True, slots=True)
class Cite:
    """A reference into ``sources.yaml``; ``article`` is empty only for the county's own setting."""

    key: str
    article: str

    def __str__(self) -> str:
        return f"{self.key}:{self.article}" if self.article else self.key


@dataclass(frozen=True, slots=True)
class Warns:
    """What to do when the rule holds. The engine carries it and reads none of it.

    ``level`` 红/橙/黄; ``direction`` "in" (may need help) or "out" (may no longer qualify); ``action`` the next step in
    Chinese; ``feeds`` the deliveries the rule rests on.
    """

    level: str
    direction: str
    action: str
    feeds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level {self.level!r} is not one of {LEVELS}")
        if self.direction not in DIRECTIONS:
            raise ValueError(f"direction {self.direction!r} is not one of {DIRECTIONS}")
        if not self.action:
            raise ValueError("a warning says what to do next")
        object.__setattr__(self, "feeds", tuple(self.feeds))


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One dated version of a public name, in force from ``since`` until before ``until``; ``area`` None is national."""

    name: str
    entity: Entity
    label: str
    cites: tuple[Cite, ...]
    since: date
    until: date | None
    area: str | None
    unit: str
    arguments: tuple[str, ...]
    file: str
    line: int

    def in_force(self, as_of: date) -> bool:
        """Whether this version counts on a day."""
        return self.since <= as_of and (self.until is None or as_of < self.until)

    def refused(self, message: str) -> RuleSyntaxError:
        """The error that points at this version's line."""
        return RuleSyntaxError(f"{self.name}: {message}", self.file, self.line)


@dataclass(frozen=True, slots=True, eq=False)
class Rule(Definition):
    """A function over integers and truth values, and the tree read from its source.

    ``notice`` is what a reader of any result that rests on this rule must know when the rule holds (empty: nothing).
    """

    function: Callable[..., Any]
    body: Expr
    warns: Warns | None
    summary: str
    notice: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate(Definition):
    """``kind`` count, total or any_of over the members for whom ``where`` holds (None: all of them)."""

    kind: str
    where: str | None
    of: str | None


def rule(
    entity: Entity,
    label: str,
    *,
    cites: str | Sequence[str],
    since: str,
    until: str | None = None,
    area: str | None = None,
    unit: str = "bool",
    warns: Warns | None = None,
    notice: str = "",
) -> Callable[[F], F]:
    """Declare the decorated function a rule. The function itself is returned, unchanged.

    ``cites`` "source_key:article" or several; ``since`` first day in force, ``until`` the first no longer (ISO);
    ``area`` a division code for a local variant; ``unit`` of the result; ``notice`` a Chinese sentence that goes with
    every explained result that rests on this rule, when it holds. Raises RuleSyntaxError with file and line.
    """

    def declare(function: F) -> F:
        code = function.__code__
        arguments, body = tree_of(function)
        place = (code.co_filename, code.co_firstlineno)
        head = _head(function.__name__, label, cites=cites, since=since, until=until, area=area, unit=unit, place=place)
        made = Rule(
            entity=entity,
            arguments=arguments,
            function=function,
            body=body,
            warns=warns,
            summary=(function.__doc__ or "").strip(),
            notice=notice,
            **head,
        )
        if warns is not None and unit != "bool":
            raise made.refused("a rule that warns has unit bool")
        if notice and unit != "bool":
            raise made.refused("a rule with a notice has unit bool")
        _register(function.__globals__, made)
        return function

    return declare


def count(
    name: str,
    label: str,
    *,
    where: str | None,
    cites: str | Sequence[str],
    since: str,
    until: str | None = None,
    area: str | None = None,
) -> Aggregate:
    """How many members of the household ``where`` holds for."""
    frame = sys._getframe(1)
    return _aggregate(
        frame,
        "count",
        name,
        label,
        where=where,
        of=None,
        cites=cites,
        since=since,
        until=until,
        area=area,
        unit="count",
    )


def total(
    name: str,
    label: str,
    *,
    of: str,
    where: str | None,
    cites: str | Sequence[str],
    since: str,
    until: str | None = None,
    area: str | None = None,
    unit: str = "fen",
) -> Aggregate:
    """The sum of ``of`` over the members ``where`` holds for."""
    frame = sys._getframe(1)
    return _aggregate(
        frame, "total", name, label, where=where, of=of, cites=cites, since=since, until=until, area=area, unit=unit
    )


def any_of(
    name: str,
    label: str,
    *,
    where: str,
    cites: str | Sequence[str],
    since: str,
    until: str | None = None,
    area: str | None = None,
) -> Aggregate:
    """Whether ``where`` holds for at least one member."""
    frame = sys._getframe(1)
    return _aggregate(
        frame,
        "any_of",
        name,
        label,
        where=where,
        of=None,
        cites=cites,
        since=since,
        until=until,
        area=area,
        unit="bool",
    )


def definitions_in(module: object) -> list[Definition]:
    """What a module declared, in the order of its lines."""
    return list(vars(module).get(REGISTER, ()))


def _aggregate(
    frame: FrameType,
    kind: str,
    name: str,
    label: str,
    *,
    where: str | None,
    of: str | None,
    cites: str | Sequence[str],
    since: str,
    until: str | None,
    area: str | None,
    unit: str,
) -> Aggregate:
    place = (frame.f_code.co_filename, frame.f_lineno)
    head = _head(name, label, cites=cites, since=since, until=until, area=area, unit=unit, place=place)
    arguments = tuple(argument for argument in (where, of) if argument is not None)
    made = Aggregate(entity=HOUSEHOLD, arguments=arguments, kind=kind, where=where, of=of, **head)
    _register(frame.f_globals, made)
    return made


def _head(
    name: str,
    label: str,
    *,
    cites: str | Sequence[str],
    since: str,
    until: str | None,
    area: str | None,
    unit: str,
    place: tuple[str, int],
) -> dict[str, Any]:
    def refuse(message: str) -> RuleSyntaxError:
        return RuleSyntaxError(f"{name}: {message}", *place)

    if not name.isidentifier():
        raise refuse("is not a name")
    if not label.strip():
        raise refuse("label missing")
    if unit not in UNITS:
        raise refuse(f"unit {unit!r} is not one of {', '.join(UNITS)}")
    found = []
    for cite in [cites] if isinstance(cites, str) else cites:
        match = _CITE.fullmatch(cite)
        if match is None:
            raise refuse(f"cite {cite!r} is not source_key:article")
        found.append(Cite(match["key"], match["article"] or ""))
    if not found:
        raise refuse("cites nothing")
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until) if until else None
    except ValueError as error:
        raise refuse(f"since or until is not a date: {error}") from error
    if last is not None and last <= first:
        raise refuse("until is not after since")
    return {
        "name": name,
        "label": label,
        "cites": tuple(found),
        "since": first,
        "until": last,
        "area": normalise_code(area) if area else None,
        "unit": unit,
        "file": place[0],
        "line": place[1],
    }


def _register(namespace: dict[str, Any], made: Definition) -> None:
    """Keep every version, also those a later ``def`` of the same name hides; a reloaded module replaces its own."""
    register: list[Definition] = namespace.setdefault(REGISTER, [])
    register[:] = [each for each in register if (each.file, each.line) != (made.file, made.line)]
    register.append(made)
