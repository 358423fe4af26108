"""A file comes in: read under limits, put into the lake whole, and noted with its receipt in one transaction."""

from __future__ import annotations

import json
import re
import secrets
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction

from shouwang.apps.audit.record import record
from shouwang.apps.audit.vault import vault
from shouwang.apps.exchange import lake, sandbox
from shouwang.apps.exchange.access import require_decider
from shouwang.apps.exchange.contract import REGISTER, feeds, load_contract
from shouwang.apps.exchange.models import Delivery, QuarantinedRow
from shouwang.apps.exchange.names import NAME_COLUMN
from shouwang.apps.exchange.reading.container import NamedAs, read_name
from shouwang.apps.exchange.reading.read_file import PARSER
from shouwang.apps.exchange.reading.reasons import Refused
from shouwang.apps.exchange.reading.receipt import receipt_of_refusal
from shouwang.apps.exchange.reading.sealed import KEY_BYTES, read_sealed
from shouwang.apps.registry import selectors as registry
from shouwang.engine.compare.periods import period_end
from shouwang.lib import clock
from shouwang.lib.area_codes import NATION, contains, normalise_code
from shouwang.lib.crypto import field_aad, sm3_file
from shouwang.lib.masking import mask_id

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

Progress = Callable[[str, int, int], None]
Steps = Generator[None, None, Delivery]
AHEAD = 2  # files being read while the one before is noted and the caller works
MAX_KEPT_ROWS = 5_000
_LONG_NUMBER = re.compile(r"\d{14,}[\dXx]")  # some name a file after a person; the name stands in clear
RETRIED = frozenset({"limits", "unreadable", "too_large"})  # our limits may have changed, the file's faults have not


@dataclass(frozen=True, slots=True)
class Offer:
    """A file as it is offered: where it lies, its name, what it is about, its size and digest (empty until it is known)."""

    path: Path
    name: str
    extension: str
    feed: str
    period: str
    area_code: str
    size: int
    sm3: str


def import_file(
    path: Path,
    *,
    name: str | None = None,
    feed: str | None = None,
    period: str | None = None,
    area_code: str | None = None,
    actor: Actor | None = None,
    progress: Progress | None = None,
) -> Delivery:
    """Take in one file and return its delivery; the file name tells what is not given.

    A file that goes back whole is a delivery too (state refused, with advice). The same file for the same feed, period
    and division again returns the delivery there is. Raises NotPermitted for a post that may not upload. Killed at any
    moment, the call made again ends in the same state. Raises StorageFull where the disk has no room.
    """
    steps = _steps(path, actor, progress, name=name, feed=feed, period=period, area_code=area_code)
    next(steps)
    return _noted(steps)


def import_files(
    paths: Iterable[Path], *, actor: Actor | None = None, progress: Progress | None = None
) -> Iterator[Delivery]:
    """Take in files, and the feed files under folders, one after another: rosters first, then by period, feed and name.

    While one is noted, and while the caller does something with the delivery it was given, the next ones are read.
    Each is noted in a transaction of its own (see ``import_file``). In a folder, files whose name does not begin with a
    feed are none of ours (standards, notes) and are left alone.
    """
    begun: deque[Steps] = deque()
    try:
        for file in sorted((file for path in paths for file in _files(path)), key=_order):
            steps = _steps(file, actor, progress)
            next(steps)
            begun.append(steps)
            if len(begun) > AHEAD:
                yield _noted(begun.popleft())
        while begun:
            yield _noted(begun.popleft())
    finally:
        for steps in begun:
            steps.close()


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    return (file for file in path.rglob("*") if file.is_file() and file.name.split("_")[0] in feeds())


def _order(file: Path) -> tuple[bool, str, str]:
    feed, _, rest = file.stem.partition("_")
    return feed != REGISTER, rest.split("_")[1] if "_" in rest else "", file.name


def _noted(steps: Steps) -> Delivery:
    """Let the second of two steps happen."""
    try:
        next(steps)
    except StopIteration as done:
        delivery: Delivery = done.value
        return delivery
    raise AssertionError("a file is taken in in two steps")


