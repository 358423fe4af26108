"""National cryptography for fields and seals: SM4-GCM cipher, HMAC-SM3 blind index and seal, SM3 digests.

``Vault(FileKeyProvider(folder))`` is the whole door; making one runs the known-answer test and fails closed.
"""

from __future__ import annotations

from shouwang.lib.crypto.digest import sm3_file, sm3_hex
from shouwang.lib.crypto.errors import CryptoError, CryptoUnavailable, KeyMissing, TamperedError
from shouwang.lib.crypto.keys import FileKeyProvider, KeyProvider
from shouwang.lib.crypto.known_answers import known_answer_test
from shouwang.lib.crypto.vault import Vault, field_aad

__all__ = [
    "CryptoError",
    "CryptoUnavailable",
    "FileKeyProvider",
    "KeyMissing",
    "KeyProvider",
    "TamperedError",
    "Vault",
    "field_aad",
    "known_answer_test",
    "sm3_file",
    "sm3_hex",
]
