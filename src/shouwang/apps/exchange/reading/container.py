"""What a delivered file really is, told by its content and never by its name; and what a name says."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from shouwang.apps.exchange.reading.delivered import Delivered
from shouwang.apps.exchange.reading.reasons import Refused

CSV, XLSX = "csv", "xlsx"
_YEARS = (1949, 2099)
_NAME = re.compile(r"([a-z]+)_([0-9]{6})_([0-9]{4}(?:-[0-9]{2})?)(?:_([0-9A-Za-z-]{1,20}))?\.([A-Za-z0-9]{1,5})")
_BINARIES = (
    *(b"PK\x05\x06", b"PK\x07\x08", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ"),
    *(b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"MZ", b"\x7fELF", b"SQLite format 3", b"PAR1"),
)
_OLE = b"\xd0\xcf\x11\xe0"
_MARKUP_START = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\x00\s]*<[\x00]*[!?/A-Za-z]")
_BLANK = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\x00\s,]*")
_BLANK_REST = re.compile(rb"[\x00\s,]*")
_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class NamedAs:
    """What a file name says: feed, six-digit county, period (YYYY or YYYY-MM), extension."""

    feed: str
    county: str
    period: str
    extension: str


def read_name(name: str, feeds: tuple[str, ...]) -> NamedAs:
    """Read ``<feed>_<county6>_<period>[_<n>].<csv|xlsx>``; raises Refused for any other name."""
    if (
        any(unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"} for sign in name)
        or "/" in name
        or "\\" in name
        or ".." in name
    ):
        raise Refused("file_name")
    found = _NAME.fullmatch(name)
    if found is None:
        raise Refused("file_name")
    feed, county, period, _, extension = found.groups()
    if feed not in feeds:
        raise Refused("file_name", f"没有“{feed}”这一类别")
    if len(period) == 7 and not 1 <= int(period[5:]) <= 12:
        raise Refused("file_name", "所属期的月份不对")
    if not _YEARS[0] <= int(period[:4]) <= _YEARS[1]:
        raise Refused("file_name", "所属期的年份不对")
    if extension.lower() not in {CSV, XLSX}:
        raise Refused("extension")
    return NamedAs(feed, county, period, extension.lower())


def container_of(data: Delivered, extension: str) -> str:
    """Return ``csv`` or ``xlsx`` by content; raises Refused where it is neither, empty, or unlike its extension."""
    first = data.look(0, 4096)
    if not first:
        raise Refused("empty")
    if first.startswith(_OLE):
        raise Refused("ole")
    if first.startswith(b"PK\x03\x04"):
        if extension != XLSX:
            raise Refused("extension")
        return XLSX
    if first.startswith(_BINARIES):
        raise Refused("container")
    if _MARKUP_START.match(first):
        raise Refused("html")
    if _is_blank(data):
        raise Refused("empty")
    if extension != CSV:
        raise Refused("extension")
    return CSV


def _is_blank(data: Delivered) -> bool:
    """Only a BOM, white space and line ends (commas count: a record of empty fields is blank)."""
    blank = _BLANK
    for at in range(0, len(data), _STEP):
        if blank.fullmatch(data.look(at, at + _STEP)) is None:
            return False
        blank = _BLANK_REST
    return True
