"""Which encoding a text file is in, decided strictly and with the reason kept: BOM, then UTF-8, then GB18030."""

from __future__ import annotations

import codecs
import re
import struct
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shouwang.apps.exchange.reading.delivered import AT_ONCE, LARGE, Delivered
from shouwang.engine.backends import text_columns

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_STEP = 1 << 20
_GOES_ON, _MOST_GOING_ON = bytes(range(0x80, 0xC0)), 3
"""The bytes that carry a character of UTF-8 on, and how many of them it has at most."""
# GB 18030-2022 gave these 18 code points a Unicode place; Python's codec still yields the private-use points of 2000.
_PRIVATE_2000 = [*range(0xE78D, 0xE797), 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864]
_PLACES_2022 = [0xFE10, 0xFE12, 0xFE11, *range(0xFE13, 0xFE1A), *range(0x9FB4, 0x9FBC)]
GB18030_2022 = dict(zip(_PRIVATE_2000, _PLACES_2022, strict=True))
PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")

# 乱码判别：GBK 文件里混入的 UTF-8 行；UTF-8 文件里混入的 GBK 行（读成希伯来、希腊等字母）。
_UTF8_CJK = re.compile(
    rb"(?:[\x00-\x7f]"
    rb"|\xc2\xb7"
    rb"|\xe2[\xba-\xbf][\x80-\xbf]"
    rb"|[\xe3-\xe9][\x80-\xbf][\x80-\xbf]"
    rb"|\xef[\xa4-\xab\xbc-\xbe][\x80-\xbf]"
    rb"|\xef\xbf[\x80-\xaf]"
    rb"|\xf0[\xa0-\xbf][\x80-\xbf][\x80-\xbf])*"
)
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_CJK_LEAD = re.compile(rb"[\xe2-\xef\xf0]")
MISREAD_GBK = re.compile("[\u0080-\u009f\u0370-\u07ff]")


@dataclass(frozen=True, slots=True)
class Decision:
    """The decided encoding. ``whole`` = every byte decodes; else the lines that do not are quarantined."""

    codec: str
    bom: int
    whole: bool
    why: str

    @property
    def is_wide(self) -> bool:
        """Whether the file is UTF-16."""
        return self.codec.startswith("utf-16")


def decodes(data: Delivered, codec: str, start: int = 0) -> bool:
    """Say whether all bytes from ``start`` decode strictly, a piece at a time."""
    if codec == "utf-8" and len(data) - start > LARGE:
        return _is_utf8_throughout(data, start)
    if codec == "gb18030" and text_columns.loaded() and _are_pairs_throughout(data, start):
        return True
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for at in range(start, len(data), _STEP):
            decoder.decode(data.look(at, at + _STEP))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8_throughout(data: Delivered, start: int) -> bool:
    """As ``decodes``, by Arrow on both cores: many times as fast, once it is loaded. Pieces begin where characters do."""
    import pyarrow as pa

    from shouwang.lib.in_turn import in_turn  # a small file does without threads

    def begin(near: int) -> int:
        if near <= start:
            return start
        first = data.look(near, near + _MOST_GOING_ON)
        return min(near, len(data)) + len(first) - len(first.lstrip(_GOES_ON))

    def is_utf8(at: int) -> bool:
        piece = data.look(begin(at), begin(at + _STEP))
        offsets = pa.py_buffer(struct.pack("=ii", 0, len(piece)))
        try:
            pa.StringArray.from_buffers(1, offsets, pa.py_buffer(piece)).validate(full=True)
        except pa.ArrowInvalid:
            return False
        return True

    with in_turn(is_utf8, range(start, len(data), _STEP), AT_ONCE) as found:
        return all(found)


def _are_pairs_throughout(data: Delivered, start: int) -> bool:
    """Say whether GB18030 stands there with characters of one and two bytes alone."""
    rest = b""
    for at in range(start, len(data), _STEP):
        piece = rest + data.look(at, at + _STEP)
        whole = text_columns.are_pairs(piece, gb18030_pairs())
        if whole < 0:
            return False
        rest = piece[whole:]
    return not rest


@cache
def gb18030_pairs() -> NDArray[np.uint16]:
    """The code points of GB18030's characters of two bytes, for ``text_columns``, those of 2022 in their places."""
    codes = np.zeros((126, 192), np.uint16)
    for lead in range(126):
        for trail in range(191):
            text = bytes((0x81 + lead, 0x40 + trail)).decode("gb18030", "replace")
            if len(text) == 1 and text != "\ufffd":
                codes[lead, trail] = ord(place_private_use(text))
    return codes.ravel()


def by_bom(data: Delivered) -> Decision | None:
    """Return the decision a byte order mark makes, or None without one."""
    first = data.look(0, 4)
    for mark, codec in BOMS:
        if first.startswith(mark):
            return Decision(codec, len(mark), decodes(data, codec, len(mark)), "文件开头有 BOM")
    return None


def without_bom(data: Delivered) -> Decision | None:
    """Return UTF-8 or GB18030 where the whole file decodes strictly, else None."""
    if decodes(data, "utf-8"):
        return Decision("utf-8", 0, True, "全文严格符合 UTF-8")
    if decodes(data, "gb18030"):
        return Decision("gb18030", 0, True, "全文严格符合 GB18030")
    return None


def wide_candidates(data: Delivered) -> list[Decision]:
    """Return the UTF-16 readings to try on a file without BOM: NUL among the first bytes, an even length, a strict decode."""
    if len(data) % 2 or b"\0" not in data.look(0, 512):
        return []
    found = [codec for codec in ("utf-16-le", "utf-16-be") if decodes(data, codec)]
    return [Decision(codec, 0, True, "没有 BOM，按 UTF-16 可读出表头") for codec in found]


def place_private_use(text: str) -> str:
    """Move the 18 characters GB 18030-2022 placed out of the private-use area."""
    return text.translate(GB18030_2022) if PRIVATE_USE.search(text) else text


def is_utf8_by_itself(line: bytes) -> bool:
    """Say whether a line of a GB18030 file is really UTF-8: it decodes, and everything beyond ASCII is CJK."""
    return (
        _NOT_ASCII.search(line) is not None
        and _UTF8_CJK.fullmatch(line) is not None
        and _CJK_LEAD.search(line) is not None
        and _is_utf8(line)
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
