"""Loops compiled by numba: kept where there is a folder, compiled all the same where there is none."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from numba.core import config
from numba.core.caching import CacheImpl, IndexDataCacheFile

from shouwang.engine.backends import numba_loops


def doubled(number: int) -> int:
    return 2 * number


def test_service_without_a_folder_to_keep_loops_in_compiles_them_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    assert numba_loops.compiled(doubled)(21) == 42


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_spoilt_file_of_what_is_compiled_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """As a power cut may leave it."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    assert numba_loops.compiled(doubled)(21) == 42
    (kept,) = tmp_path.rglob(f"*.{ending}")
    whole = kept.stat().st_size
    kept.write_bytes(b"")
    assert numba_loops.compiled(doubled)(21) == 42
    assert kept.stat().st_size == whole


def test_a_disk_that_is_full_when_code_is_to_be_kept_stops_no_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(IndexDataCacheFile, "save", full)
    assert numba_loops.compiled(doubled)(21) == 42
