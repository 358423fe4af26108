"""A file by ranges: the bytes are the file's, and the digest is that of the bytes as they were read."""

from __future__ import annotations

from pathlib import Path

import pytest

from shouwang.apps.exchange.reading.delivered import Delivered
from shouwang.lib.crypto import sm3_hex

DATA = bytes(range(256)) * 5_000


def test_ranges_search_and_digest(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(DATA)
    with Delivered(path) as found:
        assert len(found) == len(DATA)
        assert found.find(b"\xff", 1_000) == DATA.find(b"\xff", 1_000)
        assert found.find(b"\xff", len(DATA)) == -1
        assert found.part(0, 700_000) == DATA[:700_000]
        assert found.part(600_000, 10**9) == DATA[600_000:]  # read again from an earlier place: counted once
        assert found.sm3() == sm3_hex(DATA)
        found.hash_anew()
        assert found.look(3, 9) == DATA[3:9]
        assert found.sm3() == sm3_hex(DATA)
    assert Delivered(DATA).sm3() == sm3_hex(DATA)


def test_the_digest_is_of_what_was_read_and_a_file_cut_short_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(DATA)
    with Delivered(path) as found:
        found.part(0, 1_000)
        with path.open("r+b") as changed:
            changed.write(b"x" * 10)
        assert found.sm3() == sm3_hex(DATA)
        found.hash_anew()
        assert found.sm3() == sm3_hex(b"x" * 10 + DATA[10:])
        with path.open("r+b") as changed:
            changed.truncate(10)
        found.hash_anew()
        with pytest.raises(EOFError):
            found.sm3()
