"""Parameters: dated, cited integers that hold for a division and all below it; the nearest division's wins."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from shouwang.engine.fingerprint import fingerprint_of
from shouwang.engine.rule import UNITS
from shouwang.engine.tree import GREATEST, LEAST
from shouwang.lib.area_codes import ancestors_of, normalise_code
from shouwang.lib.dates import DateError, parse_date
from shouwang.lib.halfwidth import excerpt, to_halfwidth

COLUMNS = (
    "area_code",
    "item",
    "amount_fen",
    "per",
    "valid_from",
    "valid_to",
    "observed_on",
    "source",
    "article",
    "last_confirmed",
    "published",
    "published_unit",
)
GIVEN = "given"
"""The source of a value assumed for one calculation (a case file, a simulation): it has no document and no first day."""

_REMEMBERED = 200_000
_WHOLE = re.compile(r"[+-]?\d{1,40}", re.ASCII)


class ParameterError(ValueError):
    """A parameter row cannot stand; the message is Chinese and names the row."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One source's word on one parameter: an integer (分 for money) in a division.

    It holds from ``valid_from`` until before ``valid_to``.
    ``per`` is what a money amount is per ("person-month"), else the unit itself (percent, permille, count, days, bool).
    A row without ``valid_from`` holds from ``observed_on``: earlier its truth is not known.
    """

    item: str
    area_code: str
    value: int
    per: str
    valid_from: date | None
    valid_to: date | None = None
    source: str = ""
    article: str = ""
    last_confirmed: date | None = None
    observed_on: str = ""
    published: str = ""
    published_unit: str = ""

    def __post_init__(self) -> None:
        if self.start is None:
            raise ParameterError(f"{self.title}：没有生效日，也没有见于日期")
        if self.valid_to is not None and self.valid_to <= self.start:
            raise ParameterError(f"{self.title}：失效日不晚于生效日")

    @property
    def title(self) -> str:
        """Division and item, for messages."""
        return f"{self.area_code} {self.item}"

    @property
    def unit(self) -> str:
        """The unit of ``value``."""
        return self.per if self.per in UNITS else "fen"

    @property
    def start(self) -> date | None:
        """The first day the value is known to hold."""
        if self.valid_from is not None:
            return self.valid_from
        text = self.observed_on
        if not text:
            return None
        try:
            return date.fromisoformat(text + "-01" if len(text) == len("2024-05") else text)
        except ValueError as error:
            raise ParameterError(f"{self.title}：见于日期“{text}”不是日期") from error

    def in_force(self, as_of: date) -> bool:
        """Whether the value holds on a day."""
        start = self.start
        return start is not None and start <= as_of and (self.valid_to is None or as_of < self.valid_to)

    def as_row(self) -> dict[str, str]:
        """The row of the CSV layout."""
        values = (
            self.area_code,
            self.item,
            str(self.value),
            self.per,
            self.valid_from.isoformat() if self.valid_from else "",
            self.valid_to.isoformat() if self.valid_to else "",
            self.observed_on,
            self.source,
            self.article,
            self.last_confirmed.isoformat() if self.last_confirmed else "",
            self.published,
            self.published_unit,
        )
        return dict(zip(COLUMNS, values, strict=True))


@dataclass(frozen=True, slots=True)
class Found:
    """The value that holds, and the assertion it was taken from (whose division may be an ancestor's)."""

    value: int
    assertion: Assertion


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """What a policy declares of a parameter. ``local``: no national value, it must come from the area's own table.

    ``least`` and ``most`` bound every value, the area's too: a standard of 0 would refuse everybody without a word.
    """

    item: str
    label: str
    unit: str
    policy: str
    per: str = ""
    local: bool = False
    least: int = 0
    most: int = GREATEST

    def allows(self, value: int) -> bool:
        """Whether a value lies within the bounds."""
        return self.least <= value <= self.most


class ParameterTable:
    """Assertions indexed for look-up. A table may lie over another: for one division, the upper one is asked first."""

    def __init__(self, assertions: Iterable[Assertion] = (), under: ParameterTable | None = None) -> None:
        self._under = under
        self._rows: dict[tuple[str, str], list[Assertion]] = {}
        for assertion in assertions:
            self._rows.setdefault((assertion.item, assertion.area_code), []).append(assertion)
        for rows in self._rows.values():
            rows.sort(key=lambda row: row.start or date.min)
            for earlier, later in pairwise(rows):
                if earlier.valid_to is None or (later.start is not None and later.start < earlier.valid_to):
                    raise ParameterError(f"{later.title}：{later.start} 起的值与 {earlier.start} 起的值时间重叠")
        self._remembered: dict[tuple[str, str, date], Found | None] = {}
        self._fingerprint: str | None = None

    def lookup(self, item: str, area_code: str, as_of: date) -> Found | None:
        """The value in force for a division on a day: the nearest ancestor's that has one. None: nobody set it."""
        key = (item, area_code, as_of)
        try:
            return self._remembered[key]
        except KeyError:
            pass
        if len(self._remembered) > _REMEMBERED:
            self._remembered.clear()
        found = None
        for code in ancestors_of(area_code):
            found = self._at(item, code, as_of)
            if found is not None:
                break
        self._remembered[key] = found
        return found

    def _at(self, item: str, code: str, as_of: date) -> Found | None:
        for assertion in self._rows.get((item, code), ()):
            if assertion.in_force(as_of):
                return Found(assertion.value, assertion)
        return self._under._at(item, code, as_of) if self._under else None

    def overlaid(self, assertions: Iterable[Assertion]) -> ParameterTable:
        """A table in which ``assertions`` win over this one's for the same division and day."""
        return ParameterTable(assertions, under=self)

    def assertions(self) -> list[Assertion]:
        """Every assertion, the lowest table's first."""
        below = self._under.assertions() if self._under else []
        return below + [row for key in sorted(self._rows) for row in self._rows[key]]

    @property
    def fingerprint(self) -> str:
        """SM3 hex of every assertion in the table and those below it."""
        if self._fingerprint is None:
            named = [
                ("", repr(tuple(row.as_row().values())).encode())
                for key in sorted(self._rows)
                for row in self._rows[key]
            ]
            below = self._under.fingerprint if self._under else ""
            self._fingerprint = fingerprint_of([("under", below.encode()), *named])
        return self._fingerprint


def read_assertions(path: Path) -> list[Assertion]:
    """Read the CSV layout (UTF-8, with or without BOM). Raises ParameterError naming every bad line, in Chinese."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path.name}：不是 UTF-8 编码，请另存为 UTF-8 后再导入") from error
    with io.StringIO(text, newline="") as file:
        reader = csv.DictReader(file)
        lacking = [name for name in COLUMNS[:4] if name not in (reader.fieldnames or ())]
        if lacking:
            raise ParameterError(f"{path.name}：缺少列 {'、'.join(lacking)}")
        found, wrong = [], []
        for row in reader:
            try:
                found.append(assertion_of({key: value or "" for key, value in row.items() if key}))
            except ValueError as error:
                wrong.append(f"第 {reader.line_num} 行：{error}")
    if wrong:
        raise ParameterError("；".join(wrong))
    return found


def assertion_of(row: Mapping[str, str]) -> Assertion:
    """One row of the CSV layout. Raises ParameterError (中文)."""
    written = to_halfwidth(row["amount_fen"]).strip()
    if _WHOLE.fullmatch(written) is None:
        raise ParameterError(f"{row.get('item')}：值“{excerpt(written)}”不是整数（金额以分为单位）")
    value = int(written)

    def day(name: str) -> date | None:
        text = row.get(name, "").strip()
        try:
            return parse_date(text) if text else None
        except DateError as error:
            raise ParameterError(f"{row.get('item')}：{name} 不是日期：{error}") from error

    def text(name: str) -> str:
        return row.get(name, "").strip()

    return Assertion(
        item=text("item"),
        area_code=normalise_code(text("area_code")),
        value=value,
        per=text("per"),
        valid_from=day("valid_from"),
        valid_to=day("valid_to"),
        source=text("source"),
        article=text("article"),
        last_confirmed=day("last_confirmed"),
        observed_on=text("observed_on"),
        published=text("published"),
        published_unit=text("published_unit"),
    )


def write_assertions(path: Path, assertions: Iterable[Assertion]) -> None:
    """Write the CSV layout, UTF-8 with BOM so that spreadsheet programs read the Chinese."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(assertion.as_row() for assertion in assertions)


def problems_with(assertions: Iterable[Assertion], specs: Mapping[str, ParameterSpec]) -> list[str]:
    """What keeps rows from being used with a book, in Chinese: unknown item, other unit, a value out of bounds."""
    found = []
    for row in assertions:
        spec = specs.get(row.item)
        if spec is None:
            found.append(f"{row.title}：没有名为“{row.item}”的参数")
        elif row.unit != spec.unit or (spec.per and row.per != spec.per):
            found.append(f"{row.title}（{spec.label}）：单位“{row.per}”与参数的单位“{spec.per or spec.unit}”不符")
        elif spec.unit == "bool" and row.value not in (0, 1):
            found.append(f"{row.title}（{spec.label}）：是否类参数只能是 0 或 1")
        elif not LEAST <= row.value <= GREATEST:
            found.append(f"{row.title}（{spec.label}）：值超出范围")
        elif not spec.allows(row.value):
            bounds = f"不小于 {spec.least}" + ("" if spec.most == GREATEST else f"、不大于 {spec.most}")
            found.append(f"{row.title}（{spec.label}）：值 {row.value} 应{bounds}")
    return found
