"""The list of variants the corpus is made of; families register here when their module is imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shouwang.synth.corpus.contracts import FEEDS, Feed, Kind
from shouwang.synth.corpus.csv_draft import CsvDraft
from shouwang.synth.corpus.manifest import Case
from shouwang.synth.corpus.xlsx_draft import XlsxDraft

Position = Literal["first", "middle", "last"]
POSITIONS: tuple[Position, ...] = ("first", "middle", "last")


@dataclass(frozen=True, slots=True)
class Draw:
    """What a builder gets: random numbers, the feed, where the odd record stands and how many clean ones surround it."""

    rng: np.random.Generator
    feed: Feed
    position: Position
    size: int

    def around(self, draft: CsvDraft | XlsxDraft, odd: Callable[[], object]) -> None:
        """Write clean records with the odd one first, in the middle or last."""
        before = {"first": 0, "middle": self.size // 2, "last": self.size}[self.position]
        draft.good(before)
        odd()
        draft.good(self.size - before)


Builder = Callable[[Draw], Case]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way a file can be odd. ``commit`` variants make up the small corpus; ``positional`` ones are repeated in the full one."""

    family: int
    family_name: str
    name: str
    build: Builder
    positional: bool
    commit: bool
    feeds: tuple[Feed, ...]


VARIANTS: list[Variant] = []


def add(
    family: tuple[int, str],
    name: str,
    build: Builder,
    *,
    positional: bool = True,
    commit: bool = True,
    needs: tuple[Kind, ...] = (),
) -> None:
    """Register a builder; ``needs`` keeps only feeds that have a column of one of these kinds."""
    feeds = tuple(feed for feed in FEEDS if not needs or feed.first(*needs))
    VARIANTS.append(Variant(family[0], family[1], name, build, positional, commit, feeds))


def variant(
    family: tuple[int, str], name: str, *, positional: bool = True, commit: bool = True, needs: tuple[Kind, ...] = ()
) -> Callable[[Builder], Builder]:
    """Register the decorated builder (see ``add``)."""

    def register(build: Builder) -> Builder:
        add(family, name, build, positional=positional, commit=commit, needs=needs)
        return build

    return register
