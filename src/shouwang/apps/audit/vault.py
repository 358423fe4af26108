"""The process's holder of keys: field cipher, blind index and MAC over the key folder named in the settings."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from shouwang.lib.crypto import FileKeyProvider, Vault, known_answer_test


@cache
def _vault(folder: Path) -> Vault:
    known_answer_test()
    return Vault(FileKeyProvider(folder))


def vault() -> Vault:
    """Return the vault over ``settings.KEY_DIR``; the first call runs the known-answer test and fails closed."""
    return _vault(Path(settings.KEY_DIR))
