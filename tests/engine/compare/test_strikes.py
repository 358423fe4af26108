"""Killed or out of disk at any act, a verb leaves the last whole version, and given again ends in the same bytes.

``bench/nation_kills.py`` strikes at every point."""

from __future__ import annotations

import pytest

from shouwang.engine.compare import at_once, refolding
from tests.harness import nation_kills


@pytest.mark.parametrize("many", [at_once.MANY, 0], ids=["in turn", "two at a time"])
def test_struck_verbs_leave_the_last_version_and_end_in_the_same_bytes(monkeypatch, many):
    for module in (at_once, refolding):
        monkeypatch.setattr(module, "MANY", many)
    found = nation_kills.run(24, 24)
    assert found["differing"] == []
    assert (found["killed"], found["filled"]) == (24, 24)
    assert found["points"] > 2000


def test_a_planted_fault_is_found():
    assert nation_kills.run(6, 0, careless=True)["differing"]
