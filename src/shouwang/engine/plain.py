"""An explanation in one paragraph for the citizen: what was asked, the answer, why, what is missing, what would change it.

Everyday words only: no signs, no names in code, no brackets within brackets, at most ``MOST`` characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from shouwang.engine.book import Book
from shouwang.engine.codes import PAIR, word_for
from shouwang.engine.explain import Explanation
from shouwang.engine.nearest import Change
from shouwang.engine.wording import everyday, unit_shown
from shouwang.engine.words import Citation

MOST = 200
MOST_MISSING = 3
MOST_FIGURES = 3
LONGEST_TEXT = 24
OWN_FEED = "register"
"""The feed of what a family itself declares; everything else a department reports."""
APPEAL = "不服本决定的，可自收到决定之日起60日内申请行政复议，或依法提起行政诉讼。"
_DIGITS = "零一二三四五六七八九"
_NOTE = re.compile(rf"（\d+为[^（）]*）|（{PAIR}(?:{PAIR})+）")
"""What a label says to staff of the codes behind it."""


def plain(book: Book, answer: Explanation, as_of: date, *, who: str = "", decided: bool = False) -> str:
    """The paragraph for one explanation. ``who`` it is about; ``decided``: a decision, which can be appealed, not a check."""
    head = f"按{as_of.year}年{as_of.month}月{as_of.day}日掌握的情况，{_answer(book, answer, who)}"
    appeal = APPEAL if decided else ""
    reasons, article = _reasons(book, answer), _article(answer)
    missing = [_missing(book, answer, most) for most in (MOST_MISSING, 1)]
    change = _change(book, answer.nearest_change)
    room = MOST - len(head) - len(appeal)
    said = next((each for each in _ever_shorter(reasons, missing, article, change) if len(each) <= room), "")
    return _NOTE.sub("", f"{head}{said}{appeal}")


def _ever_shorter(reasons: list[str], missing: list[str], article: str, change: str) -> Iterator[str]:
    """What follows the answer, ever shorter; what is missing is given up last."""
    for count in range(len(reasons), -1, -1):
        why = f"原因：{'；'.join(reasons[:count])}。" if count else ""
        yield why + missing[0] + article + change
        yield why + missing[0] + article
        yield why + missing[0]
    yield from missing


def _answer(book: Book, answer: Explanation, who: str) -> str:
    asked = f"{who}的“{answer.label}”" if who else f"“{answer.label}”"
    if book.unit_of(answer.name) == "bool":
        verdict = "现在还不能判断" if answer.value is None else "是" if answer.value else "否"
        return f"{who}是否{answer.label}？答复：{verdict}。"
    if answer.value is None:
        return f"{asked}现在还不能判断。"
    return f"{asked}为{coded(answer) or everyday(answer.value, unit_shown(book, answer.name))}。"


def coded(answer: Explanation) -> str:
    """The word for a code, where the label lists them: （0完好1轻度 …）."""
    return word_for(answer.label, answer.value)


def _reasons(book: Book, answer: Explanation) -> list[str]:
    """What decided, the weightiest first; nothing for what cannot be told: there, what is missing says it all."""
    if answer.value is None:
        return []
    said = [] if isinstance(answer.value, bool) or answer.value == 0 else _figures(book, answer)
    weighty: list[str] = []
    slight: list[str] = []
    for text, is_slight in _decided(answer, set()):
        (slight if is_slight else weighty).append(text)
    return list(dict.fromkeys(said or weighty or slight))[:MOST_FIGURES]


def _figures(book: Book, answer: Explanation) -> list[str]:
    """The numbers an amount was reckoned from."""
    numbers = [child for child in answer.children if child.value and not isinstance(child.value, bool)]
    shown = [f"{child.label}{everyday(child.value, unit_shown(book, child.name))}" for child in numbers[:MOST_FIGURES]]
    return [f"按{'、'.join(shown)}计算"] if shown else []


def _decided(answer: Explanation, seen: set[str]) -> Iterator[tuple[str, bool]]:
    """What decided in words; where it is another finding, what decided that."""
    seen.add(answer.name)
    by_name = {child.name: child for child in answer.children}
    for each in answer.deciding:
        below = by_name.get(each.name)
        if below is not None and below.deciding and below.name not in seen:
            yield from _decided(below, seen)
        else:
            yield each.text, each.slight


def _missing(book: Book, answer: Explanation, most: int) -> str:
    """What is missing, and who can bring it."""
    if answer.value is not None:
        return ""
    own: list[str] = []
    reported: list[str] = []
    unset: list[str] = []
    other = False
    for name in answer.lacking:
        prefix, _, bare = name.rpartition(":")
        if prefix == "param":
            unset.append(book.parameter_specs[bare].label)
        elif prefix:
            other = True
        else:
            item = book.inputs[name].item
            feed = OWN_FEED if item is None else book.items[item].feed
            (own if feed == OWN_FEED else reported).append(book.inputs[name].label)
    said = ""
    if own:
        said += f"还缺{_some(own, most)}，请带身份证、户口簿和有关材料到乡镇（街道）社会救助窗口补报，可请村（居）委会代办。"
    if reported:
        said += f"{'另' if own else '还'}缺{_some(reported, most)}，由经办人员向有关部门核对。"
    if unset:
        said += f"当地还没有公布{_some(unset, most)}，请向县级民政部门询问。"
    if other and not said:
        said = "现有规定和数字算不出结果，请向县级民政部门询问。"
    return said


def _some(labels: list[str], most: int) -> str:
    shown = "、".join(f"“{label}”" for label in labels[:most])
    return f"{shown}等{len(labels)}项" if len(labels) > most else shown


def _article(answer: Explanation) -> str:
    for each in _cited(answer):
        return f"依据：{each}。"
    return ""


def _cited(answer: Explanation) -> Iterator[str]:
    for each in answer.cites:
        if each.title and each.key != "local":
            yield f"《{each.title}》{_place(each)}"


def _place(cite: Citation) -> str:
    if cite.article.isdigit():
        return f"第{_chinese(int(cite.article))}条"
    return cite.article if len(cite.article) <= LONGEST_TEXT else ""


def _chinese(number: int) -> str:
    """第十二条 as documents write it; from a hundred on in figures."""
    if number >= 100:
        return str(number)
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return f"{head}{_DIGITS[ones] if ones or not tens else ''}"


def _change(book: Book, change: Change | None) -> str:
    if change is None:
        return ""
    return f"如果{change.label}变为{everyday(change.to, unit_shown(book, change.name))}，答复会变为“{'是' if change.outcome else '否'}”。"
