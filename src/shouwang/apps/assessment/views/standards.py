"""The pages of local standards: what holds where, one standard's life, draft, proposal, upload, export."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouwang.apps.accounts.access import Actor
from shouwang.apps.accounts.decorators import acting
from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import selectors, services, states
from shouwang.apps.assessment.access import (
    may_write,
    place_for,
    place_to_write_for,
    standard_in_sight,
    standard_to_act_on,
    steps_for,
)
from shouwang.apps.assessment.forms import (
    DraftForm,
    ListForm,
    PickForm,
    ProposalForm,
    StandardStepForm,
    StandardsUploadForm,
)
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.assessment.selectors import local_standards as reads
from shouwang.apps.assessment.standard_files import MOST_BYTES, written_standards
from shouwang.apps.assessment.standards import assertion_from
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.lib import clock

MOST_WAITING = 100
"""How many of the standards that wait the list shows; the oldest come first, so the rest move up."""
PROPOSED = "拟议"
"""The source of a value that no document sets yet."""


@require_GET
@acting
def show_standards(request: HttpRequest) -> HttpResponse:
    """地方标准: what holds in a division on a day, and what waits; htmx asks for the list alone."""
    actor, today = request.actor, clock.today()
    area_code, asked = _asked_area(request), request.GET.copy()
    asked.setdefault("area", area_code)
    asked.setdefault("on", today.isoformat())
    form = ListForm(asked, areas=reads.places_below(actor, today), policies=reads.policy_choices())
    on = form.day(today)
    filters = form.filters()
    groups = reads.standards_on(actor, area_code, on, filters)
    narrowed = {"area": area_code, "on": on.isoformat(), "policy": filters.policy, "q": filters.text, "unset": "on"}
    context = {
        "form": form,
        "groups": groups,
        "area_code": area_code,
        "place": areas.name_path(area_code, on),
        "on": on,
        "blocking": sum(group.blocking for group in groups),
        "set_total": sum(len(group.settled) for group in groups),
        "searching": bool(filters.policy or filters.text or filters.unset),
        "first_policy": reads.MAIN_POLICY,
        "unset_url": "" if filters.unset else f"{reverse('assessment:standards')}?{urlencode(narrowed)}",
        "total": sum(len(group.lines) for group in groups),
        "may_write": may_write(actor, area_code),
        "waiting": _waiting(actor),
        "most_waiting": MOST_WAITING,
    }
    alone = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    return render(request, "assessment/standards_table.html" if alone else "assessment/standards.html", context)


@require_GET
@acting
def show_history(request: HttpRequest) -> HttpResponse:
    """One standard of one division through the years."""
    actor, today = request.actor, clock.today()
    area_code, spec = _asked_area(request), _asked_item(request)
    context = {
        "spec": spec,
        "area_code": area_code,
        "place": areas.name_path(area_code, today),
        "rows": reads.history_of(actor, area_code, spec.item, today),
        "held": reads.held_in([spec.item], area_code, today, selectors.parameters())[0],
        "may_write": may_write(actor, area_code),
    }
    return render(request, "assessment/history.html", context)


@require_GET
@acting
def show_standard(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One standard: what it says, what speaks for and against it, what it moves, what can be done next."""
    return _standard_page(request, uuid)


def _standard_page(
    request: HttpRequest, uuid: UUID, form: StandardStepForm | None = None, verb: str = ""
) -> HttpResponse:
    actor, today = request.actor, clock.today()
    row = standard_in_sight(actor, uuid)
    assertion, spec = assertion_from(row), _spec(row.item)
    steps = steps_for(actor, row)
    own = actor.level in states.WRITERS and row.state == states.DRAFT and row.maker_id == actor.user_id
    context = {
        "row": row,
        "spec": spec,
        "place": areas.name_path(row.area_code, today),
        "value": reads.value_shown(spec, assertion),
        "published": reads.published_shown(assertion),
        "state_label": states.LABELS[row.state],
        "chip": chip_of(row.state),
        "steps": [step for step in steps if step.verb in states.PAGE_VERBS],
        "revisable": any(step.verb == "revise" for step in steps),
        "own_draft": own,
        "form": form or StandardStepForm(initial={"version": row.version}),
        "verb": verb,
        "timeline": reads.timeline_of(row),
    }
    if row.state in (states.DRAFT, states.RETURNED):
        context["proposal"] = reads.proposal_of(assertion, selectors.parameters(), today=today)
        context["simulated"] = reads.simulated_for(actor, assertion)
    return render(request, "assessment/standard.html", context, status=422 if form else 200)


