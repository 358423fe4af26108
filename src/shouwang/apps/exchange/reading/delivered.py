"""The bytes of a delivered file, read by ranges: however large it is, no more of it is in memory than what is asked for."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from shouwang.lib.crypto.digest import RunningDigest, sm3_running

if TYPE_CHECKING:
    from concurrent.futures import Future

LARGE = 4 << 20
"""From so many bytes on, loading what is compiled takes less time than it saves."""
AT_ONCE = 2
"""Threads that work on pieces of one large file."""
_STEP, _SEARCHED = 1 << 20, 1 << 16
_BEHIND = 8


class _Beside:
    """Feeds a digest in a thread of its own, in order: the same bytes that are read meanwhile, a few pieces behind at most."""

    def __init__(self) -> None:
        from concurrent.futures import ThreadPoolExecutor  # a small file does without

        self._thread = ThreadPoolExecutor(1)
        self._fed: deque[Future[None]] = deque()

    def update(self, digest: RunningDigest, piece: memoryview) -> None:
        self._fed.append(self._thread.submit(digest.update, piece))
        if len(self._fed) > _BEHIND:
            self._fed.popleft().result()

    def finish(self) -> None:
        while self._fed:
            self._fed.popleft().result()

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)


class Delivered:
    """A file on disk, or bytes. ``sm3`` is the digest of the bytes as they were last read from front to back."""

    def __init__(self, source: Path | bytes) -> None:
        self._bytes = source if isinstance(source, bytes) else None
        self._handle = -1 if isinstance(source, bytes) else os.open(source, os.O_RDONLY)
        self._size = len(source) if isinstance(source, bytes) else os.fstat(self._handle).st_size
        self._hasher = _Beside() if self._size > LARGE else None
        self.hash_anew()

    def __enter__(self) -> Delivered:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._hasher is not None:
            self._hasher.close()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __len__(self) -> int:
        return self._size

    def hash_anew(self) -> None:
        """Forget the digest: what follows is the reading that counts."""
        if self._hasher is not None:
            self._hasher.finish()
        self._digest, self._hashed = sm3_running(), 0

    def part(self, start: int, stop: int) -> bytes:
        """Return the bytes of a range (cut at the end of the file)."""
        piece = self._read(start, min(stop, self._size))
        if start <= self._hashed < start + len(piece):
            fresh = memoryview(piece)[self._hashed - start :]
            if self._hasher is None:
                self._digest.update(fresh)
            else:
                self._hasher.update(self._digest, fresh)
            self._hashed = start + len(piece)
        return piece

    def skip(self, stop: int) -> int:
        """Read on to an offset for the digest alone; return the offset."""
        while self._hashed < stop:
            self.part(self._hashed, min(self._hashed + _STEP, stop))
        return stop

    def whole(self) -> bytes:
        """Return all bytes: for workbooks, whose size is limited."""
        return self.part(0, self._size)

    def find(self, sign: bytes, start: int) -> int:
        """Return the offset of the first ``sign`` (one byte) at or behind ``start``, -1 where there is none."""
        for at in range(start, self._size, _SEARCHED):
            found = self.look(at, at + _SEARCHED).find(sign)
            if found >= 0:
                return at + found
        return -1

    def look(self, start: int, stop: int) -> bytes:
        """Return the bytes of a range without reading on: the digest does not count them."""
        return self._read(start, min(stop, self._size))

    def sm3(self) -> str:
        """Return the SM3 digest of the whole file in hex; reads on where the reading stopped."""
        self.skip(self._size)
        if self._hasher is not None:
            self._hasher.finish()
        return self._digest.hexdigest()

    def _read(self, start: int, stop: int) -> bytes:
        if self._bytes is not None:
            return self._bytes[start:stop]
        pieces = []
        while start < stop and (piece := os.pread(self._handle, stop - start, start)):
            pieces.append(piece)
            start += len(piece)
        if start < stop:
            raise EOFError("the file was cut short while it was read")
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
