"""Characters that must not stand in a department's table: lost text and what the eye cannot see."""

from __future__ import annotations

import re

_NONCHARACTERS = "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\u2060\ufeff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff"
    "\ud800-\udfff" + _NONCHARACTERS + "]"
)
LOST = re.compile("\ufffd|锟斤拷|烫烫烫|屯屯屯")
LOST_WORDS = ("锟斤拷", "烫烫烫", "屯屯屯")


def has_forbidden(text: str) -> bool:
    """Say whether text holds a lost, control, zero-width, bidi or non-character (line ends and tabs are fine)."""
    if "\ufffd" in text or any(word in text for word in LOST_WORDS):
        return True
    return not text.replace("\n", "").replace("\r", "").isprintable() and CONTROL.search(text) is not None


def problem_of(text: str) -> str:
    """Return the reason code for the first forbidden thing in text, '' where there is none."""
    if text.isascii() and text.isprintable():
        return ""
    if LOST.search(text):
        return "lost_upstream"
    return "control_character" if CONTROL.search(text) else ""
