"""Full-width to half-width: the only change of characters that is always safe.

Unicode's NFKC would also turn ``①`` into ``1`` and ``㎡`` into ``m2``; a number read out of an ornament is a guess, so
the table here holds the full-width ASCII block, the ideographic space and the full-width yen sign, nothing else.
"""

from __future__ import annotations

EXCERPT = 12
_TABLE = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE5: 0xA5}


def to_halfwidth(text: str) -> str:
    """Return ``text`` with full-width ASCII (１Ｘ，．) as plain ASCII and ``￥`` as ``¥``; everything else stays."""
    return text.translate(_TABLE)


def excerpt(text: str) -> str:
    """Return the start of a text for a message: a slipped column must not put an identity number into a receipt."""
    return text if len(text) <= EXCERPT else text[:EXCERPT] + "…"
