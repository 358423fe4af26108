"""A warning run killed anywhere ends, taken up again, as if never killed. The full count runs from the harness itself."""

from __future__ import annotations

import os

from tests.harness import warn_kills

URL = os.environ.get("SHOUWANG_DATABASE_URL", "")


def test_killed_runs_end_like_an_unkilled_one() -> None:
    tally = warn_kills.run(4, URL)
    assert (tally["killed"], tally["same"], tally["differing"]) == (4, 4, []), tally


def test_harness_sees_batches_that_are_not_one_transaction() -> None:
    tally = warn_kills.run(1, URL, careless=True)
    assert tally["killed"] == 1
    assert tally["differing"], tally
