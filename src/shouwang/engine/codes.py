"""Codes said in the words their label lists: 残疾类别（1视力2听力3言语）[2] is 残疾类别[听力] for a reader."""

from __future__ import annotations

import re

from shouwang.engine.meaning import Value

PAIR = r"\d{1,2}[^\d（）]+"
LIST = re.compile(rf"（(?P<list>{PAIR}(?:{PAIR})+)）")
"""What a label says to staff of the codes behind it."""
_USED = re.compile(
    LIST.pattern
    + r"(?:\[(?P<held>\d+)\](?: (?P<sign>[=≠<≤>≥]) (?P<other>\d+)(?!\d|\.))?(?: (?P<within>不?属于) （(?P<choices>[\d、]+)）)?)?"
)
_ONE = re.compile(r"(\d{1,2})([^\d（）]+)")


def words_in(label: str) -> dict[int, str]:
    """Code → word, as far as a label lists them: 0 → 未认定; a remark after a comma (0为无证) is left out."""
    found = LIST.search(label)
    pairs = _ONE.findall(found["list"]) if found else []
    return {int(code): word.removeprefix("为").rstrip("，、；") for code, word in pairs}


def word_for(label: str, held: Value) -> str:
    """The word its label gives a held code; empty where it lists none, or what is held is no number."""
    return words_in(label).get(held, "") if held is not None and not isinstance(held, bool) else ""


def in_words(text: str) -> str:
    """A label, or a condition, with words in place of codes and without the lists."""
    return _USED.sub(_said, text) if "（" in text else text


def _said(found: re.Match[str]) -> str:
    words = words_in(found[0])

    def word(code: str) -> str:
        return words.get(int(code), code)

    if found["held"] is None:
        return ""
    said = f"[{word(found['held'])}]"
    if found["sign"]:
        said += f" {found['sign']} {word(found['other'])}"
    if found["within"]:
        said += f" {found['within']} （{'、'.join(map(word, found['choices'].split('、')))}）"
    return said
