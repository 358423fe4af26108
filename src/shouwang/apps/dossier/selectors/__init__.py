"""The 一户一档 page, composed from what every office lets one read. This office has no tables."""

from __future__ import annotations

from shouwang.apps.dossier.selectors.file import Dossier, dossier_of
from shouwang.apps.dossier.selectors.found import FoundLine, lines_of
from shouwang.apps.dossier.selectors.reasons import Answer, Reason, Reasons, reasons_for
from shouwang.apps.dossier.selectors.why import Why, decision_of, kept_of, why_of

__all__ = [
    "Answer",
    "Dossier",
    "FoundLine",
    "Reason",
    "Reasons",
    "Why",
    "decision_of",
    "dossier_of",
    "kept_of",
    "lines_of",
    "reasons_for",
    "why_of",
]
