"""A register folder on disk: whole versions beside each other, ``CURRENT`` naming the last one, one writer.

``versions/000001/`` holds persons.parquet, households.parquet, areas.parquet, ``facts/<county>_<feed>_<persons|households>.parquet``
and manifest.json. A version is built as ``.building``, synced, renamed, and only then named in CURRENT; what did not change
is a hard link to the version before. Readers of a version are never disturbed; the last two are kept.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shouwang.lib.crypto import sm3_file

PERSONS, HOUSEHOLDS, AREAS, MANIFEST, FACTS = (
    "persons.parquet",
    "households.parquet",
    "areas.parquet",
    "manifest.json",
    "facts",
)
ROW_GROUP = 1_000_000
KEPT = 2
_BUILDING, _CURRENT, _LOCK, _VERSIONS = ".building", "CURRENT", "LOCK", "versions"


class FolderRefused(Exception):
    """A register folder that cannot be written; the message is Chinese."""


class RegisterFolder:
    """The versions of one folder, while this process is its only writer: what ``writing`` opens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.before = current_version(folder)
        self.manifest: dict[str, Any] = _read_manifest(self.before)
        self.building = folder / _BUILDING
        shutil.rmtree(self.building, ignore_errors=True)
        for made in (self.building, self.building / FACTS):
            made.mkdir(mode=0o700)

    def write(self, name: str, table: pa.Table, about: Mapping[str, str] | None = None) -> None:
        """Write a table as a file of the version being built. Equal tables give equal bytes."""
        if about:
            table = table.replace_schema_metadata({key: value.encode() for key, value in about.items()})
        with self.rows(name, table.schema) as writer:
            writer.write_table(table)

    @contextmanager
    def rows(self, name: str, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
        """Write a file of the version being built piece by piece; on disk when the block ends."""
        path = self.building / name
        path.touch(mode=0o600)
        with pq.ParquetWriter(path, schema, compression="zstd", version="2.6") as writer:
            yield writer
        _sync(path)

    def keep(self, name: str, digest: str) -> bool:
        """Take a file over from the version before as a hard link; False where it is not there as its digest says."""
        if self.before is None:
            return False
        path = self.before / name
        try:
            if sm3_file(path) != digest:
                return False
            (self.building / name).unlink(missing_ok=True)
            os.link(path, self.building / name)
        except OSError:
            return False
        return True

    def publish(self, manifest: Mapping[str, Any], before_naming: Callable[[str], None]) -> Path:
        """Make what was built the current version; ``before_naming`` is called with its name when all but CURRENT is done."""
        text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1)
        (self.building / MANIFEST).touch(mode=0o600)
        (self.building / MANIFEST).write_text(text, encoding="utf-8")
        _sync(self.building / MANIFEST)
        for folder in (self.building / FACTS, self.building):
            _sync(folder)
        versions = self.folder / _VERSIONS
        versions.mkdir(mode=0o700, exist_ok=True)
        name = f"{int(self.before.name) + 1 if self.before else 1:06d}"
        shutil.rmtree(versions / name, ignore_errors=True)  # finished by a process that was killed before it named it
        self.building.rename(versions / name)
        _sync(versions)
        before_naming(name)
        temporary = self.folder / f".{_CURRENT}"
        temporary.write_text(f"{_VERSIONS}/{name}\n", encoding="ascii")
        _sync(temporary)
        temporary.replace(self.folder / _CURRENT)
        _sync(self.folder)
        for old in sorted(path for path in versions.iterdir() if path.name <= name)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return versions / name


def current_version(folder: Path) -> Path | None:
    """Return the folder of the last whole version, None where there is none yet."""
    try:
        return folder / (folder / _CURRENT).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


@contextmanager
def writing(folder: Path) -> Iterator[RegisterFolder]:
    """Be the only writer of a folder. Raises FolderRefused where another is at it or something else lies there."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _LOCK).exists():
        raise FolderRefused(f"“{folder}”里已有别的文件，请换一个空文件夹。")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderRefused(f"另一个进程正在写“{folder}”，请等它结束后再试。") from None
        yield RegisterFolder(folder)


def _read_manifest(version: Path | None) -> dict[str, Any]:
    try:
        return json.loads((version / MANIFEST).read_text(encoding="utf-8")) if version else {}
    except (OSError, ValueError):
        return {}


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
