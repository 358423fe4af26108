"""Names as they are compared: spacing, the many middle dots and full-width letters never make another person."""

from __future__ import annotations

import re
import unicodedata

NAME_COLUMN = "exchange.name"
_LEFT_OUT = re.compile(r"[\s·•．・‧∙⋅.。'’-]+")


def compared_name(name: str) -> str:
    """Return the form under which two spellings of a name count as equal; characters themselves are never changed into others."""
    return (
        _LEFT_OUT.sub("", unicodedata.normalize("NFC", name)).casefold()
        if not name.isalpha() or name.isascii()
        else name
    )
