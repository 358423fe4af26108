"""The exchange pages: what came in, one delivery with its receipt, upload, release, withdraw, what goes back to the sender."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from shouwang.apps.accounts.access import Actor
from shouwang.apps.accounts.decorators import acting
from shouwang.apps.exchange import lake, selectors, services
from shouwang.apps.exchange.access import DECIDES, delivery_for, may_decide, question_for
from shouwang.apps.exchange.contract import feeds, load_contract
from shouwang.apps.exchange.forms import AnswerForm, FilterForm, QuestionFilterForm, UploadForm, WithdrawForm
from shouwang.apps.exchange.models import Delivery, LinkQuestion
from shouwang.apps.exchange.presenting import account_lines, chip_of, flag_lines, reason_lines, receipt_for_sender
from shouwang.apps.exchange.questioning import CHIPS, asked, band_of
from shouwang.lib import clock

LINKED_AT_ONCE = 20_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


@require_GET
@acting
def show_deliveries(request: HttpRequest) -> HttpResponse:
    """数据接收: the deliveries in the actor's range, newest first."""
    form = FilterForm(request.GET)
    page = selectors.deliveries_page(request.actor, after=_number(request.GET.get("after")), **form.chosen())
    asked = request.GET.copy()
    asked.pop("after", None)
    query, here = asked.urlencode(), reverse("exchange:deliveries")
    titles = {feed: load_contract(feed).title for feed in feeds()}
    context = {
        "form": form,
        "rows": [(row, titles.get(row.feed, "—"), chip_of(row.state)) for row in page.rows],
        "summary": f"本页 {len(page.rows)} 份",
        "first_url": f"{here}?{query}" if request.GET.get("after") else "",
        "next_url": f"{here}?{query}{'&' if query else ''}after={page.after}" if page.after else "",
        "upload": UploadForm() if request.actor.level in DECIDES else None,
    }
    return render(request, "exchange/deliveries.html", context)


@require_POST
@acting
def upload(request: HttpRequest) -> HttpResponse:
    """Take in one file and link it; the page of the delivery says what became of it."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, "请选择一个 CSV 或 XLSX 文件。")
        return redirect("exchange:deliveries")
    given = form.cleaned_data["file"]
    with lake.incoming() as folder:  # swept by the next import should this process be killed
        path = folder / "uploaded"
        with path.open("xb") as target:
            for piece in given.chunks():
                target.write(piece)
        delivery = services.import_file(path, name=given.name, actor=request.actor)
    delivery = _linked_at_once(request.actor, delivery)
    say = messages.error if delivery.state == Delivery.State.REFUSED else messages.success
    say(request, f"{delivery.file_name}：{delivery.get_state_display()}。{delivery.refusal}")
    return redirect("exchange:delivery", delivery.uuid)


def _linked_at_once(actor: Actor, delivery: Delivery) -> Delivery:
    """Link a delivery while the page waits, if it is small; a large one waits for the next `shouwang link`.

    Who its doubtful records may be is looked for by the worker.
    """
    if delivery.state == Delivery.State.PARSED and delivery.accepted <= LINKED_AT_ONCE:
        linked = services.link_delivery(delivery.uuid)
        services.suggest_later(linked, actor)
        return linked
    return delivery


@require_GET
@acting
def show_delivery(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One delivery: where every byte and record went, why rows were not taken, who could not be found."""
    delivery = delivery_for(request.actor, uuid)
    quarantined = selectors.quarantined_page(delivery, _number(request.GET.get("quarantined_after")))
    unlinked = selectors.unlinked_page(delivery, _number(request.GET.get("unlinked_after")))
    decides = may_decide(request.actor, delivery)
    context: dict[str, Any] = {
        "delivery": delivery,
        "contract": load_contract(delivery.feed) if delivery.feed else None,
        "chip": chip_of(delivery.state),
        "account": account_lines(delivery),
        "reasons": reason_lines(delivery),
        "flags": flag_lines(delivery),
        "quarantined": [(row, services.masked_raw(row) if decides else "") for row in quarantined.rows],
        "quarantined_after": quarantined.after,
        "unlinked": unlinked.rows,
        "unlinked_after": unlinked.after,
        "unlinked_reasons": selectors.unlinked_reasons(delivery),
        "decides": decides,
        "may_release": decides and delivery.state == Delivery.State.HELD,
        "withdraw": WithdrawForm() if decides and _may_withdraw(delivery) else None,
        "may_export": decides and bool(delivery.quarantined),
    }
    return render(request, "exchange/delivery.html", context)


