"""What can go wrong with keys and ciphertext; messages are Chinese, no plain text or key ever stands in one."""

from __future__ import annotations


class CryptoError(Exception):
    """Any failure of the cryptography floor."""


class CryptoUnavailable(CryptoError):
    """The algorithms are missing or wrong on this machine: nothing may be read or written."""


class KeyMissing(CryptoError):
    """The key that a ciphertext names is not among the keys."""


class TamperedError(CryptoError):
    """Ciphertext that was altered, moved to another row or column, or is no ciphertext."""
