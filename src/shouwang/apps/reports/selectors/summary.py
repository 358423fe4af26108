"""The newest loaded summary as an acting post may see it: one division's counts by rule, and its parts side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.reports.figures import unpacked
from shouwang.apps.reports.models import Summary, SummaryLine
from shouwang.lib import disclosure
from shouwang.lib.area_codes import AreaCodeError, ancestors_of, level_of, normalise_code

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

Figures = list[int | None]
_TOLD_TO = ("nation", "province", "city", "county")
"""Levels whose parts a post that sees counts and not people may look at: down to the townships of a county."""


@dataclass(frozen=True)
class RuleLine:
    """One rule in a division: how many it holds for, cannot be told for, newly holds for, holds for no longer."""

    name: str
    label: str
    figures: Figures
    warns: bool


@dataclass(frozen=True)
class PartLine:
    """One part of a division under the chosen rule; ``opens`` whether its own page may be looked at."""

    code: str
    label: str
    figures: Figures
    opens: bool


@dataclass(frozen=True)
class SummaryPage:
    """What a summary says of a division. ``path``: code and name from the post's own division down to this one."""

    source: str
    version: int
    as_of: date
    loaded_at: datetime
    code: str
    path: list[tuple[str, str]]
    rules: list[RuleLine]
    chosen: RuleLine | None
    parts: list[PartLine]


def summary_page(actor: Actor, area_code: str | None = None, rule: str = "") -> SummaryPage | None:
    """Return the newest summary's counts of a division (the post's own, if none is named), None where there are none.

    A division outside the post's range, or below what its level may look at, is as if it had none.
    """
    code = _code_in_sight(actor, area_code)
    summary = newest_summary() if code is not None else None
    if summary is None or code is None:
        return None
    lines = list(
        SummaryLine.objects.filter(summary=summary)
        .filter(Q(parent_code=code) | Q(area_code=code))
        .values_list("area_code", "parent_code", "figures", "withheld")
        .order_by("area_code")
    )
    as_told, rules = actor.level in disclosure.WIDE_LEVELS, len(summary.targets)
    read = {
        (area, above): unpacked(bytes(figures), bytes(withheld), rules, as_told=as_told)
        for area, above, figures, withheld in lines
    }
    whole = next((found for (area, above), found in read.items() if area == code != above), None)
    if whole is None:
        return None
    shown = _rules(summary, whole)
    chosen = next((line for line in shown if line.name == rule), next(iter(shown), None))
    parts = sorted(area for area, above in read if above == code)
    path = [each for each in reversed(ancestors_of(code)) if actor.covers(each) or each == actor.area_code]
    names = areas.name_paths([code, *path, *parts], summary.as_of)
    place = summary.targets.index(chosen.name) if chosen else 0
    return SummaryPage(
        summary.source,
        summary.version,
        summary.as_of,
        summary.loaded_at,
        code,
        [(each, _short(names, each)) for each in path],
        shown,
        chosen,
        [
            PartLine(
                part,
                "本级" if part == code else _short(names, part, code),
                read[part, code][place],
                part != code and level_of(part) != "village" and _code_in_sight(actor, part) is not None,
            )
            for part in parts
            if chosen
        ],
    )


def newest_summary() -> Summary | None:
    """Return the summary that is shown: of the latest day, of that day the latest version."""
    return Summary.objects.filter(ready=True).order_by("-as_of", "-version", "-id").first()


def _code_in_sight(actor: Actor, area_code: str | None) -> str | None:
    try:
        code = normalise_code(area_code) if area_code else actor.area_code
        told = actor.level not in disclosure.WIDE_LEVELS or level_of(code) in _TOLD_TO
    except AreaCodeError:
        return None
    return code if told and actor.covers(code) else None


def _rules(summary: Summary, whole: list[Figures]) -> list[RuleLine]:
    """Warnings first, then what people are entitled to; in each the greatest counts first, the withheld last."""
    warnings = {rule.name for rule in assessment.book().warnings(summary.as_of)}
    lines = [
        RuleLine(name, _label(name), figures, name in warnings)
        for name, figures in zip(summary.targets, whole, strict=True)
    ]
    return sorted(lines, key=lambda line: (not line.warns, -(line.figures[0] or -1), line.name))


def _label(name: str) -> str:
    """A rule's 汉字 label; a rule that this installation's book does not have is shown by its name."""
    try:
        return assessment.label_of(name)
    except KeyError:
        return name


def _short(names: dict[str, str], code: str, above: str = "") -> str:
    """A division's own name: its full one without that of the division above it."""
    parent = names.get(above or next(iter(ancestors_of(code)[1:2]), ""), "")
    return names[code].removeprefix(parent) or names[code]
