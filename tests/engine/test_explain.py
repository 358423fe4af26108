"""What staff read: the branch taken, the term that decided, the article, what is missing, what would change it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from shouwang.engine import sayings
from shouwang.engine.call import Case, evaluate
from shouwang.engine.explain import explain, explaining

DAY = date(2032, 3, 15)
MEMBER = {"away": False, "age": 30, "grade": 0, "harvest": 60000, "rent": 0, "shells": 4}


def told(toyland, standards, target, *, household=None, members=None, person=None, area="970101001001"):
    case = Case(area, {"roof_whole": False, "debt": 1, **(household or {})}, [MEMBER] if members is None else members)
    return explain(toyland, case, DAY, standards, target, person)


def test_a_met_rule_shows_every_condition_with_values_and_units(toyland, standards):
    met = told(toyland, standards, "bread_eligible")
    assert (met.value, met.value_text) == (True, "是")
    assert met.condition == (
        "吃饭人数[1] > 0 且 （因 正好等于月饼线也算[是]，全家净收成[590.00元] ≤ 月饼线（每人每年）[600.00元/年] × 吃饭人数[1]）"
        " 且 屋顶完好[否]"
    )
    assert str(met.cites[0]) == "《月饼法》（玩令第1号） 第3条"
    assert met.cites[0].text == "谁可以领月饼。"
    assert [child.name for child in met.children] == [
        "eaters",
        "line_included",
        "household_harvest",
        "bread_line",
        "roof_whole",
    ]


def test_a_failed_rule_shows_only_the_term_that_decided(toyland, standards):
    failed = told(toyland, standards, "bread_eligible", members=[])
    assert failed.condition == "吃饭人数[0] > 0 不成立"
    assert [child.name for child in failed.children] == ["eaters"]
    assert failed.children[0].condition == "“算一口人”的成员：无"


def test_a_dependent_value_is_followed_down_to_the_facts_of_each_member(toyland, standards):
    lines = told(toyland, standards, "bread_eligible").lines()
    assert "　全家净收成：590.00元 ← “算一口人”的成员：成员1，合计 590.00元" in lines
    assert (
        "　　净收成（成员1）：590.00元 ← 本年收成[600.00元] - 租金[0.00元] - 每贝壳种子钱[2.50元] × 贝壳数[4]"
    ) in lines
    assert "　　　每贝壳种子钱：2.50元 ← 县（970101000000）规定，自 2031-06-01 起" in lines
    assert "　　　　依据：各县自定" in lines


def test_an_amount_shows_the_branch_taken(toyland, standards):
    flooded = told(toyland, standards, "bread_money", household={"flood_loss": 30000})
    assert flooded.value == 1000
    assert flooded.condition == (
        "因 可以领月饼[是]，取较大者(月饼线（每人每年）[600.00元/年] × 吃饭人数[1] - 全家净收成[590.00元], 0.00元)"
        " + （因 有小孩[否]，因 最近水淹损失[300.00元] > 10,000.00元 不成立，0.00元）"
    )


def test_an_unknown_outcome_names_the_facts_it_lacks(toyland, standards):
    unsure = told(toyland, standards, "bread_eligible", household={"roof_whole": None, "debt": 0})
    assert (unsure.value, unsure.value_text) == (None, "无法判断")
    assert unsure.missing == ("屋顶完好",)
    assert unsure.condition == "屋顶完好[未知]"
    assert "　缺少：屋顶完好" in unsure.lines()
    assert unsure.nearest_change is None


def test_a_missing_parameter_is_named_as_such(toyland, standards):
    unsure = told(toyland, standards, "licence_ending", household={"licence_days": 3}, area="980101001001")
    assert unsure.missing == ("参数“提前提醒天数”",)
    assert unsure.children[-1].condition == "当地未设定"


def test_the_nearest_change_is_the_boundary(toyland, standards):
    change = told(toyland, standards, "bread_eligible").nearest_change
    assert (change.name, change.now, change.to, change.outcome) == ("household_harvest", 59000, 60001, False)
    assert change.text == "若“全家净收成”由590.00元变为600.01元，结果将为“否”"


def test_the_nearest_change_is_checked_by_recomputing(toyland, standards):
    household = {"licence_days": 31}
    change = told(toyland, standards, "licence_ending", household=household).nearest_change
    assert (change.name, change.to) == ("licence_days", 30)
    changed = Case("970101001001", {"licence_days": change.to}, [])
    assert evaluate(toyland, changed, DAY, standards, ["licence_ending"]).household["licence_ending"] is True


def test_a_change_further_down_counts_only_if_the_top_turns_too(toyland, standards):
    poor = {"roof_whole": True, "debt": 1}
    rich = [{**MEMBER, "harvest": 99999}]
    change = told(toyland, standards, "feast", household={"debt": 0, "roof_whole": True}).nearest_change
    assert (change.name, change.to) == ("debt", 1)
    assert told(toyland, standards, "feast", household=poor, members=rich).nearest_change.name == "household_harvest"
    bare = told(toyland, standards, "feast", household={"roof_whole": False, "debt": 1}, members=rich)
    assert bare.condition == "可以领月饼[否]"
    assert bare.nearest_change is None


def test_no_single_number_changes_a_code_or_two_failed_conditions(toyland, standards):
    child = told(toyland, standards, "promoted", members=[{**MEMBER, "grade_before": 0, "grade_days": 99}], person=0)
    assert child.value is False
    assert child.nearest_change is None


def test_a_day_number_reads_as_a_date(toyland, standards):
    assert toyland.inputs["grade_day"].is_date
    assert not toyland.inputs["grade_days"].is_date


def test_a_local_variant_is_explained_by_its_own_text(toyland, standards):
    bells = told(toyland, standards, "bread_eligible", area="970201001001")
    assert "屋顶" not in bells.condition
    assert str(bells.cites[0]) == "各县自定"


def test_any_of_shows_the_first_member_it_holds_for(toyland, standards):
    found = told(toyland, standards, "any_child", members=[MEMBER, {**MEMBER, "age": 3}])
    assert found.condition == "成员2符合"
    assert [(child.name, child.person) for child in found.children] == [("child", 1)]


def test_a_result_carries_the_notices_of_the_rules_it_rests_on_when_they_hold(toyland, standards):
    young, grown = {**MEMBER, "age": 3}, {**MEMBER, "age": 30}
    both = told(toyland, standards, "bread_money", household={"flood_loss": 0}, members=[grown, young])
    assert both.notices == ("小孩的年龄由监护人申报（成员2）",)
    assert "　提示：小孩的年龄由监护人申报（成员2）" in both.lines()
    assert both.as_dict()["notices"] == list(both.notices)
    assert all(child.notices == () for child in both.children)
    assert told(toyland, standards, "bread_money", members=[grown]).notices == ()
    assert told(toyland, standards, "eaters", members=[young]).notices == ()
    assert told(toyland, standards, "bread_money", members=[{**MEMBER, "age": None}]).notices == ()


def test_a_members_own_notice_speaks_of_that_member_and_a_households_of_all(toyland, standards):
    elders = [{**MEMBER, "age": 70, "harvest": 0, "shells": 0}, {**MEMBER, "age": 3, "harvest": 0, "shells": 0}]
    again = told(toyland, standards, "baked_again", household={"flood_loss": 0}, members=elders)
    assert (again.value, again.notices) == (
        False,
        ("小孩的年龄由监护人申报（成员2）", "月饼发多了，须核对发放名册。"),
    )
    assert told(toyland, standards, "child", members=elders, person=1).notices == ("小孩的年龄由监护人申报（成员2）",)
    assert told(toyland, standards, "child", members=elders, person=0).notices == ()


def test_an_explanation_is_plain_data(toyland, standards):
    data = told(toyland, standards, "bread_money").as_dict()
    assert json.loads(json.dumps(data, ensure_ascii=False)) == data
    assert data["children"][0]["cites"][0]["shown"] == "《月饼法》（玩令第1号） 第3条"


def test_a_persons_rule_is_asked_of_a_person(toyland, standards):
    with pytest.raises(ValueError, match="rule of a person"):
        told(toyland, standards, "counted")
    with pytest.raises(ValueError, match="rule of a household"):
        told(toyland, standards, "eaters", person=0)
    with pytest.raises(KeyError, match="not in force"):
        explain(toyland, Case("970101001001"), date(2030, 1, 1), standards, "licence_ending")


def test_many_questions_of_one_household_are_told_as_each_by_itself(toyland, standards):
    case = Case("970101001001", {"roof_whole": False}, [MEMBER, {**MEMBER, "away": None}])
    in_force = toyland.versions_on(DAY, case.area_code)
    asked = [
        (name, person)
        for name in in_force
        for person in (range(len(case.members)) if toyland.entity_of(name) == "person" else (None,))
    ]
    tell = explaining(toyland, case, DAY, standards, list(in_force))
    for name, person in asked:
        alone = explain(toyland, case, DAY, standards, name, person)
        assert tell(name, person) == alone
        assert tell(name, person).as_bytes() == alone.as_bytes()


def test_a_line_made_of_parameters_alone_is_not_what_a_family_could_change(toyland, standards):
    """``seed_price`` is a rule, yet the law's: the change that is offered is one of the family's own numbers."""
    change = told(toyland, standards, "may_plant", members=[{"harvest": 5, "rent": 0}], person=0).nearest_change
    assert change is not None
    assert change.name == "harvest"


def test_what_was_said_and_forgotten_is_said_again_the_same(toyland, standards, monkeypatch):
    asked = ("bread_eligible", "bread_money", "eaters", "feast")
    first = [told(toyland, standards, name) for name in asked]
    monkeypatch.setattr(sayings, "_REMEMBERED", 1)
    assert [told(toyland, standards, name) for name in asked] == first


def test_asking_for_one_result_after_another_says_the_notices_of_each_alone(toyland, standards):
    tell = explaining(
        toyland, Case("970101001001", {}, [{**MEMBER, "age": 3}]), DAY, standards, ["any_child", "eaters", "residents"]
    )
    assert [tell(name, None).notices for name in ("any_child", "eaters", "residents")] == [
        ("小孩的年龄由监护人申报（成员1）",),
        (),
        (),
    ]
