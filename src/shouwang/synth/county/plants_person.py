"""Planted persons, health and life: true cases and near misses exactly on either side of each line."""

from __future__ import annotations

from datetime import date

from shouwang.synth.circumstances import DIBAO, MARGINAL, MONITORED, RIGID, TEKUN
from shouwang.synth.county.rows import Disability, Employment, School
from shouwang.synth.county.stage import Stage

REGISTERED = (DIBAO, TEKUN, MARGINAL, RIGID, MONITORED)
RECENT = 62
PRIMARY, JUNIOR, SENIOR, VOCATIONAL, COLLEGE, UNIVERSITY = 1, 2, 3, 4, 5, 6
ENROLLED, SUSPENDED, LEFT, GRADUATED = 1, 2, 3, 4
OUTPATIENT, CHRONIC = "门诊统筹", "门诊慢特病"


def medical_spending(stage: Stage) -> None:
    """住院自付: 5,000 for the registered, 20,000 for others, over the calendar year."""
    m2, m1, m0 = stage.months
    spring, last_year = date(m0.year, 3, 12), date(m0.year - 1, 12, 20)
    cases: tuple[tuple[bool, bool, str, tuple[tuple[date, int], ...]], ...] = (
        (True, True, "住院自付恰为 5,000.00 元", ((m0.replace(day=9), 500_000),)),
        (True, True, "住院自付 5,000.01 元", ((m1.replace(day=3), 500_001),)),
        (True, True, "两次各 2,500.00 元", ((m2.replace(day=5), 250_000), (m0.replace(day=20), 250_000))),
        (True, True, "上半年 4,200 元加本季 800 元", ((spring, 420_000), (m1.replace(day=18), 80_000))),
        (
            True,
            True,
            "元旦当天 4,000 元加十月 1,000 元",
            ((date(m0.year, 1, 1), 400_000), (m0.replace(day=2), 100_000)),
        ),
        (True, True, "一次自付 8,632.40 元", ((m1.replace(day=25), 863_240),)),
        (True, True, "在册人员自付 26,000 元", ((m0.replace(day=15), 2_600_000),)),
        (True, True, "当日结算 12,300.55 元", ((stage.as_of, 1_230_055),)),
        (True, False, "住院自付 4,999.99 元", ((m0.replace(day=9), 499_999),)),
        (True, False, "2,500.00 元加 2,499.99 元", ((m2.replace(day=6), 250_000), (m0.replace(day=21), 249_999))),
        (True, False, "6,000 元但在上一年", ((last_year, 600_000), (m1.replace(day=8), 30_000))),
        (
            True,
            False,
            "去年最后一天 4,000 元加今年 1,000 元",
            ((date(m0.year - 1, 12, 31), 400_000), (spring, 100_000)),
        ),
        (False, True, "一般农户自付恰为 20,000.00 元", ((m0.replace(day=10), 2_000_000),)),
        (False, True, "一般农户自付 20,000.01 元", ((m1.replace(day=11), 2_000_001),)),
        (False, True, "12,000 元加 8,000 元", ((m2.replace(day=12), 1_200_000), (m0.replace(day=13), 800_000))),
        (False, True, "上半年 15,000 元加 5,000 元", ((spring, 1_500_000), (m0.replace(day=14), 500_000))),
        (False, True, "一次自付 33,000 元", ((m1.replace(day=15), 3_300_000),)),
        (False, True, "当日结算 48,200.80 元", ((stage.as_of, 4_820_080),)),
        (False, False, "一般农户自付 19,999.99 元", ((m0.replace(day=10), 1_999_999),)),
        (False, False, "10,000.00 元加 9,999.99 元", ((spring, 1_000_000), (m0.replace(day=16), 999_999))),
        (False, False, "20,000 元但在上一年", ((last_year, 2_000_000),)),
        (False, False, "五次合计 19,500 元", tuple((date(m0.year, n, 7), 390_000) for n in range(5, 10))),
    )
    for registered, hit, story, bills in cases:
        person = stage.person(22, 56, classes=REGISTERED) if registered else stage.person(22, 56)
        for day, paid in bills:
            stage.inpatient(person, day, paid)
        stage.note("medical_spending_registered" if registered else "medical_spending_general", person, story, hit)
    for _ in range(2):
        person = stage.person(22, 56)
        stage.inpatient(person, m0.replace(day=17), 500_000)
        stage.nearly("medical_spending_registered", person, "自付 5,000.00 元，但不在册")
    person = stage.person(22, 56, classes=REGISTERED)
    stage.inpatient(person, m0.replace(day=17), 2_000_000)
    stage.nearly("medical_spending_general", person, "自付 20,000.00 元，但属在册人员")
    stage.expect("medical_spending_registered", person, "在册人员自付 20,000.00 元")
    person = stage.person(22, 56, classes=REGISTERED)
    stage.outpatient(person, m1.replace(day=17), 520_000)
    stage.nearly("medical_spending_registered", person, "5,200 元全部是门诊费用")


