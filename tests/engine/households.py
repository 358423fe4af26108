"""Random households of Toyland, with the values at which readings like to disagree."""

from __future__ import annotations

from hypothesis import strategies as st

from shouwang.engine.book import Book
from shouwang.engine.call import Case
from shouwang.engine.rule import Entity
from shouwang.engine.tree import GREATEST, LEAST

AREAS = ("970101001001", "970101002001", "970102001001", "970200000000", "970201001001", "980101001001")
EDGES = (0, 1, -1, 2, -7, 15, 16, 59, 60, 49999, 50000, 60000, 60001, 120000, 2**31, -(2**40), 2**62, GREATEST, LEAST)


def numbers() -> st.SearchStrategy[int]:
    return st.one_of(st.sampled_from(EDGES), st.integers(-100, 100), st.integers(-(10**7), 10**7))


def ordinary() -> st.SearchStrategy[int]:
    return st.integers(0, 90)


def values(truth: bool) -> st.SearchStrategy[int | bool | None]:
    known = st.booleans() if truth else st.one_of(ordinary(), numbers())
    return st.one_of(known, known, known, st.none())


def cases(book: Book) -> st.SearchStrategy[Case]:
    def facts(entity: Entity) -> st.SearchStrategy[dict[str, int | bool | None]]:
        inputs = {name: spec for name, spec in book.inputs.items() if spec.entity is entity}
        return st.fixed_dictionaries({name: values(spec.unit == "bool") for name, spec in inputs.items()})

    return st.builds(
        Case,
        st.sampled_from(AREAS),
        facts(Entity.HOUSEHOLD),
        st.lists(facts(Entity.PERSON), max_size=4),
    )
