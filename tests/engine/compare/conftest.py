from __future__ import annotations

from tests.engine.conftest import standards, toyland  # noqa: F401 - the toy law, for the folder below
