"""The process's holder of keys: field cipher, blind index and MAC over the key folder named in the settings."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from shouwang.lib.crypto import FileKeyProvider, Vault


@cache
def _vault(folder: str) -> Vault:
    return Vault(FileKeyProvider(Path(folder)))


def vault() -> Vault:
    """Return the vault over ``settings.KEY_DIR``; the first call runs the known-answer test and fails closed."""
    return _vault(str(settings.KEY_DIR))
