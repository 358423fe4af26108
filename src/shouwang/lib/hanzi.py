"""Single Chinese characters: simplified form, reading without tone, four-corner code. One table, made once from the installed packages.

Needs the ``linkage`` extra (opencc, pypinyin, char-similar-z), imported only when the table is first asked for, so that
this module itself can always be imported. Nothing of theirs is copied into this repository.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_FIRST_PRIVATE, _LAST_PRIVATE = 0xE815, 0xE864
_MOVED = {
    0xE816: 0x20087,
    0xE817: 0x20089,
    0xE818: 0x200CC,
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE831: 0x215D7,
    0xE832: 0x9FB8,
    0xE83B: 0x2298F,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE855: 0x241FE,
    0xE864: 0x9FBB,
}
"""GB 18030-2022's places of the fourteen characters that Python's codec (GB 18030-2000) still decodes to private-use points."""
_HAN = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_CONVERTED = ((0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x2EE60))
CORNER_DIGITS = 5
"""Digits of a four-corner code: four corners and the fifth that tells like ones apart (附号)."""


class LinkageExtraMissing(ImportError):
    """The packages that know Chinese characters are not installed; the message says what to install."""


@cache
def private_use() -> dict[int, str]:
    """Return GBK's private-use code points of characters that have a place of their own today, for ``str.translate``.

    Old systems write such characters of names as U+E815…U+E864 (GBK FE50…FEA0). Where Python's own codec knows the
    place it is asked; the others stand in the table above.
    """
    table = {}
    rows = (row for row in range(0x50, 0xA1) if row != 0x7F)  # 0x7F is no second byte
    for point, row in zip(range(_FIRST_PRIVATE, _LAST_PRIVATE + 1), rows, strict=True):
        table[point] = chr(_MOVED[point]) if point in _MOVED else bytes((0xFE, row)).decode("gb18030")
    return table


def is_private(character: str) -> bool:
    """Say whether a character is in a private-use area: what it shows depends on the sender's fonts."""
    return unicodedata.category(character) == "Co"


def is_han(character: str) -> bool:
    """Say whether a character is a Chinese one."""
    point = ord(character)
    return any(low <= point <= high for low, high in _HAN)


@cache
def _simplified() -> dict[int, str]:
    """Map the code point of each traditional or variant character to its simplified form (OpenCC, one character at a time)."""
    try:
        from opencc import OpenCC
    except ImportError as error:
        raise LinkageExtraMissing("没有安装 opencc：请执行 pip install 'shouwang[linkage]'。") from error
    characters = [chr(point) for low, high in _CONVERTED for point in range(low, high)]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {
        ord(before): after
        for before, after in zip(characters, converted, strict=True)
        if before != after and len(after) == 1
    }


@cache
def _readings() -> dict[int, str]:
    try:
        from pypinyin.pinyin_dict import pinyin_dict
    except ImportError as error:
        raise LinkageExtraMissing("没有安装 pypinyin：请执行 pip install 'shouwang[linkage]'。") from error
    found: dict[int, str] = pinyin_dict
    return found


@cache
def _corners() -> dict[str, str]:
    try:
        from char_similar_z.path_config import get_dict  # type: ignore[import-untyped]
    except ImportError as error:
        raise LinkageExtraMissing("没有安装 char-similar-z：请执行 pip install 'shouwang[linkage]'。") from error
    return {
        character: code
        for character, code in get_dict("fourangle").items()
        if len(code) == CORNER_DIGITS and code.isascii() and code.isdigit()
    }


def to_simplified(text: str) -> str:
    """Return text with each traditional or variant character in its simplified form; the number of characters stays."""
    return text.translate(_simplified())


@cache
def plain_reading(character: str) -> str:
    """Return a character's most usual reading as letters a–z without tone (ü as v); '' where none is known."""
    readings = _readings().get(ord(character), "")
    return _plain(readings.split(",")[0])


@cache
def plain_readings(character: str) -> tuple[str, ...]:
    """Return all readings of a character without tone, the most usual first, none twice."""
    found = (_plain(each) for each in _readings().get(ord(character), "").split(","))
    return tuple(dict.fromkeys(each for each in found if each))


def _plain(reading: str) -> str:
    spread = unicodedata.normalize("NFD", reading).replace("u\u0308", "v").replace("ê", "e")
    return "".join(each for each in spread if each.isascii() and each.isalpha())


def four_corners(character: str) -> str:
    """Return a character's four-corner code (五位，含附号); '' where the table has none."""
    return _corners().get(character, "")
