"""``docs/glossary.md`` is the only dictionary: every label and its code stand on one line of it."""

from __future__ import annotations

from pathlib import Path

from shouwang.engine.book import Book
from shouwang.rules.clocks import clocks

GLOSSARY = Path(__file__).resolve().parents[2] / "docs/glossary.md"


def rows() -> set[tuple[str, str]]:
    """The (中文, code) pairs of rows that name one thing."""
    lines = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {(row[0], row[-1].strip("`")) for row in cells if len(row) == 3}


def test_every_label_stands_beside_its_code(book: Book) -> None:
    named = {(book.label_of(name), name) for name in (*book.definitions, *book.inputs, *book.parameter_specs)}
    named |= {(item.label, name) for name, item in book.items.items()}
    named |= {(entries[0].value.label, key) for key, entries in clocks().items()}
    assert sorted(named - rows()) == []


def test_the_glossary_names_nothing_that_is_gone(book: Book) -> None:
    """Sections 2 to 7 list what the rules hold, and no more."""
    text = GLOSSARY.read_text(encoding="utf-8")
    listed = text[text.index("## 2 ") : text.index("## 8 ")]
    codes = {line.rsplit("`", 2)[1] for line in listed.splitlines() if line.startswith("| ") and "`" in line}
    known = {*book.definitions, *book.inputs, *book.parameter_specs, *book.items, *clocks()}
    assert sorted(codes - known) == []
