"""What the pages of local standards show: the values of a division on a day, one standard's history, a proposal beside its neighbours."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, QuerySet

from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import checking, selectors, states
from shouwang.apps.assessment.access import standards_visible_to
from shouwang.apps.assessment.models import LocalStandard, Simulation
from shouwang.apps.assessment.selectors import simulations
from shouwang.apps.assessment.simulation_access import simulations_visible_to
from shouwang.apps.assessment.standards import assertion_from
from shouwang.engine.parameter_spec import MONTHS, ParameterSpec
from shouwang.engine.parameters import Assertion, Found, ParameterTable
from shouwang.engine.reform import Change, Reform
from shouwang.engine.reform_text import from_data
from shouwang.engine.wording import parameter_text
from shouwang.lib.area_codes import NATION, level_of, parent_of, scope_range
from shouwang.lib.money import divide, yuan
from shouwang.lib.ratio import ratio_text

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

CONSUMPTION = {"urban": "consumption_urban", "rural": "consumption_rural"}
PERCENT = 100
TENTHS = 10
SIMULATIONS_LOOKED_AT = 50
MEASURED = (("gain", "受益户"), ("lose", "减少户"), ("newly", "新纳入户"), ("exits", "退出户"))
BELOW = {"province": ("city", "county"), "city": ("county",), "county": ("township",)}
NATIONAL = "全国统一"
MAIN_POLICY = "dibao"
"""The policy whose line the others are measured by: the list begins with it."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is asked for; ``national`` adds the parameters that a national text fixes."""

    policy: str = ""
    text: str = ""
    unset: bool = False
    national: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One parameter as it holds in a division on a day. ``set_in`` is the division that set it, "" where nobody did."""

    item: str
    label: str
    month: str
    year: str
    published: str
    source: str
    since: str
    confirmed: date | None
    set_in: str
    origin: str
    made_of: str
    unconfirmed: bool
    blocks: tuple[str, ...]
    waiting: int
    note: str

    @property
    def is_set(self) -> bool:
        """Whether anybody set it."""
        return bool(self.origin)


@dataclass(frozen=True, slots=True)
class Group:
    """The parameters of one policy."""

    policy: str
    label: str
    lines: list[Line]

    @property
    def settled(self) -> list[Line]:
        """What is set, here or above."""
        return [line for line in self.lines if line.is_set]

    @property
    def unset(self) -> list[Line]:
        """What nobody set, first what keeps a rule from being told."""
        return sorted((line for line in self.lines if not line.is_set), key=lambda line: not line.blocks)

    @property
    def blocking(self) -> int:
        """How many unset ones keep a rule from being told."""
        return sum(bool(line.blocks) for line in self.lines)

    @property
    def waiting(self) -> int:
        """How many drafts wait."""
        return sum(line.waiting for line in self.lines)


@dataclass(frozen=True, slots=True)
class Past:
    """One row of a standard's history; ``until`` is the first day it no longer holds, by its own end or the next row."""

    row: LocalStandard
    value: str
    until: date | None
    in_force: bool
    state_label: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    label: str
    who: str
    note: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """A value that holds in a division on a day, in words; ``value`` is "" where nobody set it."""

    label: str
    value: str
    source: str
    since: str
    origin: str
    made_of: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What another division of the same parent has for the same parameter."""

    name: str
    value: str
    since: str
    source: str
    compared: str
    is_self: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure a proposal is held against, and what share of it the present and the proposed value are."""

    label: str
    value: str
    source: str
    share_now: str
    share_proposed: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the latest simulation of just this change found, as the actor's level may see it (None: withheld)."""

    uuid: UUID
    as_of: date
    counts: list[tuple[str, int | None]]
    more: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value thought of, beside all that speaks for and against it. Nothing of it is stored."""

    now: str
    proposed: str
    change: str
    findings: list[checking.Finding] = field(default_factory=list)
    moves: list[checking.Move] = field(default_factory=list)
    months: list[date] = field(default_factory=list)


def standards_on(actor: Actor, area_code: str, on: date, filters: Filters) -> list[Group]:
    """Return every parameter of a division on a day, by policy, the main one first, then in the statutory order (three queries)."""
    book, table = selectors.book(), selectors.parameters()
    blocked = _named_by_rules(area_code, on)
    waiting = dict(
        standards_visible_to(actor)
        .filter(area_code=area_code, state__in=states.WAITING)
        .values_list("item")
        .annotate(Count("id"))
    )
    wanted = [spec for spec in book.parameter_specs.values() if _asked_for(spec, filters)]
    found = {spec.item: table.lookup(spec.item, area_code, on) for spec in wanted}
    names = areas.name_paths({each.assertion.area_code for each in found.values() if each} - {NATION})
    groups: dict[str, list[Line]] = {}
    for spec in wanted:
        held = found[spec.item]
        of_nation = held is None or held.assertion.area_code == NATION
        if (filters.unset and held is not None) or (not spec.local and of_nation and not filters.national):
            continue
        blocks = () if held is not None else tuple(blocked.get(spec.item, ()))
        line = _line(spec, held, area_code, names, blocks=blocks, waiting=waiting.get(spec.item, 0))
        groups.setdefault(spec.policy, []).append(line)
    order = {policy: place for place, policy in enumerate(dict.fromkeys(each.policy for each in selectors.questions()))}
    placed = sorted(groups.items(), key=lambda each: (each[0] != MAIN_POLICY, order.get(each[0], len(order)), each[0]))
    return [Group(policy, policy_label(policy), lines) for policy, lines in placed]


def places_below(actor: Actor, on: date) -> list[tuple[str, str]]:
    """Return the actor's own division and those below it that set standards of their own, by code, with their names."""
    levels = BELOW.get(level_of(actor.area_code), ())
    low, high = scope_range(actor.area_code)
    below = areas.in_force(on).filter(code__gt=low, code__lt=high, level__in=levels).order_by("code")
    return [(actor.area_code, areas.name_path(actor.area_code, on)), *below.values_list("code", "name")]


