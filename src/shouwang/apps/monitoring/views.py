"""The alert pages: worklist, one alert, report from the phone, rule quality."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouwang.apps.accounts.access import Actor, actor_of_post
from shouwang.apps.accounts.decorators import acting
from shouwang.apps.accounts.selectors import posts_to_hand_to
from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.monitoring import selectors, services, states
from shouwang.apps.monitoring.access import alert_for, households_found, note_findings_seen, note_page_seen, steps_for
from shouwang.apps.monitoring.forms import AssignForm, CoverageForm, FilterForm, ReportForm, StepForm, TakeUpForm
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.access import NAMED_TO, SearchRefused, household_for, name_shown
from shouwang.lib import clock

QUALITY_DAYS = 365


@require_GET
@acting
def show_worklist(request: HttpRequest) -> HttpResponse:
    """预警工作台: filters, one keyset page, bulk assignment; htmx asks for the list alone."""
    actor, today = request.actor, clock.today()
    places = [(child.code, child.name) for child in areas.children_of(actor.area_code, today)]
    form = FilterForm(request.GET, rules=selectors.rule_choices(today), areas=places)
    page = selectors.worklist(actor, form.filters(), request.GET.get("after", ""), today=today)
    note_page_seen(actor, page.alerts, searched=bool(form.filters().text))
    context = {
        "form": form,
        "page": page,
        **_pages(request, page, reverse("monitoring:worklist")),
        "may_assign": actor.level in services.ASSIGNERS,
        "may_report": actor.level in NAMED_TO,
        "here": request.get_full_path(),
    }
    if context["may_assign"]:
        context["receivers"] = posts_to_hand_to(actor=actor, on=today, levels=services.RECEIVERS)
    alone = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    return render(request, "monitoring/worklist_table.html" if alone else "monitoring/worklist.html", context)


@require_GET
@acting
def show_coverage(request: HttpRequest) -> HttpResponse:
    """应保尽保: who meets a benefit and is not in it, and the reverse; what was chosen goes into the worklist."""
    actor, today = request.actor, clock.today()
    places = [(child.code, child.name) for child in areas.children_of(actor.area_code, today)]
    form = CoverageForm(
        request.GET,
        schemes=assessment.scheme_choices(),
        verdicts=assessment.verdict_choices(),
        areas=places,
    )
    page = selectors.coverage_page(actor, form.filters(), request.GET.get("after", ""), today)
    note_findings_seen(actor, [str(row.uuid) for row in page.rows])
    here = reverse("monitoring:coverage")
    context = {
        "form": form,
        "page": page,
        **_pages(request, page, here),
        "may_take": actor.level in services.TAKERS,
        "here": request.get_full_path(),
        "plain": here,
    }
    return render(request, "monitoring/coverage.html", context)


@require_POST
@acting
def take_up_findings(request: HttpRequest) -> HttpResponse:
    """转入工作台 the chosen findings."""
    form = TakeUpForm(request.POST)
    back = reverse("monitoring:coverage")
    if not form.is_valid():
        messages.error(request, "请先选择筛查结果。")
        return redirect(back)
    try:
        opened = services.take_up(request.actor, form.cleaned_data["finding"])
    except services.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已转入工作台 {opened} 条" + ("。" if opened else "，所选结果此前已在工作台。"))
    return redirect(back)


def _pages(request: HttpRequest, page: selectors.Page | selectors.CoveragePage, here: str) -> dict[str, str]:
    """What the pager shows below a keyset list: the way to the first and the next page with the filters kept, and the count."""
    asked = request.GET.copy()
    asked.pop("after", None)
    query = asked.urlencode()
    return {
        "first_url": f"{here}?{query}" if request.GET.get("after") else "",
        "next_url": f"{here}?{query}{'&' if query else ''}after={page.after}" if page.after else "",
        "summary": f"共 {page.total} 条，本页 {len(page.rows)} 条",
    }


@require_POST
@acting
def assign_alerts(request: HttpRequest) -> HttpResponse:
    """分派 the chosen alerts to a post."""
    form = AssignForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请先选择预警和承办岗位。")
        return redirect("monitoring:worklist")
    post = actor_of_post(form.cleaned_data["post"], clock.today())
    if post is None or not request.actor.covers(post.area_code):
        messages.error(request, "所选岗位已不在任，或不在您的辖区内，请重新选择。")
        return redirect("monitoring:worklist")
    then = form.cleaned_data["back"] or reverse("monitoring:worklist")
    try:
        return _done(
            request,
            lambda: services.assign(request.actor, form.cleaned_data["alert"], post),
            said=lambda given: f"已将 {given} 条预警分派给 {post.name}（{post.title}）。",
            then=then,
        )
    except services.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(then)


@require_GET
@acting
def show_alert(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One alert: who, why, what was done, what can be done next."""
    return _alert_page(request, uuid)


