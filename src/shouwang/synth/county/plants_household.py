"""Planted households: deaths of earners, losses, new assets, papers that run out, incomes near the line, elders alone."""

from __future__ import annotations

from datetime import date

import numpy as np

from shouwang.synth.circumstances import DIBAO, MARGINAL, MONITORED, NONE, RIGID, TEKUN
from shouwang.synth.county.numbers import firm_code, plate, unit_number
from shouwang.synth.county.residents import BLANK, day_number
from shouwang.synth.county.rows import Asset, Custody, Death, Disability, Disaster, Employment
from shouwang.synth.county.stage import Stage

RECENT, ASSET_RECENT = 62, 92
NOTICE = 30
LINE = 1_080_000
"""低保边缘 line per head and year in 分: 600 × 150 % × 12."""

DIBAO_LINE = 720_000


def _dies(stage: Stage, person: int, days: int) -> None:
    stage.died[person] = stage.ago(days)
    stage.put(
        "death",
        Death(person, stage.ago(days)),
        stage.ago(days),
        late=max(stage.delivery(stage.ago(days)), stage.months[0]),
    )


def earner_death(stage: Stage) -> None:
    """A member with labour income died within 62 days."""
    rule = "earner_death"
    hired = date(stage.as_of.year - 3, 2, 20)
    for days in (0, 31, 61, RECENT):
        person = stage.person(35, 55, size=(2, 6))
        stage.put("employment", Employment(person, 1, hired, "示范市通达物流公司", 410_000), hired)
        _dies(stage, person, days)
        stage.expect(rule, person, f"{days} 天前去世，有就业登记")
    for days in (1, 45, 60):
        waged = stage.residents.wage > 0
        person = stage.person(30, 55, classes=(DIBAO, MARGINAL, RIGID), size=(2, 6), extra=waged)
        _dies(stage, person, days)
        stage.expect(rule, person, f"{days} 天前去世，花名册有工资")
    person = stage.person(35, 55, size=(2, 6))
    stage.put("employment", Employment(person, 1, hired, "示范市通达物流公司", 410_000), hired)
    _dies(stage, person, RECENT + 1)
    stage.nearly(rule, person, "63 天前去世")
    idle = (stage.residents.wage == 0) & (stage.residents.pension > 0)
    for _ in range(2):
        person = stage.person(66, 88, classes=(RIGID, MONITORED, MARGINAL), size=(3, 6), extra=idle)
        _dies(stage, person, 20)
        stage.nearly(rule, person, "近期去世，无劳动收入")
    person = stage.person(
        62, 66, classes=(RIGID, MONITORED, MARGINAL, DIBAO), size=(3, 6), extra=stage.residents.wage == 0
    )
    stage.put("employment", Employment(person, 2, date(stage.as_of.year - 4, 4, 2)), date(stage.as_of.year - 4, 4, 2))
    _dies(stage, person, 25)
    stage.nearly(rule, person, "近期去世，早已失业且无工资")
    person = stage.person(35, 55, size=(3, 6), extra=stage.residents.wage == BLANK)
    _dies(stage, person, 18)
    stage.nearly(rule, person, "近期去世，收入不明，无法判断")


def disaster(stage: Stage) -> None:
    """A loss above zero within 62 days."""
    cases = (
        (0, 320_000, "一般损坏", True),
        (10, 1_850_000, "严重损坏", True),
        (25, 1, "无", True),
        (40, 4_600_000, "倒塌", True),
        (61, 150_000, "一般损坏", True),
        (RECENT, 99_900, "无", True),
        (RECENT + 1, 2_000_000, "严重损坏", False),
        (80, 5_000_000, "倒塌", False),
        (10, 0, "一般损坏", False),
        (25, 0, "无", False),
    )
    for days, loss, housing, hit in cases:
        head = stage.household()
        stage.put("disaster", Disaster(head, "暴雨洪涝", stage.ago(days), housing, loss), stage.ago(days))
        stage.note("disaster_loss", head, f"{days} 天前受灾，损失 {loss / 100:.2f} 元", hit)
    head = stage.household()
    for days, loss in ((80, 800_000), (25, 0)):
        stage.put("disaster", Disaster(head, "大风", stage.ago(days), "无", loss), stage.ago(days))
    stage.nearly("disaster_loss", head, "最近一次受灾无损失，前一次已过期")


