"""一户一档, the reason of one answer in full, the search for people, and the whole identity number for a stated reason."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouwang.apps.accounts.decorators import acting
from shouwang.apps.assessment.access import DECIDERS
from shouwang.apps.assessment.selectors import questions
from shouwang.apps.assessment.services import DeterminationRefused, store_determination
from shouwang.apps.dossier import selectors
from shouwang.apps.dossier.forms import DayForm, DecisionDayForm, RevealForm, SearchForm
from shouwang.apps.registry.access import (
    MOST_FOUND,
    REVEALERS,
    SearchRefused,
    household_uuid_of,
    identity_number_for,
    search_persons,
)
from shouwang.engine.paper import PaperRefused, pdf_of
from shouwang.lib import clock


@require_GET
@acting
def show_household(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One household's file."""
    return render(request, "dossier/household.html", {"file": selectors.dossier_of(request.actor, uuid, clock.today())})


@require_GET
@acting
def show_why(request: HttpRequest, uuid: UUID, rule: str, person: UUID | None = None) -> HttpResponse:
    """Why one question of a household, or of a member, is answered as it is."""
    return _why_page(request, _why(request, uuid, rule, person))


@require_GET
@acting
def why_json(request: HttpRequest, uuid: UUID, rule: str, person: UUID | None = None) -> HttpResponse:
    """The same for another program."""
    return _as_json(_why(request, uuid, rule, person))


@require_GET
@acting
def why_pdf(request: HttpRequest, uuid: UUID, rule: str, person: UUID | None = None) -> HttpResponse:
    """The same on paper."""
    return _as_pdf(request, _why(request, uuid, rule, person))


@require_POST
@acting
def store_decision(request: HttpRequest, uuid: UUID, rule: str, person: UUID | None = None) -> HttpResponse:
    """Keep the answer of a day as a decision; what cannot be kept comes back with the reason."""
    today = clock.today()
    form = DecisionDayForm(request.POST, today=today)
    if not form.is_valid():
        why = selectors.why_of(request.actor, uuid, rule, person, today)
        return _why_page(request, why, form.errors["on"][0], status=422)
    if not _is_question(rule):
        why = selectors.why_of(request.actor, uuid, rule, person, today)
        return _why_page(request, why, "只有救助项目的结论可以存档，计算中的一步不能单独存档。", status=422)
    try:
        made = store_determination(request.actor, uuid, rule, form.cleaned_data["on"], person)
    except DeterminationRefused as refusal:
        return _why_page(request, selectors.why_of(request.actor, uuid, rule, person, today), str(refusal), status=409)
    messages.success(request, "已存档。以后规则、标准或事实变了，这份认定仍按当时的规则和事实复算。")
    return redirect("dossier:decision", uuid, made.uuid)


@require_GET
@acting
def show_decision(request: HttpRequest, uuid: UUID, decision: UUID) -> HttpResponse:
    """A stored decision and why it was taken."""
    return render(request, "dossier/why.html", {"why": selectors.decision_of(request.actor, uuid, decision)})


@require_GET
@acting
def decision_json(request: HttpRequest, uuid: UUID, decision: UUID) -> HttpResponse:
    """The same for another program."""
    return _as_json(selectors.decision_of(request.actor, uuid, decision))


@require_GET
@acting
def decision_pdf(request: HttpRequest, uuid: UUID, decision: UUID) -> HttpResponse:
    """The same on paper, for the family."""
    return _as_pdf(request, selectors.decision_of(request.actor, uuid, decision))


def _why_page(request: HttpRequest, why: selectors.Why, refusal: str = "", status: int = 200) -> HttpResponse:
    context = {
        "why": why,
        "refusal": refusal,
        "kept": selectors.kept_of(why),
        "may_store": request.actor.level in DECIDERS and why.on <= clock.today() and _is_question(why.answer.name),
    }
    return render(request, "dossier/why.html", context, status=status)


def _is_question(rule: str) -> bool:
    """Whether a rule answers a question of ``questions.yaml``: a step on the way to an answer is no decision to appeal against."""
    return any(rule in question.rules for question in questions())


def _why(request: HttpRequest, uuid: UUID, rule: str, person: UUID | None) -> selectors.Why:
    return selectors.why_of(request.actor, uuid, rule, person, DayForm(request.GET).day(clock.today()))


def _as_json(why: selectors.Why) -> HttpResponse:
    body = json.dumps(why.as_dict(), ensure_ascii=False, indent=1).encode()
    return _attachment(body, "application/json; charset=utf-8", f"why-{why.answer.name}-{why.on}.json")


def _as_pdf(request: HttpRequest, why: selectors.Why) -> HttpResponse:
    """The PDF; where none can be made, the page with the reason."""
    try:
        body = pdf_of(why.paper())
    except PaperRefused as refusal:
        return render(request, "dossier/why.html", {"why": why, "refusal": str(refusal)}, status=409)
    return _attachment(body, "application/pdf", f"why-{why.answer.name}-{why.on}.pdf")


def _attachment(body: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@acting
def search(request: HttpRequest) -> HttpResponse:
    """Find people by identity number or name.

    What is looked for travels in the body, never in an address, which browsers and servers keep. GET is the empty form.
    """
    if request.method != "POST":
        return render(request, "dossier/search.html")
    form = SearchForm(request.POST)
    context: dict[str, Any] = {"text": request.POST.get("q", ""), "most": MOST_FOUND}
    try:
        if not form.is_valid():
            raise SearchRefused(form.errors["q"][0])
        found = search_persons(request.actor, form.cleaned_data["q"], clock.today())
    except SearchRefused as refusal:
        return render(request, "dossier/search.html", context | {"refusal": str(refusal)}, status=422)
    lines = selectors.lines_of(found, clock.today())
    return render(request, "dossier/search.html", context | {"found": found, "lines": lines})


@require_POST
@acting
def reveal(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a whole identity number once, on a page of its own that no browser keeps."""
    form = RevealForm(request.POST)
    if request.actor.level in REVEALERS and not form.is_valid():
        return render(request, "dossier/identity.html", {"form": form}, status=422)
    number = identity_number_for(request.actor, uuid, request.POST.get("reason", ""))
    home = household_uuid_of(request.actor, uuid, clock.today())
    return render(request, "dossier/identity.html", {"number": number, "home": home})