def policy_choices() -> list[tuple[str, str]]:
    """Return every policy that declares a parameter, with its name."""
    policies = sorted({spec.policy for spec in selectors.book().parameter_specs.values()})
    return [(policy, policy_label(policy)) for policy in policies]


def item_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every parameter a division may set, by policy."""
    specs = selectors.book().parameter_specs.values()
    return [
        (label, [(spec.item, spec.label) for spec in specs if spec.policy == policy])
        for policy, label in policy_choices()
    ]


@lru_cache(maxsize=64)
def policy_label(policy: str) -> str:
    """Return a policy's Chinese name: how its package's first line begins."""
    said = (importlib.import_module(f"shouwang.rules.{policy}").__doc__ or policy).strip()
    return min((said.split(mark)[0] for mark in ":：.。\n"), key=len)


def rows_waiting(actor: Actor) -> QuerySet[LocalStandard]:
    """Return what waits for a second person or for correction in the actor's range, oldest first."""
    return standards_visible_to(actor).filter(state__in=states.WAITING).select_related("maker").order_by("id")


def history_of(actor: Actor, area_code: str, item: str, on: date) -> list[Past]:
    """Return every row of one parameter in one division that the actor may see, the latest first day first (one query)."""
    rows = standards_visible_to(actor).filter(area_code=area_code, item=item)
    rows = list(rows.select_related("maker", "checker").order_by("-starts_on", "-id"))
    spec = selectors.book().parameter_specs[item]
    following: date | None = None
    found = []
    for row in rows:
        counts = row.state in states.IN_FORCE
        until = row.valid_to
        if counts and following is not None and (until is None or following < until):
            until = following
        running = counts and row.starts_on <= on and (until is None or on < until)
        by = "实施单位导入" if row.by_installation else row.checker.name if row.checker else ""
        found.append(
            Past(
                row,
                value_shown(spec, assertion_from(row)),
                until if counts else row.valid_to,
                running,
                states.LABELS[row.state],
                by,
            )
        )
        if counts:
            following = row.starts_on
    return found


def timeline_of(row: LocalStandard) -> list[Happening]:
    """Return everything that happened to a row, newest first (one query)."""
    return [
        Happening(
            at=step.at,
            label=states.VERB_LABELS.get(step.verb, step.verb),
            who=f"{step.post.user.name} {step.post.title}" if step.post else "实施单位",
            note=step.note,
            details=step.details,
        )
        for step in row.steps.select_related("post__user").order_by("-at", "-id")
    ]


