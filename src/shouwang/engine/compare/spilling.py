"""Rows that arrive in any order, kept by partition: in memory up to a limit, then in a file that is removed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from shouwang.engine.compare import store_files
from shouwang.engine.frame import Array


class Rows:
    """Pieces of columns of the given kinds, by partition. Use as a context; its file is removed at the end."""

    def __init__(self, path: Path, kinds: Sequence[Any], partitions: int, limit: int) -> None:
        self._path, self._kinds, self._limit = path, [np.dtype(kind) for kind in kinds], limit
        self._pieces: list[list[list[Array]]] = [[] for _ in range(partitions)]
        self._spilled: list[list[tuple[int, int]]] = [[] for _ in range(partitions)]
        self.counts = [0] * partitions
        self._bytes = 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Rows:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)

    def add(self, partition: int, columns: Sequence[Array]) -> None:
        """Keep rows of a partition."""
        if not len(columns[0]):
            return
        own = [np.ascontiguousarray(each, dtype=kind) for each, kind in zip(columns, self._kinds, strict=True)]
        self._pieces[partition].append(own)
        self.counts[partition] += len(own[0])
        self._bytes += sum(each.nbytes for each in own)
        if self._bytes > self._limit:
            self._spill()

    def kind(self, place: int) -> np.dtype[Any]:
        """The kind of a column."""
        kind: np.dtype[Any] = self._kinds[place]
        return kind

    def pieces(self, partition: int) -> Iterator[list[Array]]:
        """The rows of a partition, in the order they came, piece by piece."""
        for at, count in self._spilled[partition]:
            yield self._read(at, count)
        yield from self._pieces[partition]

    def take(self, partition: int) -> list[Array]:
        """All rows of a partition, which is then forgotten."""
        pieces = list(self.pieces(partition))
        self._pieces[partition], self._spilled[partition] = [], []
        if len(pieces) == 1:
            return pieces[0]
        return [
            np.concatenate([piece[place] for piece in pieces]) if pieces else np.empty(0, dtype=kind)
            for place, kind in enumerate(self._kinds)
        ]

    def _spill(self) -> None:
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("w+b", buffering=0)
            at = self._file.seek(0, 2)
            for partition, pieces in enumerate(self._pieces):
                count = sum(len(piece[0]) for piece in pieces)
                if not count:
                    continue
                self._spilled[partition].append((at, count))
                for place in range(len(self._kinds)):
                    joined = np.concatenate([piece[place] for piece in pieces])
                    store_files.write(self._file, joined.view(np.uint8))
                    at += joined.nbytes
                pieces.clear()
        except OSError as error:
            raise store_files.told(error, self._path) from error
        self._bytes = 0

    def _read(self, at: int, count: int) -> list[Array]:
        found = []
        for kind in self._kinds:
            found.append(np.fromfile(self._path, dtype=kind, count=count, offset=at))
            at += count * kind.itemsize
        return found
