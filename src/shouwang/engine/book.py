"""A book: every rule, input, parameter and source of one rule package, checked as a whole when it is loaded."""

from __future__ import annotations

import importlib
import pkgutil
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from shouwang.engine.fingerprint import fingerprint_of
from shouwang.engine.graph import Leaf, Plan, most_local, plan_of
from shouwang.engine.inputs import InputSpec, ItemSpec, read_inputs
from shouwang.engine.kinds import NUMBER, TRUTH, check_kinds, kind_of_unit
from shouwang.engine.parameter_csv import problems_with
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import Assertion, ParameterError, ParameterTable
from shouwang.engine.published import check_references, read_parameters
from shouwang.engine.rule import LOCAL, Aggregate, Definition, Entity, Rule, definitions_in
from shouwang.engine.sources import BookError, Source, read_sources
from shouwang.lib.area_codes import ancestors_of, normalise_code

__all__ = ["Book", "BookError", "load_book"]


class Book:
    """The rules of one package and all they rest on. Immutable; ``reformed`` gives another book."""

    def __init__(
        self,
        *,
        definitions: Iterable[Definition],
        items: Mapping[str, ItemSpec],
        inputs: Mapping[str, InputSpec],
        parameter_specs: Mapping[str, ParameterSpec],
        parameters: ParameterTable,
        sources: Mapping[str, Source],
        fingerprint: str,
    ) -> None:
        self.definitions: dict[str, tuple[Definition, ...]] = {}
        for each in definitions:
            self.definitions[each.name] = (*self.definitions.get(each.name, ()), each)
        self.items = dict(items)
        self.inputs = dict(inputs)
        self.parameter_specs = dict(parameter_specs)
        self.parameters = parameters
        self.sources = dict(sources)
        self.fingerprint = fingerprint
        self._variants: frozenset[str] = frozenset(
            each.area for versions in self.definitions.values() for each in versions if each.area
        )
        self._turns = sorted(
            {
                day
                for versions in self.definitions.values()
                for each in versions
                for day in (each.since, each.until)
                if day is not None
            }
        )
        self._leaves = {
            name: Leaf(name, self.entity_of(name), spec.unit == "bool")
            for specs in (self.inputs, self.parameter_specs)
            for name, spec in specs.items()
        }
        self._plans: dict[tuple[int, tuple[str, ...]], Plan] = {}
        _check(self)

    def change_dates(self) -> list[date]:
        """Every day on which a rule or a national parameter begins or ends, in order."""
        days = {day for row in self.parameters.assertions() for day in (row.start, row.valid_to) if day is not None}
        return sorted(days.union(self._turns))

    def regime(self, area_code: str) -> tuple[str, ...]:
        """The divisions with rules of their own around ``area_code``, nearest first: equal regimes, equal rules."""
        if not self._variants:
            return ()
        return tuple(code for code in ancestors_of(area_code) if code in self._variants)

    def plan(self, as_of: date, regime: tuple[str, ...]) -> Plan:
        """The versions in force on a day under a regime, each after what it needs."""
        key = (bisect_right(self._turns, as_of), regime)
        if key not in self._plans:
            found = {name: most_local(versions, as_of, regime) for name, versions in self.definitions.items()}
            in_force = {name: version for name, version in found.items() if version is not None}
            self._plans[key] = plan_of(in_force, self._leaves, as_of)
        return self._plans[key]

    def inputs_for(self, targets: Collection[str], as_of: date, area_codes: Iterable[str]) -> set[str]:
        """The facts that ``targets`` rest on, on a day, in any of these divisions."""
        regimes = {self.regime(code) for code in area_codes}
        return set().union(*(self.plan(as_of, regime).towards(targets).inputs for regime in regimes))

    def versions_on(self, as_of: date, area_code: str) -> dict[str, Definition]:
        """Name → the version in force on a day in a division; the most local one wins."""
        return dict(self.plan(as_of, self.regime(area_code)).by_name)

    def warnings(self, as_of: date, area_code: str | None = None) -> tuple[Rule, ...]:
        """The rules in force that warn: in a division, or (None) anywhere; one version per name, the national first."""
        found = []
        for versions in self.definitions.values():
            if area_code is None:
                in_force = sorted((each for each in versions if each.in_force(as_of)), key=lambda each: each.area or "")
                version = in_force[0] if in_force else None
            else:
                version = most_local(versions, as_of, self.regime(area_code))
            if isinstance(version, Rule) and version.warns is not None:
                found.append(version)
        return tuple(found)

    def entity_of(self, name: str) -> Entity | None:
        """Whom a name's value belongs to; None for a parameter (it belongs to the division)."""
        if name in self.definitions:
            return self.definitions[name][0].entity
        return self.inputs[name].entity if name in self.inputs else None

    def unit_of(self, name: str) -> str:
        """The unit of a rule's, input's or parameter's value. Raises KeyError for an unknown name."""
        if name in self.definitions:
            return self.definitions[name][0].unit
        return self.inputs[name].unit if name in self.inputs else self.parameter_specs[name].unit

    def label_of(self, name: str, said: Callable[[str], str] | None = None) -> str:
        """The 汉字 label of anything an outcome may name, also of ``param:…``, ``rule:…`` and the like.

        A rule is called by its latest version's label, unless ``said`` knows how the bare name was said on a day.
        """
        prefix, _, rest = name.rpartition(":")
        if prefix == "param":
            return f"参数“{self.label_of(rest, said)}”"
        if prefix == "overflow":
            return f"“{self.label_of(rest, said)}”计算结果超出范围"
        if prefix == "division":
            return f"“{self.label_of(rest, said)}”计算中除数为零"
        if prefix == "rule":
            return f"规则“{self.label_of(rest, said)}”在该日该地未施行"
        if said is not None:
            return said(name)
        if name in self.definitions:
            return self.definitions[name][-1].label
        if name in self.inputs:
            return self.inputs[name].label
        return self.parameter_specs[name].label if name in self.parameter_specs else name

    def table(self, local: Iterable[Assertion] = ()) -> ParameterTable:
        """The national parameters under ``local`` ones. Raises ParameterError (中文) for rows that do not fit."""
        rows = list(local)
        problems = problems_with(rows, self.parameter_specs)
        if problems:
            raise ParameterError("；".join(problems))
        return self.parameters.overlaid(rows)

    def with_version(self, name: str, *, since: date, area: str | None = None) -> Book:
        """A book in which one dated version of ``name`` is the text everywhere and on every day (for simulation).

        Raises KeyError where the book has no such version. Whether all it names is in force on a day is found out when
        that day is asked for: ``plan`` then raises BookError.
        """
        code = None if area is None else normalise_code(area)
        found = [each for each in self.definitions.get(name, ()) if (each.since, each.area) == (since, code)]
        if not found:
            raise KeyError(f"no version of {name} since {since}{f' in {area}' if area else ''}")
        book = copy(self)
        book.definitions = {**self.definitions, name: (replace(found[0], since=date.min, until=None, area=None),)}
        book._plans = {}
        book.fingerprint = fingerprint_of(
            [("version in", self.fingerprint.encode()), (name, f"{since} {code or ''}".encode())]
        )
        return book

    def reformed(self, *rules: Callable[..., Any]) -> Book:
        """A book in which the given rule functions replace every version of their names (for simulation)."""
        replaced = {function.__name__ for function in rules}
        kept = [each for versions in self.definitions.values() for each in versions if each.name not in replaced]
        new: dict[int, Rule] = {}
        for function in rules:
            for each in function.__globals__.get("__definitions__", ()):
                if isinstance(each, Rule) and each.function is function:
                    new[id(each)] = each
        named = [(each.name, repr((each.file, each.line, each.arguments)).encode()) for each in new.values()]
        return Book(
            definitions=[*kept, *new.values()],
            items=self.items,
            inputs=self.inputs,
            parameter_specs=self.parameter_specs,
            parameters=self.parameters,
            sources=self.sources,
            fingerprint=fingerprint_of([("reform of", self.fingerprint.encode()), *named]),
        )

    def followed(self, *later: Definition, values: Iterable[Assertion] = ()) -> Book:
        """A book in which later law follows: versions from their first day on, and national values of parameters.

        Each new version ends the one of its name and area that would still be in force on its first day.
        """
        first = {(each.name, each.area): each.since for each in later}
        kept = []
        for versions in self.definitions.values():
            for each in versions:
                end = first.get((each.name, each.area))
                if end is not None and each.since < end and (each.until is None or each.until > end):
                    kept.append(replace(each, until=end))
                else:
                    kept.append(each)
        rows = list(values)
        named = [(each.name, repr((each.since, each.label, each.file, each.line)).encode()) for each in later]
        named += [(row.item, repr(row).encode()) for row in rows]
        return Book(
            definitions=[*kept, *later],
            items=self.items,
            inputs=self.inputs,
            parameter_specs=self.parameter_specs,
            parameters=ParameterTable([*self.parameters.assertions(), *rows], specs=self.parameter_specs),
            sources=self.sources,
            fingerprint=fingerprint_of([("follows", self.fingerprint.encode()), *named]),
        )


