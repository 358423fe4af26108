"""A row of the local standards as the engine's assertion, and back."""

from __future__ import annotations

from typing import Any

from shouwang.apps.assessment.models import LocalStandard
from shouwang.engine.parameters import Assertion

SHARED = (
    "area_code",
    "item",
    "per",
    "valid_from",
    "valid_to",
    "observed_on",
    "source",
    "article",
    "last_confirmed",
    "published",
    "published_unit",
)


def assertion_from(row: LocalStandard) -> Assertion:
    """Return the assertion a stored row makes."""
    return Assertion(value=row.amount_fen, **{name: getattr(row, name) for name in SHARED})


def columns_of(assertion: Assertion) -> dict[str, Any]:
    """Return the columns of the row that stores an assertion."""
    shared = {name: getattr(assertion, name) for name in SHARED}
    return {"amount_fen": assertion.value, "starts_on": assertion.start} | shared
