"""Planted persons, payments: after death, in custody, in two places, returned, and pensions above what was declared."""

from __future__ import annotations

from datetime import date

from shouwang.synth.circumstances import MARGINAL
from shouwang.synth.county.residents import BLANK
from shouwang.synth.county.rows import Benefit, Custody, Death
from shouwang.synth.county.stage import Stage

ACCOUNT = "账号不存在"


def paid_after_death(stage: Stage) -> None:
    """A benefit month that starts after the day of death."""
    m2, m1, m0 = stage.months
    cases: tuple[tuple[date, date | None, bool, str], ...] = (
        (m2.replace(day=20), None, True, "八月去世，九月十月仍发"),
        (m1.replace(day=30), None, True, "九月最后一天去世，十月仍发"),
        (m2.replace(day=31), m0, True, "八月三十一日去世，九月仍发，十月已停"),
        (m1.replace(day=2), None, True, "九月二日去世，十月仍发"),
        (stage.initial.replace(day=15), None, True, "七月去世，此后一直在发"),
        (m1.replace(day=10), None, True, "九月十日去世，十月仍发"),
        (m1.replace(day=28), None, True, "九月下旬去世，十月仍发"),
        (m0, None, False, "十月一日去世，十月发放"),
        (m0.replace(day=15), None, False, "十月中旬去世，十月发放"),
        (m1, m0, False, "九月一日去世，九月发放，十月已停"),
        (m2.replace(day=5), m1, False, "八月去世，九月起已停"),
    )
    for day, stopped, hit, story in cases:
        person = stage.elder_on_benefit()
        _dies(stage, person, day)
        stage.overrides.paid_dead.add(person)
        if stopped:
            stage.overrides.unpaid |= {(person, month) for month in stage.months if month >= stopped}
        stage.note("paid_after_death", person, story, hit)
    person = stage.elder_on_benefit()
    _dies(stage, person, m1.replace(day=20))
    stage.overrides.paid_dead.add(person)
    stage.overrides.returned[person, m0] = "账户已注销"
    stage.nearly("paid_after_death", person, "九月去世，十月发放被退回")


def _dies(stage: Stage, person: int, day: date) -> None:
    stage.died[person] = day
    stage.put("death", Death(person, day), day, late=max(day.replace(day=1), stage.months[0]))


def custody(stage: Stage) -> None:
    """In custody on the day, and a benefit month that starts after custody began."""
    m2, m1, m0 = stage.months
    far = date(m0.year + 2, 6, 30)
    cases: tuple[tuple[int, date, date | None, date | None, bool, str], ...] = (
        (1, date(m0.year, 3, 8), far, None, True, "三月入狱，一直在发"),
        (1, m1.replace(day=30), far, None, True, "九月最后一天入狱，十月仍发"),
        (2, m1.replace(day=10), date(m0.year + 2, 9, 9), None, True, "九月强制隔离戒毒，十月仍发"),
        (1, m2.replace(day=15), None, None, True, "八月入狱，刑期未报"),
        (1, m2.replace(day=20), far, m0, True, "八月入狱，九月仍发，十月已停"),
        (2, date(m0.year - 1, 11, 1), stage.as_of, None, True, "今日期满，仍在所内"),
        (1, m0, far, None, False, "十月一日入狱，十月发放"),
        (1, m0.replace(day=15), far, None, False, "十月中旬入狱"),
        (2, date(m0.year - 1, 10, 31), stage.ago(1), None, False, "昨日已期满"),
        (1, date(m0.year, 2, 1), m1.replace(day=20), None, False, "九月已刑满释放"),
        (1, m1.replace(day=5), far, m0, False, "九月五日入狱，十月起已停发"),
    )
    for kind, day, last, stopped, hit, story in cases:
        person = stage.on_benefit(22, 56)
        stage.put("custody", Custody(person, kind, day, last), day)
        if stopped:
            stage.overrides.unpaid |= {(person, month) for month in stage.months if month >= stopped}
        stage.note("custody_while_paid", person, story, hit)


