"""The Chinese words of the law book: units, days, documents, names, and the Markdown they stand in."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import shouwang.rules as law
from shouwang.engine.book import Book
from shouwang.engine.rule import LOCAL, Cite, Definition, Entity
from shouwang.engine.words import citation_of
from shouwang.lib.area_codes import LEVEL_LABELS, level_of

UNIT_WORDS = {
    "bool": "是/否",
    "fen": "元",
    "count": "个数",
    "days": "天",
    "code": "代码",
    "percent": "%",
    "permille": "‰",
    "ratio": "比例",
    "date": "日期",
}
ENTITY_WORDS = {Entity.PERSON: "人", Entity.HOUSEHOLD: "户"}
_WHOSE = {"person": "人", "household": "户"}
_PERIODS = {"month": "月", "year": "年", "day": "日", "once": "次"}
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LETTER = re.compile(r"[A-Za-z]")
_LEAD = re.compile(r"(?P<lead>.+?)(?:: |：|\. |\.$|。|$)")
MADE = "<!-- 由 shouwang lawbook 生成，请勿手改：改规则、参数或事实后重新生成。 -->"
STATUTORY = ("tekun", "dibao", "dibao_marginal", "rigid_expenditure", "single_unit", "linshi")
"""The order in which the schemes are examined; other policies follow by name."""
LAST = ("area_figures", "warnings")


@dataclass(frozen=True, slots=True)
class Page:
    """One file of the law book: its path below ``docs/`` and its text."""

    path: str
    text: str


def policy_of(definition: Definition) -> str:
    """The policy folder a rule stands in."""
    return Path(definition.file).relative_to(rules_folder()).parts[0]


def rules_folder() -> Path:
    """Where the rule package lies."""
    return Path(next(iter(law.__path__)))


def policies_of(book: Book) -> list[str]:
    """Every policy folder with rules or parameters, in the statutory order."""
    found = {policy_of(each) for versions in book.definitions.values() for each in versions}
    found |= {spec.policy for spec in book.parameter_specs.values()}
    return sorted(found, key=_place)


def _place(policy: str) -> tuple[int, int, str]:
    if policy in STATUTORY:
        return 0, STATUTORY.index(policy), policy
    return (2, LAST.index(policy), policy) if policy in LAST else (1, 0, policy)


@cache
def title_of(policy: str) -> str:
    """A policy's name: how its package's docstring begins."""
    return heading_from(importlib.import_module(f"{law.__name__}.{policy}").__doc__) or policy


@cache
def theme_of(file: str) -> str:
    """A theme: how a rule file's docstring begins."""
    inside = Path(file).relative_to(rules_folder()).with_suffix("")
    module = sys.modules.get(".".join((law.__name__, *inside.parts)))
    return heading_from(module.__doc__ if module else None) or inside.name


def heading_from(docstring: str | None) -> str:
    """The Chinese lead of a docstring, else its first sentence."""
    line = re.sub(r"\s+", " ", docstring or "").strip()
    found = _LEAD.match(line)
    return found["lead"].strip() if found else ""


def chinese(text: str) -> str:
    """A note that was written in Chinese; English ones speak to whoever changes the code, not to staff."""
    plain = re.sub(r"\s+", " ", text).strip()
    words = re.findall(r"[A-Za-z]+", plain)
    return plain if len(_HAN.findall(plain)) >= 2 * len(words) and _HAN.search(plain) else ""


def cell(text: str) -> str:
    """A text that cannot break a table's cell."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table, and an empty line after it."""
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    lines += [f"| {' | '.join(cell(each) for each in row)} |" for row in rows]
    return [*lines, ""]


def period_text(since: date | None, until: date | None) -> str:
    """From when until when; the last day is said, not the first one no longer."""
    begun = "起始日不明" if since is None else f"{since} 起"
    if until is None:
        return begun
    return f"{since} 至 {date.fromordinal(until.toordinal() - 1)}"


def area_text(area: str | None) -> str:
    """The division a local version is for."""
    return "" if area is None else f"{LEVEL_LABELS[level_of(area)]} {area}"


def unit_text(unit: str, per: str = "") -> str:
    """A unit as staff say it: 元/人·年."""
    if unit != "fen" or not per:
        return UNIT_WORDS[unit]
    whose, _, period = per.rpartition("-")
    return f"元/{_WHOSE[whose]}·{_PERIODS.get(period, period)}" if whose in _WHOSE else f"元/{_PERIODS.get(per, per)}"


def cite_text(book: Book, cite: Cite) -> str:
    """A cite as shown in explanations; the area's own setting by its name."""
    if cite.key != LOCAL:
        return str(citation_of(book, cite))
    return f"本地设定（{cite.article}）" if cite.article else "本地设定"


def link(book: Book, name: str, policy: str) -> str:
    """A name's label as a link to where it is explained, seen from a policy's page."""
    label = book.label_of(name)
    if name in book.inputs:
        return f"[{label}](vocabulary.md#{name})"
    home = policy_of(book.definitions[name][0]) if name in book.definitions else book.parameter_specs[name].policy
    return f"[{label}]({'' if home == policy else f'{home}.md'}#{name})"


def anchor(name: str) -> str:
    """Where a link to a name leads."""
    return f'<a id="{name}"></a>'
