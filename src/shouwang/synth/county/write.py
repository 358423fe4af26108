"""The demo county on disk: rosters, department files, its standards and divisions, and the truth about them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.synth import names
from shouwang.synth.circumstances import NONE
from shouwang.synth.county.background import Background, outsiders
from shouwang.synth.county.cells import REGISTER_HEADERS, SHEETS, Sheet, yuan
from shouwang.synth.county.expected import HOUSEHOLD_RULES, answers
from shouwang.synth.county.files import Ledger, Style, Writer
from shouwang.synth.county.plants_household import plant_households
from shouwang.synth.county.plants_payment import plant_payments
from shouwang.synth.county.plants_person import plant_persons
from shouwang.synth.county.residents import (
    BLANK,
    Residents,
    date_of,
    day_number,
    draw_names,
    draw_residents,
    identity_numbers,
)
from shouwang.synth.county.rows import Row
from shouwang.synth.county.stage import Planted, Stage
from shouwang.synth.county.standards import write_standards
from shouwang.synth.divisions import NEXT_TOWNSHIPS, TOWNSHIPS, write_divisions

CATEGORIES = ("无", "低保", "特困", "低保边缘", "刚性支出困难", "监测对象")
RELATIONS = {2: "户主", 10: "配偶", 20: "子", 30: "女", 41: "孙子", 42: "孙女", 51: "父亲", 52: "母亲", 97: "其他"}
WORKBOOKS = {"custody": 0, "disaster": 0, "disability": 1, "market": 1}
"""Feeds sent as workbooks, from which delivery on (0 = the initial file)."""

TITLES = {
    "custody": "服刑和强制隔离戒毒人员名单",
    "disaster": "受灾情况统计表",
    "disability": "残疾人证变动情况表",
    "market": "市场主体登记变动表",
    "school": "学籍与学生资助情况表",
}
STYLES = {
    "medical": (
        Style("gb18030", end="\r\n"),
        Style("gb18030"),
        Style(bom=True, dates="%Y/%m/%d"),
        Style("gb18030", dates="%Y年%m月%d日", grouped=True),
    ),
    "benefit": (Style(bom=True), Style(bom=True, totals=True), Style("gb18030", months="%Y年%m月"), Style(bom=True)),
    "death": (Style("gb18030", end="\r\n"),),
    "pension": (
        Style("gb18030"),
        Style("gb18030", title="城乡居民和城镇职工养老金发放明细", months="%Y年%m月", totals=True, signed=True),
        Style("gb18030", months="%Y%m"),
        Style("gb18030", title="养老金发放明细", totals=True, signed=True, grouped=True),
    ),
    "employment": (Style(bom=True, end="\r\n"), Style("gb18030"), Style(bom=True, dates="%Y.%m.%d"), Style("gb18030")),
    "vehicle": (Style("gb18030", dates="%Y%m%d"), Style("gb18030"), Style(), Style("gb18030", end="\r\n")),
    "realestate": (Style(), Style(bom=True), Style("gb18030"), Style()),
}
OUTSIDERS = 6_000
NEXT_COUNTY_PEOPLE, NEXT_COUNTY_LOW_INCOME = 2_000, 150


@dataclass(slots=True)
class Truth:
    """What the importer and the warning rules must come to: see ``truth.json``."""

    expected: list[dict[str, str]]
    near_misses: list[dict[str, str]]
    broken_rows: list[dict[str, str | int]]
    rows: dict[str, dict[str, int]]
    seed: int
    as_of: date

    def as_dict(self) -> dict[str, Any]:
        """The content of ``truth.json``."""
        return {
            "expected": self.expected,
            "near_misses": self.near_misses,
            "broken_rows": self.broken_rows,
            "rows": self.rows,
            "seed": self.seed,
            "as_of": self.as_of.isoformat(),
        }

    def counts(self) -> dict[str, tuple[int, int]]:
        """Rule → (expected, near misses)."""
        due, near = Counter(each["rule"] for each in self.expected), Counter(each["rule"] for each in self.near_misses)
        return {rule: (due[rule], near[rule]) for rule in sorted(due | near)}


@dataclass(slots=True)
class County:
    """A staged county: residents, records and answers, before anything is written."""

    stage: Stage
    neighbours: Residents
    answers: dict[str, set[int]]
    ids: list[str]
    names: list[str]
    neighbour_ids: list[str]
    neighbour_names: list[str]


def stage_county(seed: int, as_of: date, residents: int, low_income: int) -> County:
    """Draw the county, plant its stories, add the background and work out the answers.

    Raises ``ValueError`` when ``as_of`` is not the last day of a month and ``RuntimeError`` when a planted case does
    not come out as planted (a fault of this generator).
    """
    if (as_of + timedelta(days=1)).day != 1:
        raise ValueError("as_of must be the last day of a month: the stories count whole months")
    rng = np.random.Generator(np.random.PCG64(seed))
    people = draw_residents(rng, residents, low_income, [code for code, _ in TOWNSHIPS], as_of)
    neighbours = draw_residents(
        rng, NEXT_COUNTY_PEOPLE, NEXT_COUNTY_LOW_INCOME, [code for code, _ in NEXT_TOWNSHIPS], as_of
    )
    stage = Stage(rng, people)
    for plant in (plant_persons, plant_payments, plant_households):
        plant(stage)
    Background(stage).write()
    outside = max(20, OUTSIDERS * residents // 120_000)
    outsiders(stage, outside)
    due = answers(people, stage.feeds)
    _check(stage, due)
    on = day_number(as_of)
    births = np.concatenate(
        (people.people.birth_day, on - rng.integers(365, 32_000, outside), neighbours.people.birth_day)
    )
    male = np.concatenate((people.people.male, rng.random(outside) < 0.5, neighbours.people.male))
    numbers = identity_numbers(rng, births, male)
    strangers = slice(people.count, people.count + outside)
    called = draw_names(rng, people.people, on)
    given = names.given_names(rng, male[strangers], (on - births[strangers]) // 365)
    called += [str(name) for name in names.surnames(rng, outside) + given]
    return County(
        stage,
        neighbours,
        due,
        numbers[: strangers.stop],
        called,
        numbers[strangers.stop :],
        draw_names(rng, neighbours.people, on),
    )


def _subject(stage: Stage, planted: Planted) -> int:
    return stage.head_of(planted.person) if planted.rule in HOUSEHOLD_RULES else planted.person


def _check(stage: Stage, due: dict[str, set[int]]) -> None:
    """A planted case must come out as planted, whatever the background did."""
    for planted, hit in [*((each, True) for each in stage.true), *((each, False) for each in stage.near)]:
        if (_subject(stage, planted) in due[planted.rule]) != hit:
            raise RuntimeError(f"planted {planted.rule} ({planted.scenario}) came out {not hit}")


def write_county(out: Path, seed: int, as_of: date, residents: int = 120_000, low_income: int = 9_000) -> Truth:
    """Write the demo county's files under ``out`` and return (and write) the truth about them.

    Rosters of 安禾县 and 临禾县 (2,000 people), twelve feeds in an initial delivery and the three months up to ``as_of``
    (the last day of a month), ``standards.csv``, ``divisions.csv``, ``truth.json``. The same seed gives the same people.
    """
    county = stage_county(seed, as_of, residents, low_income)
    stage = county.stage
    writer = Writer(out, stage.rng)
    write_divisions(out / "divisions.csv")
    write_standards(out / "standards.csv")
    _write_register(writer, stage.residents, county.ids, county.names, as_of)
    _write_register(writer, county.neighbours, county.neighbour_ids, county.neighbour_names, as_of)
    for (feed, month), rows in sorted(stage.feeds.files.items(), key=lambda item: (item[0][1], item[0][0])):
        _write_feed(writer, county, feed, month, rows)
    truth = _truth(county, writer.ledger, seed, as_of)
    text = json.dumps(truth.as_dict(), ensure_ascii=False, indent=1)
    (out / "truth.json").write_text(text + "\n", encoding="utf-8")
    return truth


def _truth(county: County, ledger: Ledger, seed: int, as_of: date) -> Truth:
    stage = county.stage
    stories = {(each.rule, _subject(stage, each)): each.scenario for each in stage.true}
    expected = [
        {"id": county.ids[person], "rule": rule, "scenario": stories.get((rule, person), "background")}
        for rule, persons in sorted(county.answers.items())
        for person in sorted(persons)
    ]
    near = [
        {"id": county.ids[_subject(stage, each)], "rule": each.rule, "scenario": each.scenario} for each in stage.near
    ]
    return Truth(expected, near, [each.as_dict() for each in ledger.broken], ledger.rows, seed, as_of)


def _write_feed(writer: Writer, county: County, feed: str, month: date, rows: list[Row]) -> None:
    """Write one delivery; 枫溪乡 sends its pupils as a workbook of its own."""
    stage, sheet = county.stage, SHEETS[feed]
    shuffled = [rows[place] for place in stage.rng.permutation(len(rows)).tolist()] if feed != "benefit" else rows
    base, delivery = f"{feed}_990101_{month:%Y-%m}", [stage.initial, *stage.months].index(month)
    if feed == "school":
        last = TOWNSHIPS[-1][0][:9]
        own = [row for row in shuffled if _village(stage, row.person).startswith(last)]
        if delivery < 3:
            others = [row for row in shuffled if not _village(stage, row.person).startswith(last)]
            writer.csv(f"{base}_1.csv", _records(county, others, sheet), sheet, Style("gb18030"))
            writer.workbook(f"{base}_2.xlsx", _records(county, own, sheet), sheet, "枫溪乡" + TITLES[feed])
        else:
            writer.workbook(f"{base}_1.xlsx", _records(county, shuffled, sheet), sheet, TITLES[feed])
    elif feed in WORKBOOKS and delivery >= WORKBOOKS[feed]:
        group = "受灾情况" if feed == "disaster" else ""
        title = f"{month.year}年{month.month}月{TITLES[feed]}"
        writer.workbook(f"{base}_1.xlsx", _records(county, shuffled, sheet), sheet, title, group=group)
    else:
        styles = STYLES.get(feed, (Style("gb18030"),))
        style = styles[min(delivery, len(styles) - 1)]
        writer.csv(f"{base}_1.csv", _records(county, shuffled, sheet), sheet, style)


def _village(stage: Stage, person: int) -> str:
    if person >= stage.residents.count:
        return ""
    return stage.residents.village[stage.household_of(person)]


def _records(county: County, rows: list[Row], sheet: Sheet) -> list[list[str]]:
    return [[county.ids[row.person], county.names[row.person], *sheet.fill(row)] for row in rows]


def _write_register(writer: Writer, residents: Residents, ids: list[str], called: list[str], as_of: date) -> None:
    """Write a roster; what belongs to the household stands on each of its rows, every fifth village writes relation codes."""
    people = residents.people
    mark = "AH" if residents.county == "990101" else "LH"
    ends = [iso_day(day) for day in residents.authorisation.tolist()]
    dues = [iso_day(day) for day in residents.recheck.tolist()]
    property_words = {1: "是", 0: "否", BLANK: ""}
    columns = zip(
        people.household.tolist(),
        people.relation.tolist(),
        residents.category.tolist(),
        residents.category_from.tolist(),
        residents.wage.tolist(),
        residents.business.tolist(),
        residents.rent.tolist(),
        residents.transfer.tolist(),
        residents.declared_pension.tolist(),
        strict=True,
    )
    records = []
    for person, (household, relation, category, since, *amounts) in enumerate(columns):
        village = residents.village[household]
        by_code = int(village[-3:]) % 5 == 0 and relation != 97
        registered = category != NONE
        records.append(
            [
                f"{mark}{village[6:]}-{household:06d}",
                f"{relation:02d}" if by_code else RELATIONS[relation],
                called[person],
                ids[person],
                village,
                f"100{(person * 7919 + 12_345) % 100_000_000:08d}" if relation == 2 else "",
                CATEGORIES[category] if registered or person % 3 else "",
                iso_day(since) if registered else "",
                *("" if amount == BLANK else yuan(amount) for amount in amounts),
                property_words[int(residents.property_ok[household])],
                ends[household],
                dues[household],
            ]
        )
    sheet = Sheet(REGISTER_HEADERS, list, (7,), (8, 9, 10, 11, 12), (6,), id_place=3, name_place=2)
    writer.csv(f"register_{residents.county}_{as_of:%Y-%m}.csv", records, sheet, Style())


def iso_day(number: int) -> str:
    """A day number as 2026-09-01, blank for 0."""
    return date_of(number).isoformat() if number else ""
