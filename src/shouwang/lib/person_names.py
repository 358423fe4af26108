"""Chinese personal names as two offices write them: one normal form, and the ways in which one name may come in two spellings.

Comparison only: the name as it came stays what is shown. Needs the ``linkage`` extra for the forms beyond ``normal_name``'s
simplified characters (see ``lib.hanzi``).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from shouwang.lib.hanzi import four_corners, is_han, is_private, plain_reading, private_use, to_simplified
from shouwang.lib.masking import COMPOUND_SURNAMES

DOT = "·"
"""The only right dot of a name: U+00B7, GB 18030 A1A4 (民委发〔2016〕33号)."""
WILD = "_"
"""Stands for one character that the writer did not have."""
_DOTS = re.compile("[·•‧∙⋅・･．.。․⸱ᐧ●⚫]")
_AROUND = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff]+")
_LEFT_OUT = re.compile(r"[\s'’`\-－—,，、()（）]+")
_PLACEHOLDERS = re.compile("[?？□○〇*＊■◇_＿�]")
_LETTERS = re.compile(r"[a-z]+")
_COMBINING = re.compile("[\u0300-\u036f]")

SURNAME_READINGS = {
    "单": "shan",
    "解": "xie",
    "仇": "qiu",
    "曾": "zeng",
    "查": "zha",
    "区": "ou",
    "朴": "piao",
    "缪": "miao",
    "乐": "yue",
    "翟": "zhai",
    "员": "yun",
    "贠": "yun",
    "盖": "ge",
    "召": "shao",
    "折": "she",
    "洗": "xian",
    "黑": "he",
    "繁": "po",
    "种": "chong",
    "秘": "bi",
    "薄": "bo",
    "适": "kuo",
    "覃": "qin",
    "牟": "mu",
    "隗": "wei",
    "祭": "zhai",
    "卜": "bu",
    "能": "nai",
    "万俟": "moqi",
    "尉迟": "yuchi",
    "澹台": "tantai",
    "单于": "chanyu",
}
"""Readings of surnames that differ from the character's most usual one."""


class NameForms(NamedTuple):
    """One name in the forms that are compared; '' where a form does not exist.

    ``norm`` characters in normal form · ``pinyin`` their readings joined · ``fuzzy`` readings that sound alike folded
    together · ``corners`` five digits of four-corner code per character · ``wild`` the normal form with ``_`` for every
    character the writer did not have · ``surname`` · ``first_part`` of a dotted name.
    """

    norm: str
    pinyin: str
    fuzzy: str
    corners: str
    wild: str
    surname: str
    first_part: str


def normal_name(name: str) -> str:
    """Return a name's normal form: NFKC, private-use points in their places, simplified, lower case, dots as U+00B7, no spaces.

    Idempotent. Placeholders stay what they are, as one kind (``_``), except 某, which may be a surname.
    """
    text = unicodedata.normalize("NFKC", _AROUND.sub(" ", name.translate(private_use())))
    text = _COMBINING.sub("", unicodedata.normalize("NFD", text.replace("ü", "v").replace("Ü", "v")))
    text = unicodedata.normalize("NFKC", _DOTS.sub(DOT, text)).casefold()
    text = _LEFT_OUT.sub("", _PLACEHOLDERS.sub(WILD, text))
    text = "".join(WILD if is_private(each) else each for each in to_simplified(text))
    return re.sub(f"{DOT}+", DOT, text).strip(DOT)


@lru_cache(maxsize=200_000)
def name_forms(name: str) -> NameForms:
    """Return the forms under which a name is compared."""
    whole = normal_name(name)
    first_part = whole.split(DOT)[0] if DOT in whole else ""
    norm = whole.replace(DOT, "")
    wild = _wild(norm)
    family = _surname(wild)
    pinyin = _pinyin(norm, family)
    return NameForms(norm, pinyin, fuzzy_reading(pinyin), _corner_codes(wild), wild, family, first_part)


def _wild(norm: str) -> str:
    """Letters among Chinese characters stand for one rare character; 某 after the surname stands for one unknown."""
    if not any(map(is_han, norm)):
        return norm
    text = _LETTERS.sub(WILD, norm)
    return text[:1] + text[1:].replace("某", WILD)


def _surname(wild: str) -> str:
    family = wild[:2] if len(wild) > 2 and wild[:2] in COMPOUND_SURNAMES else wild[:1]
    return "" if WILD in family else family


def _pinyin(norm: str, family: str) -> str:
    """Join the readings; a character without one (and a placeholder) makes the whole reading unknown."""
    start = SURNAME_READINGS.get(family, "")
    parts = [start] if start else []
    for each in norm[len(family) if start else 0 :]:
        reading = plain_reading(each) if is_han(each) else each if each.isascii() and each.isalpha() else ""
        if not reading:
            return ""
        parts.append(reading)
    return "".join(parts)


def fuzzy_reading(pinyin: str) -> str:
    """Fold readings that speakers mix up: zh ch sh → z c s, -ng → -n, n → l before a vowel."""
    text = pinyin.replace("ng", "n").replace("zh", "z").replace("ch", "c").replace("sh", "s")
    return re.sub("n(?=[aeiouv])", "l", text)


def _corner_codes(wild: str) -> str:
    codes = [four_corners(each) for each in wild]
    return "".join(codes) if all(codes) else ""
