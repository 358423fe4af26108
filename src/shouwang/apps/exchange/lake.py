"""Where a delivery lies in the lake, how it gets there whole or not at all, and how it is read back."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from shouwang.apps.audit.vault import vault
from shouwang.apps.exchange.reading.child import fsync
from shouwang.apps.exchange.reading.sealed import read_sealed
from shouwang.lib.crypto import field_aad

if TYPE_CHECKING:
    import pyarrow as pa

    from shouwang.apps.exchange.models import Delivery

_NAMESPACE = uuid.UUID("6d1f3c1e-6a53-5a0e-9d3c-0b6b1b0f7a11")


def delivery_uuid(feed: str, period: str, area_code: str, sm3: str) -> uuid.UUID:
    """Return the one uuid of a file of a feed, period and division."""
    return uuid.uuid5(_NAMESPACE, f"{feed}|{period}|{area_code}|{sm3}")


def _stem(feed: str, period: str, area_code: str, sm3: str) -> Path:
    return Path(settings.LAKE_DIR) / feed / period / f"{area_code[:6]}-{sm3}"


def parquet_path(delivery: Delivery) -> Path:
    """Return the Parquet file of a delivery's accepted records."""
    return _stem(delivery.feed, delivery.period, delivery.area_code, delivery.sm3).with_suffix(".parquet")


def sealed_path(delivery: Delivery) -> Path:
    """Return the sealed file of a delivery: quarantined text, originals of repaired cells, whom the records are about."""
    return parquet_path(delivery).with_suffix(".sealed")


@contextmanager
def incoming() -> Iterator[Path]:
    """Give a folder of its own beside the lake (same disk, so that moving is renaming); it is gone afterwards."""
    home = Path(settings.LAKE_DIR) / ".incoming"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(home)
    folder = home / f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Remove what killed imports left behind."""
    for left in home.iterdir():
        owner = left.name.split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def linking_alone(*, wait: bool) -> Iterator[bool]:
    """Hold the one lock under which records are linked or taken back on this machine; yields False where it is busy.

    The lock goes with the process that holds it, however that ends.
    """
    home = Path(settings.LAKE_DIR)
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".linking").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def settle(moves: dict[Path, Path]) -> None:
    """Rename finished files to their places, for good."""
    for source, target in moves.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
    for folder in {target.parent for target in moves.values()}:
        fsync(folder)


def sealed_key_for(delivery: Delivery, key: bytes) -> bytes:
    """Seal a delivery's own key to its row."""
    return vault().encrypt(key.hex(), field_aad("exchange_delivery", "sealed_key", delivery.uuid))


def _key_of(delivery: Delivery) -> bytes:
    return bytes.fromhex(
        vault().decrypt(delivery.sealed_key, field_aad("exchange_delivery", "sealed_key", delivery.uuid))
    )


def sealed_rows(delivery: Delivery, kind: str) -> Iterator[list[Any]]:
    """Yield the frames of one kind from a delivery's sealed file; raises SealBroken."""
    if delivery.sealed_key:
        yield from read_sealed(sealed_path(delivery), _key_of(delivery), kind)


def record_batches(delivery: Delivery, size: int = 20_000) -> Iterator[pa.RecordBatch]:
    """Yield a delivery's accepted records in file order."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(parquet_path(delivery)) as source:
        yield from source.iter_batches(batch_size=size)
