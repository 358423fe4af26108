"""The 一户一档 page, composed from what every office lets one read. This office has no tables."""

from __future__ import annotations

from shouwang.apps.dossier.selectors.file import Dossier, dossier_of
from shouwang.apps.dossier.selectors.reasons import Reason, ReasonLine, reasons_for

__all__ = ["Dossier", "Reason", "ReasonLine", "dossier_of", "reasons_for"]
