"""Sixteen people press 研判 at once: one wins, fifteen are told. The full count runs from the harness itself."""

from __future__ import annotations

import os

from tests.harness import races

URL = os.environ.get("SHOUWANG_DATABASE_URL", "")


def test_exactly_one_winner_in_each_race() -> None:
    tally = races.run(5, URL)
    assert (tally["races"], tally["clean"]) == (5, 5), tally
    assert (tally["threads_won"], tally["threads_conflict"]) == (5, 75)


def test_harness_sees_a_verb_that_looks_and_then_writes() -> None:
    tally = races.run(3, URL, careless=True)
    assert tally["threads_won"] > 3, tally
    assert tally["clean"] == 0
