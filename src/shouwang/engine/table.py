"""An explanation as the table 条件 / 判断 / 计算与事实 / 依据, for a page and for paper."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shouwang.engine.codes import in_words, word_for
from shouwang.engine.explain import UNCONFIRMED, Explanation
from shouwang.engine.meaning import Value
from shouwang.engine.words import CAUTIONS, Citation

CANNOT_TELL = "暂无法判断"
JUDGED = ("rule", "count", "total", "any_of")
_MEMBER = re.compile(r"成员(\d+)")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; ``depth`` says how far below the question it stands, ``verdict`` yes, no, unknown or value."""

    depth: int
    label: str
    verdict: str
    value: str
    reckoning: str
    cites: tuple[str, ...]

    @property
    def indent(self) -> range:
        """One blank for each step down after the first."""
        return range(self.depth - 1)

    @property
    def answer(self) -> str:
        """What stands in the column 判断."""
        return {"yes": "是", "no": "否"}.get(self.verdict, self.value)


def rows_of(answer: Explanation, called: Mapping[int, str]) -> list[Row]:
    """The rows of a question. ``called`` gives each member's name by place (1, 2 …), as it may be shown."""
    rows: list[Row] = []
    _add_rows(answer, called, 0, rows)
    return rows


def _add_rows(answer: Explanation, called: Mapping[int, str], depth: int, rows: list[Row]) -> None:
    who = "" if answer.person is None else f"（{_name(answer.person + 1, called)}）"
    said = word_for(answer.label, answer.value) or answer.value_text
    rows.append(
        Row(
            depth=depth,
            label=f"{in_words(answer.label)}{who}",
            verdict=verdict_of(answer.value),
            value=CANNOT_TELL if answer.value is None and answer.kind in JUDGED else said,
            reckoning=named(in_words(answer.condition), called),
            cites=tuple([str(cite) for cite in answer.cites]),
        )
    )
    for child in answer.children:
        if not child.repeated:
            _add_rows(child, called, depth + 1, rows)


def verdict_of(value: Value) -> str:
    """``yes``, ``no``, ``unknown``, or ``value`` for a number."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "value"


def named(text: str, called: Mapping[int, str]) -> str:
    """Put the members' names where the engine speaks of 成员1, 成员2."""
    return _MEMBER.sub(lambda found: called.get(int(found[1])) or found[0], text) if "成员" in text else text


def notices_of(answer: Explanation, called: Mapping[int, str]) -> tuple[str, ...]:
    """What a reader must be told beside the answer.

    What the rules under it have to say, values nobody could check, documents we have not read in full.
    """
    unchecked: dict[str, None] = {}
    documents: dict[Citation, None] = {}
    for each in _below(answer):
        if each.kind == "parameter" and UNCONFIRMED in each.condition:
            unchecked[each.label] = None
        documents.update(dict.fromkeys(cite for cite in each.cites if cite.confidence in CAUTIONS))
    said = [f"{named(notice, called).rstrip('。')}。" for notice in answer.notices]
    said += [f"“{'”“'.join(unchecked)}”{UNCONFIRMED}。"] if unchecked else []
    by_caution: dict[str, dict[str, None]] = {}
    for document in documents:
        by_caution.setdefault(CAUTIONS[document.confidence], {})[document.title] = None
    said += [f"《{'》《'.join(titles)}》{caution}。" for caution, titles in sorted(by_caution.items())]
    return tuple(said)


def _below(answer: Explanation) -> Iterator[Explanation]:
    yield answer
    for child in answer.children:
        yield from _below(child)


def _name(place: int, called: Mapping[int, str]) -> str:
    return called.get(place) or f"成员{place}"