def assets(stage: Stage) -> None:
    """A firm, vehicle or property registered within 92 days in a household on 低保 or 特困."""
    kinds = (
        ("new_business_on_benefit", "market", "个体小吃店", firm_code),
        ("new_vehicle_on_benefit", "vehicle", "小型轿车", plate),
        ("new_property_on_benefit", "realestate", "住宅", unit_number),
    )
    for rule, feed, what, number in kinds:

        def register(person: int, days: int, kind: str, ended: int | None = None) -> Asset:
            last = None if ended is None else stage.ago(ended)
            return Asset(person, number(stage.rng), kind, stage.ago(days), last, 96)  # noqa: B023 -- used at once

        for days in (0, 30, 45, 60, 91, ASSET_RECENT):
            person = stage.on_benefit(24, 57)
            stage.put(feed, register(person, days, what), stage.ago(days))
            stage.expect(rule, person, f"{days} 天前登记")
        person = stage.person(60, 85, classes=(TEKUN,))
        stage.put(feed, register(person, 20, what), stage.ago(20))
        stage.expect(rule, person, "特困人员名下新登记")
        for days in (ASSET_RECENT + 1, ASSET_RECENT + 2):
            person = stage.on_benefit(24, 57)
            stage.put(feed, register(person, days, what), stage.ago(days))
            stage.nearly(rule, person, f"{days} 天前登记")
        person = stage.person(24, 57, classes=(MARGINAL, RIGID))
        stage.put(feed, register(person, 20, what), stage.ago(20))
        stage.nearly(rule, person, "低收入但不在享低保特困")
        person = stage.on_benefit(24, 57)
        stage.put(feed, register(person, 40, what, ended=6), stage.ago(6))
        stage.nearly(rule, person, "40 天前登记，6 天前已注销")
        person = stage.on_benefit(24, 57)
        first = register(person, 70, what)
        stage.put(feed, first, first.day)
        stage.put(feed, first._replace(ended=stage.ago(12)), stage.ago(12))
        stage.nearly(rule, person, "先报登记，后报注销")
    person = stage.on_benefit(24, 57)
    stage.put("vehicle", Asset(person, plate(stage.rng), "残疾人代步车", stage.ago(15)), stage.ago(15))
    stage.nearly("new_vehicle_on_benefit", person, "残疾人代步车")


def papers(stage: Stage) -> None:
    """授权 within 30 days of its end, 复核 past its day."""
    classes = (DIBAO, MARGINAL, RIGID, MONITORED)
    for days, hit in ((1, True), (5, True), (10, True), (15, True), (29, True), (NOTICE, True), (0, True)):
        _paper(stage, "authorisation_expiring", days, classes, hit)
    for days in (-5, -1):
        _paper(stage, "authorisation_expiring", days, classes, True)
    for days in (NOTICE + 1, NOTICE + 2, 45):
        _paper(stage, "authorisation_expiring", days, classes, False)
    _paper(stage, "authorisation_expiring", 10, (NONE,), False)
    for days in (-1, -2, -10, -30, -45, -90):
        _paper(stage, "recheck_overdue", days, classes, True)
    for days in (0, 1, 5):
        _paper(stage, "recheck_overdue", days, classes, False)
    _paper(stage, "recheck_overdue", -10, (NONE,), False)


def _paper(stage: Stage, rule: str, days: int, classes: tuple[int, ...], hit: bool) -> None:
    """A household whose authorisation or recheck ends so many days from now."""
    residents = stage.residents
    column = residents.recheck if rule == "recheck_overdue" else residents.authorisation
    head = stage.household(classes=classes)
    column[stage.household_of(head)] = day_number(stage.as_of) + days
    ending = f"{days} 天后到期" if days >= 0 else f"已过期 {-days} 天"
    stage.note(rule, head, ending if classes != (NONE,) else ending + "，但不在册", hit)


