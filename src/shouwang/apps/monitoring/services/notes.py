"""Words people write into an alert: never blank, never an identity number."""

from __future__ import annotations

import re

from shouwang.apps.monitoring.services.outcomes import Refused

NOTE_LIMIT = 1000
# 15 or 18 characters shaped like an identity number, also in full-width digits or broken by spaces and dashes
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = re.compile(rf"(?<!\d)[1-9]\d{{5}}(?:(?:18|19|20)\d\d{_DAY}\d{{3}}[\dX]|\d\d{_DAY}\d{{3}})(?!\d)")
_FULL_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("Ｘ"): "X", ord("ｘ"): "X"}


def checked_note(note: str) -> str:
    """Return a note fit to keep: not blank, not too long, without an identity number. Raises Refused."""
    note = note.strip()
    if not note:
        raise Refused("请填写说明。")
    if len(note) > NOTE_LIMIT:
        raise Refused(f"说明最多 {NOTE_LIMIT} 字，现有 {len(note)} 字。")
    return without_identity_number(note, "说明")


def without_identity_number(text: str, field: str) -> str:
    """Return the text, or raise Refused where it holds something shaped like an identity number."""
    plain = re.sub(r"[\s\-－·]", "", text.translate(_FULL_WIDTH)).upper()
    if "\x00" in text:
        raise Refused(f"{field}中有不能保存的字符。")
    if _IDENTITY.search(plain):
        raise Refused(f"{field}中请勿填写身份证号。")
    return text
