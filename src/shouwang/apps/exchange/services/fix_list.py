"""The fix list (问题清单) that goes back to the sender: where, what is wrong, what to do, the text masked."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.audit.vault import vault
from shouwang.apps.exchange.access import delivery_for, delivery_in_sight, may_decide
from shouwang.apps.exchange.models import QuarantinedRow
from shouwang.lib.crypto import field_aad

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

COLUMNS = ("工作表", "行号", "列", "问题", "怎么改", "原文（号码已脱敏）")
WIDTHS = (12, 8, 22, 44, 44, 70)
_NUMBER = re.compile(r"[0-9０-９][0-9０-９\s-]{7,}[0-9０-９XxＸｘ]")
SHORTEST_HIDDEN = 10  # a date has eight digits, a phone eleven
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def masked_raw(row: QuarantinedRow, most: int = 300) -> str:
    """Return a quarantined record's text with every long number masked (前6后4 of what could be an identity number)."""
    text = vault().decrypt(row.raw_cipher, field_aad("exchange_quarantinedrow", "raw_cipher", row.uuid))
    masked = _NUMBER.sub(_hidden, text)
    return masked if len(masked) <= most else masked[:most] + "…"


def _hidden(found: re.Match[str]) -> str:
    text = found[0]
    if sum(sign.isdigit() for sign in text) < SHORTEST_HIDDEN:
        return text
    keep = (6, 4) if len(text) >= 15 else (3, 2)
    return text[: keep[0]] + "*" * (len(text) - sum(keep)) + text[-keep[1] :]


def fix_list(actor: Actor, uuid: UUID | str) -> bytes:
    """Return the fix list of a delivery as XLSX, one line per reason; the export is audited.

    Raises NotFound, or NotPermitted for a post that only oversees: the records name people whole.
    """
    if not may_decide(actor, delivery_in_sight(actor, uuid)):
        raise NotPermitted("问题清单里有个人信息，只有县级岗位可以下载。")
    delivery = delivery_for(actor, uuid, "delivery.fix_list")
    rows = QuarantinedRow.objects.filter(delivery=delivery).order_by("id")
    lines = [
        (row.sheet, row.line, reason["column"] or "整行", reason["text"], reason["todo"], masked_raw(row))
        for row in rows.iterator(chunk_size=500)
        for reason in row.reasons
    ]
    return _workbook(f"{delivery.file_name} 问题清单", lines)


def _workbook(title: str, lines: list[tuple[Any, ...]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("问题清单")
    for at, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEF"[at]].width = width
    sheet.freeze_panes = "A3"

    def cell(value: Any) -> Any:
        if isinstance(value, int):
            return value
        made = WriteOnlyCell(sheet, value=_UNPRINTABLE.sub("□", value))
        made.data_type = "s"  # a text that begins with = stays text
        made.quotePrefix = True
        return made

    sheet.append([cell(title)])
    sheet.append([cell(name) for name in COLUMNS])
    for line in lines:
        sheet.append([cell(value) for value in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
