"""What a changed rule or parameter can have changed: which targets, in which divisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from shouwang.engine.book import Book
from shouwang.engine.compare.covering import nearest_of
from shouwang.engine.graph import Plan
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Aggregate, Definition, Rule


def changed_law(  # noqa: PLR0917 - old, new, and where they are compared
    old_book: Book,
    old_parameters: ParameterTable,
    new_book: Book,
    new_parameters: ParameterTable,
    areas: Sequence[str],
    targets: Collection[str],
    as_of: date,
) -> dict[str, frozenset[str]]:
    """Division → the targets whose result may differ there on a day; divisions where none may are left out.

    A target may differ where the text of a rule it rests on is another, an input it rests on is made otherwise, or a
    parameter it rests on has another value.
    """
    codes = {*law_places(old_book, old_parameters), *law_places(new_book, new_parameters)}
    places, where = nearest_of(list(areas), codes)
    wanted = sorted(targets)
    texts: dict[tuple[tuple[str, ...], tuple[str, ...]], frozenset[str]] = {}
    changed: list[frozenset[str]] = []
    for code in places:
        regimes = old_book.regime(code), new_book.regime(code)
        plans = old_book.plan(as_of, regimes[0]), new_book.plan(as_of, regimes[1])
        if regimes not in texts:
            texts[regimes] = frozenset(
                each for each in wanted if _text(old_book, plans[0], each) != _text(new_book, plans[1], each)
            )
        moved = {
            leaf.name
            for leaf in plans[1].towards(wanted).parameters
            if old_parameters.worth(leaf, code, as_of) != new_parameters.worth(leaf, code, as_of)
        }
        by_value = {
            each for each in wanted if moved and moved & {leaf.name for leaf in plans[1].towards([each]).parameters}
        }
        changed.append(texts[regimes] | by_value)
    return {area: changed[place] for area, place in zip(areas, where.tolist(), strict=True) if changed[place]}


def law_places(book: Book, parameters: ParameterTable) -> Iterable[str]:
    """The divisions with a parameter or a rule of their own: the law is the same wherever the nearest of them is."""
    codes = {row.area_code for row in parameters.assertions()}
    return codes | {each.area for versions in book.definitions.values() for each in versions if each.area is not None}


def _text(book: Book, plan: Plan, target: str) -> dict[str, str]:
    part = plan.towards([target])
    return {name: _said(each) for name, each in part.by_name.items()} | {
        name: _made(book, name) for name in part.inputs
    }


def _made(book: Book, name: str) -> str:
    """What an input is made of, and whether silence speaks."""
    spec = book.inputs[name]
    feed = book.items[spec.item].feed if spec.item is not None else ""
    return repr((spec.base, spec.item, feed, spec.fold, spec.window, spec.unit, spec.absent))


def _said(definition: Definition) -> str:
    head = definition.entity, definition.unit, definition.arguments
    if isinstance(definition, Rule):
        return repr((*head, definition.body))
    return repr((*head, definition.kind, definition.where, definition.of)) if isinstance(definition, Aggregate) else ""