def _steps(
    path: Path,
    actor: Actor | None,
    progress: Progress | None,
    *,
    name: str | None = None,
    feed: str | None = None,
    period: str | None = None,
    area_code: str | None = None,
) -> Steps:
    """Take in one file in two steps: up to the ``yield`` its reading is started, afterwards waited for and noted."""
    require_decider(actor)
    shown = _LONG_NUMBER.sub(lambda found: mask_id(found[0]), name or path.name)[-200:]
    size = path.stat().st_size
    scope = actor.area_code if actor else normalise_code(area_code) if area_code else NATION
    try:
        named = _named(name or path.name, feed, period, area_code)
        home = normalise_code(named.county)
        if not contains(scope, home):
            raise Refused("other_county")
    except Refused as refused:
        offer = Offer(path, shown, "", "", "", scope, size, sm3_file(path))
        yield
        before = _before(offer)
        if before is not None and before.file_name == shown:
            return before
        return _keep_refused(offer, refused, actor, before)
    offer = Offer(path, shown, named.extension, named.feed, named.period, home, size, "")
    before = None
    if _may_be_known(offer):  # otherwise the digest made while the file is read is the first one needed
        offer = replace(offer, sm3=sm3_file(path))
        before = _before(offer)
    if before is not None and not _may_fare_better(before):
        yield
        return Delivery.objects.get(uuid=before.uuid)
    return (yield from _read_and_keep(offer, actor, progress, before))


def _named(name: str, feed: str | None, period: str | None, area_code: str | None) -> NamedAs:
    if feed is None or period is None or area_code is None:
        found = read_name(name, feeds())
        return NamedAs(feed or found.feed, found.county, period or found.period, found.extension)
    extension = Path(name).suffix.lstrip(".").lower()
    return read_name(f"{feed}_{area_code[:6]}_{period}.{extension}", feeds())


def _may_be_known(offer: Offer) -> bool:
    """Say whether a file of this size came for this feed, period and division before."""
    return Delivery.objects.filter(
        feed=offer.feed, period=offer.period, area_code=offer.area_code, size=offer.size
    ).exists()


def _before(offer: Offer) -> Delivery | None:
    """Return the delivery this very file already is."""
    return Delivery.objects.filter(uuid=_uuid_of(offer)).first()


def _may_fare_better(before: Delivery) -> bool:
    """Say whether a file that was sent back may be readable now."""
    if before.state != Delivery.State.REFUSED:
        return False
    return before.receipt["refusal"]["code"] in RETRIED or before.receipt["parser"] != PARSER


def _uuid_of(offer: Offer) -> Any:
    return lake.delivery_uuid(offer.feed, offer.period, offer.area_code, offer.sm3)


def _read_and_keep(offer: Offer, actor: Actor | None, progress: Progress | None, before: Delivery | None) -> Steps:
    if offer.size > settings.MAX_FEED_FILE_BYTES:
        yield
        return _keep_refused(offer, Refused("too_large"), actor, before)
    key = secrets.token_bytes(KEY_BYTES)
    with lake.incoming() as folder:
        job = sandbox.Job(
            file=offer.path.resolve(),
            extension=offer.extension,
            feed=offer.feed,
            home=offer.area_code,
            today=_horizon(offer.period).isoformat(),
            folder=folder,
            id_key=vault().index_key(registry.ID_COLUMN),
            name_key=vault().index_key(NAME_COLUMN),
            seal_key=key,
        )
        with sandbox.reading(job, size=offer.size) as reading:
            yield
            try:
                receipt = reading.receipt(_stage(progress, offer.name))
                if receipt["size"] != offer.size or offer.sm3 not in {"", receipt["sm3"]}:
                    raise Refused("unreadable", "文件在读取过程中被改动")
            except Refused as refused:
                return _keep_refused(offer, refused, actor, before)
        offer = replace(offer, sm3=receipt["sm3"])
        return _keep(offer, receipt, actor, before, folder=folder, key=key)


def _horizon(period: str) -> date:
    """Return the day births and deaths must not lie after: today, or the last day of the period the file is about."""
    return max(clock.today(), period_end(period) - timedelta(days=1))


