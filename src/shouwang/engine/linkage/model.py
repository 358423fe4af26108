"""The trained weights, and a small evaluator of them: the same probabilities as Splink's for one pair, in microseconds."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shouwang.engine.linkage.levels import MISSING, PEOPLE, Scheme

FORM = 1
Frequency = Callable[[str, str], float | None]
"""How large a part of the register has a value in a column; None where nobody has."""


class ModelUnreadable(Exception):
    """The kept model is of another form or does not speak of the levels there are; the message says what to do."""


@dataclass(frozen=True)
class Part:
    """What one comparison adds to the evidence for a pair, in bits: level hit, weight, and of it what rarity of the name adds."""

    comparison: str
    level: str
    weight: float
    rarity: float = 0.0

    @property
    def text(self) -> str:
        """The level in the reader's words."""
        return next(each for each in PEOPLE.comparisons if each.name == self.comparison).labelled(self.level)

    @property
    def label(self) -> str:
        """What was compared, in the reader's words."""
        return next(each.label for each in PEOPLE.comparisons if each.name == self.comparison)


@dataclass(frozen=True)
class Judged:
    """One pair judged: probability that both are one person, and the parts it comes from (``prior`` in bits first)."""

    probability: float
    prior: float
    parts: tuple[Part, ...]

    def waterfall(self) -> list[tuple[str, str, float]]:
        """Return (what, finding, bits) from the prior to the last comparison: their sum is the log-odds of the probability."""
        first = ("起点", "登记册中任意一人恰是此人", self.prior)
        return [first, *((part.label, part.text, part.weight + part.rarity) for part in self.parts)]


@dataclass(frozen=True)
class Model:
    """Weights per comparison and level: ``m`` among pairs of one person, ``u`` among pairs of two; ``share`` of the records
    that are expected to be about somebody in the register at all.

    ``version`` names it in every suggestion; ``trained`` says on what.
    """

    version: str
    share: float
    weights: Mapping[str, Mapping[str, tuple[float, float]]]
    trained: Mapping[str, Any]
    scheme: Scheme = PEOPLE

    def __post_init__(self) -> None:
        for comparison in self.scheme.comparisons:
            if tuple(self.weights.get(comparison.name, ())) != tuple(level.name for level in comparison.levels):
                raise ModelUnreadable(
                    f"关联模型 {self.version} 与本版程序的比对层级不一致（{comparison.label}），请重新训练。"
                )

    def prior(self, register: int, part: float = 1.0) -> float:
        """Return the probability that a record and one person of a register of that size, drawn at random, are one person.

        ``part`` of the share that the model expects where less is expected of records of this kind.
        """
        return min(0.5, self.share * part / max(register, 2))

    def judge(self, a: Any, b: Any, *, prior: float, frequency: Frequency) -> Judged:
        """Judge one pair of records of the scheme."""
        total = start = math.log2(prior / (1 - prior))
        parts = []
        for comparison in self.scheme.comparisons:
            level = comparison.level_of(a, b)
            if level == MISSING:
                parts.append(Part(comparison.name, MISSING, 0.0))
                continue
            m, u = self.weights[comparison.name][level]
            weight, rarity = math.log2(m / u), 0.0
            if comparison.weighed_by and level == comparison.levels[0].name:
                share = frequency(comparison.weighed_by, getattr(a, comparison.weighed_by))
                rarity = 0.0 if share is None else math.log2(u) - math.log2(share)
            total += weight
            total += rarity
            parts.append(Part(comparison.name, level, weight, rarity))
        return Judged(_probability(total), start, tuple(parts))

    def kept(self) -> dict[str, Any]:
        """Return the model as JSON values, with the blocks and the words of each level, for a reader too."""
        labels = {each.name: {level.name: level.label for level in each.levels} for each in self.scheme.comparisons}
        weights = {
            name: {level: {"m": m, "u": u, "label": labels[name][level]} for level, (m, u) in levels.items()}
            for name, levels in self.weights.items()
        }
        blocks = [list(block) for block in self.scheme.blocks]
        return {
            "form": FORM,
            "version": self.version,
            "share": self.share,
            "trained": dict(self.trained),
            "weights": weights,
            "blocks": blocks,
        }

    def keep(self, folder: Path) -> Path:
        """Write the model beside others as ``<version>.json``, whole or not at all; return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.version}.json"
        written = path.with_suffix(".writing")
        with written.open("w", encoding="utf-8") as target:
            json.dump(self.kept(), target, ensure_ascii=False, indent=1)
            target.flush()
            os.fsync(target.fileno())
        written.replace(path)
        return path


def model_from(kept: Mapping[str, Any]) -> Model:
    """Return a model from its JSON values. Raises ModelUnreadable."""
    if kept.get("form") != FORM:
        raise ModelUnreadable("关联模型的格式不是本版程序的格式，请重新训练。")
    weights = {
        name: {level: (float(each["m"]), float(each["u"])) for level, each in levels.items()}
        for name, levels in kept["weights"].items()
    }
    return Model(str(kept["version"]), float(kept["share"]), weights, kept.get("trained", {}))


def read_model(path: Path) -> Model:
    """Read a kept model. Raises ModelUnreadable."""
    try:
        return model_from(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise ModelUnreadable(f"关联模型文件 {path.name} 无法读取，请重新训练。") from error


def packaged_model() -> Model:
    """Return the model that comes with the program (``weights.yaml``): for an office that has not trained its own yet."""
    import yaml

    return model_from(yaml.safe_load(Path(__file__).with_name("weights.yaml").read_text(encoding="utf-8")))


def _probability(bits: float) -> float:
    if bits >= 0:
        return 1.0 / (1.0 + math.pow(2.0, -bits))
    return math.pow(2.0, bits) / (1.0 + math.pow(2.0, bits))