def proposal_of(new: Assertion, table: ParameterTable, *, today: date) -> Proposal:
    """Return a value thought of, or a draft, beside what speaks for and against it (one query)."""
    specs = selectors.book().parameter_specs
    rows = LocalStandard.objects.filter(item=new.item, area_code=new.area_code, state__in=states.IN_FORCE)
    standing = [assertion_from(row) for row in rows.order_by("starts_on")]
    spec, start = specs[new.item], new.start or today
    old, value = table.lookup(new.item, new.area_code, start), spec.amount(new.value, new.per)
    findings = checking.findings_of(new, table=table, standing=standing, specs=specs, today=today)
    fits = value is not None and specs[new.item].allows(value)
    return Proposal(
        now="未设定" if old is None else checking.shown(spec, old.value),
        proposed="" if value is None else checking.shown(spec, value),
        change=_change(old.value, value) if old is not None and value is not None and spec.unit == "fen" else "",
        findings=findings,
        moves=checking.moves_of(new, table, specs) if fits else [],
        months=checking.months_affected(new, today),
    )


def simulated_for(actor: Actor, new: Assertion) -> Simulated | None:
    """Return the latest finished simulation of this change alone in its division; None if nobody simulated it."""
    reform = Reform((Change(new.item, new.area_code, new.value, new.per),))
    done = simulations_visible_to(actor).filter(area_code=new.area_code, state=Simulation.State.DONE)
    found = next(
        (
            each
            for each in done.defer("summary", "fingerprint").order_by("-id")[:SIMULATIONS_LOOKED_AT]
            if from_data(each.reform) == reform
        ),
        None,
    )
    if found is None:
        return None
    total = simulations.result_for(actor, found).total
    more = total.get("more")
    counts = [(label, total.get(measure)) for measure, label in MEASURED]
    return Simulated(found.uuid, found.as_of, counts, "" if more is None else f"{yuan(more)}元")


def neighbours_of(area_code: str, item: str, on: date, table: ParameterTable) -> list[Neighbour]:
    """Return what the divisions of the same parent have for a parameter on a day, itself among them (one or two queries)."""
    above = parent_of(area_code)
    if above is None:
        return []
    spec = selectors.book().parameter_specs[item]
    own = table.lookup(item, area_code, on)
    found = []
    for place in areas.children_of(above, on):
        held = table.lookup(item, place.code, on)
        is_self = place.code == area_code
        compared = _change(own.value, held.value) if own and held and not is_self and spec.unit == "fen" else ""
        value = "未设定" if held is None else checking.shown(spec, held.value)
        since, source = ("", "") if held is None else (_since(held.assertion), source_shown(held))
        found.append(Neighbour(place.name, value, since, source, compared, is_self))
    return found


def measures_of(
    item: str, area_code: str, on: date, table: ParameterTable, new: Assertion | None = None
) -> list[Measure]:
    """Return last year's consumption, the provincial floor and the average a line is held against, where they are set."""
    specs = selectors.book().parameter_specs
    spec = specs[item]
    sides = [name for side, name in CONSUMPTION.items() if side in item.split("_")] or list(CONSUMPTION.values())
    averages = [name for name in (f"{item}_average",) if name in specs]
    held = table.lookup(item, area_code, on)
    parts = (held.value if held else None, spec.amount(new.value, new.per) if new else None)
    found = []
    for name in (*sides, *checking.floors_for(item, specs), *averages):
        measure = table.lookup(name, area_code, on)
        if measure is None:
            found.append(Measure(specs[name].label, "未录入", "", "", ""))
            continue
        same = specs[name].per == spec.per and spec.unit == "fen" and measure.value > 0
        shares = [_share(part, measure.value) if same and part is not None else "" for part in parts]
        value = checking.shown(specs[name], measure.value)
        found.append(Measure(specs[name].label, value, source_shown(measure), *shares))
    return found


def held_in(items: Iterable[str], area_code: str, on: date, table: ParameterTable) -> list[Held]:
    """Return what holds in a division on a day of each parameter (one query)."""
    specs = selectors.book().parameter_specs
    found = [(specs[item], table.lookup(item, area_code, on)) for item in items]
    names = areas.name_paths({held.assertion.area_code for _, held in found if held} - {NATION}, on)
    return [
        Held(spec.label, "", "", "", "", "")
        if held is None
        else Held(
            spec.label,
            checking.shown(spec, held.value),
            source_shown(held),
            _since(held.assertion),
            _origin(held.assertion.area_code, area_code, names),
            checking.made_of(held, specs),
        )
        for spec, held in found
    ]


def floors_of(item: str) -> list[str]:
    """Return the parameters below which a value may not lie."""
    return checking.floors_for(item, selectors.book().parameter_specs)


def written(spec: ParameterSpec, assertion: Assertion) -> str:
    """Return a value as a form takes it in again."""
    if spec.unit == "fen":
        return assertion.published or yuan(assertion.value).replace(",", "")
    return ratio_text(assertion.value) if spec.unit == "ratio" else str(assertion.value)


