from __future__ import annotations

from datetime import date

import pytest

from shouwang.engine.book import Book, load_book
from shouwang.engine.parameters import Assertion, ParameterTable

TODAY = date(2032, 3, 15)


@pytest.fixture(scope="session")
def toyland() -> Book:
    return load_book("tests.toyland")


@pytest.fixture(scope="session")
def standards(toyland: Book) -> ParameterTable:
    return toyland.table(
        [
            Assertion("seed_cost", "970000000000", 100, "", date(2030, 1, 1), source="local"),
            Assertion("seed_cost", "970101000000", 250, "", date(2031, 6, 1), date(2033, 1, 1), source="local"),
            Assertion("notice_days", "970100000000", 30, "days", date(2030, 1, 1), source="local"),
            Assertion("line_included", "970102000000", 0, "bool", date(2030, 1, 1), source="local"),
        ]
    )
