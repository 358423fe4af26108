"""The rules as one SQL text (DuckDB or Spark): NULL is "cannot tell". For auditors, and to check the other readings against.

Each text reads ``households(household, area_row, …)``, ``persons(household, person, …)`` and ``parameters(area_row, …)``.
Every value gets its own column in a layer of its own, so that no expression is written out twice.
"""

# ruff: noqa: S608 - every name in the text is an argument of a rule, so a Python identifier

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from shouwang.engine.graph import Plan
from shouwang.engine.rule import Aggregate, Entity, Rule
from shouwang.engine.tree import (
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

_COMPARE = {"==": "=", "!=": "<>"}


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """What two engines spell differently: names, arithmetic that is NULL where 64 bits do not hold it, and exact sums.

    ``quotient`` rounds towards zero less ``floor``; its operands are columns or constants and its divisor is not 0.
    """

    quote: str
    arithmetic: Mapping[str, str]
    quotient: str
    exact_sum: str

    def quoted(self, name: str) -> str:
        """A column's name as it stands in a text."""
        return f"{self.quote}{name}{self.quote}"


DUCKDB = Dialect(
    quote='"',
    arithmetic={op: f"TRY({{left}} {op} {{right}})" for op in "+-*"},
    quotient="TRY({left} // {right} - {floor})",
    exact_sum="TRY_CAST(sum({share}) AS BIGINT)",
)
SPARK = Dialect(
    quote="`",
    arithmetic={
        "+": "try_add({left}, {right})",
        "-": "try_subtract({left}, {right})",
        "*": "try_multiply({left}, {right})",
    },
    quotient=f"CASE WHEN {{right}} <> -1 OR {{left}} <> CAST({LEAST} AS BIGINT) THEN {{left}} DIV {{right}} - {{floor}} END",
    exact_sum="TRY_CAST(sum(CAST({share} AS DECIMAL(38, 0))) AS BIGINT)",
)
"""The same with ``spark.sql.ansi.enabled`` on or off."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Some columns that can be computed together. ``text`` gives them alone, a row for each of the side's, in order.

    It reads the tables of ``reads``, ``households`` or ``persons``: their keys, and of the columns given so far those in
    ``needs``.
    """

    entity: Entity
    text: str
    needs: frozenset[str]
    reads: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """The two queries of a plan: one row per household, one row per person, keys first.

    ``layers`` is the same law step by step, for an engine that would choke on one long text.
    """

    households: str
    persons: str
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class _Assignment:
    """A column to add: ``text`` over the columns in ``needs``. ``of_members``: reduced from persons to households,
    ``of_nobody`` where there are none."""

    name: str
    entity: Entity
    text: str
    needs: frozenset[str]
    of_members: bool = False
    of_nobody: str = ""


@lru_cache(maxsize=64)
def sql_text(plan: Plan, dialect: Dialect = DUCKDB) -> Statement:
    """The SQL of a plan; its results are named as the rules are."""
    waiting = [made for step in plan.steps for made in _assignments(step.definition, dialect)]
    layers = _Layers(
        dialect,
        household={leaf.name for leaf in (*plan.parameters, *plan.household_inputs)},
        person={leaf.name for leaf in plan.person_inputs},
    )
    while waiting:
        added = layers.add(waiting)
        waiting = [each for each in waiting if each.name not in added]
    names = {entity: [n for n, d in plan.by_name.items() if d.entity is entity] for entity in Entity}
    return Statement(
        layers.query("household", layers.household_layer, ["household"], names[Entity.HOUSEHOLD]),
        layers.query("person", layers.person_layer, ["household", "person"], names[Entity.PERSON]),
        tuple(layers.steps),
    )


def _assignments(definition: object, dialect: Dialect) -> list[_Assignment]:
    if isinstance(definition, Rule):
        return _Columns(definition, dialect).assignments()
    assert isinstance(definition, Aggregate)
    chosen = "TRUE" if definition.where is None else dialect.quoted(definition.where)
    if definition.kind == "any_of":
        text = f"CASE WHEN bool_or({chosen}) THEN TRUE WHEN count(*) = count({chosen}) THEN FALSE END"
    else:
        amount = "CAST(1 AS BIGINT)" if definition.of is None else dialect.quoted(definition.of)
        share = f"CASE WHEN {chosen} THEN {amount} WHEN NOT {chosen} THEN 0 WHEN {amount} = 0 THEN 0 END"
        text = f"CASE WHEN count(*) = count({share}) THEN {dialect.exact_sum.format(share=share)} END"
    nobody = "FALSE" if definition.kind == "any_of" else "CAST(0 AS BIGINT)"
    needs = frozenset(definition.arguments)
    return [_Assignment(definition.name, Entity.HOUSEHOLD, text, needs, of_members=True, of_nobody=nobody)]


class _Columns:
    """One rule's tree as columns: what a text needs twice is first given a column of its own."""

    def __init__(self, rule: Rule, dialect: Dialect) -> None:
        self._rule = rule
        self._dialect = dialect
        self._made: list[_Assignment] = []
        self._texts: dict[int, str] = {}
        self._needs: set[str] = set()

    def assignments(self) -> list[_Assignment]:
        text = self._text(self._rule.body)
        self._made.append(_Assignment(self._rule.name, self._rule.entity, text, frozenset(self._needs)))
        return self._made

    def _column(self, node: Expr) -> str:
        """A text short enough to be repeated: a name or a constant."""
        if id(node) not in self._texts:
            if isinstance(node, Const):
                self._texts[id(node)] = _constant(node)
            elif isinstance(node, Name):
                self._texts[id(node)] = self._named(node.name)
            else:
                outer, self._needs = self._needs, set()
                text = self._text(node.body if isinstance(node, Local) else node)
                name = f"{self._rule.name}.{len(self._made) + 1}"
                self._made.append(_Assignment(name, self._rule.entity, text, frozenset(self._needs)))
                self._needs = outer
                self._texts[id(node)] = self._dialect.quoted(name)
        if not isinstance(node, Const):
            self._needs.add(self._texts[id(node)].strip(self._dialect.quote))
        return self._texts[id(node)]

    def _named(self, name: str) -> str:
        self._needs.add(name)
        return self._dialect.quoted(name)

    def _text(self, node: Expr) -> str:
        match node:
            case Const() | Name() | Local():
                return self._column(node)
            case Not(term=term):
                return f"(NOT {self._text(term)})"
            case And(terms=terms):
                return "(" + " AND ".join(self._text(term) for term in terms) + ")"
            case Or(terms=terms):
                return "(" + " OR ".join(self._text(term) for term in terms) + ")"
            case Compare(op=op, left=left, right=right):
                return f"({self._text(left)} {_COMPARE.get(op, op)} {self._text(right)})"
            case Arithmetic(op="//", left=left, right=right):
                one, two = self._column(left), self._column(right)
                floor = f"CASE WHEN {one} % {two} <> 0 AND ({one} < 0) <> ({two} < 0) THEN 1 ELSE 0 END"
                quotient = self._dialect.quotient.format(left=one, right=two, floor=floor)
                return f"CASE WHEN {two} <> 0 THEN {quotient} END"
            case Arithmetic(op=op, left=left, right=right):
                return self._dialect.arithmetic[op].format(left=self._text(left), right=self._text(right))
            case Extreme(op=op, terms=terms):
                columns = [self._column(term) for term in terms]
                known = " AND ".join(f"{column} IS NOT NULL" for column in columns)
                return f"CASE WHEN {known} THEN {'least' if op == 'min' else 'greatest'}({', '.join(columns)}) END"
            case Choose(test=test, then=then, other=other):
                condition, one, two = self._column(test), self._column(then), self._column(other)
                return f"CASE WHEN {condition} THEN {one} WHEN NOT {condition} THEN {two} WHEN {one} = {two} THEN {one} END"
            case Member(item=item, choices=choices):
                return f"({self._text(item)} IN ({', '.join(_constant(choice) for choice in choices)}))"


def _constant(node: Const) -> str:
    if isinstance(node.value, bool):
        return "TRUE" if node.value else "FALSE"
    return f"CAST({node.value} AS BIGINT)"


@dataclass(slots=True)
class _Layers:
    """Columns added layer by layer, on the household side and on the person side: as common table expressions of one
    text, and as steps that can be run one after the other."""

    dialect: Dialect
    household: set[str]
    person: set[str]
    handed_down: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    steps: list[Layer] = field(default_factory=list)
    household_layer: str = "h0"
    person_layer: str = "p0"

    def __post_init__(self) -> None:
        self.texts = [
            "h0 AS (SELECT * FROM households LEFT JOIN parameters USING (area_row))",
            "p0 AS (SELECT * FROM persons)",
        ]

    def add(self, waiting: Iterable[_Assignment]) -> set[str]:
        """Add one layer on the side that can go on; return the names it gave."""
        ready = [each for each in waiting if self._is_ready(each)]
        own = [each for each in ready if each.entity is Entity.HOUSEHOLD and not each.of_members]
        persons = [each for each in ready if each.entity is Entity.PERSON]
        if own:
            self.household_layer = self._layer("h", f"SELECT *, {self._list(own)} FROM {self.household_layer}")
            self._step(Entity.HOUSEHOLD, f"SELECT {self._list(own)} FROM households ORDER BY household", own)
            self.household |= {each.name for each in own}
            return {each.name for each in own}
        if persons:
            self._hand_down({name for each in persons for name in each.needs} - self.person - self.handed_down)
            self.person_layer = self._layer("p", f"SELECT *, {self._list(persons)} FROM {self.person_layer}")
            self._step(Entity.PERSON, f"SELECT {self._list(persons)} FROM persons ORDER BY person", persons)
            self.person |= {each.name for each in persons}
            return {each.name for each in persons}
        self._reduce([each for each in ready if each.of_members])
        return {each.name for each in ready if each.of_members}

    def _reduce(self, reduced: list[_Assignment]) -> None:
        """Values of members brought together in their household."""

        def joined(first: str, households: str, persons: str) -> str:
            grouped = f"SELECT household, {self._list(reduced)} FROM {persons} GROUP BY household"
            return f"SELECT {first} FROM {households} h LEFT JOIN ({grouped}) g ON g.household = h.household"

        filled = ", ".join(
            f"CASE WHEN g.household IS NULL THEN {each.of_nobody} ELSE g.{name} END AS {name}"
            for each in reduced
            for name in [self.dialect.quoted(each.name)]
        )
        self.household_layer = self._layer("h", joined(f"h.*, {filled}", self.household_layer, self.person_layer))
        self._step(Entity.HOUSEHOLD, f"{joined(filled, 'households', 'persons')} ORDER BY h.household", reduced)
        self.household |= {each.name for each in reduced}

    def _is_ready(self, each: _Assignment) -> bool:
        if each.of_members:
            return each.needs <= self.person
        return each.needs <= (self.household if each.entity is Entity.HOUSEHOLD else self.household | self.person)

    def _hand_down(self, names: set[str]) -> None:
        if names:
            columns = ", ".join(f"h.{self.dialect.quoted(name)}" for name in sorted(names))
            self.person_layer = self._layer(
                "p", f"SELECT p.*, {columns} FROM {self.person_layer} p JOIN {self.household_layer} h USING (household)"
            )
            joined = "FROM persons p JOIN households h USING (household) ORDER BY p.person"
            self.steps.append(Layer(Entity.PERSON, f"SELECT {columns} {joined}", frozenset(names), tuple(Entity)))
            self.handed_down |= names

    def _step(self, entity: Entity, text: str, added: Iterable[_Assignment]) -> None:
        reads = tuple(Entity) if any(each.of_members for each in added) else (entity,)
        self.steps.append(Layer(entity, text, frozenset().union(*(each.needs for each in added)), reads))

    def _layer(self, side: str, text: str) -> str:
        name = f"{side}{len(self.texts)}"
        self.texts.append(f"{name} AS ({text})")
        return name

    def query(self, key: str, layer: str, keys: list[str], names: list[str]) -> str:
        columns = ", ".join(self.dialect.quoted(name) for name in (*keys, *names))
        body = ",\n".join(self.texts)
        return f"WITH {body}\nSELECT {columns} FROM {layer} ORDER BY {key}"

    def _list(self, assignments: Iterable[_Assignment]) -> str:
        return ", ".join(f"{each.text} AS {self.dialect.quoted(each.name)}" for each in assignments)
