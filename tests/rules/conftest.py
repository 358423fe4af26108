from __future__ import annotations

import pytest

from shouwang.engine.book import Book, load_book


@pytest.fixture(scope="session")
def book() -> Book:
    return load_book("shouwang.rules")
