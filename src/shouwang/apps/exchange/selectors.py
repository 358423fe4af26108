"""Reads of the exchange, without side effects: which feeds are in, what the receipts add up to, the pages of the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from shouwang.apps.exchange.access import deliveries_visible_to, questions_visible_to
from shouwang.apps.exchange.contract import REGISTER, feeds, load_contract
from shouwang.apps.exchange.models import Delivery, LinkQuestion, QuarantinedRow, UnlinkedRow
from shouwang.engine.compare.periods import is_fresh, period_start
from shouwang.lib.area_codes import NATION, ancestors_of, scope_range

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

PAGE = 50
_IN = Delivery.State.LINKED


def covered_feeds(area_code: str, as_of: date) -> set[str]:
    """Return the feeds of which a linked delivery covers a division on a day: there, no record means none.

    A feed covers a day while its newest period is no older than its cadence allows (a monthly feed: the month before);
    the roster covers once it is in.
    A division wider than a county is covered where every county in it that has a roster is.
    """
    around = ancestors_of(area_code)
    places = ", ".join(["%s"] * len(around))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT area_code, feed, period FROM {Delivery._meta.db_table} "  # noqa: S608 — names from code
            f"WHERE state = %s AND (period <= %s OR feed = %s) AND (area_code IN ({places}) "
            "OR (area_code >= %s AND area_code < %s)) ORDER BY area_code, feed, period",
            [_IN.value, f"{as_of:%Y-%m}", REGISTER, *around, *scope_range(area_code)],
        )
        fresh = _fresh(tuple(cursor.fetchall()), as_of)
    own = [found for sender, found in fresh.items() if sender in around]
    if own:
        return set().union(*own)
    rostered = [found for found in fresh.values() if REGISTER in found]
    return set.intersection(*map(set, rostered)) if rostered else set()


@lru_cache(maxsize=1024)
def _fresh(rows: tuple[tuple[str, str, str], ...], as_of: date) -> dict[str, frozenset[str]]:
    """The feeds that still speak for a day, by sender; from (sender, feed, period)."""
    found: dict[str, set[str]] = {}
    for sender, feed, period in rows:
        if feed == REGISTER or is_fresh(period, load_contract(feed).cadence, as_of):
            found.setdefault(sender, set()).add(feed)
    return {sender: frozenset(feeds) for sender, feeds in found.items()}


def newest_periods(area_code: str, as_of: date) -> dict[str, str]:
    """Return, by feed, the newest period not after a day of the linked deliveries for a county or a division around it."""
    rows = Delivery.objects.filter(
        Q(period__lte=f"{as_of:%Y-%m}") | Q(feed=REGISTER), area_code__in=ancestors_of(area_code), state=_IN
    ).values_list("feed", "period")
    newest: dict[str, str] = {}
    for feed, period in rows:
        newest[feed] = max(period, newest.get(feed, ""), key=_begins)
    return newest


def _begins(period: str) -> date:
    return period_start(period) if period else date.min


def _around(area_code: str) -> Q:
    low, high = scope_range(area_code)
    return Q(area_code__in=ancestors_of(area_code)) | Q(area_code__gte=low, area_code__lt=high)


def receipts_totals(area_code: str = NATION) -> dict[str, int]:
    """Return what all receipts of a division add up to: files, records = accepted + quarantined, bytes = bytes accounted."""
    low, high = scope_range(area_code)
    totals = dict.fromkeys(
        (
            "files",
            "refused",
            "held",
            "records",
            "accepted",
            "quarantined",
            "linked",
            "unlinked",
            "bytes",
            "bytes_accounted",
        ),
        0,
    )
    rows = Delivery.objects.filter(area_code__gte=low, area_code__lt=high).only(
        "state", "size", "records", "accepted", "quarantined", "linked", "unlinked", "receipt"
    )
    for delivery in rows.iterator(chunk_size=500):
        totals["files"] += 1
        totals["refused"] += delivery.state == Delivery.State.REFUSED
        totals["held"] += delivery.state == Delivery.State.HELD
        for name in ("records", "accepted", "quarantined", "linked", "unlinked"):
            totals[name] += getattr(delivery, name)
        totals["bytes"] += delivery.size
        totals["bytes_accounted"] += bytes_accounted(delivery.receipt, delivery.size)
    return totals


def bytes_accounted(receipt: Mapping[str, Any], size: int) -> int:
    """Return how many bytes of a file the receipt answers for; a refused file and a workbook (counted by cells) answer whole."""
    return sum(receipt["bytes"].values()) if receipt.get("bytes") else size


def totals_by_feed(actor: Actor) -> list[dict[str, Any]]:
    """Return per feed in the actor's range: label, deliveries, records, accepted, quarantined; in the order of the contracts."""
    sums = (
        deliveries_visible_to(actor)
        .values("feed")
        .annotate(
            deliveries=Count("id"), records=Sum("records"), accepted=Sum("accepted"), quarantined=Sum("quarantined")
        )
    )
    found = {row.pop("feed"): row for row in sums.order_by()}
    return [{"label": load_contract(feed).title, **found[feed]} for feed in feeds() if feed in found]


