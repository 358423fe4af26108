"""Which versions are in force on a day in a place, and in what order they can be computed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from shouwang.engine.rule import Definition, Entity, Rule
from shouwang.engine.sources import BookError


@dataclass(frozen=True, slots=True)
class Leaf:
    """A name rules start from. ``entity`` None: a parameter, of the division. ``truth``: not a number."""

    name: str
    entity: Entity | None
    truth: bool


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One version in force. ``own`` says of each argument whether it belongs to a person."""

    definition: Definition
    own: tuple[bool, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The versions in force, each after what it needs, and the leaves they name.

    ``results`` are the household's names and a person's; ``notices`` the rules that have something to say when they hold.
    """

    steps: tuple[Step, ...]
    by_name: Mapping[str, Definition]
    household_inputs: tuple[Leaf, ...]
    person_inputs: tuple[Leaf, ...]
    parameters: tuple[Leaf, ...]
    _leaves: Mapping[str, Leaf]
    _parts: dict[frozenset[str], Plan] = field(default_factory=dict)
    _above: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    results: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    notices: tuple[Rule, ...] = ()

    def is_parameter(self, name: str) -> bool:
        """Whether a leaf belongs to the division."""
        return self._leaves[name].entity is None

    @property
    def inputs(self) -> set[str]:
        """The facts the plan rests on."""
        return {leaf.name for leaf in (*self.household_inputs, *self.person_inputs)}

    def towards(self, targets: Collection[str]) -> Plan:
        """The part of the plan that ``targets`` need. Targets not in force are left out."""
        key = frozenset(targets)
        if key not in self._parts:
            wanted = {name for name in key if name in self.by_name}
            for step in reversed(self.steps):
                if step.definition.name in wanted:
                    wanted.update(step.definition.arguments)
            kept = [step.definition for step in self.steps if step.definition.name in wanted]
            self._parts[key] = _plan(kept, self._leaves)
        return self._parts[key]

    def resting_on(self, name: str) -> tuple[Step, ...]:
        """The steps that need ``name``, directly or through others, in their order."""
        if name not in self._above:
            moved = {name}
            found = []
            for step in self.steps:
                if step.definition.name not in moved and not moved.isdisjoint(step.definition.arguments):
                    moved.add(step.definition.name)
                    found.append(step)
            self._above[name] = tuple(found)
        return self._above[name]


def is_same_text(one: Definition, other: Definition | None) -> bool:
    """Whether two versions are the same text, whatever days they are in force."""
    return other is not None and (one.file, one.line, one.arguments) == (other.file, other.line, other.arguments)


def most_local(versions: Iterable[Definition], as_of: date, nearest_first: Collection[str]) -> Definition | None:
    """The version in force whose area comes first among ``nearest_first``, else the national one, else None."""
    in_force = {version.area: version for version in versions if version.in_force(as_of)}
    for area in nearest_first:
        if area in in_force:
            return in_force[area]
    return in_force.get(None)


def plan_of(in_force: Mapping[str, Definition], leaves: Mapping[str, Leaf], as_of: date) -> Plan:
    """Order the versions in force. Raises BookError for an argument not in force on the day, or a loop."""
    ordered: list[Definition] = []
    done: set[str] = set()
    path: list[str] = []

    def visit(version: Definition) -> None:
        if version.name in done:
            return
        if version.name in path:
            loop = " → ".join([*path[path.index(version.name) :], version.name])
            raise BookError(f"{version.file}:{version.line}: a loop: {loop}")
        path.append(version.name)
        for name in version.arguments:
            if name in in_force:
                visit(in_force[name])
            elif name not in leaves:
                where = f"{version.file}:{version.line}: {version.name}"
                raise BookError(f"{where} needs {name}, which is not in force on {as_of}")
        path.pop()
        done.add(version.name)
        ordered.append(version)

    for version in in_force.values():
        visit(version)
    return _plan(ordered, leaves)


def _plan(ordered: list[Definition], leaves: Mapping[str, Leaf]) -> Plan:
    by_name = {version.name: version for version in ordered}

    def is_own(name: str) -> bool:
        whose = by_name[name].entity if name in by_name else leaves[name].entity
        return whose is Entity.PERSON

    named = dict.fromkeys(name for version in ordered for name in version.arguments if name not in by_name)
    used = [leaves[name] for name in named]
    return Plan(
        steps=tuple(Step(version, tuple(is_own(name) for name in version.arguments)) for version in ordered),
        by_name=by_name,
        household_inputs=tuple(leaf for leaf in used if leaf.entity is Entity.HOUSEHOLD),
        person_inputs=tuple(leaf for leaf in used if leaf.entity is Entity.PERSON),
        parameters=tuple(leaf for leaf in used if leaf.entity is None),
        _leaves=leaves,
        results=(
            tuple(version.name for version in ordered if version.entity is Entity.HOUSEHOLD),
            tuple(version.name for version in ordered if version.entity is Entity.PERSON),
        ),
        notices=tuple(version for version in ordered if isinstance(version, Rule) and version.notice),
    )