def load_book(package: str) -> Book:
    """Load a rule package: each sub-package is a policy. Raises BookError or RuleSyntaxError with file and line."""
    root = importlib.import_module(package)
    folder = Path(next(iter(root.__path__)))
    definitions = definitions_in(root)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        definitions += definitions_in(importlib.import_module(found.name))
    items, inputs = read_inputs(folder)
    specs: dict[str, ParameterSpec] = {}
    assertions: list[Assertion] = []
    for path in sorted(folder.glob("*/parameters.yaml")):
        declared, values = read_parameters(path, path.parent.name)
        twice = specs.keys() & declared.keys()
        if twice:
            raise BookError(f"{path}: {', '.join(sorted(twice))} declared by another policy too")
        specs |= declared
        assertions += values
    check_references(specs)
    try:
        parameters = ParameterTable(assertions, specs=specs)
    except ParameterError as error:
        raise BookError(f"{folder}: {error}") from error
    texts = sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".yaml", ".csv"))
    named = [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in texts]
    sources = read_sources(folder / "sources.yaml")
    return Book(
        definitions=definitions,
        items=items,
        inputs=inputs,
        parameter_specs=specs,
        parameters=parameters,
        sources=sources,
        fingerprint=fingerprint_of(named),
    )


def _check(book: Book) -> None:
    """Everything that can be wrong with a book as a whole, in the order an author would like to hear it."""
    for first, second in ((book.definitions, book.inputs), (book.definitions, book.parameter_specs)):
        for name in first.keys() & second.keys():
            raise BookError(f"{first[name][0].file}: {name} is a rule and also an input or a parameter")
    for name in book.inputs.keys() & book.parameter_specs.keys():
        raise BookError(f"{name} is an input and also a parameter")
    for row in book.parameters.assertions():
        _check_cite(book, row.source, row.article, f"parameter {row.item}")
    for versions in book.definitions.values():
        for version in versions:
            _check_version(book, version, versions[0])
        _check_periods(versions)
    for regime in {(), *(book.regime(area) for area in book._variants)}:
        for day in book._turns:
            book.plan(day, regime)


