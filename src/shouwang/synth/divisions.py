"""The invented province, city, counties, townships and villages (codes from 99…, never assigned)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

COUNTY = "990101000000"
NEXT_COUNTY = "990102000000"
VALID_FROM = "2021-07-01"
VILLAGES_PER_TOWNSHIP = 20

_UPPER = (
    ("990000000000", "示范省", "province"),
    ("990100000000", "示范市", "city"),
    (COUNTY, "安禾县", "county"),
    (NEXT_COUNTY, "临禾县", "county"),
)
TOWNSHIPS = (
    ("990101100000", "青坪镇"),
    ("990101101000", "石桥镇"),
    ("990101102000", "白沙镇"),
    ("990101103000", "柳林镇"),
    ("990101200000", "云岭乡"),
    ("990101201000", "枫溪乡"),
)
NEXT_TOWNSHIPS = (("990102100000", "南湾镇"),)
_FIRST = (
    "上",
    "下",
    "东",
    "西",
    "南",
    "北",
    "大",
    "小",
    "新",
    "老",
    "前",
    "后",
    "双",
    "三",
    "石",
    "青",
    "金",
    "白",
    "龙",
    "桃",
)
_SECOND = (
    "河",
    "坪",
    "庄",
    "塘",
    "岭",
    "沟",
    "湾",
    "桥",
    "井",
    "坝",
    "溪",
    "洼",
    "岗",
    "泉",
    "寨",
    "田",
    "屯",
    "圩",
    "垭",
    "花",
)


@dataclass(frozen=True, slots=True)
class Division:
    """One administrative division: 12-digit code, name, level."""

    code: str
    name: str
    level: str


def villages(township: str) -> list[Division]:
    """The villages of a township, codes …201 onwards; 南湾镇 has two, the others twenty."""
    places = [code for code, _ in TOWNSHIPS + NEXT_TOWNSHIPS]
    place = places.index(township)
    count = VILLAGES_PER_TOWNSHIP if township.startswith(COUNTY[:6]) else 2
    result = []
    for number in range(count):
        name = _FIRST[(number + place) % len(_FIRST)] + _SECOND[(number * 3 + place * 7) % len(_SECOND)] + "村"
        result.append(Division(f"{township[:9]}{201 + number}", name, "village"))
    return result


def divisions() -> list[Division]:
    """Every invented division, top down."""
    found = [Division(*row) for row in _UPPER]
    for code, name in TOWNSHIPS + NEXT_TOWNSHIPS:
        found.append(Division(code, name, "township"))
        found.extend(villages(code))
    return found


def write_divisions(path: Path) -> None:
    """Write ``divisions.csv``: code, name, level, valid_from."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("code", "name", "level", "valid_from"))
        writer.writerows((each.code, each.name, each.level, VALID_FROM) for each in divisions())
