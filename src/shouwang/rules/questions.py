"""Which rules are the questions of each policy, in the statutory order: one place for every page that lists them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from shouwang.engine.book import Book
from shouwang.engine.rule import Entity
from shouwang.engine.sources import BookError

PATH = Path(__file__).with_name("questions.yaml")
FIELDS = {"policy", "label", "eligible", "amount"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a policy: the rule that says whether (``eligible``) and the one that says how much (``amount``).

    One of the two may be absent. Both are of one entity.
    """

    policy: str
    label: str
    eligible: str | None = None
    amount: str | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules asked, whether before how much."""
        return tuple(name for name in (self.eligible, self.amount) if name is not None)


def questions_of(book: Book, path: Path = PATH) -> tuple[Question, ...]:
    """The questions of ``questions.yaml``. Raises BookError for one that names no rule, or rules of two entities."""
    found = []
    for number, fields in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), 1):
        where = f"{path.name}, question {number}"
        if not isinstance(fields, dict) or set(fields) - FIELDS or not {"policy", "label"} <= set(fields):
            raise BookError(f"{where}: needs policy, label and eligible or amount")
        question = Question(**fields)
        strange = [name for name in question.rules if name not in book.definitions]
        if strange or not question.rules:
            raise BookError(f"{where}: {', '.join(strange) or 'nothing'} is no rule")
        if len({book.entity_of(name) for name in question.rules}) != 1:
            raise BookError(f"{where}: {' and '.join(question.rules)} belong to different subjects")
        if question.eligible is not None and book.unit_of(question.eligible) != "bool":
            raise BookError(f"{where}: {question.eligible} is no truth value")
        found.append(question)
    return tuple(found)


def is_of_person(book: Book, question: Question) -> bool:
    """Whether a question is put for each member by itself."""
    return book.entity_of(question.rules[0]) is Entity.PERSON
