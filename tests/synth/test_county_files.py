"""The demo county on disk: what the truth says of a file is so, and nothing is planted twice over."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from shouwang.lib.identity import IdentityError, normalise_id
from shouwang.synth import Truth, write_county
from shouwang.synth.county.cells import SHEETS
from shouwang.synth.county.expected import HOUSEHOLD_RULES

AS_OF = date(2026, 10, 31)
FEEDS = {"register", *SHEETS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("county")


@pytest.fixture(scope="module")
def truth(folder: Path) -> Truth:
    return write_county(folder, seed=11, as_of=AS_OF, residents=12_000, low_income=2_000)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().replace(b"\r\n", b"\n").splitlines(keepends=False)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def test_every_rule_has_six_cases_and_four_near_misses(truth: Truth) -> None:
    planted = Counter(each["rule"] for each in truth.expected if each["scenario"] != "background")
    near = Counter(each["rule"] for each in truth.near_misses)
    assert len(planted) == len(near) == 24
    assert min(planted.values()) >= 6
    assert min(near.values()) >= 4
    assert set(HOUSEHOLD_RULES) < set(planted)


def test_no_near_miss_is_expected(truth: Truth) -> None:
    due = {(each["rule"], each["id"]) for each in truth.expected}
    assert not due & {(each["rule"], each["id"]) for each in truth.near_misses}
    assert len(due) == len(truth.expected)


def test_planted_people_set_off_their_own_rule_only(truth: Truth) -> None:
    rules: dict[str, set[str]] = {}
    for each in truth.expected:
        rules.setdefault(each["id"], set()).add(each["rule"])
    planted = [each for each in truth.expected if each["scenario"] != "background"]
    assert {each["id"] for each in planted if len(rules[each["id"]]) > 1} == set()


def test_every_feed_is_there_and_counted(folder: Path, truth: Truth) -> None:
    files = {path.name for path in folder.iterdir() if path.name.split("_")[0] in FEEDS}
    assert files == set(truth.rows)
    assert {name.split("_")[0] for name in files} == FEEDS
    assert sum(counts["broken"] for counts in truth.rows.values()) == len(truth.broken_rows)
    assert json.loads((folder / "truth.json").read_text(encoding="utf-8")) == truth.as_dict()


def test_records_and_lines_add_up(folder: Path, truth: Truth) -> None:
    for name, counts in truth.rows.items():
        if name.endswith(".csv"):
            others = [line for line in _lines(folder / name) if b"," not in line or _text(line).startswith("合计,")]
            assert len(_lines(folder / name)) - len(others) == counts["records"] + 1, name
        else:
            page = load_workbook(folder / name)["数据"]
            numbered = [row for row in page.iter_rows(min_row=4, values_only=True) if any(row[2:])]
            assert counts["records"] - 1 <= len(numbered) <= counts["records"] + 1, name


def test_broken_rows_are_where_the_truth_says(folder: Path, truth: Truth) -> None:
    """Identity faults are told by lib; the others by their family's own mark."""
    families = Counter()
    for row in truth.broken_rows:
        name, family = str(row["file"]), str(row["family"])
        families[family] += 1
        if "line" in row:
            data = _lines(folder / name)[int(row["line"]) - 1]
            cells = next(csv.reader(io.StringIO(_text(data).replace('"', ""))), [])
            header = next(
                csv.reader(io.StringIO(_text(next(x for x in _lines(folder / name) if "身份证号" in _text(x)))))
            )
            number = cells[header.index(next(h for h in header if h.endswith("身份证号")))]
        else:
            page = load_workbook(folder / name)["数据"]
            cells = [cell.value for cell in page[int(row["sheet_row"])]]
            number, data = cells[0] or "", b""
        if family in {"bad_check_digit", "blank_id", "excel_precision"}:
            with pytest.raises(IdentityError):
                normalise_id(str(number))
        elif family == "numeric_id":
            assert isinstance(number, int | float)
        elif family == "formula":
            assert str(number).startswith("=")
        elif family in {"too_few_fields", "too_many_fields"}:
            assert len(cells) != len(header)
        elif family == "unterminated_quote":
            assert data.count(b'"') == 1
        elif family == "impossible_date":
            assert "2026-02-30" in cells
        elif family == "bad_amount":
            assert "1.200,50" in cells or b"1.200,50" in data
        elif family == "unknown_code":
            assert "不详" in cells
        elif family == "lost_upstream":
            assert "锟斤拷".encode(_decodes(_lines(folder / name)[0])) in data
        elif family == "control_character":
            assert b"\x01" in data
        else:
            assert family == "mixed_bytes"
            encodings = {_decodes(line) for line in _lines(folder / name)}
            assert len(encodings) > 1
    assert len(families) >= 12


def _decodes(line: bytes) -> str:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "ascii" if line.isascii() else "utf-8"


def test_same_seed_writes_the_same_truth(truth: Truth, tmp_path: Path) -> None:
    again = write_county(tmp_path, seed=11, as_of=AS_OF, residents=12_000, low_income=2_000)
    assert again == truth


def test_a_day_inside_a_month_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="last day of a month"):
        write_county(tmp_path, seed=1, as_of=date(2026, 10, 30))
