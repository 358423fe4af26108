"""The words an explanation is said in: labels of the versions in force, and of inputs, parameters and documents as they were then.

A rule's label is dated with its version. What ``inputs.yaml``, ``parameters.yaml`` and ``sources.yaml`` say is not, so a
decision that is stored keeps the words it used, and is said in them again however the book is worded later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shouwang.engine.book import Book
from shouwang.engine.rule import LOCAL, Cite, Definition

CAUTIONS = {"B": "只见网页片段，未见全文", "C": "他处转述，不作法律依据", "D": "未核实"}
"""What a reader must know of a document whose text we have not read in full."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where the law says so. ``text`` is the article's wording if ``sources.yaml`` holds it; a local source has no title.

    ``confidence`` how sure we are of the document's text (A to D, see ``sources.yaml``; empty where it does not say).
    """

    key: str
    article: str
    title: str
    number: str
    text: str
    confidence: str = ""

    def __str__(self) -> str:
        if self.key == LOCAL:
            return self.title
        if not self.title:
            return f"当地来源 {self.key} {self.article}".rstrip()
        number = f"（{self.number}）" if self.number else ""
        article = f" 第{self.article}条" if self.article.isdigit() else f" {self.article}" if self.article else ""
        caution = CAUTIONS.get(self.confidence, "")
        return f"《{self.title}》{number}{article}{f'〔{caution}〕' if caution else ''}"


@dataclass(frozen=True, slots=True)
class Word:
    """How a name is said: its label, and the unit its value is shown in.

    Of a parameter also whether the area must set it (``local``) and whether no text we could read fixes its meaning.
    """

    label: str
    unit: str
    local: bool = False
    unconfirmed: bool = False


class Words:
    """The words of a book on a day; those in ``kept`` (see ``as_dict``) go before the book's. Remembers what it was asked."""

    def __init__(self, book: Book, in_force: Mapping[str, Definition], kept: Mapping[str, Any] | None = None) -> None:
        self._book = book
        self._in_force = in_force
        self._dated: dict[str, Word] = {}
        self._labels: dict[str, str] = {}
        self._names = {name: Word(**fields) for name, fields in (kept or {}).get("names", {}).items()}
        self._documents = {
            Cite(each["key"], each["article"]): Citation(**each) for each in (kept or {}).get("documents", ())
        }

    def of(self, name: str) -> Word:
        """How an input, a parameter or a rule is said. Raises KeyError for an unknown name."""
        version = self._in_force.get(name)
        if version is not None:
            if name not in self._dated:
                self._dated[name] = Word(version.label, version.unit)
            return self._dated[name]
        if name not in self._names:
            self._names[name] = self._found(name)
        return self._names[name]

    def label(self, name: str) -> str:
        """The 汉字 label of anything an outcome may name, also of ``param:…``, ``rule:…`` and the like."""
        if name not in self._labels:
            self._labels[name] = self._book.label_of(name, lambda bare: self.of(bare).label)
        return self._labels[name]

    def unit(self, name: str) -> str:
        """The unit a name's value is shown in: as declared, but day numbers as dates and money with its period."""
        return self.of(name).unit

    def citation(self, cite: Cite) -> Citation:
        """A cite as it is shown: with the document's title, number and how sure we are of it."""
        if cite not in self._documents:
            self._documents[cite] = citation_of(self._book, cite)
        return self._documents[cite]

    def as_dict(self) -> dict[str, Any]:
        """What was asked and is not dated with a rule, as plain data for ``kept``."""
        documents = sorted(self._documents.items(), key=lambda pair: str(pair[0]))
        return {
            "names": {name: asdict(word) for name, word in sorted(self._names.items())},
            "documents": [asdict(citation) for _, citation in documents],
        }

    def _found(self, name: str) -> Word:
        book = self._book
        if name in book.parameter_specs:
            spec = book.parameter_specs[name]
            return Word(spec.label, spec.shown_unit, spec.local, spec.unconfirmed)
        if name in book.inputs:
            given = book.inputs[name]
            return Word(given.label, "date" if given.is_date else given.unit)
        first = book.definitions[name][0]
        return Word(first.label, first.unit)


def citation_of(book: Book, cite: Cite) -> Citation:
    """A cite as the book words it now."""
    source = book.sources.get(cite.key)
    if source is None:
        return Citation(cite.key, cite.article, "", "", "")
    text = source.articles.get(cite.article, "")
    return Citation(cite.key, cite.article, source.title, source.number, text, source.confidence)
