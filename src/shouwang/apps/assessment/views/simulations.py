"""模拟测算: ask what if, watch it compute, read and download what came out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from shouwang.apps.accounts.decorators import acting
from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import services
from shouwang.apps.assessment.models import Simulation
from shouwang.apps.assessment.selectors import label_of
from shouwang.apps.assessment.selectors import simulations as selectors
from shouwang.apps.assessment.services import simulating
from shouwang.apps.assessment.simulation_access import check_may_simulate, simulation_for
from shouwang.apps.assessment.simulation_form import SimulationForm, prefilled
from shouwang.apps.jobs import selectors as jobs
from shouwang.lib import charts, clock, disclosure
from shouwang.lib.area_codes import AreaCodeError, normalise_code
from shouwang.lib.csv_text import csv_bytes
from shouwang.lib.money import yuan

MOST_BARS = 24
MOST_VALUES = 8
LABELS = {
    "gain": "受益",
    "lose": "减少",
    "newly": "新纳入",
    "exits": "退出",
    "untold": "无法判断",
    "before": "现月支出",
    "after": "改后月支出",
    "more": "月增支",
}


@require_safe
@acting
def show_simulations(request: HttpRequest) -> HttpResponse:
    """The simulations of the actor's range, newest first."""
    check_may_simulate(request.actor)
    after = request.GET.get("after", "")
    key = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    rows, rest = selectors.simulations_page(request.actor, key)
    running = jobs.unfinished_among([row.job for row in rows if row.job])
    for row in rows:  # one whose process died says so here as on its own page
        if row.state == Simulation.State.WAITING and row.job not in running:
            row.state = Simulation.State.FAILED
    names = areas.name_paths({row.area_code for row in rows})
    here = reverse("assessment:simulations")
    context = {
        "rows": [(row, names[row.area_code], selectors.reform_in_words(row)) for row in rows],
        "summary": f"本页 {len(rows)} 次",
        "first_url": here if key else "",
        "next_url": f"{here}?after={rest}" if rest else "",
    }
    return render(request, "assessment/simulations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@acting
def new_simulation(request: HttpRequest) -> HttpResponse:
    """Ask: where, on which day, what would be otherwise. A link may fill the form in."""
    check_may_simulate(request.actor)
    today, posted = clock.today(), request.method == "POST"
    given = request.POST if posted else request.GET
    initial = {} if posted else prefilled(given, latest=today)
    places, chosen = _places(request.actor, given.get("area", ""))
    form = SimulationForm(
        request.POST if posted else None,
        places=places,
        latest=today,
        also=initial.get("item_1", ""),
        initial=initial | {"area": chosen},
    )
    status = 200
    if posted:
        reform = form.reform() if form.is_valid() else None
        if reform is not None:
            try:
                made = services.simulate(request.actor, form.cleaned_data["area"], form.cleaned_data["as_of"], reform)
                return redirect("assessment:simulation", made.uuid)
            except services.SimulationRefused as refusal:
                form.refuse(str(refusal))
        status = 422
    return render(
        request, "assessment/simulation_new.html", {"form": form, "at_once": simulating.AT_ONCE}, status=status
    )


def _places(actor: Any, asked: str) -> tuple[list[tuple[str, str]], str]:
    """The actor's own division, those right below it and the one a link asks for (if it lies in the range); which is chosen."""
    codes = [actor.area_code, *(child.code for child in areas.children_of(actor.area_code))]
    try:
        code = normalise_code(asked)
    except AreaCodeError:
        code = ""
    if code and actor.covers(code) and code not in codes:
        codes.append(code)
    names = areas.name_paths(codes)
    return [(each, names[each]) for each in codes], code if code in codes else actor.area_code


@require_safe
@acting
def show_simulation(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One simulation: its figures, or how far it is."""
    simulation = simulation_for(request.actor, uuid)
    context: dict[str, Any] = {
        "simulation": simulation,
        "place": areas.name_path(simulation.area_code),
        "said": selectors.reform_in_words(simulation),
    }
    if simulation.state == Simulation.State.DONE:
        context |= _result(request.actor, simulation)
    else:
        context |= _progress(simulation)
    return render(request, "assessment/simulation.html", context)


@require_safe
@acting
def show_progress(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The progress bar by itself, for the page that waits; once ended, the page is loaded anew."""
    simulation = simulation_for(request.actor, uuid)
    context = {"simulation": simulation} | _progress(simulation)
    answer = render(request, "assessment/parts/simulation_progress.html", context)
    if not context["waiting"]:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress(simulation: Simulation) -> dict[str, Any]:
    job = jobs.job_by_uuid(simulation.job)
    pace = jobs.pace_of(job) if job else None
    waiting = simulation.state == Simulation.State.WAITING and job is not None and job.is_unfinished
    left = pace.seconds_left if pace else None
    return {
        "job": job,
        "pace": pace,
        "left": "" if left is None else f"约 {left} 秒" if left < 90 else f"约 {-(-left // 60)} 分钟",
        "ahead": jobs.jobs_ahead(job) if job and job.state == "queued" else 0,
        "waiting": waiting,
        "error": simulation.error or (job.error if job else "") or "没有算完。",
    }


@require_POST
@acting
def cancel_simulation(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Stop a simulation that waits or runs."""
    simulation = simulation_for(request.actor, uuid)
    if simulating.cancel(request.actor, simulation):
        messages.success(request, "已取消。")
    else:
        messages.error(request, "这次测算已经结束，不能取消。")
    return redirect("assessment:simulation", uuid)


@require_GET
@acting
def download_table(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Every table of a result as one CSV file, as this post may see them; the download leaves an audit row."""
    simulation = simulation_for(request.actor, uuid)
    if simulation.state != Simulation.State.DONE:
        messages.error(request, "还没有算完，不能下载。")
        return redirect("assessment:simulation", uuid)
    result = selectors.result_for(request.actor, simulation)
    rows: list[list[str | int]] = []
    for table in (result.benefits, result.areas, *result.groups):
        unit = "人" if table.of_persons else "户"
        for line in table.lines:
            counts = [_cell(line.figures[measure]) for measure in selectors.COUNTS]
            money = [_yuan(line.figures[name]) if name in line.figures else "" for name in ("before", "after", "more")]
            rows.append([table.label, line.label, unit, *counts, *money])
    counts = [_cell(result.total[measure]) for measure in selectors.COUNTS]
    rows.append(["合计", "全部", "户", *counts, *(_yuan(result.total[name]) for name in ("before", "after", "more"))])
    header = ["分组", "项", "单位", *(LABELS[each] for each in selectors.COUNTS)]
    header += [f"{LABELS[each]}（元）" for each in ("before", "after", "more")]
    services.note_export(request.actor, simulation, len(rows))
    return HttpResponse(
        csv_bytes(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="simulation-{simulation.uuid}.csv"'},
    )


def _cell(figure: int | None) -> str | int:
    return disclosure.WITHHELD if figure is None else figure


def _yuan(figure: int | None) -> str:
    if figure is None:
        return disclosure.WITHHELD
    return f"{'-' if figure < 0 else ''}{abs(figure) // 100}.{abs(figure) % 100:02d}"


MOVES = ("gain", "lose", "newly", "exits", "more")
"""What shows that an outcome moved; a figure that is withheld may have."""


def _result(actor: Any, simulation: Simulation) -> dict[str, Any]:
    result = selectors.result_for(actor, simulation)
    summary, more = simulation.summary, result.total["more"]
    labels = selectors.benefit_labels()
    changed_in = [code for each in summary["values"] for code, _ in each["before"][:MOST_VALUES]]
    names = selectors.place_names(changed_in, simulation.as_of) if changed_in else {}
    values = [
        {
            "label": label_of(each["item"]),
            "rows": [
                {"place": names[code], "before": before, "after": dict(each["after"]).get(code, before)}
                for code, before in each["before"][:MOST_VALUES]
            ],
            "others": max(0, len(each["before"]) - MOST_VALUES),
        }
        for each in summary["values"]
    ]
    moved = [line for line in result.benefits.lines if any(line.figures.get(name, 0) != 0 for name in MOVES)]
    return {
        "result": result,
        "figures": [
            {"label": "受益户", "value": _shown(result.total["gain"]), "tone": "is-green"},
            {"label": "减少户", "value": _shown(result.total["lose"]), "tone": "is-red"},
            {"label": "新纳入户", "value": _shown(result.total["newly"]), "tone": ""},
            {"label": "退出户", "value": _shown(result.total["exits"]), "tone": "is-orange"},
            {"label": "月增支（元）", "value": _signed(more), "tone": ""},
            {"label": "无法判断户", "value": _shown(result.total["untold"]), "tone": ""},
        ],
        "households": f"{result.total['all']:,}",
        "persons": f"{summary['persons']:,}",
        "values": values,
        "remarks": summary["remarks"],
        "unreached": "、".join(labels.get(key, key) for key in summary["unreached"]),
        "tables": [_table(table) for table in (replace(result.benefits, lines=moved), result.areas, *result.groups)],
        "still": "、".join(line.label for line in result.benefits.lines if line not in moved),
        "total": {name: _text(name, figure) for name, figure in result.total.items() if name in selectors.MEASURES},
        "wide": actor.level in disclosure.WIDE_LEVELS,
        "seconds": _seconds(simulation),
        **_charts(result),
    }


def _seconds(simulation: Simulation) -> str:
    if simulation.finished_at is None:
        return ""
    return f"{(simulation.finished_at - simulation.created_at).total_seconds():.1f}"


def _table(table: selectors.Table) -> dict[str, Any]:
    measures = [*selectors.COUNTS, *(("before", "after", "more") if table.money else ())]
    return {
        "key": table.key,
        "label": table.label,
        "unit": "人" if table.of_persons else "户",
        "money": table.money,
        "foot": table.key in {"areas", "size"},
        "lines": [
            {
                "label": line.label,
                "cells": [
                    (LABELS[name], _text(name, line.figures[name]) if name in line.figures else "—")
                    for name in measures
                ],
            }
            for line in table.lines
        ],
        "heads": [LABELS[name] + ("（元）" if name in {"before", "after", "more"} else "") for name in measures],
    }


def _text(name: str, figure: int | None) -> str:
    if name in {"before", "after"}:
        return disclosure.WITHHELD if figure is None else yuan(figure)
    return _signed(figure) if name == "more" else _shown(figure)


def _shown(figure: int | None) -> str:
    return disclosure.WITHHELD if figure is None else f"{figure:,}"


def _signed(fen: int | None) -> str:
    if fen is None:
        return disclosure.WITHHELD
    return f"{'+' if fen > 0 else ''}{yuan(fen)}"


def _charts(result: selectors.Result) -> dict[str, Any]:
    places = result.areas.lines[:MOST_BARS]
    ages = next((table.lines for table in result.groups if table.key == "age"), [])
    drawn: dict[str, Any] = {"more_places": max(0, len(result.areas.lines) - MOST_BARS)}
    for name, width in (("wide", 640.0), ("narrow", 350.0)):
        money = charts.Series("月增支（元）", [_whole_yuan(line.figures["more"]) for line in places])
        drawn[f"money_{name}"] = _svg(
            charts.bars(
                [line.label for line in places],
                [money],
                [[_signed(line.figures["more"]) for line in places]],
                title="各地月增支",
                width=width,
            )
        )
        sides = [charts.Series(LABELS[key], [line.figures[key] for line in ages]) for key in ("gain", "lose")]
        texts = [[_shown(line.figures[key]) for line in ages] for key in ("gain", "lose")]
        drawn[f"ages_{name}"] = _svg(
            charts.bars([line.label for line in ages], sides, texts, title="各年龄段受益、减少人数", width=width)
        )
    return drawn


def _whole_yuan(fen: int | None) -> int | None:
    return None if fen is None else fen // 100


def _svg(text: str) -> str:
    return mark_safe(text)  # noqa: S308 — built by an XML writer from escaped text, in charts.py
