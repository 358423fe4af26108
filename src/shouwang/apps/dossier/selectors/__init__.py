"""The 一户一档 page, composed from what every office lets one read. This office has no tables."""

from __future__ import annotations

from shouwang.apps.dossier.selectors.file import Dossier, dossier_of
from shouwang.apps.dossier.selectors.found import FoundLine, lines_of
from shouwang.apps.dossier.selectors.reasons import Reason, ReasonLine, reasons_for

__all__ = ["Dossier", "FoundLine", "Reason", "ReasonLine", "dossier_of", "lines_of", "reasons_for"]
