"""Killed or out of disk at any act, a verb leaves the last whole version, and given again ends in the same bytes.

``bench/nation_kills.py`` strikes at every point."""

from __future__ import annotations

from tests.harness import nation_kills


def test_struck_verbs_leave_the_last_version_and_end_in_the_same_bytes():
    found = nation_kills.run(24, 24)
    assert found["differing"] == []
    assert (found["killed"], found["filled"]) == (24, 24)
    assert found["points"] > 2000


def test_a_planted_fault_is_found():
    assert nation_kills.run(6, 0, careless=True)["differing"]