def _stage(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(f"读取 {name}", done, total)


def _keep_refused(offer: Offer, refused: Refused, actor: Actor | None, before: Delivery | None) -> Delivery:
    whole = offer if offer.sm3 else replace(offer, sm3=sm3_file(offer.path))
    return _keep(whole, receipt_of_refusal(refused), actor, before)


def _keep(
    offer: Offer,
    receipt: dict[str, Any],
    actor: Actor | None,
    before: Delivery | None,
    *,
    folder: Path | None = None,
    key: bytes = b"",
) -> Delivery:
    """Write delivery, quarantined rows and audit row, and move the files, all in one transaction."""
    state = {"refused": Delivery.State.REFUSED, "held": Delivery.State.HELD}.get(
        receipt["verdict"], Delivery.State.PARSED
    )
    delivery = Delivery(
        uuid=_uuid_of(offer),
        feed=offer.feed,
        period=offer.period,
        area_code=offer.area_code,
        file_name=offer.name,
        size=offer.size,
        sm3=offer.sm3,
        state=state,
        refusal=receipt.get("refusal", {}).get("advice", "")[:300],
        records=receipt["records"],
        accepted=receipt["accepted"],
        quarantined=receipt["quarantined"],
        received_at=clock.now(),
    )
    moves: dict[Path, Path] = {}
    rows: list[QuarantinedRow] = []
    if folder is not None and state != Delivery.State.REFUSED:
        moves = {
            folder / "rows.parquet": lake.parquet_path(delivery),
            folder / "rows.sealed": lake.sealed_path(delivery),
        }
        rows = _quarantined_rows(delivery, folder / "rows.sealed", key) if delivery.quarantined else []
        delivery.sealed_key = lake.sealed_key_for(delivery, key)
    delivery.receipt = sealed_receipt(delivery, receipt)
    try:
        with transaction.atomic():
            if before is not None:
                Delivery.objects.filter(pk=before.pk, state=Delivery.State.REFUSED).delete()
            delivery.save(force_insert=True)
            for row in rows:
                row.delivery = delivery
            QuarantinedRow.objects.bulk_create(rows, batch_size=500)
            record(
                actor,
                "delivery.import",
                subject_kind="delivery",
                subject_uuid=delivery.uuid,
                area_code=delivery.area_code,
                details={name: receipt[name] for name in ("verdict", "records", "accepted", "quarantined")},
            )
            lake.settle(moves)
    except IntegrityError:
        # the same file was taken in by someone else a moment ago: theirs stands
        return Delivery.objects.get(uuid=delivery.uuid)
    return delivery


def _quarantined_rows(delivery: Delivery, sealed: Path, key: bytes) -> list[QuarantinedRow]:
    """Return the first MAX_KEPT_ROWS quarantined records, sealed to their rows; the lake's sealed file has them all."""
    rows: list[QuarantinedRow] = []
    for frame in read_sealed(sealed, key, "quarantined"):
        for sheet, line, lines, start, end, raw, reasons in frame:
            if len(rows) == MAX_KEPT_ROWS:
                return rows
            row = QuarantinedRow(
                sheet=sheet[:40], line=line, lines=lines, byte_from=start, byte_to=end, reasons=reasons
            )
            text = raw.encode("utf-8", "replace").decode()
            row.raw_cipher = vault().encrypt(text, field_aad("exchange_quarantinedrow", "raw_cipher", row.uuid))
            rows.append(row)
    return rows


def sealed_receipt(delivery: Delivery, receipt: dict[str, Any]) -> dict[str, Any]:
    """Complete a receipt with what the sender needs to recognise it, remarks that only the history tells, and our seal."""
    flags = dict(receipt.get("flags", {}))
    others = Delivery.objects.filter(feed=delivery.feed, area_code=delivery.area_code).exclude(
        state__in=(Delivery.State.REFUSED, Delivery.State.WITHDRAWN)
    )
    if delivery.state != Delivery.State.REFUSED:
        if others.filter(period__gt=delivery.period).exists():
            flags["older_period"] = 1
        if others.filter(sm3=delivery.sm3).exclude(period=delivery.period).exists():
            flags["replayed"] = 1
    whole = {
        **receipt,
        "flags": flags,
        "uuid": str(delivery.uuid),
        "file_name": delivery.file_name,
        "feed": delivery.feed,
        "title": load_contract(delivery.feed).title if delivery.feed else "",
        "sender": load_contract(delivery.feed).sender if delivery.feed else "",
        "period": delivery.period,
        "area_code": delivery.area_code,
        "size": delivery.size,
        "sm3": delivery.sm3,
        "received_at": delivery.received_at.isoformat(timespec="seconds"),
    }
    return {**whole, "seal": vault().mac(json.dumps(whole, ensure_ascii=False, sort_keys=True).encode()).hex()}
