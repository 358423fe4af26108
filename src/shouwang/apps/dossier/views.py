"""一户一档, the search for people, and the whole identity number for a stated reason."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from shouwang.apps.accounts.decorators import acting
from shouwang.apps.dossier import selectors
from shouwang.apps.dossier.forms import RevealForm, SearchForm
from shouwang.apps.registry.access import (
    MOST_FOUND,
    SearchRefused,
    household_uuid_of,
    identity_number_for,
    search_persons,
)
from shouwang.lib import clock


@require_GET
@acting
def show_household(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One household's file."""
    return render(request, "dossier/household.html", {"file": selectors.dossier_of(request.actor, uuid, clock.today())})


@require_GET
@acting
def search(request: HttpRequest) -> HttpResponse:
    """Find people by identity number or name. An empty question looks at nobody and leaves no row."""
    form = SearchForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    context = {"text": text, "most": MOST_FOUND}
    if not form.is_valid():
        context["refusal"] = "请输入完整的身份证号，或姓名。"
    elif text:
        try:
            found = search_persons(request.actor, text, clock.today())
            context |= {"found": found, "lines": selectors.lines_of(found, clock.today())}
        except SearchRefused as refusal:
            context["refusal"] = str(refusal)
    return render(request, "dossier/search.html", context)


@require_POST
@acting
def reveal(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a whole identity number once, on a page of its own that no browser keeps."""
    form = RevealForm(request.POST)
    number = identity_number_for(request.actor, uuid, form.cleaned_data["reason"] if form.is_valid() else "")
    home = household_uuid_of(request.actor, uuid, clock.today())
    return render(request, "dossier/identity.html", {"number": number, "home": home})