def near_line(stage: Stage) -> None:
    """Outside the register with an income per head below 150 % of the 低保 standard and property in order."""
    residents = stage.residents
    for size, total, hit in (
        (1, LINE - 1, True),
        (2, 2 * LINE - 1, True),
        (3, 3 * DIBAO_LINE - 1, True),
        (4, 4 * DIBAO_LINE, True),
        (2, 0, True),
        (3, 3 * DIBAO_LINE + 1, True),
        (1, LINE, False),
        (2, 2 * LINE, False),
        (4, 4 * LINE + 1, False),
    ):
        head = _poor(stage, size, total)
        stage.note("income_near_line_unenrolled", head, f"{size} 人户年收入 {total / 100:,.2f} 元", hit)
    for wage, hit in ((1_500_000, True), (1_542_857, True), (1_542_858, False)):
        head = _poor(stage, 1, 0)
        residents.wage[head] = wage  # seven tenths of it count
        stage.note("income_near_line_unenrolled", head, f"工资 {wage / 100:,.2f} 元，扣就业成本三成", hit)
    head = _poor(stage, 2, 0)
    residents.business[head] = -350_000
    stage.expect("income_near_line_unenrolled", head, "经营亏损")
    for value, story in ((0, "财产不符合规定"), (BLANK, "财产未核，无法判断")):
        head = _poor(stage, 2, LINE)
        residents.property_ok[stage.household_of(head)] = value
        stage.nearly("income_near_line_unenrolled", head, story)
    head = _poor(stage, 3, LINE)
    residents.wage[stage.members_of(head)[-1]] = BLANK
    stage.nearly("income_near_line_unenrolled", head, "一名成员收入不明，无法判断")
    head = stage.household(classes=(MARGINAL,))
    stage.nearly("income_near_line_unenrolled", head, "已是低保边缘家庭")


def _poor(stage: Stage, size: int, total: int) -> int:
    """A household outside the register whose members' incomes are all known and add up to ``total`` 分 a year."""
    residents = stage.residents
    head = stage.household(size=(size, size))
    for person in stage.members_of(head):
        for column in (residents.wage, residents.business, residents.rent, residents.transfer):
            column[person] = 0
    residents.transfer[head] = total
    residents.property_ok[stage.household_of(head)] = 1
    return head


def elders_alone(stage: Stage) -> None:
    """One person left at home: 60 or older, grade 1 or 2."""
    rule = "elder_alone_severe_disability"
    old = date(stage.as_of.year - 6, 10, 12)

    def certify(person: int, grade: int) -> None:
        stage.put("disability", Disability(person, 4, grade, old), old)

    for age, grade, hit in (
        (60, 2, True),
        (75, 1, True),
        (88, 2, True),
        (59, 1, False),
        (80, 3, False),
        (66, 4, False),
    ):
        if age in {59, 60}:
            person = stage.person(50, 57, size=(1, 1))
            stage.born(person, age, 0 if age == 60 else 364)
        else:
            person = stage.person(age, age + 3, size=(1, 1))
        certify(person, grade)
        stage.note(rule, person, f"{age} 岁独居，残疾 {grade} 级", hit)
    for days in (20, 100):
        couple = stage.person(70, 84, size=(2, 2), extra=stage.residents.people.relation == 10)
        certify(stage.head_of(couple), 1)
        _dies(stage, couple, days)
        stage.expect(rule, couple, f"配偶 {days} 天前去世后独居")
    couple = stage.person(70, 84, size=(2, 2), extra=stage.residents.people.relation == 10)
    certify(couple, 1)
    _dies(stage, couple, 30)
    stage.nearly(rule, couple, "重残老人去世，留下未残疾的老伴")
    child = stage.person(30, 50, size=(2, 2), extra=np.isin(stage.residents.people.relation, (20, 30)))
    certify(stage.head_of(child), 2)
    stage.born(stage.head_of(child), 70, 100)
    stage.put("custody", Custody(child, 1, stage.ago(200), date(stage.as_of.year + 3, 1, 1)), stage.ago(200))
    stage.expect(rule, child, "子女服刑后独居")
    person = stage.person(68, 84, size=(2, 2))
    certify(person, 1)
    stage.nearly(rule, person, "二人户")
    person = stage.person(68, 84, size=(1, 1))
    certify(person, 1)
    stage.put("disability", Disability(person, 4, 1, old, cancelled=True), old, late=stage.months[1])
    stage.nearly(rule, person, "证件九月已注销")


def plant_households(stage: Stage) -> None:
    """Plant every story of this page."""
    for plant in (earner_death, disaster, assets, papers, near_line, elders_alone):
        plant(stage)
