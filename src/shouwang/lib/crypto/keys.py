"""Where keys come from: a protocol, so that a hardware module can stand in, and the folder that serves one machine."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from pathlib import Path
from typing import Protocol

from shouwang.lib.crypto.errors import KeyMissing

KEY_BYTES = 16
PURPOSES = ("field", "index", "seal")
_FILE = re.compile(r"(?P<purpose>[a-z]+)\.v(?P<version>\d{1,3})\.key", re.ASCII)


class KeyProvider(Protocol):
    """Gives keys by purpose (``field``, ``index``, ``seal``) and version (1–255)."""

    def current(self, purpose: str) -> tuple[int, bytes]:
        """Return the version and key to write with."""
        ...

    def key(self, purpose: str, version: int) -> bytes:
        """Return the key of one version, or raise ``KeyMissing``."""
        ...


class FileKeyProvider:
    """Keys as files ``<purpose>.v<n>.key`` in one folder (0700, files 0600).

    An empty folder is furnished on first use unless ``create=False``; a folder that lost one of its keys is an error,
    never filled up, since a new key would hide the loss. Only where the furnishing itself was cut short (its mark
    ``.furnishing`` still stands) are the missing ones made: they have never existed. Old versions stay, so old ciphertext stays readable. Whoever
    can read the folder can read the data: keep it off the database's backup.
    """

    def __init__(self, folder: Path, create: bool = True) -> None:
        self._folder = Path(folder)
        self._create = create
        self._held: dict[tuple[str, int], bytes] = {}
        self._newest: dict[str, int] = {}

    def current(self, purpose: str) -> tuple[int, bytes]:
        """Return the newest version of a purpose and its key."""
        if purpose not in self._newest:
            versions = self._versions(purpose) or self._furnished(purpose)
            if not versions:
                raise KeyMissing(f"密钥目录中没有“{purpose}”密钥，请从备份恢复，不要重新生成")
            self._newest[purpose] = max(versions)
        version = self._newest[purpose]
        return version, self.key(purpose, version)

    def key(self, purpose: str, version: int) -> bytes:
        """Return the key of one version, read once and kept in memory."""
        held = self._held.get((purpose, version))
        if held is None:
            path = self._path(purpose, version)
            try:
                held = bytes.fromhex(path.read_text(encoding="ascii").strip())
            except FileNotFoundError:
                raise KeyMissing(f"缺少“{purpose}”第{version}版密钥，请从备份恢复") from None
            except ValueError:
                raise KeyMissing(f"“{purpose}”第{version}版密钥文件已损坏，请从备份恢复") from None
            if len(held) != KEY_BYTES:
                raise KeyMissing(f"“{purpose}”第{version}版密钥文件已损坏，请从备份恢复")
            self._held[purpose, version] = held
        return held

    def rotate(self, purpose: str) -> int:
        """Make and use a new version of the field key; returns its number. Index and seal keys do not rotate."""
        if purpose != "field":
            raise ValueError(f"“{purpose}”密钥不随数据密钥轮换：须连同全部索引或封存值一起重建")
        version = self.current(purpose)[0] + 1
        try:
            self._make(purpose, version)
        except FileExistsError:  # another process rotates at the same time: its key serves both
            version = max(self._versions(purpose))
        self._newest[purpose] = version
        return version

    def _versions(self, purpose: str) -> list[int]:
        found = (_FILE.fullmatch(path.name) for path in self._folder.glob(f"{purpose}.v*.key"))
        return [int(name["version"]) for name in found if name is not None]

    def _furnished(self, purpose: str) -> list[int]:
        """Make the first key of every purpose if the folder holds none; one process at a time."""
        if self._create:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._folder / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                mark = self._folder / ".furnishing"
                if mark.exists() or not any(self._folder.glob("*.key")):
                    mark.touch(mode=0o600)
                    _flush_folder(self._folder)
                    for each in PURPOSES:
                        if not self._versions(each):
                            self._make(each, 1)
                    mark.unlink()
                    _flush_folder(self._folder)
        return self._versions(purpose)

    def _path(self, purpose: str, version: int) -> Path:
        return self._folder / f"{purpose}.v{version}.key"

    def _make(self, purpose: str, version: int) -> None:
        """Write a whole key under another name and link it into place: no reader ever meets half a key."""
        draft = self._folder / f".{purpose}.v{version}.{secrets.token_hex(8)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as target:
            target.write(secrets.token_hex(KEY_BYTES) + "\n")
            target.flush()
            os.fsync(target.fileno())
        try:
            self._path(purpose, version).hardlink_to(draft)
        finally:
            draft.unlink()
        _flush_folder(self._folder)


def _flush_folder(folder: Path) -> None:
    """Put the folder's own entry on disk: data written under a key must not outlive the key in a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