def outpatient(stage: Stage) -> None:
    """门诊统筹加门特, last full month, 500."""
    _, m1, m0 = stage.months
    cases: tuple[tuple[bool, str, tuple[tuple[date, int, str], ...]], ...] = (
        (True, "上月门诊恰为 500.00 元", ((m0.replace(day=8), 50_000, OUTPATIENT),)),
        (True, "上月门诊 500.01 元", ((m0.replace(day=8), 50_001, OUTPATIENT),)),
        (True, "两次各 250.00 元", ((m0.replace(day=4), 25_000, OUTPATIENT), (m0.replace(day=24), 25_000, OUTPATIENT))),
        (
            True,
            "统筹 300 元加门特 200 元",
            ((m0.replace(day=5), 30_000, OUTPATIENT), (m0.replace(day=5), 20_000, CHRONIC)),
        ),
        (True, "每月门特 680 元", tuple((month.replace(day=11), 68_000, CHRONIC) for month in stage.months)),
        (True, "月末当天 1,260 元", ((stage.as_of, 126_000, CHRONIC),)),
        (True, "月初当天 500 元", ((m0, 50_000, OUTPATIENT),)),
        (False, "上月门诊 499.99 元", ((m0.replace(day=8), 49_999, OUTPATIENT),)),
        (
            False,
            "250.00 元加 249.99 元",
            ((m0.replace(day=4), 25_000, OUTPATIENT), (m0.replace(day=24), 24_999, CHRONIC)),
        ),
        (
            False,
            "前一月 900 元，上月 499.99 元",
            ((m1.replace(day=8), 90_000, CHRONIC), (m0.replace(day=8), 49_999, CHRONIC)),
        ),
        (False, "500 元在前一月最后一天", ((stage.ago(stage.as_of.day), 50_000, OUTPATIENT),)),
    )
    for hit, story, bills in cases:
        person = stage.person(30, 56)
        for day, total, visit in bills:
            stage.outpatient(person, day, total, visit)
        stage.note("outpatient_recurring", person, story, hit)
    person = stage.person(30, 56)
    stage.inpatient(person, m0.replace(day=9), 60_000)
    stage.nearly("outpatient_recurring", person, "600 元是住院费用")


def serious_illness(stage: Stage) -> None:
    """大病专项救治, within 62 days."""
    for days in (0, 1, 30, 45, 61, RECENT):
        person = stage.person(25, 57)
        stage.inpatient(person, stage.ago(days), 120_000, "终末期肾病")
        stage.expect("serious_illness_new", person, f"{days} 天前新列入")
    for days in (RECENT + 1, RECENT + 2, 90, 150):
        person = stage.person(25, 57)
        stage.inpatient(person, stage.ago(days), 120_000, "肺癌")
        stage.nearly("serious_illness_new", person, f"{days} 天前列入")
    person = stage.person(25, 57)
    stage.inpatient(person, stage.ago(10), 120_000)
    stage.nearly("serious_illness_new", person, "近期住院，未列入大病专项救治")


