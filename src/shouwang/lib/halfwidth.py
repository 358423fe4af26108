"""Full-width to half-width: the only change of characters that is always safe.

Unicode's NFKC would also turn ``①`` into ``1`` and ``㎡`` into ``m2``; a number read out of an ornament is a guess, so
the table here holds the full-width ASCII block, the ideographic space and the full-width yen sign, nothing else.
"""

from __future__ import annotations

EXCERPT = 12
DATE_DIGITS = 8
SHOWN_DIGITS = 6
_TABLE = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE5: 0xA5}


def to_halfwidth(text: str) -> str:
    """Return ``text`` with full-width ASCII (１Ｘ，．) as plain ASCII and ``￥`` as ``¥``; everything else stays."""
    return text.translate(_TABLE)


def excerpt(text: str, most_digits: int = DATE_DIGITS) -> str:
    """Return the start of a text for a message.

    A slipped column must not put an identity or telephone number into a receipt: from the seventh digit on, digits
    show as ``*`` where more than ``most_digits`` stand (a date has eight). Control characters and lone surrogates, which a
    database may refuse, show as ``�``.
    """
    shown = text[: EXCERPT + 1]
    if sum(each.isdigit() for each in text[: 4 * EXCERPT]) > most_digits:
        seen = 0
        masked = []
        for each in shown:
            seen += each.isdigit()
            masked.append("*" if each.isdigit() and seen > SHOWN_DIGITS else each)
        shown = "".join(masked)
    printable = "".join(each if each.isprintable() else "�" for each in shown)
    return printable if len(text) <= EXCERPT else printable[:EXCERPT] + "…"