@dataclass(frozen=True)
class Page:
    """One page by key: rows, and the key the next page starts after (None: this is the last)."""

    rows: list[Any]
    after: int | None


def _page(rows: QuerySet[Any], after: int | None, *, newest_first: bool, size: int = PAGE) -> Page:
    if after is not None:
        rows = rows.filter(id__lt=after) if newest_first else rows.filter(id__gt=after)
    found = list(rows.order_by("-id" if newest_first else "id")[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None)


def deliveries_page(actor: Actor, *, feed: str = "", state: str = "", after: int | None = None) -> Page:
    """Return a page of the deliveries in the actor's range, newest first."""
    rows = deliveries_visible_to(actor).defer("receipt", "sealed_key")
    if feed:
        rows = rows.filter(feed=feed)
    if state:
        rows = rows.filter(state=state)
    return _page(rows, after, newest_first=True)


def quarantined_page(delivery: Delivery, after: int | None = None) -> Page:
    """Return a page of a delivery's quarantined records in file order."""
    return _page(QuarantinedRow.objects.filter(delivery=delivery), after, newest_first=False)


def unlinked_page(delivery: Delivery, after: int | None = None) -> Page:
    """Return a page of a delivery's records that stay unlinked, in file order."""
    return _page(UnlinkedRow.objects.filter(delivery=delivery), after, newest_first=False)


def unlinked_reasons(delivery: Delivery) -> dict[str, int]:
    """Return how many records stay unlinked for which reason (label → count)."""
    labels = dict(UnlinkedRow.Reason.choices)
    counts = UnlinkedRow.objects.filter(delivery=delivery).values_list("reason").annotate(n=Count("id")).order_by()
    return {labels[reason]: count for reason, count in counts}


@dataclass(frozen=True)
class QuestionPage:
    """One page of the queue, the likeliest first; ``after`` is the key of the next page ('' = this is the last)."""

    rows: list[LinkQuestion]
    after: str


def questions_page(actor: Actor, *, state: str, after: tuple[int, int] | None = None) -> QuestionPage:
    """Return a page of the questions in the actor's range in one state. ``after`` is (likelihood, id) of the last one seen.

    Waiting ones only while a linked delivery still holds such a record. Raises NotPermitted for any but a county post.
    """
    rows = questions_visible_to(actor).filter(state=state)
    if state in {LinkQuestion.State.OPEN, LinkQuestion.State.LATER}:
        rows = rows.filter(Exists(_still(UnlinkedRow)) | Exists(_still(QuarantinedRow)))
    if after is not None:
        likelihood, last = after
        rows = rows.filter(Q(likelihood__lt=likelihood) | Q(likelihood=likelihood, id__gt=last))
    found = list(
        rows.select_related("first_delivery")
        .only("uuid", "fault", "name_masked", "candidates", "likelihood", "asked_at", "state", "decided_by", "decided_at",
              "first_delivery__feed", "first_delivery__period")
        .order_by("-likelihood", "id")[: PAGE + 1]
    )  # fmt: skip
    last_shown = found[PAGE - 1] if len(found) > PAGE else None
    return QuestionPage(found[:PAGE], f"{last_shown.likelihood}.{last_shown.pk}" if last_shown else "")


def _still(model: Any) -> QuerySet[Any]:
    return model.objects.filter(
        record_key=OuterRef("record_key"),
        delivery__area_code=OuterRef("area_code"),
        delivery__state=Delivery.State.LINKED,
    )


def questions_by_state(actor: Actor) -> dict[str, int]:
    """Return how many questions of the actor's range are in which state."""
    counts = questions_visible_to(actor).values_list("state").annotate(n=Count("id")).order_by()
    return dict(counts)