def two_places(stage: Stage) -> None:
    """Paid in two counties in the last full month."""
    m2, m1, m0 = stage.months

    def elsewhere(person: int, month: date, programme: str = "低保", place: str = "990102", returned: str = "") -> None:
        stage.feeds.add("benefit", month, Benefit(person, programme, month, 31_000, returned, place))

    for story, programme, place, months in (
        ("两县同领低保", "低保", "990102", (m0,)),
        ("三个月均在两县领取", "低保", "990102", (m2, m1, m0)),
        ("本县低保、邻县特困", "特困", "990102", (m1, m0)),
        ("邻县以十二位代码报送", "低保", "990102000000", (m0,)),
        ("外市代码", "低保", "990203", (m0,)),
        ("邻县残疾人护理补贴", "残疾人护理补贴", "990102", (m0,)),
    ):
        person = stage.on_benefit(30, 57)
        for month in months:
            elsewhere(person, month, programme, place)
        stage.expect("duplicate_enrolment", person, story)
    person = stage.on_benefit(30, 57)
    elsewhere(person, m0)
    elsewhere(person, m0, "低保", "990103")
    stage.expect("duplicate_enrolment", person, "三地同领")
    person = stage.on_benefit(30, 57)
    for month in (m2, m1):
        elsewhere(person, month)
    stage.nearly("duplicate_enrolment", person, "九月前两地，十月只有一地")
    person = stage.on_benefit(30, 57)
    elsewhere(person, m0, returned=ACCOUNT)
    stage.nearly("duplicate_enrolment", person, "邻县十月发放被退回")
    for programme, place in (("残疾人生活补贴", "990101"), ("临时救助", "990101000000")):
        person = stage.on_benefit(30, 57)
        elsewhere(person, m0, programme, place)
        stage.nearly("duplicate_enrolment", person, f"同地两项：低保与{programme}（{place}）")


def returned_twice(stage: Stage) -> None:
    """Returned in each of the last two full months."""
    m2, m1, m0 = stage.months
    for months, hit in (
        ((m1, m0), True),
        ((m2, m1, m0), True),
        ((m1, m0), True),
        ((m1, m0), True),
        ((m2, m1, m0), True),
        ((m1, m0), True),
        ((m0,), False),
        ((m1,), False),
        ((m2, m0), False),
        ((m2, m1), False),
    ):
        person = stage.on_benefit(25, 57)
        for place, month in enumerate(months):
            stage.overrides.returned[person, month] = (ACCOUNT, "户名不符", "账户冻结")[place]
        stage.note("payment_returned_twice", person, "、".join(f"{month.month}月" for month in months) + "退回", hit)
    person = stage.on_benefit(25, 57)
    stage.overrides.returned[person, m0] = ACCOUNT
    stage.feeds.add("benefit", m0, Benefit(person, "临时救助", m0, 50_000, "户名不符"))
    stage.nearly("payment_returned_twice", person, "同一月两项均退回")


def pensions(stage: Stage) -> None:
    """Pension of the last full month above the declared one; tolerance 0."""
    _, m1, m0 = stage.months
    residents = stage.residents
    for more, hit in ((1, True), (100, True), (5_000, True), (12_050, True), (0, False), (-1, False)):
        person = stage.elder_on_benefit()
        residents.declared_pension[person] = residents.pension[person] - more
        stage.note("pension_above_declared", person, f"实发比申报多 {more / 100:.2f} 元", hit)
    person = stage.elder_on_benefit()
    residents.declared_pension[person] = 0
    stage.expect("pension_above_declared", person, "申报为 0，实际在领")
    person = stage.elder_on_benefit()
    raised = [("城乡居民", int(residents.pension[person]) + 3_000)]
    stage.overrides.pension |= {(person, m1): raised, (person, m0): raised}
    stage.expect("pension_above_declared", person, "九月起调高 30 元")
    person = stage.elder_on_benefit()
    both = [("城乡居民", int(residents.pension[person])), ("城镇职工", 62_000)]
    stage.overrides.pension |= {(person, month): both for month in stage.months}
    stage.expect("pension_above_declared", person, "两种养老金合计高于申报")
    person = stage.elder_on_benefit()
    stage.overrides.pension[person, m1] = [("城乡居民", int(residents.pension[person]) + 8_000)]
    stage.nearly("pension_above_declared", person, "九月补发，十月如申报")
    person = stage.elder_on_benefit()
    residents.declared_pension[person] = BLANK
    stage.nearly("pension_above_declared", person, "未申报，无法判断")
    person = stage.person(66, 92, classes=(MARGINAL,), extra=residents.pension > 0)
    residents.declared_pension[person] = 0
    stage.nearly("pension_above_declared", person, "低保边缘，不属在享")


def plant_payments(stage: Stage) -> None:
    """Plant every story of this page."""
    for plant in (paid_after_death, custody, two_places, returned_twice, pensions):
        plant(stage)
