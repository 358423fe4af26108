"""Why an alert stands, as its page tells it: what was known from whom since when, the line it crossed, and the article."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.registry import selectors as registry

Facts = Iterable[registry.KnownFact]


@dataclass(frozen=True)
class Line:
    """One value with its label; ``source`` and ``since`` where it comes from a fact of the register."""

    label: str
    value: str
    source: str = ""
    since: date | None = None


@dataclass(frozen=True)
class MemberLines:
    """What was found of one member of the household."""

    name: str
    lines: list[Line]


@dataclass(frozen=True)
class Why:
    """The reasons of one alert. ``action`` is the next step the rule advises; ``cites`` documents with their articles."""

    label: str
    action: str
    lines: list[Line] = field(default_factory=list)
    thresholds: list[Line] = field(default_factory=list)
    members: list[MemberLines] = field(default_factory=list)
    cites: list[str] = field(default_factory=list)


def why_of(alert: Alert, facts: Facts, names: Mapping[int, str]) -> Why:
    """Return the reasons kept with an alert, with labels, units, sources and articles.

    ``facts`` are the household's known facts, ``names`` its people's names as the reader may see them, by id.
    """
    if alert.rule == states.PROACTIVE_REPORT:
        return Why("主动发现", "尽快上门核实；急难情形先行救助，可能符合条件的告知政策并协助申请。")
    if assessment.is_coverage(alert.rule):
        return _coverage(alert)
    warning = assessment.warnings(alert.last_seen_on).get(alert.rule)
    known = list(facts)
    evidence = alert.evidence
    return Why(
        label=assessment.label_of(alert.rule),
        action=warning.action if warning else "",
        lines=_lines(evidence.get("values", {}), known, alert.person_id, alert.last_seen_on),
        thresholds=_thresholds(evidence.get("parameters", {}), alert),
        members=[
            MemberLines(
                names.get(member["person_id"]) or "已不在户内的成员",
                _lines(member["values"], known, member["person_id"], alert.last_seen_on),
            )
            for member in evidence.get("members", [])
        ],
        cites=assessment.cites_of(alert.rule, alert.area_code, alert.last_seen_on),
    )


def _coverage(alert: Alert) -> Why:
    """The reasons of an alert taken up from a screening: what was found, what is missing, what to do."""
    told = assessment.coverage_words(alert.rule)
    evidence = alert.evidence
    lines = [Line("筛查情形", evidence.get("found", ""))]
    if evidence.get("amount") is not None:
        lines.append(Line("按规定每月应享", assessment.money_shown(evidence["amount"])))
    if evidence.get("missing"):
        lines.append(Line("尚缺事实", "、".join(assessment.label_of(name) for name in evidence["missing"])))
    return Why(label=assessment.coverage_label(alert.rule), action=told.action, lines=lines, cites=list(told.cites))


def _lines(values: Mapping[str, Any], facts: list[registry.KnownFact], person_id: int | None, on: date) -> list[Line]:
    found = []
    for name in sorted(values, key=lambda each: (assessment.item_of(each) is None, each)):
        item, value = assessment.item_of(name), values[name]
        fact = _behind(item, facts, person_id, on) if item else None
        said = assessment.value_shown(name, value)
        if fact is None:
            found.append(Line(assessment.label_of(name), said))
        else:
            words = fact.value_text if fact.value == value else said
            found.append(Line(assessment.label_of(name), words, fact.source_label, fact.true_from))
    return found


def _behind(item: str, facts: list[registry.KnownFact], person_id: int | None, on: date) -> registry.KnownFact | None:
    """The latest fact of an item about the alert's person (or household) that was true by then."""
    meant = [fact for fact in facts if fact.item == item and fact.person_id == person_id and fact.true_from <= on]
    return max(meant, key=lambda fact: fact.true_from, default=None)


def _thresholds(parameters: Mapping[str, int], alert: Alert) -> list[Line]:
    if not parameters:
        return []
    origins = assessment.origins_of(parameters, alert.area_code, alert.last_seen_on)
    return [
        Line(assessment.label_of(name), assessment.value_shown(name, value), origins.get(name, ""))
        for name, value in parameters.items()
    ]
