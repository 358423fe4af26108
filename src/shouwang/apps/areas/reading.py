"""Reading division files into checked spans, row by row. Nothing here touches the database."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shouwang.apps.areas.receipt import Refusal
from shouwang.lib.area_codes import LEVELS, AreaCodeError, level_of, normalise_code
from shouwang.lib.dates import DateError, parse_date

LONGEST_NAME = 60


class AreaFileError(ValueError):
    """A file that is no division file at all; the message is Chinese."""


@dataclass(frozen=True)
class Span:
    """One code under one name for one span of time; ``valid_from`` included, ``valid_to`` excluded."""

    line: int
    code: str
    name: str
    level: str
    valid_from: date | None
    valid_to: date | None = None


class RowRefused(ValueError):
    """Why a row cannot be taken (Chinese)."""


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str] | None]]:
    """Yield (line, row) of a UTF-8 CSV with at least these columns; a row of the wrong width comes as None."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as source:
            rows = csv.DictReader(source, strict=True)
            if missing := [name for name in columns if name not in (rows.fieldnames or ())]:
                raise AreaFileError(f"{path.name} 缺少列：{'、'.join(missing)}")
            for row in rows:
                whole = None not in row and None not in row.values()
                yield rows.line_num, {name: row[name].strip() for name in columns} if whole else None
    except UnicodeDecodeError:
        raise AreaFileError(f"{path.name} 不是 UTF-8 编码，请另存为 UTF-8 的 CSV") from None
    except csv.Error as error:
        raise AreaFileError(f"{path.name} 不是完整的 CSV 文件：{error}") from None


def checked_name(name: str) -> str:
    """Return a name that can stand on a page, or refuse the row."""
    if not name:
        raise RowRefused("名称为空")
    if len(name) > LONGEST_NAME:
        raise RowRefused(f"名称超过 {LONGEST_NAME} 个字")
    if not all(character.isprintable() for character in name):
        raise RowRefused("名称中有控制字符")
    return name


def checked_code(code: str, level: str) -> str:
    """Return the 12-digit code, or refuse the row where code and level disagree."""
    try:
        full = normalise_code(code)
    except AreaCodeError as error:
        raise RowRefused(str(error)) from None
    if level not in LEVELS:
        raise RowRefused(f"层级“{level}”无法识别")
    if level_of(full) != level:
        raise RowRefused(f"代码 {full} 的层级与“{level}”不符")
    return full


def read_local(path: Path) -> tuple[list[Span], list[Refusal]]:
    """Read a county's own divisions (``code,name,level,valid_from``; a blank day means the start is not known)."""
    spans: dict[str, Span] = {}
    refused: list[Refusal] = []
    for line, row in read_rows(path, ("code", "name", "level", "valid_from")):
        try:
            if row is None:
                raise RowRefused("列数与表头不符")
            code = checked_code(row["code"], row["level"])
            start = parse_date(row["valid_from"]) if row["valid_from"] else None
            if code in spans:
                raise RowRefused(f"代码与第 {spans[code].line} 行重复")
            spans[code] = Span(line, code, checked_name(row["name"]), row["level"], start)
        except (RowRefused, DateError) as error:
            refused.append(Refusal(line, "" if row is None else row["code"], str(error)))
    return list(spans.values()), refused
