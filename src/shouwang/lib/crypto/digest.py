"""SM3 digests (GB/T 32905) and HMAC-SM3."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes, hmac

_CHUNK = 1 << 20


class RunningDigest(Protocol):
    """A digest that is fed piece by piece."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in a piece."""

    def hexdigest(self) -> str:
        """Return the digest of all pieces as lower-case hex characters."""


class _OfLibrary:
    def __init__(self) -> None:
        self._digest = hashes.Hash(hashes.SM3())

    def update(self, data: bytes | memoryview, /) -> None:
        self._digest.update(data)

    def hexdigest(self) -> str:
        return self._digest.copy().finalize().hex()


def sm3_running() -> RunningDigest:
    """Return an SM3 digest to be fed; Python's own where its OpenSSL has SM3, for that one lets other threads run meanwhile."""
    try:
        return hashlib.new("sm3")
    except ValueError:
        return _OfLibrary()


def sm3_hex(data: bytes) -> str:
    """Return the SM3 digest of bytes as 64 lower-case hex characters."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


def sm3_file(path: Path) -> str:
    """Return the SM3 digest of a file as 64 lower-case hex characters, read in pieces of 1 MiB."""
    digest = sm3_running()
    with Path(path).open("rb") as source:
        while piece := source.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return the 32-byte HMAC-SM3 of ``data``."""
    keyed = hmac.HMAC(key, hashes.SM3())
    keyed.update(data)
    return keyed.finalize()
