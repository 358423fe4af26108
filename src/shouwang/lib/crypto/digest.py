"""SM3 digests (GB/T 32905) and HMAC-SM3."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac

_CHUNK = 1 << 20


def sm3_hex(data: bytes) -> str:
    """Return the SM3 digest of bytes as 64 lower-case hex characters."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


def sm3_file(path: Path) -> str:
    """Return the SM3 digest of a file as 64 lower-case hex characters, read in pieces of 1 MiB."""
    digest = hashes.Hash(hashes.SM3())
    with Path(path).open("rb") as source:
        while piece := source.read(_CHUNK):
            digest.update(piece)
    return digest.finalize().hex()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return the 32-byte HMAC-SM3 of ``data``."""
    keyed = hmac.HMAC(key, hashes.SM3())
    keyed.update(data)
    return keyed.finalize()