def disability(stage: Stage) -> None:
    """新办证与等级加重, within 62 days."""
    for days, grade in ((0, 3), (5, 4), (20, 2), (31, 1), (61, 3), (RECENT, 4)):
        person = stage.person(20, 50)
        stage.put("disability", Disability(person, 4, grade, stage.ago(days)), stage.ago(days))
        stage.expect("disability_new", person, f"{days} 天前新办 {grade} 级证")
    for days in (RECENT + 1, RECENT + 2, 75):
        person = stage.person(20, 50)
        stage.put("disability", Disability(person, 1, 3, stage.ago(days)), stage.ago(days))
        stage.nearly("disability_new", person, f"{days} 天前新办证")
    person = stage.person(20, 50)
    issued = stage.months[1].replace(day=7)
    stage.put("disability", Disability(person, 2, 3, issued), issued)
    stage.put("disability", Disability(person, 2, 3, issued, cancelled=True), issued, late=stage.months[2])
    stage.nearly("disability_new", person, "上月新办证，本月注销")
    old = date(stage.as_of.year - 8, 5, 20)
    person = stage.person(20, 50)
    stage.put("disability", Disability(person, 4, 3, old, cancelled=True), old)
    stage.put("disability", Disability(person, 4, 3, stage.ago(20)), stage.ago(20))
    stage.nearly("disability_new", person, "旧证早已注销，近期重新办证")
    changes = (
        (3, 2, RECENT, True),
        (4, 1, 0, True),
        (2, 1, 12, True),
        (4, 3, 33, True),
        (3, 1, 50, True),
        (4, 2, 61, True),
        (3, 2, RECENT + 1, False),
        (2, 2, 20, False),
        (2, 3, 25, False),
        (1, 4, 30, False),
        (4, 2, 120, False),
    )
    for before, after, days, hit in changes:
        person = stage.person(20, 50)
        stage.put("disability", Disability(person, 4, before, old), old)
        stage.put("disability", Disability(person, 4, after, stage.ago(days)), stage.ago(days))
        story = f"{days} 天前由 {before} 级变为 {after} 级"
        stage.note("disability_upgraded", person, story, hit)
        if not hit and before == after:
            stage.nearly("disability_new", person, "近期换证，等级未变")


def education(stage: Stage) -> None:
    """高中阶段学年自付 above 10,000."""
    day = date(stage.as_of.year, 9, 1)
    cases = (
        (SENIOR, 1_000_001, True),
        (VOCATIONAL, 1_000_001, True),
        (SENIOR, 1_280_000, True),
        (VOCATIONAL, 1_500_000, True),
        (SENIOR, 1_050_050, True),
        (VOCATIONAL, 2_000_000, True),
        (SENIOR, 1_000_000, False),
        (VOCATIONAL, 1_000_000, False),
        (SENIOR, 999_999, False),
        (COLLEGE, 1_800_000, False),
        (UNIVERSITY, 1_200_000, False),
    )
    for stage_code, paid, hit in cases:
        low, high = (16, 17) if stage_code in {SENIOR, VOCATIONAL} else (19, 22)
        person = stage.person(low, high)
        school = School(
            person, "示范市职业技术学院" if stage_code > 4 else "安禾县第一中学", stage_code, ENROLLED, day, paid
        )
        stage.put("school", school, day)
        stage.note("education_cost", person, f"学段 {stage_code}，学年自付 {paid / 100:,.2f} 元", hit)


