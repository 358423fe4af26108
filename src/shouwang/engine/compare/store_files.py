"""Every act of the national store on the disk: whole files or none, one writer, errors that say what to do.

A file is written beside its place, synced, and renamed into it. The five acts (``write``, ``sync``, ``settle``, ``remove``,
``publish``) are called through this module, so that the harness that kills and fills the disk meets each of them.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

UNFINISHED = ".part"


class StoreError(Exception):
    """Something the person at the keyboard can mend; the message is Chinese and says how."""


def write(file: IO[bytes], content: Any) -> None:
    """Write bytes at the file's place: all of them, though an unbuffered file may take fewer at a time."""
    rest = memoryview(content)
    if rest.nbytes:
        rest = rest.cast("B")
    while rest.nbytes:
        rest = rest[file.write(rest) :]


def sync(file: IO[bytes]) -> None:
    """Bring what was written to the disk."""
    file.flush()
    os.fsync(file.fileno())


def settle(unfinished: Path, path: Path) -> None:
    """Give a finished file its name, for good."""
    unfinished.replace(path)
    _sync_folder(path.parent)


def publish(unfinished: Path, path: Path) -> None:
    """Make a version the current one: the moment at which a command has happened."""
    unfinished.replace(path)
    _sync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file that no version names."""
    path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to be written whole: it has its name once the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            yield file
            sync(file)
        settle(unfinished, path)
    except OSError as error:
        raise told(error, path) from error


def write_json(path: Path, content: Mapping[str, object] | Sequence[object]) -> None:
    """Write a small file of JSON, a line for each value of it, the same bytes for the same content."""
    ends = "{}" if isinstance(content, Mapping) else "[]"
    lines = (
        [f"{_json(name)}: {_json(value)}" for name, value in sorted(content.items())]
        if isinstance(content, Mapping)
        else map(_json, content)
    )
    with written(path) as file:
        write(file, "\n".join((ends[0], ",\n".join(lines), ends[1], "")).encode())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def make_current(folder: Path, version: int) -> None:
    """Let ``CURRENT`` name a version."""
    unfinished = folder / f"CURRENT{UNFINISHED}"
    try:
        with unfinished.open("wb") as file:
            write(file, f"{version}\n".encode())
            sync(file)
        publish(unfinished, folder / "CURRENT")
    except OSError as error:
        raise told(error, unfinished) from error


def told(error: OSError, path: Path) -> Exception:
    """What a failed write means, in Chinese."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StoreError(
            f"磁盘空间不足，没有写完 {path.name}。原有版本没有变化；请腾出空间（或执行 shouwang nation compact 清理旧版本），再执行同一条命令"
        )
    if error.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
        return StoreError(f"没有权限写 {path}，请核对文件夹的权限")
    return error


def damaged(path: Path) -> StoreError:
    """What to say of a file of the store that is missing, cut or spoilt."""
    return StoreError(f"{path} 缺失或已损坏：请从备份恢复整个文件夹")


class _Sink:
    """A file as pyarrow writes to it, through the acts above."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.closed, self.at = file, False, 0

    def write(self, content: Any) -> int:
        view = memoryview(content)
        write(self.file, view)
        self.at += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self.at

    def flush(self) -> None:
        return None

    def close(self) -> None:
        self.closed = True

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False


@contextmanager
def written_table(path: Path, schema: Any) -> Iterator[Any]:
    """Open a Parquet file to be written whole: yields a ``pyarrow.parquet.ParquetWriter``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with (
        written(path) as file,
        pa.PythonFile(_Sink(file), mode="w") as sink,
        pq.ParquetWriter(sink, schema, compression="zstd") as writer,
    ):
        yield writer


@contextmanager
def only_writer(folder: Path, verb: str) -> Iterator[None]:
    """Hold the store's lock. Raises StoreError where somebody else writes."""
    path = folder / "lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise told(error, path) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "另一个进程"
            raise StoreError(
                f"另一个命令正在写这个库（{holder}）。同一时间只能有一个命令写入：请等它结束再执行；查看数据不受影响"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"进程号 {os.getpid()}：{verb}".encode(), 0)
        yield
    finally:
        os.close(handle)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a version for reading, so that nobody removes what it names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def remove_unless_held(path: Path) -> None:
    """Remove a version's manifest unless somebody reads it; nobody can begin to while it is being removed."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(path)
    except BlockingIOError:
        return
    finally:
        os.close(handle)
