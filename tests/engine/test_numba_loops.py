"""Loops compiled by numba: kept where there is a folder, compiled all the same where there is none."""

from __future__ import annotations

import pytest
from numba.core.caching import CacheImpl

from shouwang.engine.backends import numba_loops


def doubled(number: int) -> int:
    return 2 * number


def test_service_without_a_folder_to_keep_loops_in_compiles_them_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    assert numba_loops.compiled(doubled)(21) == 42
