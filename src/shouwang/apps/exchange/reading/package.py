"""Looks a workbook's zip over before any cell is read: sizes, names, entities, macros. Nothing is ever extracted to disk."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib

from shouwang.apps.exchange.reading.reasons import Refused

MAX_ENTRIES = 2_000
MAX_UNPACKED = 256 * 1024 * 1024
SMALL_ENTRY = 1024 * 1024
MAX_RATIO = 100
_STEP = 1 << 18
_ENTITY = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_WIDE_ENTITY = re.compile("<!\\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_ENCRYPTED = 0x1


class Package:
    """The parts of a workbook, unpacked once in memory under limits. Raises Refused at the first thing that is wrong."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise Refused("truncated") from error
        self._check_names(self._zip.infolist())
        self.unpacked = 0
        self._parts = {info.filename: self._part(info) for info in self._zip.infolist() if not info.is_dir()}

    def _check_names(self, entries: list[zipfile.ZipInfo]) -> None:
        if len(entries) > MAX_ENTRIES:
            raise Refused("zip_bomb", f"{len(entries)} 个部件")
        seen: set[str] = set()
        total = 0
        for info in entries:
            name = info.orig_filename
            if (
                name.startswith("/")
                or ".." in name.split("/")
                or "\\" in name
                or _DRIVE.match(name)
                or "\0" in name
                or name in seen
            ):
                raise Refused("zip_path")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise Refused("zip_path")
            seen.add(name)
            total += info.file_size
            if total > MAX_UNPACKED or (
                info.file_size > SMALL_ENTRY and info.file_size > MAX_RATIO * max(info.compress_size, 1)
            ):
                raise Refused("zip_bomb")
            if info.flag_bits & _ENCRYPTED:
                raise Refused("password")
            if name.lower().endswith("vbaproject.bin"):
                raise Refused("macro")

    def _part(self, info: zipfile.ZipInfo) -> bytes:
        """Unpack one part; what the directory declares is not believed."""
        pieces, size = [], 0
        try:
            with self._zip.open(info) as part:
                while piece := part.read(_STEP):
                    size += len(piece)
                    self.unpacked += len(piece)
                    if self.unpacked > MAX_UNPACKED or (
                        size > SMALL_ENTRY and size > MAX_RATIO * max(info.compress_size, 1)
                    ):
                        raise Refused("zip_bomb")
                    pieces.append(piece)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            ValueError,
            RuntimeError,
        ) as error:
            raise Refused("truncated") from error
        data = b"".join(pieces)
        if _has_entity(data):
            raise Refused("xml_entity")
        return data

    def part(self, name: str) -> bytes:
        """Return one part's bytes, b'' where there is none."""
        return self._parts.get(name, b"")

    def skeleton(self, left_out: tuple[str, ...], emptied: tuple[str, ...], empty: bytes) -> io.BytesIO:
        """Return a zip of the checked parts for openpyxl's book-level reading: some folders left out, the parts of others replaced by ``empty``."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
            for name, data in self._parts.items():
                if not name.startswith(left_out):
                    is_sheet = name.startswith(emptied) and name.endswith(".xml")
                    target.writestr(name, empty if is_sheet else data)
        out.seek(0)
        return out


def _has_entity(data: bytes) -> bool:
    if _ENTITY.search(data):
        return True
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:4]:  # XML in UTF-16
        return _WIDE_ENTITY.search(data.replace(b"\0", b"").decode("latin-1")) is not None
    return False
