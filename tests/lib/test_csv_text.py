from __future__ import annotations

import csv
import io

import pytest

from shouwang.lib.csv_text import csv_bytes, safe_text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1"])
def test_what_begins_like_a_formula_stays_text(text: str) -> None:
    assert safe_text(text) == f"'{text}"


def test_file_opens_in_a_spreadsheet_with_its_chinese_and_its_numbers() -> None:
    content = csv_bytes(["区划", "户"], [["青坪镇", -5], ['=cmd|"/c"', 3], ["甲,乙\n丙", 0]])
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows == [["区划", "户"], ["青坪镇", "-5"], ['\'=cmd|"/c"', "3"], ["甲,乙\n丙", "0"]]
