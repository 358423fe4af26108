"""The corpus of malformed files: same seed same bytes, every line answered for, answers that agree with lib."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from shouwang.lib.dates import DateError, parse_date, parse_month
from shouwang.lib.identity import IdentityError, normalise_id, uscc_is_valid
from shouwang.lib.money import MoneyError, fen_from_yuan
from shouwang.synth.corpus import cases, write_corpus
from shouwang.synth.corpus.manifest import Case, refused_lines
from shouwang.synth.corpus.odd_cells import ODD_CELLS, Bad, OddCell

SEED = 7


@pytest.fixture(scope="module")
def small() -> list[Case]:
    return list(cases(SEED, "commit"))


def test_small_corpus_covers_the_families(small: list[Case]) -> None:
    assert len(small) >= 80
    assert len({case.family for case in small}) >= 25
    assert {case.verdict for case in small} == {"accepted", "partly", "refused", "held"}


def test_manifest_describes_the_files_written(tmp_path: Path) -> None:
    manifest = json.loads(write_corpus(tmp_path, SEED, "commit").read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        assert hashlib.sha256((tmp_path / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]


def test_same_seed_gives_the_same_bytes(small: list[Case]) -> None:
    assert [case.content for case in cases(SEED, "commit")] == [case.content for case in small]


def test_every_physical_line_belongs_to_one_record(small: list[Case]) -> None:
    for case in small:
        if case.content[:2] == b"PK" or case.extension != "csv":
            continue
        lines = 0
        for record in case.records:
            assert record.line == lines + 1, case.variant
            lines += record.lines
        if b"\x00" not in case.content:
            assert lines == sum(record.lines for record in refused_lines(case.content)), case.variant


def test_every_row_of_a_read_workbook_has_an_answer(small: list[Case]) -> None:
    for case in small:
        if case.extension != "xlsx" or case.refused:
            continue
        book = load_workbook(io.BytesIO(case.content))
        answered = {(record.sheet, record.row) for record in case.records}
        sheets = {sheet for sheet, _ in answered}
        rows = {
            (sheet.title, cells[0].row)
            for sheet in book.worksheets
            if sheet.title in sheets
            for cells in sheet.iter_rows()
            if any(cell.value is not None for cell in cells)
        }
        assert rows <= answered, case.variant


def _reads_as(odd: OddCell, text: str) -> str | int | None:
    match odd.kinds[0]:
        case "id":
            return normalise_id(text).value18
        case "amount":
            fen = fen_from_yuan(text)
            return fen if 0 <= fen <= 10_000_000_000 else None
        case "date":
            day = parse_date(text)
            return day.isoformat() if 1900 <= day.year < 2100 else None
        case "month":
            return parse_month(text).isoformat()[:7]
        case "uscc":
            code = text.strip().translate({0xFEE0 + n: n for n in range(0x21, 0x7F)}).upper()
            return code if uscc_is_valid(code) else None
    return None


@pytest.mark.parametrize(
    "odd", [o for o in ODD_CELLS if o.kinds[0] in {"id", "amount", "date", "month", "uscc"}], ids=lambda o: o.name
)
def test_answers_agree_with_lib(odd: OddCell) -> None:
    text, expected = odd.write(np.random.default_rng(3))
    try:
        found = _reads_as(odd, text)
    except (IdentityError, MoneyError, DateError):
        found = None
    assert found == (None if isinstance(expected, Bad) else expected)


def test_bombs_are_small_on_disk(small: list[Case]) -> None:
    bombs = [case for case in small if case.refused == "zip_bomb"]
    assert len(bombs) >= 6
    assert all(len(case.content) < 600_000 for case in bombs)
    unpacked = [sum(i.file_size for i in zipfile.ZipFile(io.BytesIO(c.content)).infolist()) for c in bombs]
    assert max(unpacked) > 60_000_000


def test_open_quotes_lose_only_their_own_line(small: list[Case]) -> None:
    files = [case for case in small if case.family == 21]
    assert len(files) >= 12
    for case in files:
        assert sum(record.disposition == "quarantined" for record in case.records) <= 2
        assert sum(record.disposition == "accepted" for record in case.records) >= 4