def _may_withdraw(delivery: Delivery) -> bool:
    states = {Delivery.State.PARSED, Delivery.State.HELD, Delivery.State.LINKED}
    return delivery.state in states and not (delivery.feed == "register" and "link" in delivery.handling)


@require_POST
@acting
def release(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """放行 a held delivery and link it."""
    try:
        delivery = services.release(request.actor, uuid)
    except services.DecisionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        delivery = _linked_at_once(request.actor, delivery)
        messages.success(request, f"已放行。{delivery.get_state_display()}。")
    return redirect("exchange:delivery", uuid)


@require_POST
@acting
def withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """撤回 a delivery, with the reason."""
    form = WithdrawForm(request.POST)
    try:
        services.withdraw(request.actor, uuid, form.cleaned_data["reason"] if form.is_valid() else "")
    except services.DecisionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "已撤回，这个批次带来的信息自现在起不再采用。")
    return redirect("exchange:delivery", uuid)


@require_GET
@acting
def download_receipt(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The receipt as JSON, for the sender to keep."""
    delivery = delivery_for(request.actor, uuid, "delivery.receipt")
    body = json.dumps(receipt_for_sender(delivery), ensure_ascii=False, indent=1)
    return _attachment(body.encode(), "application/json; charset=utf-8", f"receipt-{delivery.uuid}.json")


@require_GET
@acting
def download_fix_list(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The fix list as XLSX, numbers masked."""
    return _attachment(services.fix_list(request.actor, uuid), XLSX, f"fix-list-{uuid}.xlsx")


def _attachment(body: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _queue_key(text: str | None) -> tuple[int, int] | None:
    likelihood, _, last = (text or "").partition(".")
    first, second = _number(likelihood), _number(last)
    return None if first is None or second is None else (first, second)


@require_GET
@acting
def show_questions(request: HttpRequest) -> HttpResponse:
    """待核关联: the questions in the actor's range, the likeliest first."""
    form = QuestionFilterForm(request.GET)
    state = form.chosen()
    after = _queue_key(request.GET.get("after"))
    page = selectors.questions_page(request.actor, state=state, after=after)
    counts = selectors.questions_by_state(request.actor)
    titles = {feed: load_contract(feed).title for feed in feeds()}
    here = reverse("exchange:questions")
    context = {
        "form": QuestionFilterForm({"state": state}),
        "rows": [
            (
                row,
                titles.get(row.first_delivery.feed, "—"),
                band_of(row.likelihood),
                len(row.candidates),
                CHIPS[row.state],
            )
            for row in page.rows
        ],
        "counts": [(label, counts.get(value, 0)) for value, label in LinkQuestion.State.choices],
        "waits": state in {LinkQuestion.State.OPEN, LinkQuestion.State.LATER},
        "summary": f"本页 {len(page.rows)} 条",
        "first_url": f"{here}?state={state}" if after else "",
        "next_url": f"{here}?state={state}&after={page.after}" if page.after else "",
    }
    return render(request, "exchange/questions.html", context)


@require_GET
@acting
def show_question(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One question: the record beside each person it may be about."""
    question = question_for(request.actor, uuid)
    context = {
        "question": question,
        "asked": asked(question, clock.today()),
        "contract": load_contract(question.first_delivery.feed),
        "chip": CHIPS[question.state],
        "form": AnswerForm() if question.state != LinkQuestion.State.SAME else None,
    }
    return render(request, "exchange/question.html", context)


@require_POST
@acting
def answer(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """确认为同一人 | 都不是 | 暂不能定, with the reason."""
    form = AnswerForm(request.POST)
    given = form.cleaned_data if form.is_valid() else {}
    try:
        question = services.answer_question(
            request.actor,
            uuid,
            given.get("answer", ""),
            person=given.get("person", ""),
            reason=given.get("reason", ""),
        )
    except services.DecisionRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("exchange:question", uuid)
    messages.success(request, f"已记录：{question.get_state_display()}。")
    return redirect("exchange:questions")
