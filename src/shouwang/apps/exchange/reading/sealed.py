"""A file of sealed frames: what must not lie on disk in clear (quarantined text, originals of repaired cells, the roster's names and numbers).

``SWS1`` then frames of ``length(4) ‖ ciphertext ‖ tag(16)``: SM4-GCM under a key used for this one delivery, the frame's number as nonce.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = 16
_MAGIC = b"SWS1"
_TAG = 16
_LENGTH = struct.Struct(">I")


class SealBroken(Exception):
    """The file was altered, cut short, or sealed under another key."""


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


class SealedWriter:
    """Writes frames; each holds one kind of rows. Close it before the file is moved."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._key = key
        self._target = path.open("xb")
        self._target.write(_MAGIC)
        self._count = 0

    def write(self, kind: str, rows: list[Any]) -> None:
        """Seal rows (JSON values) of one kind as the next frame."""
        plain = json.dumps({"kind": kind, "rows": rows}, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        )
        sealer = Cipher(algorithms.SM4(self._key), modes.GCM(_nonce(self._count))).encryptor()
        sealed = sealer.update(plain) + sealer.finalize() + sealer.tag
        self._target.write(_LENGTH.pack(len(sealed)) + sealed)
        self._count += 1

    def close(self) -> None:
        """Write the closing frame, without which the file counts as cut short."""
        self.write("end", [])
        self._target.close()


def read_sealed(path: Path, key: bytes, kind: str) -> Iterator[list[Any]]:
    """Yield the rows of each frame of one kind, in order; raises SealBroken."""
    with path.open("rb") as source:
        if source.read(len(_MAGIC)) != _MAGIC:
            raise SealBroken(path.name)
        number = 0
        while head := source.read(_LENGTH.size):
            sealed = source.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
            if len(sealed) < _TAG:
                raise SealBroken(path.name)
            opener = Cipher(algorithms.SM4(key), modes.GCM(_nonce(number), sealed[-_TAG:])).decryptor()
            try:
                plain = opener.update(sealed[:-_TAG]) + opener.finalize()
            except InvalidTag:
                raise SealBroken(path.name) from None
            frame = json.loads(plain.decode("utf-8", "surrogatepass"))
            if frame["kind"] == "end":
                return
            if frame["kind"] == kind:
                yield frame["rows"]
            number += 1
    raise SealBroken(path.name)
