"""The three things done with keys: seal a field, index it blindly, put a MAC under bytes.

A sealed field is ``layout(1) ‖ key version(1) ‖ nonce(12) ‖ ciphertext ‖ tag(16)``. Its additional data names table,
column and row (``field_aad``), so ciphertext copied to another row, column or table does not open.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shouwang.lib.crypto.digest import hmac_sm3
from shouwang.lib.crypto.errors import TamperedError
from shouwang.lib.crypto.indexer import Indexer
from shouwang.lib.crypto.keys import KeyProvider
from shouwang.lib.crypto.known_answers import known_answer_test

LAYOUT = 1
_HEADER, _NONCE, _TAG = 2, 12, 16


def field_aad(table: str, column: str, row_uuid: object) -> str:
    """Return the additional data of one field of one row: ``table|column|row uuid``."""
    return f"{table}|{column}|{row_uuid}"


class Vault:
    """Field cipher (SM4-GCM), blind index and MAC (HMAC-SM3) over one set of keys. Making one runs the self-test."""

    def __init__(self, keys: KeyProvider) -> None:
        known_answer_test()
        self._keys = keys
        self._indexers: dict[str, Indexer] = {}

    def encrypt(self, plain: str, aad: str) -> bytes:
        """Seal a text under a fresh nonce; the same text seals to different bytes each time."""
        version, key = self._keys.current("field")
        header = bytes((LAYOUT, version))
        nonce = secrets.token_bytes(_NONCE)
        sealer = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        sealer.authenticate_additional_data(header + aad.encode())
        return header + nonce + sealer.update(plain.encode()) + sealer.finalize() + sealer.tag

    def decrypt(self, sealed: bytes | memoryview, aad: str) -> str:
        """Open a sealed field.

        Raises ``TamperedError`` if it was altered or belongs elsewhere, ``KeyMissing`` if its key is gone.
        """
        sealed = bytes(sealed)
        if len(sealed) < _HEADER + _NONCE + _TAG or sealed[0] != LAYOUT:
            raise TamperedError("密文格式不符，数据可能已被改动")
        header, nonce = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE]
        key = self._keys.key("field", header[1])
        opener = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-_TAG:])).decryptor()
        opener.authenticate_additional_data(header + aad.encode())
        try:
            return (opener.update(sealed[_HEADER + _NONCE : -_TAG]) + opener.finalize()).decode()
        except InvalidTag:
            raise TamperedError("密文校验不通过：数据被改动，或被移到了别的记录") from None

    def key_version_of(self, sealed: bytes | memoryview) -> int:
        """Return the key version a sealed field names, for the job that re-seals old fields."""
        if len(sealed) < _HEADER:
            raise TamperedError("密文格式不符，数据可能已被改动")
        return bytes(sealed[:_HEADER])[1]

    def blind_index(self, value: str, column: str) -> bytes:
        """Return the 16-byte keyed index of a value for exact search; every column has its own key.

        Only for values of high variety (identity number, phone, account): a grade could be read off by counting.
        """
        indexer = self._indexers.get(column)
        if indexer is None:
            indexer = self._indexers[column] = Indexer(self.index_key(column))
        return indexer.index(value)

    def index_key(self, column: str) -> bytes:
        """Return the key of one column's index, for a child process that indexes without holding any other key."""
        return hmac_sm3(self._keys.current("index")[1], f"column|{column}".encode())

    def mac(self, data: bytes) -> bytes:
        """Return the 32-byte HMAC-SM3 of bytes under the seal key."""
        return hmac_sm3(self._keys.current("seal")[1], data)
