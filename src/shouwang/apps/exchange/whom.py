"""Whom a record is about where no number says so: read from the sealed part of the lake, keyed so that it is known again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from shouwang.apps.audit.vault import vault
from shouwang.apps.exchange import lake
from shouwang.apps.exchange.contract import Contract
from shouwang.apps.exchange.names import compared_name
from shouwang.engine.linkage.records import Whom
from shouwang.lib.crypto import field_aad

if TYPE_CHECKING:
    from shouwang.apps.exchange.models import Delivery, LinkQuestion
    from shouwang.apps.registry.selectors import PersonCard

RECORD_COLUMN = "exchange.record"
_NUMBER = re.compile(r"[1-9][0-9]{5}((?:18|19|20)[0-9]{6})[0-9]{0,3}[0-9Xx]?")
_LONG_ENOUGH_FOR_SEX = 17


class Numberless(NamedTuple):
    """A quarantined record whose only fault is its number: where it stands, the number as it came, its other values."""

    sheet: str
    line: int
    byte_from: int
    number: str
    values: dict[str, Any]


def record_key(number: bytes | str, name: bytes | str) -> bytes:
    """Return the key under which the same record is known again: of the number and the name, or of their own indexes."""
    parts = (number.hex() if isinstance(number, bytes) else number, name.hex() if isinstance(name, bytes) else name)
    return vault().blind_index("|".join(parts), RECORD_COLUMN)


def numberless_key(record: Numberless, contract: Contract) -> bytes:
    """Return the key of a record with a wrong number."""
    return record_key(record.number.strip().upper(), compared_name(record.values[contract.name] or ""))


def whom_in(delivery: Delivery) -> Iterator[tuple[int, Whom]]:
    """Yield (record number, whom) of a delivery's accepted records, from the birth date and sex that a valid number holds."""
    at = 0
    for frame in lake.sealed_rows(delivery, "whom"):
        for name, year, month, day, is_man in zip(*frame, strict=True):
            yield at, Whom(name, f"{year:04d}{month:02d}{day:02d}", 1 if is_man else 2)
            at += 1


def numberless_in(delivery: Delivery, contract: Contract) -> Iterator[Numberless]:
    """Yield a delivery's quarantined records whose only fault is the number, their days as dates."""
    days = {column.name for column in contract.columns if column.type in {"date", "month"}}
    for frame in lake.sealed_rows(delivery, "numberless"):
        for sheet, line, byte_from, number, values in frame:
            read = {
                name: date.fromisoformat(value) if name in days and value is not None else value
                for name, value in values.items()
            }
            yield Numberless(sheet[:40], line, byte_from, number, read)


def whom_of_number(name: str, number: str) -> Whom:
    """Return whom a record with a wrong number is about: the birth date its digits still tell, the sex only of a full number."""
    found = _NUMBER.fullmatch(number.strip())
    if found is None:
        return Whom(name)
    plain = number.strip()
    sex = (1 if int(plain[16]) % 2 else 2) if len(plain) > _LONG_ENOUGH_FOR_SEX and not plain.endswith("000") else 0
    return Whom(name, found[1] if _is_day(found[1]) else "", sex)


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def whom_of_card(card: PersonCard) -> Whom:
    """Return a person of the register as compared. The division is left out: within one county all share it."""
    birth = f"{card.birth_date:%Y%m%d}" if card.birth_date else ""
    return Whom(card.name, birth, card.sex if card.sex in {1, 2} else 0)


def sealed_whom(whom: Whom, row: UUID) -> bytes:
    """Seal whom a record is about to its question."""
    return vault().encrypt(json.dumps(whom, ensure_ascii=False), field_aad("exchange_linkquestion", "whom_cipher", row))


def opened_whom(question: LinkQuestion) -> Whom:
    """Return whom a question is about. Raises TamperedError."""
    aad = field_aad("exchange_linkquestion", "whom_cipher", question.uuid)
    return Whom(*json.loads(vault().decrypt(question.whom_cipher, aad)))