@require_POST
@acting
def take_step(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Take one step; a stale page gets 409, a form that cannot be taken comes back with what to correct."""
    if verb not in states.PAGE_VERBS:
        raise Http404
    form = StandardStepForm(request.POST)
    if not form.is_valid():
        standard_to_act_on(request.actor, uuid)
        return _standard_page(request, uuid, form, verb)
    try:
        row = services.take_standard_step(request.actor, uuid, verb, **form.cleaned_data)
    except services.StandardMoved as moved:
        return _conflict(request, str(moved), uuid)
    except services.StandardRefused as refusal:
        form.add_error("note", str(refusal))
        return _standard_page(request, uuid, form, verb)
    messages.success(request, f"已办理：{states.BY_VERB[verb].label}。")
    return redirect("assessment:standard", row.uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@acting
def draft(request: HttpRequest) -> HttpResponse:
    """拟定: first which standard of which division, then its value, days and document."""
    area_code = place_to_write_for(request.actor, request.GET.get("area") or request.actor.area_code)
    return _draft_page(request, area_code, request.GET.get("item", ""))


@require_http_methods(["GET", "HEAD", "POST"])
@acting
def revise(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """修改后重报: the same form over a draft, or over one that was sent back."""
    row = standard_to_act_on(request.actor, uuid)
    return _draft_page(request, row.area_code, row.item, row)


def _draft_page(request: HttpRequest, area_code: str, item: str, row: LocalStandard | None = None) -> HttpResponse:
    actor, today = request.actor, clock.today()
    spec = selectors.book().parameter_specs.get(item)
    form = DraftForm(request.POST or None, spec=spec, initial=_first_words(request, row, spec)) if spec else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            saved = _saved(actor, form, row, area_code)
        except services.StandardMoved as moved:
            return _conflict(request, str(moved), row.uuid if row else None)
        except (services.StandardRefused, ValueError) as refusal:
            form.add_error("amount", str(refusal))
        else:
            messages.success(request, "已拟定，请通知另一位同事复核。复核通过后才生效。")
            return redirect("assessment:standard", saved.uuid)
    context: dict[str, Any] = {
        "row": row,
        "form": form,
        "spec": spec,
        "area_code": area_code,
        "place": areas.name_path(area_code, today),
    }
    if row is None:
        asked = {"area": area_code, "item": item}
        context["query"] = urlencode(asked)
        context["pick"] = PickForm(asked, areas=reads.places_below(actor, today), items=reads.item_choices())
    if spec is not None:
        table = selectors.parameters()
        context["held"] = reads.held_in([spec.item], area_code, today, table)[0]
        context["floors"] = reads.held_in(reads.floors_of(spec.item), area_code, today, table)
    return render(request, "assessment/draft.html", context, status=422 if form and form.errors else 200)


@require_GET
@acting
def show_adjustment(request: HttpRequest) -> HttpResponse:
    """动态调整: a value thought of beside last year's consumption, the floor, the neighbours and what it moves."""
    actor, today = request.actor, clock.today()
    area_code = place_to_write_for(actor, request.GET.get("area") or actor.area_code)
    item = request.GET.get("item", "dibao_rural")
    spec = selectors.book().parameter_specs.get(item)
    asked = {name: request.GET[name] for name in ("amount", "per", "valid_from") if name in request.GET}
    form = (
        ProposalForm(asked if "amount" in asked else None, spec=spec, initial={"valid_from": today}) if spec else None
    )
    context: dict[str, Any] = {
        "pick": PickForm(
            {"area": area_code, "item": item}, areas=reads.places_below(actor, today), items=reads.item_choices()
        ),
        "form": form,
        "spec": spec,
        "area_code": area_code,
        "place": areas.name_path(area_code, today),
    }
    if spec is not None and form is not None:
        table, new = selectors.parameters(), None
        if form.is_valid():
            first = form.cleaned_data["valid_from"]
            new = form.assertion(area_code, source=PROPOSED, valid_from=first)
            context["proposal"] = reads.proposal_of(new, table, today=today)
            terms = {"area": area_code, "item": item, "amount": form.data["amount"], "per": new.per, "from": first}
            context["draft_url"] = f"{reverse('assessment:draft_standard')}?{urlencode(terms)}"
            context["simulate_url"] = f"{reverse('assessment:simulation_new')}?{urlencode(terms)}"
            context["simulated"] = reads.simulated_for(actor, new)
        on = new.valid_from if new is not None and new.valid_from else today
        context["held"] = reads.held_in([spec.item], area_code, on, table)[0]
        context["neighbours"] = reads.neighbours_of(area_code, item, on, table)
        context["measures"] = reads.measures_of(item, area_code, on, table, new)
        context["on"] = on
    return render(request, "assessment/adjustment.html", context, status=422 if form and form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@acting
def upload(request: HttpRequest) -> HttpResponse:
    """Upload a table of standards as drafts; the answer says line by line what became of it."""
    place_to_write_for(request.actor, request.actor.area_code)
    form, receipt, status = StandardsUploadForm(request.POST or None, request.FILES or None), None, 200
    if request.method == "POST":
        if not form.is_valid():
            status = 422
        elif form.cleaned_data["file"].size > MOST_BYTES:
            form.add_error("file", f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请分成几份。")
        else:
            given = form.cleaned_data["file"]
            try:
                receipt = services.draft_standards(request.actor, given.read(), given.name)
            except services.StandardsRefused as refusal:
                form.add_error("file", str(refusal))
        status = 422 if form.errors else status
    lines = sorted(receipt.refused) if receipt else []
    return render(request, "assessment/upload.html", {"form": form, "receipt": receipt, "lines": lines}, status=status)


@require_GET
@acting
def export(request: HttpRequest) -> HttpResponse:
    """Every value in force in a division and below it, in the CSV layout that can be imported again."""
    area_code = place_for(request.actor, request.GET.get("area") or request.actor.area_code)
    if not request.actor.covers(area_code):
        raise Http404("没有这个区划，或不在您的辖区内。")
    content = written_standards(reads.rows_to_export(area_code))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    name = f"standards_{area_code}_{clock.today():%Y%m%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def chip_of(state: str) -> str:
    """Return the colour a state's chip has on the other pages."""
    chips = {
        states.DRAFT: "open",
        states.RETURNED: "refused",
        states.APPROVED: "closed",
        states.ENDING: "feedback",
        states.WITHDRAWN: "none",
    }
    return chips[state]


def _waiting(actor: Actor) -> list[dict[str, Any]]:
    """What waits for somebody of the actor's level, as the list shows it."""
    if actor.level not in states.WRITERS:
        return []
    rows = list(reads.rows_waiting(actor)[:MOST_WAITING])
    names = areas.name_paths({row.area_code for row in rows})
    specs = selectors.book().parameter_specs
    return [
        {
            "row": row,
            "label": specs[row.item].label,
            "place": names[row.area_code],
            "value": reads.value_shown(specs[row.item], assertion_from(row)),
            "state_label": states.LABELS[row.state],
            "chip": chip_of(row.state),
        }
        for row in rows
        if row.item in specs
    ]


def _asked_area(request: HttpRequest) -> str:
    return place_for(request.actor, request.GET.get("area") or request.actor.area_code)


def _asked_item(request: HttpRequest) -> ParameterSpec:
    return _spec(request.GET.get("item", ""))


def _spec(item: str) -> ParameterSpec:
    spec = selectors.book().parameter_specs.get(item)
    if spec is None:
        raise Http404("没有这项标准。")
    return spec


def _saved(actor: Actor, form: DraftForm, row: LocalStandard | None, area_code: str) -> LocalStandard:
    wanted = form.wanted(area_code)
    if row is None:
        return services.draft_standard(actor, wanted)
    return services.revise_standard(actor, row.uuid, wanted, version=form.cleaned_data["version"] or 0)


def _first_words(request: HttpRequest, row: LocalStandard | None, spec: ParameterSpec | None) -> dict[str, Any]:
    """What the draft form begins with: the row to change, or what the proposal page hands on."""
    if row is None:
        asked = request.GET
        return {"amount": asked.get("amount", ""), "per": asked.get("per", ""), "valid_from": asked.get("from", "")}
    last = date.fromordinal(row.valid_to.toordinal() - 1) if row.valid_to else None
    return {
        "amount": reads.written(spec, assertion_from(row)) if spec else "",
        "per": row.per,
        "valid_from": row.valid_from or row.starts_on,
        "last_day": last,
        "source": row.source,
        "article": row.article,
        "last_confirmed": row.last_confirmed,
        "version": row.version,
    }


def _conflict(request: HttpRequest, message: str, uuid: UUID | None) -> HttpResponse:
    back = reverse("assessment:standard", args=[uuid]) if uuid else reverse("assessment:standards")
    return render(request, "409.html", {"message": message, "back_url": back}, status=409)
