"""One page of figures for the acting post's range."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from shouwang.apps.accounts.decorators import acting
from shouwang.apps.reports import selectors
from shouwang.apps.reports.selectors.places import own_name
from shouwang.lib import charts, clock, disclosure


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