def _origin(set_in: str, area_code: str, names: Mapping[str, str]) -> str:
    return "本级" if set_in == area_code else NATIONAL if set_in == NATION else names.get(set_in, set_in)


def value_shown(spec: ParameterSpec, assertion: Assertion) -> str:
    """Return what a row sets, in the parameter's own period."""
    value = spec.amount(assertion.value, assertion.per)
    return "—" if value is None else parameter_text(value, spec.shown_unit)


def published_shown(assertion: Assertion) -> str:
    """Return the figure as the notice prints it."""
    return f"{assertion.published}{assertion.published_unit}" if assertion.published else ""


def source_shown(found: Found) -> str:
    """Return the documents a value rests on, the nearest first."""
    said = []
    for each in found.assertions:
        national = each.source in selectors.book().sources
        said.append(
            selectors.cited(f"{each.source}:{each.article}")
            if national
            else " ".join(filter(None, (each.source, each.article)))
        )
    return "；".join(dict.fromkeys(said))


def rows_to_export(area_code: str) -> list[Assertion]:
    """Return every value in force now or once or to come in a division and below it, for the CSV layout (one query)."""
    low, high = scope_range(area_code)
    rows = LocalStandard.objects.filter(state__in=states.IN_FORCE, area_code__gte=low, area_code__lt=high)
    return [assertion_from(row) for row in rows.order_by("area_code", "item", "starts_on")]


def _asked_for(spec: ParameterSpec, filters: Filters) -> bool:
    text = filters.text.strip()
    return (not filters.policy or spec.policy == filters.policy) and (text in spec.label or text in spec.item)


def _line(
    spec: ParameterSpec,
    held: Found | None,
    area_code: str,
    names: Mapping[str, str],
    *,
    blocks: tuple[str, ...],
    waiting: int,
) -> Line:
    if held is None:
        return Line(
            spec.item, spec.label, "", "", "", "", "", None, "", "", "", spec.unconfirmed, blocks, waiting, spec.note
        )
    assertion, specs = held.assertion, selectors.book().parameter_specs
    month, year = month_and_year(spec, held.value)
    set_in = assertion.area_code
    return Line(
        item=spec.item,
        label=spec.label,
        month=month,
        year=year,
        published=published_shown(assertion) if held.of is None else "",
        source=source_shown(held),
        since=_since(assertion),
        confirmed=assertion.last_confirmed,
        set_in=set_in,
        origin=_origin(set_in, area_code, names),
        made_of=checking.made_of(held, specs),
        unconfirmed=spec.unconfirmed,
        blocks=blocks,
        waiting=waiting,
        note=spec.note,
    )


def month_and_year(spec: ParameterSpec, value: int) -> tuple[str, str]:
    """Return a value by the month and by the year; what has no period stands in the first place alone."""
    if spec.unit != "fen":
        return parameter_text(value, spec.shown_unit), ""
    period = spec.per.rpartition("-")[2]
    if period == "year":
        exact = value % MONTHS == 0
        return f"{'' if exact else '约 '}{yuan(divide(value, MONTHS, 'half_up'))}", yuan(value)
    return yuan(value), yuan(value * MONTHS) if period == "month" else ""


def _since(assertion: Assertion) -> str:
    if assertion.valid_from is not None:
        return assertion.valid_from.isoformat()
    return f"{assertion.observed_on} 时已执行，起始日不详"


def _named_by_rules(area_code: str, on: date) -> dict[str, list[str]]:
    """Parameter → the labels of the rules in force that cannot be told without it."""
    found: dict[str, list[str]] = {}
    specs = selectors.book().parameter_specs
    for version in selectors.book().versions_on(on, area_code).values():
        for name in _parameters_in(version.arguments, specs):
            found.setdefault(name, []).append(selectors.label_of(version.name))
    return found


def _parameters_in(arguments: Iterable[str], specs: Mapping[str, ParameterSpec]) -> list[str]:
    return [name for name in arguments if name in specs]


def _change(old: int, new: int) -> str:
    """How much more or less the second is, in percent with one decimal."""
    if old == new:
        return "持平"
    if old == 0:
        return ""
    tenths = divide((new - old) * PERCENT * TENTHS, old, "half_up")
    sign = "高" if tenths >= 0 else "低"
    return f"{sign} {abs(tenths) // TENTHS}.{abs(tenths) % TENTHS}%"


def _share(part: int, whole: int) -> str:
    tenths = divide(part * PERCENT * TENTHS, whole, "half_up")
    return f"{tenths // TENTHS}.{tenths % TENTHS}%"