def _alert_page(request: HttpRequest, uuid: UUID, form: StepForm | None = None, verb: str = "") -> HttpResponse:
    actor, today = request.actor, clock.today()
    alert = alert_for(actor, uuid)
    members, facts = [], []
    if alert.household_id:
        members = registry.members_of_household(household_id=alert.household_id, on=today)
        ids = {line.person_id for line in members} | ({alert.person_id} if alert.person_id else set())
        facts = registry.facts_for_dossier(household_id=alert.household_id, person_ids=ids)
    names = {line.person_id: name_shown(actor, line.name) for line in members}
    steps = steps_for(actor, alert)
    context = {
        "alert": alert,
        "row": selectors.rows_of([alert], today, actor)[0],
        "name": name_shown(actor, alert.subject_name),
        "who": next((line for line in members if line.person_id == alert.person_id), None),
        "members": members,
        "why": selectors.why_of(alert, facts, names),
        "received": selectors.received_by(members, facts, names, today),
        "timeline": selectors.timeline_of(alert),
        "bar": selectors.bar_of(alert),
        "clock": selectors.running_clock(alert, today),
        "triage": [step for step in steps if step.records],
        "steps": [step for step in steps if not step.records],
        "dispositions": selectors.outcomes_offered(steps),
        "form": form or StepForm(initial={"version": alert.version}),
        "verb": verb,
        "reports": selectors.reports_of(alert),
        "waits_for": states.LEVEL_LABELS[alert.handling_level],
        "household_url": _household_url(actor, alert),
    }
    return render(request, "monitoring/alert.html", context, status=422 if form else 200)


@require_POST
@acting
def take_step(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Take one step; a stale page gets 409, a form that cannot be taken comes back with what to correct."""
    if verb not in states.PAGE_VERBS:
        raise Http404
    form = StepForm(request.POST)
    if not form.is_valid() or (verb == "triage" and not form.cleaned_data["disposition"]):
        if not form.errors:
            form.add_error("disposition", "请选择研判结论。")
        return _alert_page(request, uuid, form, verb)
    sent = {name: form.cleaned_data[name] for name in ("disposition", "note", "version")}
    try:
        return _done(
            request,
            lambda: services.take_step(request.actor, uuid, verb, **sent),
            said=lambda _: "已办理。",
            then=reverse("monitoring:alert", args=[uuid]),
        )
    except services.Refused as refusal:
        form.add_error("note", str(refusal))
        return _alert_page(request, uuid, form, verb)


@require_http_methods(["GET", "HEAD", "POST"])
@acting
def report(request: HttpRequest) -> HttpResponse:
    """主动发现上报, made for the phone. Who is looked for is posted, so that no address keeps it."""
    actor, today = request.actor, clock.today()
    villages = [(place.code, place.name) for place in areas.divisions_in(actor.area_code, "village", today)]
    looking = "q" in request.POST
    form = ReportForm(None if looking else request.POST or None, villages=villages)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        finding = services.Finding(
            uuid=sent["uuid"],
            difficulty=sent["difficulty"],
            note=sent["note"],
            household=sent["household"],
            name=sent["name"],
            place=sent["place"],
            area_code=sent["area_code"],
        )
        try:
            alert = services.report_household(actor, finding)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已上报，乡镇将尽快核实。")
            return redirect("monitoring:alert", uuid=alert.uuid)
    text = request.POST.get("q", "").strip()
    chosen = request.POST.get("household") or request.GET.get("household")
    household = household_for(actor, chosen) if chosen else None
    context: dict[str, Any] = {"form": form, "text": text, "household": household, "fresh_uuid": uuid4()}
    if household is not None:
        head = registry.names_of(persons=set(), households={household.pk}, on=today).heads.get(household.pk, "")
        context["head"] = name_shown(actor, head)
    if text:
        try:
            context["found"] = households_found(actor, text, today)
        except SearchRefused as refusal:
            context["refusal"] = str(refusal)
    return render(request, "monitoring/report.html", context, status=422 if form.errors else 200)


@require_GET
@acting
def show_quality(request: HttpRequest) -> HttpResponse:
    """规则质量: what each rule found over the last year and what became of it."""
    since = clock.today() - timedelta(days=QUALITY_DAYS)
    return render(
        request, "monitoring/quality.html", {"rules": selectors.rule_quality(request.actor, since), "since": since}
    )


def _household_url(actor: Actor, alert: Any) -> str:
    """The household's dossier, where that office is open and the actor may read it: an alert can be assigned from outside."""
    if not alert.household_id or not actor.covers(alert.household.area_code):
        return ""
    try:
        return reverse("dossier:household", args=[alert.household.uuid])
    except NoReverseMatch:
        return ""


def _done(request: HttpRequest, act: Callable[[], Any], *, said: Callable[[Any], str], then: str) -> HttpResponse:
    """Do one act and go on; a conflict answers 409 with the way back."""
    try:
        result = act()
    except services.Conflict as conflict:
        return render(request, "409.html", {"message": str(conflict), "back_url": then}, status=409)
    messages.success(request, said(result))
    return redirect(then)
