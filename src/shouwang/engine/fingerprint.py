"""SM3 over named parts, so that a result can say exactly which rules and parameters made it."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives.hashes import SM3, Hash


def fingerprint_of(named: Iterable[tuple[str, bytes]]) -> str:
    """Hex SM3 of the (name, content) pairs in the order given; lengths are framed so that no two lists collide."""
    digest = Hash(SM3())
    for name, content in named:
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.finalize().hex()
