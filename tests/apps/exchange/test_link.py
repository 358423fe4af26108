"""Linking: each record to its person, its facts into the register, everybody else on the list."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shouwang.apps.audit.models import Event
from shouwang.apps.exchange import lake, selectors, services
from shouwang.apps.exchange.models import Delivery, UnlinkedRow
from shouwang.apps.registry import selectors as registry
from tests.apps.exchange.feed_files import death, feed_file, pension, person, roster_line, settlement
from tests.cast import COUNTY, NEXT_VILLAGE, TODAY, id_number, member, register

pytestmark = pytest.mark.django_db


def take(folder: Path, name: str, rows: list[dict[str, str]]) -> Delivery:
    delivery = services.import_file(feed_file(folder, name, rows))
    assert delivery.quarantined == 0, [row.reasons for row in delivery.quarantined_rows.all()]
    return services.link_delivery(delivery.uuid)


def said(source: str, serials: tuple[int, ...] = (1,), *, household: bool = False) -> list[tuple[Any, ...]]:
    """What the source is known to say: (item, key, value, from, to)."""
    found = registry.persons_by_index([registry.index_of_id(id_number(n)) for n in serials]).values()
    subjects = {"households": [p.household_id for p in found]} if household else {"persons": [p.id for p in found]}
    names = list(registry.items())
    facts = registry.facts_said(source=source, items=names, **subjects)
    return sorted((f.item, f.key, f.value, f.true_from.isoformat(), f.true_to and f.true_to.isoformat()) for f in facts)


SCENES: dict[str, tuple[dict[str, str], list[tuple[Any, ...]]]] = {
    "medical": (
        settlement(1, "321.45", 大病专项救治病种="肺癌"),
        [
            ("medical.inpatient_self_paid", "", 32145, "2026-09-05", "2026-09-06"),
            ("medical.serious_illness", "肺癌", 1, "2026-09-05", None),
        ],
    ),
    "disability": (
        {**person(1), "残疾类别": "肢体残疾", "残疾等级": "二级", "发证日期": "2026-09-03", "证件状态": "正常"},
        [("disability.grade", "", 2, "2026-09-03", None), ("disability.kind", "", 4, "2026-09-03", None)],
    ),
    "death": (death(1), [("death.registered", "", 1, "2026-09-10", None)]),
    "pension": (pension(1, "205.00"), [("pension.monthly", "城乡居民", 20500, "2026-09-01", "2026-10-01")]),
    "school": (
        {
            **person(1),
            "学校名称": "安禾县第一中学",
            "学段": "普通高中",
            "学籍状态": "在读",
            "状态日期": "2026-09-01",
            "本学年个人负担(元)": "10000.01",
        },
        [
            ("school.self_paid", "", 1000001, "2026-09-01", "2026-09-02"),
            ("school.stage", "", 3, "2026-09-01", None),
            ("school.status", "", 1, "2026-09-01", None),
        ],
    ),
    "vehicle": (
        {
            **person(1),
            "号牌号码": "示A12345",
            "车辆类型": "小型轿车",
            "初次登记日期": "2020-05-01",
            "状态": "注销",
            "注销日期": "2026-09-07",
        },
        [("vehicle.registered", "示A12345", 1, "2020-05-01", "2026-09-07")],
    ),
    "realestate": (
        {
            **person(1),
            "不动产单元号": "990101001001GB00001F00010001",
            "用途": "住宅",
            "建筑面积(平方米)": "89.5",
            "登记日期": "2026-08-31",
            "状态": "现势",
        },
        [("realestate.registered", "990101001001GB00001F00010001", 1, "2026-08-31", None)],
    ),
    "market": (
        {
            "法定代表人身份证号": id_number(1),
            "法定代表人姓名": "测试1",
            "统一社会信用代码": "91350100M000100Y43",
            "主体名称": "百货店",
            "成立日期": "2026-09-02",
            "登记状态": "存续",
        },
        [("market.entity", "91350100M000100Y43", 1, "2026-09-02", None)],
    ),
    "employment": (
        {**person(1), "登记类型": "失业", "登记日期": "2026-09-20"},
        [("employment.status", "", 2, "2026-09-20", None), ("employment.wage", "", 0, "2026-09-20", None)],
    ),
    "custody": (
        {**person(1), "类别": "服刑", "起始日期": "2026-03-08", "截止日期": "2028-06-30"},
        [("custody.held", "", 1, "2026-03-08", "2028-07-01")],
    ),
    "benefit": (
        {
            **person(1),
            "救助类别": "低保",
            "发放月份": "2026年9月",
            "发放金额(元)": "310.00",
            "发放状态": "成功",
            "发放地代码": "990101000000",
        },
        [
            ("benefit.paid", "低保", 31000, "2026-09-01", "2026-10-01"),
            ("benefit.place", "低保:990101", 990101, "2026-09-01", "2026-10-01"),
        ],
    ),
}


@pytest.mark.parametrize("feed", SCENES)
def test_a_departments_record_becomes_facts(tmp_path: Path, feed: str) -> None:
    register(member(1), member(2, relation="20"))
    row, facts = SCENES[feed]
    delivery = take(tmp_path, f"{feed}_990101_2026-09.csv", [row])
    assert (delivery.state, delivery.linked, delivery.unlinked) == (Delivery.State.LINKED, 1, 0)
    assert said(feed) == facts
    event = Event.objects.get(verb="delivery.link")
    assert event.details == {"linked": 1, "unlinked": 0}


def test_a_disaster_is_the_households(tmp_path: Path) -> None:
    register(member(1))
    row = {
        "户主身份证号": id_number(1),
        "户主姓名": "测试1",
        "灾种": "洪涝",
        "受灾日期": "2026-09-09",
        "房屋损失": "倒塌",
        "直接经济损失(元)": "50000",
    }
    take(tmp_path, "disaster_990101_2026-09.csv", [row])
    assert said("disaster") == []
    assert said("disaster", household=True) == [("disaster.loss", "洪涝", 5000000, "2026-09-09", "2026-09-10")]


def test_returned_money_is_not_paid_money(tmp_path: Path) -> None:
    register(member(1))
    row = {**SCENES["benefit"][0], "发放状态": "退回", "退回原因": "账户冻结"}
    take(tmp_path, "benefit_990101_2026-09.csv", [row])
    assert said("benefit") == [("benefit.returned", "低保", 1, "2026-09-01", "2026-09-02")]


def test_rows_of_one_day_add_up_and_the_same_row_twice_counts_once(tmp_path: Path) -> None:
    register(member(1))
    rows = [settlement(1, "10.00"), settlement(1, "25.00"), settlement(1, "10.00")]
    delivery = take(tmp_path, "medical_990101_2026-09.csv", rows)
    assert said("medical") == [("medical.inpatient_self_paid", "", 3500, "2026-09-05", "2026-09-06")]
    assert delivery.handling["link"]["repeated"] == 1
    assert delivery.linked == 3


def test_nobody_is_linked_by_name_alone(tmp_path: Path) -> None:
    register(member(1), member(2), member(3, household="H9", area_code=NEXT_VILLAGE))
    rows = [
        settlement(1),
        {**settlement(2), "姓名": "别人"},
        {**settlement(4), "姓名": "测试1"},
        settlement(3),
    ]
    delivery = take(tmp_path, "medical_990101_2026-09.csv", rows)
    assert (delivery.accepted, delivery.linked, delivery.unlinked) == (4, 1, 3)
    assert said("medical", (1, 2, 3, 4)) == [("medical.inpatient_self_paid", "", 10000, "2026-09-05", "2026-09-06")]
    rows = {row.line: (row.reason, row.name_masked, row.person_uuid is None) for row in UnlinkedRow.objects.all()}
    assert rows == {
        3: ("name_differs", "别*", False),
        4: ("not_in_register", "测**", True),
        5: ("not_in_register", "测**", True),
    }
    assert selectors.unlinked_reasons(delivery)["身份证号一致但姓名不同"] == 1


@pytest.mark.parametrize(("ours", "theirs"), [("阿依古丽·买买提", "阿依古丽•买买提"), ("欧阳娜", "欧阳 娜")])
def test_spelling_of_dots_and_spaces_is_no_other_name(tmp_path: Path, ours: str, theirs: str) -> None:
    register(member(1, name=ours))
    assert take(tmp_path, "death_990101_2026-09.csv", [{**death(1), "姓名": theirs}]).linked == 1


def test_contradicting_rows_give_no_fact_and_go_to_a_human(tmp_path: Path) -> None:
    register(member(1), member(2))
    grade = SCENES["disability"][0]
    rows = [grade, {**grade, "残疾等级": "三级"}, {**grade, **person(2)}]
    delivery = take(tmp_path, "disability_990101_2026-09.csv", rows)
    assert said("disability", (1,)) == [("disability.kind", "", 4, "2026-09-03", None)]
    assert len(said("disability", (2,))) == 2
    assert (delivery.linked, delivery.unlinked) == (1, 2)
    assert set(UnlinkedRow.objects.values_list("line", "reason")) == {(2, "contradicts"), (3, "contradicts")}


def test_days_that_run_backwards_go_to_a_human(tmp_path: Path) -> None:
    register(member(1))
    row = {**SCENES["vehicle"][0], "注销日期": "2019-01-01"}
    delivery = take(tmp_path, "vehicle_990101_2026-09.csv", [row])
    assert (said("vehicle"), delivery.unlinked) == ([], 1)


def test_a_cancelled_certificate_ends_with_the_period(tmp_path: Path) -> None:
    register(member(1))
    row = SCENES["disability"][0]
    take(tmp_path, "disability_990101_2026-09.csv", [row])
    take(tmp_path, "disability_990101_2026-10.csv", [{**row, "证件状态": "注销"}])
    assert ("disability.grade", "", 2, "2026-09-03", "2026-10-01") in said("disability")


def test_an_illness_begins_with_its_first_settlement(tmp_path: Path) -> None:
    register(member(1))
    ill = {"大病专项救治病种": "肺癌"}
    take(
        tmp_path,
        "medical_990101_2026-08.csv",
        [settlement(1, day="2026-08-20", **ill), settlement(1, day="2026-08-03", **ill)],
    )
    take(tmp_path, "medical_990101_2026-09.csv", [settlement(1, **ill)])
    begins = [fact for fact in said("medical") if fact[0] == "medical.serious_illness"]
    assert begins == [("medical.serious_illness", "肺癌", 1, "2026-08-03", None)]


def test_a_note_never_carries_a_number(tmp_path: Path) -> None:
    register(member(1))
    take(tmp_path, "death_990101_2026-09.csv", [{**death(1), "登记单位": f"亲属{id_number(7)}"}])
    from shouwang.apps.registry.models import Fact

    assert Fact.objects.get(item="death.registered").detail == "亲属（号码略）"


def test_a_correction_replaces_and_a_repeat_changes_nothing(tmp_path: Path) -> None:
    register(member(1))
    take(tmp_path, "pension_990101_2026-09_1.csv", [pension(1, "205.00")])
    again = take(tmp_path, "pension_990101_2026-09_2.csv", [pension(1, "205.00"), pension(9, "1.00")])
    assert (again.handling["link"]["same"], again.handling["link"]["new"]) == (1, 0)
    take(tmp_path, "pension_990101_2026-09_3.csv", [pension(1, "210.00")])
    assert said("pension") == [("pension.monthly", "城乡居民", 21000, "2026-09-01", "2026-10-01")]


def test_linking_again_is_nothing(tmp_path: Path) -> None:
    register(member(1))
    delivery = take(tmp_path, "death_990101_2026-09.csv", [death(1), death(2)])
    again = services.link_delivery(delivery.uuid)
    assert (again.linked_at, UnlinkedRow.objects.count(), Event.objects.filter(verb="delivery.link").count()) == (
        delivery.linked_at,
        1,
        1,
    )


def test_feeds_wait_for_the_countys_roster_and_link_after_it(tmp_path: Path) -> None:
    waiting = services.import_file(feed_file(tmp_path, "death_990101_2026-09.csv", [death(1), death(2)]))
    assert services.link_pending() == []
    services.import_file(
        feed_file(tmp_path, "register_990101_2026-09.csv", [roster_line(1, 救助类别="低保", 纳入日期="2026-01-01")])
    )
    assert [delivery.feed for delivery in services.link_pending()] == ["register", "death"]
    waiting.refresh_from_db()
    assert (waiting.linked, waiting.unlinked) == (1, 1)
    # a later roster brings the second person in: what waited for them is linked then
    services.import_file(
        feed_file(
            tmp_path,
            "register_990101_2026-10.csv",
            [roster_line(1, 救助类别="低保", 纳入日期="2026-01-01"), roster_line(2, relation="配偶")],
        )
    )
    assert [delivery.feed for delivery in services.link_pending()] == ["register", "death"]
    waiting.refresh_from_db()
    assert (waiting.linked, waiting.unlinked, UnlinkedRow.objects.count()) == (2, 0, 0)
    assert len(said("death", (1, 2))) == 2


def test_a_roster_becomes_the_register(tmp_path: Path) -> None:
    lines = [
        roster_line(
            1,
            救助类别="低保",
            纳入日期="2025-03-01",
            年工资性收入="1200.00",
            财产是否符合规定="是",
            授权到期日="2027-01-31",
            联系电话="13800001234",
        ),
        roster_line(2, relation="20", 年经营净收入="-300.00", 申报月养老金="0"),
    ]
    delivery = take(tmp_path, "register_990101_2026-10.csv", lines)
    assert (delivery.state, delivery.linked) == (Delivery.State.LINKED, 2)
    assert said("register", (1, 2)) == [
        ("income.business_net_year", "", -30000, "2026-10-01", None),
        ("income.wage_year", "", 120000, "2026-10-01", None),
        ("pension.declared_monthly", "", 0, "2026-10-01", None),
    ]
    found = registry.persons_by_index([registry.index_of_id(id_number(1))]).popitem()[1]
    line = registry.members_of_household(household_id=found.household_id, on=TODAY)[0]
    assert (line.is_head, line.phone_masked, line.categories[0].kind) == (True, "138****1234", "dibao")
    assert said("register", household=True)[0][:3] == (
        "authorisation.expires",
        "",
        (date(2027, 1, 31) - date(1970, 1, 1)).days,
    )


def test_a_roster_of_another_county_is_quarantined_line_by_line(tmp_path: Path) -> None:
    path = feed_file(tmp_path, "register_990101_2026-10.csv", [roster_line(1), roster_line(2, 居住地代码=NEXT_VILLAGE)])
    delivery = services.import_file(path)
    assert (delivery.accepted, delivery.receipt["reasons"]) == (1, {"other_county": 1})


def test_covered_feeds_follow_what_is_linked(tmp_path: Path) -> None:
    register(member(1))
    on = date(2026, 10, 31)
    assert selectors.covered_feeds(COUNTY, on) == set()
    services.import_file(feed_file(tmp_path, "death_990101_2026-10.csv", []))
    assert selectors.covered_feeds(COUNTY, on) == set()
    services.link_pending()
    take(tmp_path, "medical_990101_2026-08.csv", [settlement(1, day="2026-08-05")])
    take(tmp_path, "register_990101_2026-10.csv", [roster_line(1)])
    assert selectors.covered_feeds(COUNTY, on) == {"death", "register"}
    assert selectors.covered_feeds("990101100201", on) == {"death", "register"}
    assert selectors.covered_feeds(COUNTY, date(2026, 9, 30)) == {"medical", "register"}
    assert selectors.covered_feeds("990100000000", on) == {"death", "register"}
    assert selectors.covered_feeds("990102000000", on) == set()
    Delivery.objects.filter(feed="death").update(state=Delivery.State.WITHDRAWN)
    assert selectors.covered_feeds(COUNTY, on) == {"register"}


def test_a_delivery_waits_while_another_process_links(tmp_path: Path) -> None:
    register(member(1))
    delivery = services.import_file(feed_file(tmp_path, "death_990101_2026-09.csv", [death(1)]))
    with lake.linking_alone(wait=True) as first, lake.linking_alone(wait=False) as second:
        assert (first, second) == (True, False)
        assert services.link_delivery(delivery.uuid).state == Delivery.State.PARSED
        with pytest.raises(services.DecisionRefused):
            services.withdraw(None, delivery.uuid, "报送错误")
    assert services.link_delivery(delivery.uuid).state == Delivery.State.LINKED
