"""A file of sealed frames: what must not lie on disk in clear (quarantined text, originals of repaired cells, the roster's names and numbers).

``SWS2`` then frames of ``length(4) ‖ ciphertext ‖ tag(16)``: SM4-GCM under a key used for this one delivery, the frame's
number as nonce. What is sealed begins with a byte that says its kind; rows follow as JSON, columns as an Arrow stream.
``SWS1``, which earlier versions wrote, holds JSON throughout.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

if TYPE_CHECKING:
    import pyarrow as pa

KEY_BYTES = 16
END = "end"
_KINDS = (END, "quarantined", "numberless", "repairs", "whom", "roster")
_IN_COLUMNS = frozenset({"whom", "roster"})
_MAGIC, _OLD_MAGIC = b"SWS2", b"SWS1"
_TAG = 16
_LENGTH = struct.Struct(">I")


class SealBroken(Exception):
    """The file was altered, cut short, or sealed under another key."""


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def packed(columns: pa.RecordBatch) -> bytes:
    """Return columns as the plain text of a frame (compressed: what is sealed is then a third)."""
    import pyarrow as pa  # only where there is something to seal

    out = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1), use_threads=False)
    with pa.ipc.new_stream(out, columns.schema, options=options) as writer:
        writer.write_batch(columns)
    return bytes(out.getvalue().to_pybytes())


class SealedWriter:
    """Writes frames; each holds one kind of rows. Close it before the file is moved."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._key = key
        self._target = path.open("xb")
        self._target.write(_MAGIC)
        self._count = 0

    def write(self, kind: str, rows: list[Any]) -> None:
        """Seal rows (JSON values) of one kind as the next frame."""
        plain = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        self._seal(kind, plain)

    def write_columns(self, kind: str, columns: bytes) -> None:
        """Seal columns that ``packed`` gave as the next frame."""
        self._seal(kind, columns)

    def _seal(self, kind: str, plain: bytes) -> None:
        sealer = Cipher(algorithms.SM4(self._key), modes.GCM(_nonce(self._count))).encryptor()
        sealed = (sealer.update(bytes((_KINDS.index(kind),))), sealer.update(plain), sealer.finalize(), sealer.tag)
        self._target.write(b"".join((_LENGTH.pack(sum(map(len, sealed))), *sealed)))
        self._count += 1

    def close(self) -> None:
        """Write the closing frame, without which the file counts as cut short."""
        self.write(END, [])
        self._target.close()


def read_sealed(path: Path, key: bytes, kind: str) -> Iterator[list[Any]]:
    """Yield the rows of each frame of one kind, in order, or its columns as lists; raises SealBroken.

    Every frame up to the last one wanted is opened, so that damage anywhere before it is found.
    """
    with path.open("rb") as source:
        magic = source.read(len(_MAGIC))
        if magic == _OLD_MAGIC:
            yield from _frames_of_old(source, key, kind, path.name)
            return
        if magic != _MAGIC:
            raise SealBroken(path.name)
        for plain in _opened(source, key, path.name):
            if plain[0] == 0:
                return
            if plain[0] == _KINDS.index(kind):
                yield (
                    _lists(plain[1:]) if kind in _IN_COLUMNS else json.loads(plain[1:].decode("utf-8", "surrogatepass"))
                )


def _opened(source: BinaryIO, key: bytes, name: str) -> Iterator[bytes]:
    """What frame after frame holds; a file that ends with none that closes it is broken."""
    number = 0
    while head := source.read(_LENGTH.size):
        sealed = source.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
        if len(sealed) <= _TAG:
            raise SealBroken(name)
        opener = Cipher(algorithms.SM4(key), modes.GCM(_nonce(number), sealed[-_TAG:])).decryptor()
        try:
            yield bytes(opener.update(sealed[:-_TAG]) + opener.finalize())
        except InvalidTag:
            raise SealBroken(name) from None
        number += 1
    raise SealBroken(name)


def _lists(plain: bytes) -> list[Any]:
    import pyarrow as pa

    with pa.ipc.open_stream(plain) as stream:
        return [column.to_pylist() for column in stream.read_all().columns]


def _frames_of_old(source: BinaryIO, key: bytes, kind: str, name: str) -> Iterator[list[Any]]:
    for plain in _opened(source, key, name):
        try:
            frame = json.loads(plain.decode("utf-8", "surrogatepass"))
        except ValueError:  # a frame of today under the old mark, which no tag covers
            raise SealBroken(name) from None
        if frame["kind"] == END:
            return
        if frame["kind"] == kind:
            yield _as_columns(kind, frame["rows"]) if kind in _IN_COLUMNS else frame["rows"]


def _as_columns(kind: str, rows: list[Any]) -> list[Any]:
    """The columns that a frame of today has: a roster's stood in a list, and pieces of numbers in one run of nine signs each."""
    if kind == "roster":
        return list(rows[0])
    names, run = rows
    pieces = [run[at : at + 9] for at in range(0, len(run), 9)]
    years, months, days = ([int(piece[of]) for piece in pieces] for of in (slice(4), slice(4, 6), slice(6, 8)))
    return [names, years, months, days, [piece[8] == "1" for piece in pieces]]
