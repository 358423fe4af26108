"""What every month brings to a county besides the planted stories. Households on stage are left alone."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from shouwang.synth.circumstances import DIBAO, NONE, TEKUN
from shouwang.synth.county.numbers import firm_code, plate, unit_number
from shouwang.synth.county.residents import date_of, day_number
from shouwang.synth.county.rows import (
    Asset,
    Benefit,
    Custody,
    Death,
    Disability,
    Disaster,
    Employment,
    Medical,
    Pension,
    School,
)
from shouwang.synth.county.stage import Stage
from shouwang.synth.households import Bool, Int64

ILLNESSES = ("终末期肾病", "肺癌", "乳腺癌", "胃癌", "急性心肌梗死", "脑梗死", "儿童白血病", "耐多药肺结核")
EMPLOYERS = (
    "安禾县禾丰农机厂",
    "示范市通达物流公司",
    "青坪镇劳务合作社",
    "石桥建材厂",
    "安禾县人民医院",
    "个体商户",
    "外出务工",
)
RETURNS = ("账号不存在", "户名不符", "账户冻结", "账户已注销")


class Background:
    """Draws the ordinary records of a county's departments."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rng = stage.rng
        self.residents = stage.residents
        self.people = stage.residents.people
        self.ages = stage.ages
        self.open: Bool = stage.free[self.people.household].copy()
        self.size = self.residents.count / 120_000
        """Counts below are those of a county of 120,000."""

    def some(self, count: float, fitting: Bool | None = None, share: bool = False) -> Int64:
        """Pick people off stage, ``count`` of a county of 120,000 (or that share of those fitting)."""
        pool = np.flatnonzero(self.open if fitting is None else self.open & fitting)
        wanted = count * len(pool) if share else count * self.size
        return self.rng.choice(pool, min(len(pool), round(wanted)), replace=False)

    def days(self, count: int, first: date, last: date) -> list[date]:
        """Days drawn between two dates, both included."""
        return [date_of(day) for day in self.rng.integers(day_number(first), day_number(last) + 1, count)]

    def month_span(self, month: date) -> tuple[date, date]:
        """First and last day of a month."""
        following = (month + timedelta(days=32)).replace(day=1)
        return month, following - timedelta(days=1)

    def write(self) -> None:
        """Write every feed. Deaths first: nobody does anything afterwards."""
        self.deaths()
        self.employment()
        self.medical()
        self.disability()
        self.school()
        self.assets()
        self.custody()
        self.disasters()
        self.papers()
        self.payments()

    def deaths(self) -> None:
        """Some seventy a month, the old first; no earners, and nobody from a home with a gravely disabled elder."""
        grave = np.isin(self.residents.grade, (1, 2)) & (self.ages >= 57)
        quiet = np.bincount(self.people.household, grave, self.people.households)[self.people.household] == 0
        for month in self.stage.months:
            first, last = self.month_span(month)
            chosen = self.some(
                70, (self.ages >= 68) & quiet & (self.rng.random(len(self.ages)) < 0.02 * (self.ages - 60))
            )
            for person, day in zip(chosen.tolist(), self.days(len(chosen), first, last), strict=True):
                self.stage.died[person] = day
                office = "安禾县殡仪馆" if self.rng.random() < 0.8 else "青坪镇卫生院"
                self.stage.put("death", Death(person, day, office), day)
            self.open[chosen] = False

    def employment(self) -> None:
        """A standing list of the employed, long-registered unemployed, and each month's changes."""
        adult = (self.ages >= 20) & (self.ages < 58)
        listed = self.some(14_000, adult)
        wages = self.rng.integers(18, 56, len(listed)) * 10_000
        old = self.days(len(listed), date(self.stage.as_of.year - 8, 1, 1), date(self.stage.as_of.year, 5, 31))
        for person, day, wage in zip(listed.tolist(), old, wages.tolist(), strict=True):
            status = 1 if self.rng.random() < 0.95 else 2
            employer = EMPLOYERS[int(self.rng.integers(0, len(EMPLOYERS)))] if status == 1 else ""
            self.stage.put("employment", Employment(person, status, day, employer, wage if status == 1 else None), day)
        for month in [self.stage.initial, *self.stage.months]:
            changed = self.some(130, adult)
            for place, (person, day) in enumerate(
                zip(changed.tolist(), self.days(len(changed), *self.month_span(month)), strict=True)
            ):
                lost = place < max(2, round(7 * self.size))
                row = Employment(person, 2, day) if lost else Employment(person, 1, day, EMPLOYERS[place % 7], 280_000)
                self.stage.put("employment", row, day)

    def medical(self) -> None:
        """Hospital stays of the whole year, outpatient visits of three months, newly listed serious illnesses."""
        on_list = self.residents.category != NONE
        year = self.stage.as_of.year
        spans = [(date(year, 1, 1), self.month_span(self.stage.initial)[1])]
        spans += [self.month_span(month) for month in self.stage.months]
        for place, (first, last) in enumerate(spans):
            chosen = self.some(7_000 if place == 0 else 1_150)
            median = np.where(on_list[chosen], 700.0, 1_500.0)
            paid = (median * np.exp(self.rng.normal(0, 0.85, len(chosen))) * 100).astype(np.int64)
            ill = self.rng.random(len(chosen)) < (0.008 if place == 0 else 0.012)
            for row in zip(
                chosen.tolist(), self.days(len(chosen), first, last), paid.tolist(), ill.tolist(), strict=True
            ):
                person, day, amount, illness = row
                name = ILLNESSES[int(self.rng.integers(0, len(ILLNESSES)))] if illness else ""
                self.stage.inpatient(person, day, amount, name)
        for first, last in spans[1:]:
            chosen = self.some(3_600, self.ages >= 1)
            total = (11_000 * np.exp(self.rng.normal(0, 0.58, len(chosen)))).astype(np.int64)
            chronic = (self.rng.random(len(chosen)) < 0.4) & (self.ages[chosen] > 35)
            for person, day, amount, visit in zip(
                chosen.tolist(), self.days(len(chosen), first, last), total.tolist(), chronic.tolist(), strict=True
            ):
                self.stage.outpatient(person, day, amount, "门诊慢特病" if visit else "门诊统筹")

    def disability(self) -> None:
        """Everybody's certificate, some cancelled, and each month's new and renewed ones."""
        holders = np.flatnonzero(self.residents.grade > 0)
        self_open = self.stage.free[self.people.household[holders]]
        holders = holders[self_open]
        first = date(self.stage.as_of.year - 15, 1, 1)
        latest = np.maximum(self.people.birth_day[holders] + 400, day_number(first))
        until = day_number(date(self.stage.as_of.year, 4, 30))
        issued = latest + (self.rng.random(len(holders)) * np.maximum(until - latest, 1)).astype(np.int64)
        kinds, grades = self.residents.disability_kind[holders], self.residents.grade[holders]
        for person, kind, grade, day in zip(
            holders.tolist(), kinds.tolist(), grades.tolist(), issued.tolist(), strict=True
        ):
            young = self.ages[person] < 57
            cancelled = young and self.rng.random() < 0.01
            when = date_of(min(day, until))
            self.stage.put(
                "disability", Disability(person, kind, grade, when, cancelled), when, late=self.stage.initial
            )
        adult = (self.residents.grade == 0) & (self.ages >= 3) & (self.ages < 57)
        settled = self.open & (self.residents.grade > 1) & (self.ages < 57)
        for month in self.stage.months:
            span = self.month_span(month)
            for person, day in zip((new := self.some(8, adult)).tolist(), self.days(len(new), *span), strict=True):
                self.stage.put(
                    "disability",
                    Disability(person, int(self.rng.integers(1, 8)), int(self.rng.integers(2, 5)), day),
                    day,
                )
            self.open[new] = False
            renewed = self.some(14, settled)
            for place, (person, day) in enumerate(zip(renewed.tolist(), self.days(len(renewed), *span), strict=True)):
                grade = int(self.residents.grade[person]) - (place % 5 == 0)
                self.stage.put(
                    "disability", Disability(person, int(self.residents.disability_kind[person]), grade, day), day
                )
            settled[renewed] = False

    def school(self) -> None:
        """Everybody's place at school on 1 September; own costs only where schools charge."""
        day = date(self.stage.as_of.year, 9, 1)
        at_school = self.open & (self.ages >= 6) & (self.ages <= 22)
        for person in np.flatnonzero(at_school).tolist():
            age = int(self.ages[person])
            stage_code = (
                1
                if age < 12
                else 2
                if age < 15
                else 3 + int(self.rng.random() < 0.35)
                if age < 18
                else 5 + int(self.rng.random() < 0.5)
            )
            if age >= 18 and self.rng.random() < 0.5:
                continue
            paid = None
            if stage_code >= 3:
                typical = {3: 4_200, 4: 3_600, 5: 8_500, 6: 9_800}[stage_code]
                paid = int(typical * np.exp(self.rng.normal(0, 0.32))) * 100
            name = ("中心学校", "初级中学", "安禾县第一中学", "安禾县职业中专", "示范职业技术学院", "示范大学")[
                stage_code - 1
            ]
            self.stage.put("school", School(person, name, stage_code, 1, day, paid), day)
        october = self.stage.months[2]
        moved = self.some(40, at_school & (self.ages >= 8) & (self.ages < 15))
        for place, (person, when) in enumerate(
            zip(moved.tolist(), self.days(len(moved), october, self.stage.as_of), strict=True)
        ):
            status = 2 if place < 4 else 1
            stage_code = 1 if self.ages[person] < 12 else 2
            self.stage.put("school", School(person, "中心学校", stage_code, status, when, None), when)

    def assets(self) -> None:
        """Vehicles, property and firms: what stands since long, and each month's registrations outside 低保 and 特困."""
        adult = (self.ages >= 18) & (self.ages < 80)
        benefit = np.isin(self.residents.category, (DIBAO, TEKUN))
        year = self.stage.as_of.year
        plans = (
            ("vehicle", 11_000, 150, ("小型轿车", "普通摩托车", "三轮汽车", "轻型货车", "小型普通客车"), plate),
            ("realestate", 9_000, 70, ("住宅", "宅基地住宅", "商业服务", "仓储"), unit_number),
            ("market", 2_400, 26, ("百货店", "小吃店", "种植专业合作社", "家庭农场", "修理店"), firm_code),
        )
        for feed, standing, monthly, kinds, number in plans:
            weights = adult & (~benefit | (self.rng.random(len(adult)) < 0.15))
            owners = self.some(standing, weights)
            spans = [(date(year - 12, 1, 1), date(year, 5, 31)), *(self.month_span(m) for m in self.stage.months)]
            for place, span in enumerate(spans):
                if place:
                    owners = self.some(monthly, adult & ~benefit)
                for person, day in zip(owners.tolist(), self.days(len(owners), *span), strict=True):
                    kind = kinds[int(self.rng.integers(0, len(kinds)))]
                    ended = None
                    if place == 0 and self.rng.random() < 0.02:
                        ended = min(day + timedelta(days=200), date(year, 6, 30))
                    size = int(self.rng.integers(5, 180))
                    late = self.stage.initial if place == 0 else None
                    self.stage.put(feed, Asset(person, number(self.rng), kind, day, ended, size), day, late=late)

    def custody(self) -> None:
        """A few people a month; none on 低保 or 特困, none who would leave a gravely disabled elder alone."""
        grave = np.isin(self.residents.grade, (1, 2)) & (self.ages >= 57)
        quiet = np.bincount(self.people.household, grave, self.people.households)[self.people.household] == 0
        able = (
            quiet
            & (self.ages >= 19)
            & (self.ages < 60)
            & ~np.isin(self.residents.category, (DIBAO, TEKUN))
            & (self.residents.wage < 0)
        )
        spans = [(date(self.stage.as_of.year - 4, 1, 1), self.month_span(self.stage.initial)[1])]
        spans += [self.month_span(month) for month in self.stage.months]
        for place, span in enumerate(spans):
            held = self.some(60 if place == 0 else 6, able)
            for person, day in zip(held.tolist(), self.days(len(held), *span), strict=True):
                last = day + timedelta(days=int(self.rng.integers(180, 1_500)))
                self.stage.put("custody", Custody(person, 1 + int(self.rng.random() < 0.3), day, last), day)
            able[held] = False

    def disasters(self) -> None:
        """A flood in the first month, a hailstorm in the last."""
        heads = self.people.relation == 2
        for month, day, kind, struck in ((0, 12, "暴雨洪涝", 150), (2, 6, "大风冰雹", 24)):
            when = self.stage.months[month].replace(day=day)
            for head in self.some(struck, heads).tolist():
                housing = ("无", "一般损坏", "严重损坏", "倒塌")[int(self.rng.choice(4, p=[0.45, 0.4, 0.12, 0.03]))]
                loss = int(self.rng.integers(0, 400)) * 5_000
                self.stage.put("disaster", Disaster(head, kind, when, housing, loss), when)

    def papers(self) -> None:
        """Authorisations about to end and rechecks overdue, as every office has some."""
        on = day_number(self.stage.as_of)
        heads = self.some(40, (self.people.relation == 2) & (self.residents.category != NONE))
        for place, household in enumerate(self.people.household[heads].tolist()):
            if place % 3:
                self.residents.authorisation[household] = on + int(self.rng.integers(2, 29))
            else:
                self.residents.recheck[household] = on - int(self.rng.integers(3, 60))

    def payments(self) -> None:
        """低保, 特困, 护理补贴 and pensions of three months, with the planted departures."""
        overrides, died = self.stage.overrides, self.stage.died
        category, grade = self.residents.category, self.residents.grade
        per_head = self.rng.integers(180, 560, self.people.households) * 100
        raised = set(self.some(14, (category == DIBAO) & (self.residents.pension > 0)).tolist())
        for month in self.stage.months:
            single_returns = set(self.some(0.002, share=True).tolist())
            for person in np.flatnonzero(np.isin(category, (DIBAO, TEKUN))).tolist():
                if (person, month) in overrides.unpaid:
                    continue
                if person in died and died[person] < month and person not in overrides.paid_dead:
                    continue
                amount = 78_000 if category[person] == TEKUN else int(per_head[self.people.household[person]])
                reason = overrides.returned.get((person, month), "")
                if not reason and person in single_returns and person not in died:
                    reason = RETURNS[person % len(RETURNS)]
                programme = "特困" if category[person] == TEKUN else "低保"
                self.stage.feeds.add("benefit", month, Benefit(person, programme, month, amount, reason))
                if self.open[person] and grade[person] in {1, 2}:
                    self.stage.feeds.add("benefit", month, Benefit(person, "残疾人护理补贴", month, 8_000))
            for person in np.flatnonzero(self.residents.pension > 0).tolist():
                if person in died and died[person] < month:
                    continue
                amount = int(self.residents.pension[person]) + 1_500 * (
                    person in raised and month >= self.stage.months[1]
                )
                regular = [("城镇职工" if amount > 100_000 else "城乡居民", amount)]
                for scheme, each in overrides.pension.get((person, month), regular):
                    self.stage.feeds.add("pension", month, Pension(person, month, scheme, each))


