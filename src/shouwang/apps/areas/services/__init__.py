"""Verbs: load the current list, import history, import a county's own townships and villages. All safe to repeat."""

from __future__ import annotations

from shouwang.apps.areas.services.current import load_current
from shouwang.apps.areas.services.history import import_history
from shouwang.apps.areas.services.local import import_local

__all__ = ["import_history", "import_local", "load_current"]
