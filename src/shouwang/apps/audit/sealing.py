"""How a range of events is closed by one digest, and where the digests stand besides the database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from shouwang.apps.audit.models import Seal
from shouwang.apps.audit.vault import vault

FIRST_PREVIOUS = bytes(32)


class Head(NamedTuple):
    """A seal as noted outside the database."""

    last_event: int
    digest: str


def seal_digest(*, previous: bytes, first: int, last: int, gaps: list[int], at: str, macs: Iterable[bytes]) -> bytes:
    """Return the HMAC-SM3 over the seal before, the range, its empty numbers, the moment and every row's MAC in order."""
    head = json.dumps([previous.hex(), first, last, gaps, at], separators=(",", ":")).encode()
    return vault().mac(head + b"\n" + b"".join(macs))


def heads_file() -> Path:
    """Return the file of seal heads: it should be shipped off the machine, since it alone shows a log cut short."""
    return Path(settings.DATA_DIR) / "audit-heads.txt"


def note_heads() -> None:
    """Append the seals the heads file does not hold yet, and put it on disk. Behind by a crash, it catches up next time."""
    path, known = heads_file(), noted_heads()
    last = known[-1].last_event if known else 0
    new = Seal.objects.filter(last_event__gt=last).order_by("last_event").values_list("last_event", "digest")
    lines = [f"{event} {bytes(digest).hex()}\n" for event, digest in new]
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as target:
        target.writelines(lines)
        target.flush()
        os.fsync(target.fileno())


def noted_heads() -> list[Head]:
    """Return the heads noted outside the database, oldest first; a torn last line (a crash) is left out."""
    path = heads_file()
    if not path.exists():
        return []
    parts = (line.split() for line in path.read_text(encoding="ascii", errors="replace").splitlines())
    return [
        Head(int(part[0]), part[1]) for part in parts if len(part) == 2 and part[0].isdigit() and len(part[1]) == 64
    ]
