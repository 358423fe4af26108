"""The blind index of one column, by itself: for millions of values in a row, and for processes that hold no other key."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, hmac

INDEX_BYTES = 16
KEY_BYTES = 8


class Indexer:
    """HMAC-SM3 under one column's key, cut to 16 bytes; the keyed state is set up once and copied for every value."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.HMAC(key, hashes.SM3())

    def index(self, value: str) -> bytes:
        """Return the 16-byte index of a value."""
        keyed = self._keyed.copy()
        keyed.update(value.encode())
        return keyed.finalize()[:INDEX_BYTES]


def key_of(index: bytes) -> int:
    """Return the 64-bit value of an index: its first 8 bytes, most significant first, as a signed number.

    Shorter to keep and to sort by than the index; two people of a country may share one by chance (some 2 in 10,000
    countries of 80 million), so whoever writes keys leaves out those that are not one person's.
    """
    return int.from_bytes(index[:KEY_BYTES], "big", signed=True)
