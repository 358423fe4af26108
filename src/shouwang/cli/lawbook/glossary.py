"""Sections 2 to 7 of ``docs/glossary.md``: every label of the book beside its code, the English words kept as they stand."""

from __future__ import annotations

from collections.abc import Iterable

from shouwang.cli.lawbook.words import Page, policies_of, policy_of, table, title_of
from shouwang.engine.book import Book
from shouwang.engine.rule import Rule
from shouwang.rules.clocks import clocks

FIRST, AFTER = "## 2 ", "## 8 "
WARNINGS = "warnings"
HEADS = ("中文", "English", "code")


class GlossaryError(ValueError):
    """The glossary lacks the sections that are written into; the message is Chinese."""


def glossary_page(book: Book, text: str) -> Page:
    """The glossary with its generated sections made anew; ``text`` as it stands."""
    begin, end = text.find(FIRST), text.find(AFTER)
    if not 0 <= begin < end:
        raise GlossaryError("术语表里找不到第2节和第8节的标题")
    words = _english(text[begin:end])
    return Page("glossary.md", text[:begin] + "\n".join(_sections(book, words)) + "\n" + text[end:])


def _english(text: str) -> dict[str, str]:
    """Code → the English words beside it."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == len(HEADS) and cells[-1].startswith("`"):
            found[cells[-1].strip("`")] = cells[1]
    return found


def _sections(book: Book, words: dict[str, str]) -> list[str]:
    def rows(named: Iterable[tuple[str, str]]) -> list[str]:
        return table(
            HEADS,
            [
                (label, words.get(name) or name.rpartition(".")[2].replace("_", " "), f"`{name}`")
                for label, name in named
            ],
        )

    lines = ["## 2 结论：各项政策", ""]
    home = {name: policy_of(versions[-1]) for name, versions in book.definitions.items()}
    for policy in policies_of(book):
        found = [(book.label_of(name), name) for name, whose in home.items() if whose == policy]
        if found and policy != WARNINGS:
            lines += [f"{title_of(policy)}：", "", *rows(found)]
    warnings = [name for name, whose in home.items() if whose == WARNINGS]
    warn = {name for name in warnings if any(isinstance(each, Rule) and each.warns for each in book.definitions[name])}
    lines += ["## 3 结论：预警", "", *rows((book.label_of(name), name) for name in warnings if name in warn)]
    lines += ["预警所用的中间结论：", "", *rows((book.label_of(name), name) for name in warnings if name not in warn)]
    lines += ["## 4 参数", ""]
    for policy in policies_of(book):
        specs = [(spec.label, spec.item) for spec in book.parameter_specs.values() if spec.policy == policy]
        if specs:
            lines += [f"{title_of(policy)}：", "", *rows(specs)]
    lines += ["## 5 事实：规则引用的", "", *rows((spec.label, name) for name, spec in book.inputs.items())]
    lines += [
        "## 6 项目：来源部门报送、登记册保存的",
        "",
        *rows((item.label, name) for name, item in book.items.items()),
    ]
    lines += ["## 7 办理时限", "", *rows((entries[0].value.label, key) for key, entries in clocks().items())]
    return lines
