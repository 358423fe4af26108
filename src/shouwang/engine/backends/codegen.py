"""A plan as one LLVM module: loops over a block of households and their members, cut into functions of bounded size.

Stages alternate: households (even), persons (odd). Between them values are handed down to members, and members' shares are
added up (``loops``). What crosses a function (``vectors``) lies in buffers of one block, which stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shouwang.engine.backends import loops
from shouwang.engine.backends.lanes import Code
from shouwang.engine.backends.layout import SIZES, Desk, Layout, Limits, Source, Task, Wanted
from shouwang.engine.backends.vectors import Part
from shouwang.engine.graph import Plan
from shouwang.engine.rule import Aggregate, Entity, Rule
from shouwang.engine.tree import walk

WEIGHT = 250
"""How many nodes of trees one function holds at most, unless one rule alone has more: compile time grows faster than size."""


@dataclass(slots=True)
class _Function:
    name: str
    entity: Entity
    tasks: list[Task] = field(default_factory=list)


def layout_of(plan: Plan, sources: Mapping[str, Source], wanted: Wanted, limits: Limits) -> Layout:
    """The text of a plan: ``sources`` of its inputs, what is ``wanted`` of it, the ``limits`` its numbers keep."""
    return _Writer(Desk(plan, sources, wanted, limits)).layout()


class _Writer:
    def __init__(self, desk: Desk) -> None:
        self.desk, self.plan = desk, desk.plan
        self.stage: dict[str, int] = {}
        self.down: tuple[str, ...] = ()

    def _staged(self) -> dict[int, list[Task]]:
        """What is computed when."""
        tasks: dict[int, list[Task]] = {}
        desk = self.desk

        def at(name: str, whose: Entity) -> int:
            entity = desk.entity(name)
            if entity is None:
                return 0
            here = self.stage.get(name, 0 if entity is Entity.HOUSEHOLD else 1)
            return here if entity is whose else here + 1

        downward: dict[str, None] = {}
        for step in self.plan.steps:
            made = step.definition
            if isinstance(made, Aggregate):
                stage = max((at(name, Entity.PERSON) for name in made.arguments), default=-1)
                if made.arguments:
                    tasks.setdefault(stage, []).append(Task("share", made.name, made.arguments, 2))
                self.stage[made.name] = stage + 1
            elif isinstance(made, Rule):
                first = 0 if made.entity is Entity.HOUSEHOLD else 1
                stage = max([first, *(at(name, made.entity) for name in made.arguments)])
                self.stage[made.name] = stage
                weight = sum(1 for _ in walk(made.body))
                tasks.setdefault(stage, []).append(Task("rule", made.name, made.arguments, weight))
                if made.entity is Entity.PERSON:
                    for name in made.arguments:
                        if desk.entity(name) is Entity.HOUSEHOLD:
                            downward[name] = None
        for name in downward:
            if name in desk.leaves:
                tasks.setdefault(0, []).insert(0, Task("leaf", name, (name,), 1))
        self.down = tuple(downward)
        if desk.wanted.words is not None:
            for entity in Entity:
                own = tuple(name for name, whose in desk.wanted.words if name in self.plan.by_name and whose is entity)
                stage = max([0 if entity is Entity.HOUSEHOLD else 1, *(self.stage[name] for name in own)])
                tasks.setdefault(stage, []).append(Task("words", entity.value, own, len(own)))
        for name in desk.wanted.results:
            if name in self.plan.by_name:
                tasks.setdefault(self.stage[name], []).append(Task("result", name, (name,), 1))
        return tasks

    def layout(self) -> Layout:
        desk, tasks = self.desk, self._staged()
        functions: dict[int, list[_Function]] = {}
        for stage in sorted(tasks):
            functions[stage] = []
            weight = WEIGHT + 1
            for task in tasks[stage]:
                if weight + task.weight > WEIGHT:
                    entity = Entity.PERSON if stage % 2 else Entity.HOUSEHOLD
                    functions[stage].append(_Function(f"part_{stage}_{len(functions[stage])}", entity))
                    weight = 0
                functions[stage][-1].tasks.append(task)
                weight += task.weight
        desk.crossing |= self._crossing(functions)
        texts: list[str] = []
        calls: list[str] = []

        def put(name: str, text: str) -> None:
            texts.append(text)
            calls.append(name)

        for stage in range(max([*tasks, *(self.stage.values())], default=0) + 1):
            aggregates = [
                step.definition
                for step in self.plan.steps
                if isinstance(step.definition, Aggregate) and self.stage[step.definition.name] == stage
            ]
            sizes = stage == 0 and any(source.form == "alone" for source in desk.sources.values())
            if aggregates or sizes:
                put(f"sums_{stage}", loops.sums(desk, f"sums_{stage}", aggregates, sizes=sizes))
            if stage % 2:
                handed = self._handed_down(stage)
                if handed:
                    put(f"down_{stage}", loops.down(desk, f"down_{stage}", handed))
            if stage == 1:
                for leaf, source in desk.sources.items():
                    if source.form == "aged" and source.width:
                        put(f"ages_{len(texts)}", loops.ages(desk, f"ages_{len(texts)}", leaf, source))
            for function in functions.get(stage, ()):
                put(function.name, self._part(function))
        texts.append(loops.blocks(desk, calls))
        return Layout(
            loops.SHARED + "\n".join(texts),
            tuple(desk.columns),
            dict(desk.buffers),
            tuple(desk.row),
            tuple(desk.outputs),
        )

    def _handed_down(self, stage: int) -> list[str]:
        """What persons need of their households from here on."""
        found = [name for name in self.down if self.stage.get(name, 0) == stage - 1]
        if stage == 1 and any(
            source.form == "alone" and self.desk.leaves[name].entity is Entity.PERSON
            for name, source in self.desk.sources.items()
        ):
            found.append(SIZES)
        return found

    def _crossing(self, functions: Mapping[int, Sequence[_Function]]) -> set[str]:
        """The rules whose values another function needs."""
        made = {
            task.name: each.name
            for some in functions.values()
            for each in some
            for task in each.tasks
            if task.kind == "rule"
        }
        found = set(self.down)
        for some in functions.values():
            for each in some:
                found.update(
                    name for task in each.tasks for name in task.needs if name in made and made[name] != each.name
                )
        return found

    def _part(self, function: _Function) -> str:
        code = Code()
        part = Part(self.desk, code, function.entity)
        for task in function.tasks:
            part.do(task)
        first, after = ("p0", "p1") if function.entity is Entity.PERSON else ("h0", "h1")
        return loops.rows(function.name, code, first, after)
