"""One page of figures for the acting post's range."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from shouwang.apps.accounts.decorators import acting
from shouwang.apps.reports import selectors
from shouwang.apps.reports.selectors.places import own_name
from shouwang.lib import charts, clock, disclosure

TOP_RULES = 6


@acting
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show alerts, people and deliveries in figures: tables, a trend, a schematic map."""
    actor, today = request.actor, clock.today()
    unit = "day" if request.GET.get("unit") == "day" else "month"
    wide = actor.level in disclosure.WIDE_LEVELS
    alerts, people = selectors.overview(actor, today), selectors.population(actor, today)
    states = selectors.states_now(actor, today, alerts.total)
    trend = selectors.trend(actor, today, unit, alerts.total)
    places = [charts.Place(line.key, line.label, line.open) for line in alerts.by_child]
    context = {
        "place": own_name(actor),
        "wide": wide,
        "unit": unit,
        "figures": _figures(alerts.total, states),
        "states": states,
        "by_level": _rows(alerts.by_level),
        "by_rule": _rows(alerts.by_rule),
        "by_child": [
            row | {"people": shown(people.by_child.get(row["key"], 0)), "url": "" if wide else _worklist_of(row["key"])}
            for row in _rows(alerts.by_child)
        ],
        "total": _rows([alerts.total])[0],
        "categories": [{"label": label, "count": shown(count)} for label, count in people.by_category],
        "people_total": shown(people.total),
        "summary": _summary(selectors.summary_page(actor), TOP_RULES),
        "feeds": [_feed(line) for line in selectors.deliveries(actor)],
        "map": _svg(charts.area_map(places, title="各地在办预警")),
        "legend": charts.legend(places),
        "trend_rows": [
            (label, shown(new), shown(done))
            for label, new, done in zip(trend.labels, trend.opened, trend.closed, strict=True)
        ],
        **_trend_charts(trend),
    }
    return render(request, "reports/dashboard.html", context)


@acting
@require_safe
def summary(request: HttpRequest, area_code: str | None = None) -> HttpResponse:
    """Show the newest loaded summary of a division: counts by rule, and its parts under one rule."""
    page = selectors.summary_page(request.actor, area_code, request.GET.get("rule", ""))
    if page is None and area_code is not None:
        raise Http404
    context = {"place": own_name(request.actor), "wide": request.actor.level in disclosure.WIDE_LEVELS}
    return render(request, "reports/summary.html", context | {"summary": _summary(page)})


def _summary(page: selectors.SummaryPage | None, most: int | None = None) -> dict[str, Any] | None:
    if page is None:
        return None
    chosen = page.chosen
    return {
        "page": page,
        "warnings": [_rule_row(line) for line in page.rules if line.warns][:most],
        "benefits": [_rule_row(line) for line in page.rules if not line.warns][:most],
        "chosen": _rule_row(chosen) if chosen else None,
        "choices": [(line.name, line.label) for line in page.rules],
        "parts": [
            {"code": part.code, "label": part.label, "opens": part.opens, "figures": list(map(shown, part.figures))}
            for part in page.parts
        ],
    }


def _rule_row(line: selectors.RuleLine) -> dict[str, Any]:
    return {"name": line.name, "label": line.label, "figures": list(map(shown, line.figures))}


def shown(count: int | None) -> str:
    """Return a figure as text, or the mark of a withheld one."""
    return disclosure.WITHHELD if count is None else f"{count:,}"


def _rows(lines: list[Any]) -> list[dict[str, Any]]:
    return [
        {"key": line.key, "label": line.label, "level": line.level}
        | {measure: shown(getattr(line, measure)) for measure in ("open", "opened", "closed", "overdue")}
        for line in lines
    ]


def _feed(line: selectors.FeedLine) -> dict[str, Any]:
    counts = {name: shown(getattr(line, name)) for name in ("deliveries", "records", "accepted", "quarantined")}
    return counts | {"label": line.label, "balanced": line.balanced}


def _figures(total: Any, states: list[selectors.StateCount]) -> list[dict[str, str]]:
    overdue = next(state.count for state in states if state.state == "overdue")
    return [
        {"label": "在办预警", "value": shown(total.open), "tone": "is-orange"},
        {"label": "已超期", "value": overdue, "tone": "is-red"},
        {"label": "近31天新增", "value": shown(total.opened), "tone": ""},
        {"label": "近31天办结", "value": shown(total.closed), "tone": "is-green"},
    ]


def _worklist_of(area_code: str) -> str:
    return f"{reverse('monitoring:worklist')}?{urlencode({'area': area_code})}"


def _trend_charts(trend: selectors.Trend) -> dict[str, str]:
    series = [charts.Series("新增预警", trend.opened), charts.Series("办结", trend.closed)]
    return {
        name: _svg(charts.trend(trend.labels, series, title="预警新增与办结走势", width=width))
        for name, width in (("trend_wide", 640.0), ("trend_narrow", 350.0))
    }


def _svg(text: str) -> str:
    return mark_safe(text)  # noqa: S308 — built by an XML writer from escaped text, in charts.py
