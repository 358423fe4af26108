"""Small feed files about the standing cast's invented people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from shouwang.apps.exchange.contract import load_contract
from shouwang.apps.exchange.reading.outcome import Quarantined, Taken, Where
from tests.cast import VILLAGE, id_number

BORN = date(1970, 5, 17)


def person(serial: int) -> dict[str, str]:
    """The two cells that say whom a row is about, matching ``tests.cast.member(serial)``."""
    return {"身份证号": id_number(serial), "姓名": f"测试{serial}"}


def csv_bytes(headers: Iterable[str], rows: Iterable[Mapping[str, Any]], encoding: str = "utf-8") -> bytes:
    """A CSV file; a cell that a row leaves out is blank."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = list(headers)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return out.getvalue().encode(encoding)


def feed_file(folder: Path, name: str, rows: Iterable[Mapping[str, Any]], encoding: str = "utf-8") -> Path:
    """Write a feed's CSV under its contract's headers; the name says which feed."""
    path = folder / name
    path.write_bytes(csv_bytes(load_contract(name.split("_", maxsplit=1)[0]).headers, rows, encoding))
    return path


def settlement(
    serial: int, paid: str = "100.00", day: str = "2026-09-05", visit: str = "住院", **more: str
) -> dict[str, str]:
    return {**person(serial), "结算日期": day, "就诊类型": visit, "总费用(元)": "900.00", "个人自付(元)": paid, **more}


def death(serial: int, day: str = "2026-09-10") -> dict[str, str]:
    return {**person(serial), "死亡日期": day, "登记单位": "安禾县殡仪馆"}


def pension(serial: int, amount: str, month: str = "2026-09", kind: str = "城乡居民") -> dict[str, str]:
    return {**person(serial), "发放月份": month, "养老金类型": kind, "发放金额(元)": amount}


def roster_line(serial: int, household: str = "H1", relation: str = "户主", **more: str) -> dict[str, str]:
    return {
        **person(serial),
        "户编号": household,
        "与户主关系": relation,
        "居住地代码": VILLAGE,
        "救助类别": "无",
        **more,
    }


class Collected:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.batches: list[Taken] = []
        self.refused: list[Quarantined] = []
        self.spans: list[tuple[str, Where]] = []

    def taken(self, rows: Taken) -> None:
        self.batches.append(rows)

    def quarantined(self, row: Quarantined) -> None:
        self.refused.append(row)

    def span(self, kind: str, where: Where) -> None:
        self.spans.append((kind, where))

    def progress(self, done: int) -> None:
        pass

    def places(self) -> list[tuple[str, Where]]:
        """Everything handed out with its place."""
        taken = [
            ("accepted", Where(batch.sheet, *place))
            for batch in self.batches
            for place in zip(*(one.tolist() for one in (batch.line, batch.lines, batch.start, batch.end)), strict=True)
        ]
        refused = [("quarantined", Where(row.sheet, row.line, row.lines, row.start, row.end)) for row in self.refused]
        return sorted([*taken, *refused, *self.spans], key=lambda one: (one[1].sheet, one[1].line))

    def values(self) -> dict[tuple[str, int], dict[str, Any]]:
        """Accepted values by (sheet, line)."""
        found: dict[tuple[str, int], dict[str, Any]] = {}
        for batch in self.batches:
            columns = [column.to_pylist() for column in batch.values.values()]
            for line, *row in zip(batch.line.tolist(), *columns, strict=True):
                found[batch.sheet, line] = dict(zip(batch.values, row, strict=True))
        return found
