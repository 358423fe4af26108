"""Broken rows: copies of ordinary records spoilt the way real ones are, and safe oddities that must still be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shouwang.synth.county.cells import Sheet

CSV_FAMILIES = (
    "bad_check_digit",
    "excel_precision",
    "blank_id",
    "too_few_fields",
    "too_many_fields",
    "mixed_bytes",
    "lost_upstream",
    "control_character",
    "unterminated_quote",
    "impossible_date",
    "bad_amount",
    "unknown_code",
)
XLSX_FAMILIES = (
    "bad_check_digit",
    "numeric_id",
    "blank_id",
    "formula",
    "impossible_date",
    "unknown_code",
    "bad_amount",
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A line or sheet row that must not be taken, and why."""

    file: str
    place: int
    family: str
    sheet: str | None = None

    def as_dict(self) -> dict[str, str | int]:
        """The form of ``truth.json``."""
        if self.sheet is None:
            return {"file": self.file, "line": self.place, "family": self.family}
        return {"file": self.file, "sheet": self.sheet, "sheet_row": self.place, "family": self.family}


def fits(family: str, sheet: Sheet) -> bool:
    """Whether a feed has a column that can be spoilt this way."""
    needed = {"impossible_date": sheet.dates, "bad_amount": sheet.amounts, "unknown_code": sheet.codes}
    return bool(needed.get(family, True))


def spoilt(family: str, cells: list[str], sheet: Sheet) -> list[str]:
    """The cells of a record with one of them spoilt (byte-level families are left to the file writer)."""
    result = list(cells)
    id_place, name_place = sheet.id_place, sheet.name_place
    number = result[id_place]
    match family:
        case "bad_check_digit":
            result[id_place] = number[:-1] + ("X" if number[-1] != "X" else "1")
        case "excel_precision":
            result[id_place] = "9.90101E+17"
        case "blank_id":
            result[id_place] = ""
        case "too_few_fields":
            result = result[:-1]
        case "too_many_fields":
            result = [*result, "多余"]
        case "lost_upstream":
            result[name_place] = "锟斤拷"
        case "control_character":
            result[name_place] += "\x01"
        case "impossible_date":
            result[sheet.dates[0]] = "2026-02-30"
        case "bad_amount":
            result[sheet.amounts[0]] = "1.200,50"
        case "unknown_code":
            result[sheet.codes[0]] = "不详"
    return result


def encoded_wrongly(line: str, encoding: str) -> bytes | None:
    """The line in the wrong encoding, or None if those bytes could be read by chance."""
    if encoding == "gb18030":
        return line.encode("utf-8")
    data = line.encode("gb18030")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data
    return None


def odd_but_readable(rng: np.random.Generator, number: str) -> str:
    """An identity number written with one of the oddities that are repaired and recorded."""
    match int(rng.integers(0, 4)):
        case 0:
            return number.lower()
        case 1:
            return "".join(chr(ord(sign) + 0xFEE0) for sign in number)
        case 2:
            return f" {number}\u3000"
        case _:
            return number[:6] + number[8:17] if number[6:8] == "19" else number