def school_leaving(stage: Stage) -> None:
    """义务教育年龄 6–15, 休学 or 退学 within 62 days."""
    september = date(stage.as_of.year, 9, 1)

    def leave(person: int, status: int, days: int, school: str = "枫溪乡中心学校") -> None:
        day = stage.ago(days)
        stage_code = JUNIOR if stage.ages[person] >= 12 else PRIMARY
        if day > september:
            stage.put("school", School(person, school, stage_code, ENROLLED, september, 30_000), september)
        month = max(day.replace(day=1), september)
        stage.put("school", School(person, school, stage_code, status, day, None), day, late=month)

    for status, days in ((LEFT, 0), (SUSPENDED, 15), (LEFT, 30), (SUSPENDED, 44), (LEFT, 61), (SUSPENDED, RECENT)):
        person = stage.person(8, 14)
        leave(person, status, days)
        stage.expect("school_leaving", person, f"{days} 天前{'退学' if status == LEFT else '休学'}")
    for age, since, hit in ((15, 364, True), (6, 0, True), (16, 0, False), (5, 364, False)):
        person = stage.person(7, 15)
        stage.born(person, age, since)
        leave(person, SUSPENDED, 20)
        stage.note("school_leaving", person, f"{age} 岁（生日后 {since} 天）休学", hit)
    person = stage.person(8, 14)
    leave(person, LEFT, RECENT + 1)
    stage.nearly("school_leaving", person, "63 天前退学")
    person = stage.person(14, 15)
    leave(person, GRADUATED, 40)
    stage.nearly("school_leaving", person, "毕业")
    person = stage.person(8, 14)
    leave(person, SUSPENDED, 40)
    stage.put("school", School(person, "枫溪乡中心学校", PRIMARY, ENROLLED, stage.ago(5), None), stage.ago(5))
    stage.nearly("school_leaving", person, "休学后已复学")


def unemployment(stage: Stage) -> None:
    """新登记失业 within 62 days, 16 to 59."""

    def register(person: int, status: int, days: int) -> None:
        stage.put("employment", Employment(person, status, stage.ago(days)), stage.ago(days))

    for days in (0, 1, 30, 61, RECENT):
        person = stage.person(22, 54)
        register(person, 2, days)
        stage.expect("unemployment_new", person, f"{days} 天前登记失业")
    for age, since, hit in ((16, 0, True), (59, 364, True), (60, 0, False), (15, 364, False)):
        person = stage.person(20, 24) if age < 20 else stage.person(50, 57)
        stage.born(person, age, since)
        register(person, 2, 20)
        stage.note("unemployment_new", person, f"{age} 岁（生日后 {since} 天）登记失业", hit)
    person = stage.person(22, 54)
    register(person, 2, 40)
    stage.put("employment", Employment(person, 1, stage.ago(10), "安禾县禾丰农机厂", 320_000), stage.ago(10))
    stage.nearly("unemployment_new", person, "失业后已重新就业")
    for days in (RECENT + 1, RECENT + 8):
        person = stage.person(22, 54)
        register(person, 2, days)
        stage.nearly("unemployment_new", person, f"{days} 天前登记失业")


def ages(stage: Stage) -> None:
    """满 16、18、60 周岁 within 62 days, registered."""
    for age, days in ((16, 0), (16, RECENT), (18, 30), (18, 61), (60, 0), (60, RECENT), (60, 17)):
        person = _of_age(stage, age, REGISTERED)
        stage.born(person, age, days)
        stage.expect("age_threshold", person, f"{days} 天前满 {age} 周岁")
    for age, days in ((16, RECENT + 1), (18, RECENT + 1), (60, RECENT + 1), (15, 364), (59, 364), (17, 10)):
        person = _of_age(stage, age, REGISTERED)
        stage.born(person, age, days)
        stage.nearly("age_threshold", person, f"{age} 岁，生日后 {days} 天")
    person = _of_age(stage, 60, (0,))
    stage.born(person, 60, 10)
    stage.nearly("age_threshold", person, "满 60 周岁但不在册")


def _of_age(stage: Stage, age: int, classes: tuple[int, ...]) -> int:
    low, high = (13, 19) if age < 20 else (50, 57)
    return stage.person(low, high, classes=classes)


def plant_persons(stage: Stage) -> None:
    """Plant every story of this page."""
    for plant in (
        medical_spending,
        outpatient,
        serious_illness,
        disability,
        education,
        school_leaving,
        unemployment,
        ages,
    ):
        plant(stage)
