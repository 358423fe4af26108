from __future__ import annotations

import pytest

from shouwang.engine.backends import arrays
from tests.engine.conftest import standards, toyland  # noqa: F401 - the toy law, for the folder below


@pytest.fixture(autouse=True)
def _loops_are_compiled_for_however_few_rows(monkeypatch):
    monkeypatch.setattr(arrays, "FEW", 0)
