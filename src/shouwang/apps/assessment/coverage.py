"""What a screening's findings are called and what to do about them: the words of 应保尽保 and 应退未退."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shouwang.engine.coverage import INWARD, LABELS, Verdict
from shouwang.rules.coverage import benefits

PREFIX = "coverage"
CERTAIN = (int(Verdict.MISSED), int(Verdict.LEAVING))
DIRECTIONS = {"in": "应保未保", "out": "应退未退"}


@dataclass(frozen=True)
class CoverageWords:
    """The next step in Chinese, and the documents it rests on ("key:article")."""

    action: str
    cites: tuple[str, ...]


def rule_name(scheme: str, verdict: Verdict) -> str:
    """The name under which a finding enters the worklist: coverage.<scheme>.in or .out."""
    return f"{PREFIX}.{scheme}.{'in' if verdict in INWARD else 'out'}"


def question(scheme: str) -> str:
    """The rule that judges a benefit; "" for one no longer screened."""
    benefit = benefits().get(scheme)
    return benefit.scheme.eligible if benefit else ""


def is_coverage(rule: str) -> bool:
    """Whether an alert's rule stands for a screening's finding."""
    return rule.startswith(f"{PREFIX}.")


def label(rule: str) -> str:
    """应保未保：最低生活保障."""
    _, scheme, direction = rule.split(".")
    benefit = benefits().get(scheme)
    return f"{DIRECTIONS[direction]}：{benefit.scheme.label if benefit else scheme}"


def choices() -> list[tuple[str, str]]:
    """Every name a finding can enter the worklist under, with its label."""
    names = [f"{PREFIX}.{scheme}.{direction}" for scheme in benefits() for direction in DIRECTIONS]
    return [(name, label(name)) for name in names]


def words(rule: str) -> CoverageWords:
    """What to do about it, and why."""
    _, scheme, direction = rule.split(".")
    benefit = benefits().get(scheme)
    if benefit is None:
        return CoverageWords("", ())
    return CoverageWords(benefit.help if direction == "in" else benefit.leave, benefit.cites)


def scheme_choices() -> list[tuple[str, str]]:
    """Every benefit, in the statutory order."""
    return [(name, benefit.scheme.label) for name, benefit in benefits().items()]


def verdict_choices() -> Sequence[tuple[int, str]]:
    """Every kind of finding."""
    return [(int(verdict), text) for verdict, text in LABELS.items() if verdict is not Verdict.SETTLED]