def _check_cite(book: Book, key: str, article: str, where: str) -> None:
    source = book.sources.get(key)
    if source is None:
        raise BookError(f"{where} cites {key!r}, which sources.yaml does not list")
    if source.articles and article not in source.articles:
        raise BookError(f"{where} cites {key}:{article}, but sources.yaml lists no such article")
    if not article and key != LOCAL:
        raise BookError(f"{where} cites {key} without an article")


def _check_version(book: Book, version: Definition, first: Definition) -> None:
    where = f"{version.file}:{version.line}: {version.name}"
    for cite in version.cites:
        _check_cite(book, cite.key, cite.article, where)
    if (version.entity, version.unit) != (first.entity, first.unit):
        raise version.refused("versions of one name have one entity and one unit")
    if len(set(version.arguments)) != len(version.arguments) and isinstance(version, Rule):
        raise version.refused("an argument comes twice")
    for name in version.arguments:
        if name not in book.definitions and name not in book.inputs and name not in book.parameter_specs:
            raise BookError(f"{where}: argument {name} is neither a rule, an input nor a parameter")
        whose = book.entity_of(name)
        if isinstance(version, Aggregate):
            if whose is not Entity.PERSON:
                raise version.refused(f"{name} does not belong to a person")
        elif version.entity is Entity.HOUSEHOLD and whose is Entity.PERSON:
            raise version.refused(f"{name} belongs to a person: reach it through count, total or any_of")
    kinds = {name: kind_of_unit(book.unit_of(name)) for name in version.arguments}
    if isinstance(version, Rule):
        check_kinds(version, kinds)
    elif isinstance(version, Aggregate):
        if version.where is not None and kinds[version.where] != TRUTH:
            raise version.refused(f"where {version.where} is not a truth value")
        if version.of is not None and (kinds[version.of], kind_of_unit(version.unit)) != (NUMBER, NUMBER):
            raise version.refused(f"of {version.of} is not a number")


def _check_periods(versions: tuple[Definition, ...]) -> None:
    """Versions of one name and area follow each other; a gap is refused unless a wider area fills it."""
    by_area: dict[str | None, list[Definition]] = {}
    for version in versions:
        by_area.setdefault(version.area, []).append(version)
    for area, chain in by_area.items():
        chain.sort(key=lambda each: each.since)
        for earlier, later in pairwise(chain):
            if earlier.until is None or earlier.until > later.since:
                raise later.refused(f"overlaps the version in force since {earlier.since}")
            if earlier.until < later.since and not _filled(versions, area, earlier.until, later.since):
                raise later.refused(f"a gap: no version is in force from {earlier.until} until {later.since}")


def _filled(versions: Iterable[Definition], area: str | None, start: date, end: date) -> bool:
    if area is None:
        return False
    wider = [each for each in versions if each.area != area and (each.area is None or each.area in ancestors_of(area))]
    days = {start, *(each.until for each in wider if each.until is not None and start < each.until < end)}
    return all(any(each.in_force(day) for each in wider) for day in days)