def outsiders(stage: Stage, count: int) -> None:
    """Let ``count`` people who are in no register (rows from ``residents.count`` on) appear in the feeds, too."""
    rng, start = stage.rng, stage.residents.count
    year = stage.as_of.year
    for month in stage.months:
        for feed, share in (
            ("medical", 0.10),
            ("pension", 0.09),
            ("benefit", 0.04),
            ("employment", 0.10),
            ("death", 0.1),
        ):
            present = len(stage.feeds.files[feed, month])
            for person in (start + rng.integers(0, count, int(present * share))).tolist():
                day = month + timedelta(days=int(rng.integers(0, 28)))
                amount = int(rng.integers(90, 900)) * 100
                match feed:
                    case "medical":
                        stage.feeds.add(feed, month, Medical(person, day, "门诊统筹", amount, amount // 2))
                    case "pension":
                        stage.feeds.add(feed, month, Pension(person, month, "城乡居民", amount))
                    case "benefit":
                        stage.feeds.add(feed, month, Benefit(person, "低保", month, amount))
                    case "employment":
                        stage.feeds.add(feed, month, Employment(person, 1, day, "外出务工", amount * 10))
                    case _:
                        stage.feeds.add(feed, month, Death(person, day))
    for feed, number in (("vehicle", plate), ("realestate", unit_number), ("market", firm_code)):
        for person in (start + rng.integers(0, count, int(len(stage.feeds.files[feed, stage.initial]) * 0.1))).tolist():
            day = date(year - 5, 1, 1) + timedelta(days=int(rng.integers(0, 1500)))
            stage.feeds.add(feed, stage.initial, Asset(person, number(rng), "其他", day, None, 20))
