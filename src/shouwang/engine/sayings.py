"""What is said of the rules in force on a day in a place, put together once: labels, documents, a sentence for each arguments met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shouwang.engine.book import Book
from shouwang.engine.graph import Plan
from shouwang.engine.meaning import Reading, Value
from shouwang.engine.rule import Aggregate, Definition, Rule
from shouwang.engine.tree import Compare, Expr, Name, walk
from shouwang.engine.wording import Deciding, Wording, parameter_text, value_text
from shouwang.engine.words import Citation, Words

_REMEMBERED = 30_000
"""Of each plan: some twenty-five megabytes."""
_REMEMBERED_TEXTS = 1_000
_FREE = frozenset({"bool", "code"})


class Sentence(NamedTuple):
    """What a rule's tree gives for its arguments, and how that is said.

    ``named`` the arguments it mentions; ``truths`` the truth values that decided by themselves, ``numbers`` what stands in
    the comparisons that decided.
    """

    value: Value
    condition: str
    named: tuple[str, ...]
    deciding: tuple[Deciding, ...]
    truths: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(slots=True)
class Saying:
    """How one name is said. ``version`` None: a fact or a parameter. ``kept`` is what was made of it, by what it was made from."""

    name: str
    version: Definition | None
    label: str
    kind: str
    unit: str
    cites: tuple[Citation, ...]
    is_law: bool
    kept: dict[Any, Any] = field(default_factory=dict)
    _texts: dict[int, str] = field(default_factory=dict)

    def text(self, value: Value) -> str:
        """A value of it as staff read it; the unknown value of a fact is the caller's to say."""
        if value is None or isinstance(value, bool):
            return self._text(value)
        found = self._texts.get(value)
        if found is None:
            if len(self._texts) > _REMEMBERED_TEXTS:
                self._texts.clear()
            found = self._texts[value] = self._text(value)
        return found

    def _text(self, value: Value) -> str:
        if value is None or self.kind != "parameter":
            return value_text(value, self.unit)
        return parameter_text(value, self.unit)


class Sayings:
    """The sayings of a book and a plan, which may hold more than what is explained.

    Remembers what it was asked, up to a bound; several threads may ask at once.
    """

    def __init__(self, book: Book, plan: Plan, words: Words) -> None:
        self.words = words
        self._book, self._plan = book, plan
        self._said: dict[str, Saying] = {}
        self._lacked: dict[frozenset[str], tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._remembered = 0

    def of(self, name: str) -> Saying:
        """How a name is said."""
        try:
            return self._said[name]
        except KeyError:
            pass
        version = self._plan.by_name.get(name)
        given = "parameter" if name in self._book.parameter_specs else "input"
        judged = version.kind if isinstance(version, Aggregate) else "rule"
        made = self._said[name] = Saying(
            name,
            version,
            self.words.label(name),
            given if version is None else judged,
            self.words.unit(name),
            () if version is None else tuple(map(self.words.citation, version.cites)),
            self._is_law(name),
        )
        return made

    def unit_of(self, name: str) -> str:
        """The unit in which a name's value is reckoned, not shown."""
        return self._book.unit_of(name)

    def sentence(self, rule: Rule, values: tuple[Value, ...]) -> Sentence:
        """What a rule says of its arguments: nothing but they goes into it."""
        key = (values, *map(type, values))
        found: Sentence = self.made(self.of(rule.name), key, self._sentence, rule, values)
        return found

    def made(self, saying: Saying, key: Any, make: Callable[..., Any], *given: Any) -> Any:
        """What was made of a saying from ``key``: ``make(*given)`` if it was not yet."""
        try:
            return saying.kept[key]
        except KeyError:
            pass
        self._make_room()
        found = saying.kept[key] = make(*given)
        return found

    def lacking(self, lacking: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is lacking, by name in order, and the labels."""
        found = self._lacked.get(lacking)
        if found is None:
            self._make_room()
            names = tuple(sorted(lacking))
            found = self._lacked[lacking] = names, tuple(map(self.words.label, names))
        return found

    def _make_room(self) -> None:
        self._remembered += 1
        if self._remembered > _REMEMBERED:
            for each in list(self._said.values()):  # another thread may be adding one
                each.kept.clear()
            self._lacked.clear()
            self._remembered = 0

    def _sentence(self, rule: Rule, values: tuple[Value, ...]) -> Sentence:
        held = dict(zip(rule.arguments, values, strict=True))
        reading = Reading(rule.name, held)
        value = reading.value(rule.body)
        wording = Wording(self.words, reading, held.__getitem__)
        condition = wording.of_rule(rule.body, rule.unit)
        return Sentence(
            value,
            condition,
            tuple(wording.named),
            wording.deciding(),
            tuple(node.name for node in wording.decided if isinstance(node, Name)),
            tuple(
                dict.fromkeys(
                    part.name
                    for node in wording.decided
                    if isinstance(node, Compare)
                    for part in _in_order(node)
                    if isinstance(part, Name)
                )
            ),
        )

    def _is_law(self, name: str) -> bool:
        """Whether a number is made of parameters only (the line that applies): a family can change its income, not the law."""
        if name in self._book.parameter_specs:
            return True
        version = self._plan.by_name.get(name)
        if not isinstance(version, Rule):
            return False
        numbers = [each for each in version.arguments if self._book.unit_of(each) not in _FREE]
        return bool(numbers) and all(map(self._is_law, numbers))


def _in_order(node: Expr) -> list[Expr]:
    return sorted(walk(node), key=lambda part: part.name if isinstance(part, Name) else "")
