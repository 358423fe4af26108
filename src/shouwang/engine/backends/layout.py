"""What compiled rules read and write, and the places of it all: shared by the pieces of text that make up a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shouwang.engine.graph import Leaf, Plan
from shouwang.engine.rule import Definition, Entity

SIZES, OFFSETS = "sizes", "offsets"
DAY, EARLIEST, DAYS = 0, 1, 2
"""Places in a row of what is the same everywhere in a block: as_of, and the birth days the tables of ages hold."""
FIRST = 3
MOST_MEMBERS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Source:
    """How a leaf is read. ``form``: "pair" (values and known), "unknown", "silent" (no column), or a form of ``packed``
    ("as_is", "aged": the register's; "nonzero": 0 stands for unknown). ``zero``: nothing means 0 where ``feed`` speaks."""

    form: str
    width: int = 0
    zero: bool = False
    feed: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a program answers. ``results`` come back as columns: truth values a byte each, numbers in 64 bits, or with
    ``narrow`` in the fewest that surely hold them. ``words``: truth-valued names whose verdicts come back as bit words
    (one not in the plan is untold)."""

    results: tuple[str, ...]
    words: tuple[tuple[str, Entity], ...] | None = None
    narrow: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What is sure of the numbers, so that the text need not watch for overflow: ``parameters`` each one's least and
    most value, ``members`` how many a household has at most."""

    parameters: Mapping[str, tuple[int, int]]
    members: int = MOST_MEMBERS


@dataclass(frozen=True, slots=True)
class Layout:
    """What the compiled text expects. ``columns`` and ``buffers`` give pointers in order, ``row`` the scalars of a block.

    ``buffers``: name → bits a row · ``outputs``: (name, bytes a row, entity).
    """

    text: str
    columns: tuple[tuple[str, str], ...]
    buffers: Mapping[str, int]
    row: tuple[str, ...]
    outputs: tuple[tuple[str, int, Entity], ...]


@dataclass(slots=True)
class Task:
    """One thing computed in a stage: a rule, a leaf kept for later, an aggregate's shares, a result, or words of targets."""

    kind: str
    name: str
    needs: tuple[str, ...]
    weight: int


@dataclass(slots=True)
class Desk:
    """What is known of a program while its text is written.

    ``columns``, ``buffers``, ``row``, ``outputs``: as in ``Layout`` · ``crossing``: rules whose values another function
    needs · ``kept``: (bits, least, most) of each number that lies in a buffer · ``read``: the places of
    columns read row by row, with bytes a row.
    """

    plan: Plan
    sources: Mapping[str, Source]
    wanted: Wanted
    limits: Limits
    columns: list[tuple[str, str]] = field(default_factory=lambda: [(OFFSETS, "")])
    buffers: dict[str, int] = field(default_factory=dict)
    outputs: list[tuple[str, int, Entity]] = field(default_factory=list)
    crossing: set[str] = field(default_factory=set)
    kept: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    read: dict[int, tuple[int, Entity]] = field(default_factory=dict)
    leaves: dict[str, Leaf] = field(init=False)
    row: list[str] = field(init=False)

    def __post_init__(self) -> None:
        plan = self.plan
        self.leaves = {leaf.name: leaf for leaf in (*plan.household_inputs, *plan.person_inputs, *plan.parameters)}
        self.row = ["as_of", "earliest", "days"]
        for leaf in plan.parameters:
            self.row += [f"param:{leaf.name}", f"set:{leaf.name}"]
        self.row += [f"feed:{feed}" for feed in sorted({each.feed for each in self.sources.values() if each.zero})]

    def entity(self, name: str) -> Entity | None:
        """Whose value a name of the plan is; None: a parameter."""
        made = self.made(name)
        return self.leaves[name].entity if made is None else made.entity

    def made(self, name: str) -> Definition | None:
        """The rule or aggregate of a name; None for a leaf."""
        return self.plan.by_name.get(name)

    def is_truth(self, name: str) -> bool:
        """Whether a name of the plan is a truth value."""
        made = self.made(name)
        return self.leaves[name].truth if made is None else made.unit == "bool"

    def column(self, kind: str, name: str) -> int:
        """The place of a column's pointer."""
        if (kind, name) not in self.columns:
            self.columns.append((kind, name))
        return self.columns.index((kind, name))

    def buffer(self, name: str, bits: int) -> int:
        """The place of a buffer's pointer."""
        self.buffers.setdefault(name, bits)
        return list(self.buffers).index(name)

    def output(self, name: str, width: int, entity: Entity) -> str:
        """One more output; the buffer in which a block's rows of it lie until the block is done."""
        self.outputs.append((name, width // 8, entity))
        return given(name)


def given(name: str) -> str:
    """The name of an output's buffer: no rule, leaf or aggregate is kept under such a one."""
    return f"given:{name}"


def pointer(lines: list[str], table: str, place: int, name: str) -> None:
    """Add the lines that load a pointer out of a table of them."""
    lines.append(f"  %{name}.at = getelementptr ptr, ptr %{table}, i64 {place}")
    lines.append(f"  %{name} = load ptr, ptr %{name}.at")
