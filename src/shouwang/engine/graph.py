"""Which versions are in force on a day in a place, and in what order they can be computed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from shouwang.engine.rule import Definition
from shouwang.engine.sources import BookError


@dataclass(frozen=True, slots=True)
class Plan:
    """The versions in force, each after what it needs; ``leaves`` are the inputs and parameters they name."""

    steps: tuple[Definition, ...]
    by_name: Mapping[str, Definition]
    leaves: frozenset[str]
    _closures: dict[tuple[str, ...], Plan] = field(default_factory=dict)

    def towards(self, targets: Collection[str]) -> Plan:
        """The part of the plan that ``targets`` need. Targets not in force are left out."""
        key = tuple(sorted(targets))
        if key not in self._closures:
            wanted = {name for name in targets if name in self.by_name}
            for step in reversed(self.steps):
                if step.name in wanted:
                    wanted.update(step.arguments)
            self._closures[key] = _plan(step for step in self.steps if step.name in wanted)
        return self._closures[key]


def _plan(steps: Iterable[Definition]) -> Plan:
    ordered = tuple(steps)
    by_name = {step.name: step for step in ordered}
    leaves = frozenset(name for step in ordered for name in step.arguments if name not in by_name)
    return Plan(ordered, by_name, leaves)


def most_local(versions: Iterable[Definition], as_of: date, nearest_first: Collection[str]) -> Definition | None:
    """The version in force whose area comes first among ``nearest_first``, else the national one, else None."""
    in_force = {version.area: version for version in versions if version.in_force(as_of)}
    for area in nearest_first:
        if area in in_force:
            return in_force[area]
    return in_force.get(None)


def plan_of(in_force: Mapping[str, Definition], leaves: Collection[str], as_of: date) -> Plan:
    """Order the versions in force. Raises BookError for an argument not in force on the day, or a loop."""
    ordered: list[Definition] = []
    done: set[str] = set()
    path: list[str] = []

    def visit(step: Definition) -> None:
        if step.name in done:
            return
        if step.name in path:
            loop = " → ".join([*path[path.index(step.name) :], step.name])
            raise BookError(f"{step.file}:{step.line}: a loop: {loop}")
        path.append(step.name)
        for name in step.arguments:
            if name in in_force:
                visit(in_force[name])
            elif name not in leaves:
                raise BookError(f"{step.file}:{step.line}: {step.name} needs {name}, which is not in force on {as_of}")
        path.pop()
        done.add(step.name)
        ordered.append(step)

    for step in in_force.values():
        visit(step)
    return _plan(ordered)
