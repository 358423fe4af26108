"""``coverage.yaml`` names rules, facts and documents that there are, in the statutory order."""

from __future__ import annotations

from shouwang.engine.book import Book
from shouwang.engine.rule import Entity
from shouwang.rules.coverage import benefits


def test_every_benefit_names_what_the_book_holds(book: Book) -> None:
    for benefit in benefits().values():
        scheme = benefit.scheme
        assert book.unit_of(scheme.eligible) == "bool"
        assert scheme.eligible in book.definitions
        assert {scheme.enrolled, *scheme.instead} <= book.inputs.keys()
        assert all(book.entity_of(name) is Entity.PERSON for name in (scheme.enrolled, *scheme.instead))
        assert all(cite.partition(":")[0] in book.sources for cite in benefit.cites)
        if scheme.amount:
            assert book.unit_of(scheme.amount) == "fen"
            assert book.entity_of(scheme.amount) is book.entity_of(scheme.eligible)


def test_the_order_is_the_order_of_the_law() -> None:
    assert list(benefits())[:5] == ["tekun", "dibao", "dibao_marginal", "rigid_expenditure", "single_unit"]
