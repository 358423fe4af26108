"""What a citizen reads: the question, the answer, the deciding figures, what is missing and where to bring it, what would change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from shouwang.engine.call import Case
from shouwang.engine.explain import explain
from shouwang.engine.keeping import keep, told_again
from shouwang.engine.paper import NO_FONT, NO_TYPST, Paper, PaperRefused, pdf_of
from shouwang.engine.plain import APPEAL, MOST, plain
from shouwang.engine.rule import Rule
from shouwang.engine.table import notices_of, rows_of

DAY = date(2032, 3, 15)
MEMBER = {"away": False, "age": 30, "grade": 0, "harvest": 60000, "rent": 0, "shells": 4}


def told(toyland, standards, target, *, household=None, members=None, person=None, area="970101001001"):
    case = Case(area, {"roof_whole": False, "debt": 1, **(household or {})}, [MEMBER] if members is None else members)
    return explain(toyland, case, DAY, standards, target, person)


def test_a_met_question_gives_the_figures_the_article_and_what_would_change_it(toyland, standards):
    said = plain(toyland, told(toyland, standards, "bread_eligible"), DAY)
    assert said == (
        "按2032年3月15日掌握的情况，是否可以领月饼？答复：是。"
        "原因：正好等于月饼线也算：是；全家净收成590元，不超过按月饼线（每人每年）、吃饭人数算出的600元；屋顶完好：否。"
        "依据：《月饼法》第三条。如果全家净收成变为600.01元，答复会变为“否”。"
    )


def test_a_refusal_gives_only_what_decided(toyland, standards):
    said = plain(toyland, told(toyland, standards, "bread_eligible", members=[]), DAY)
    assert "答复：否。原因：吃饭人数0，不超过0。" in said


def test_an_amount_gives_what_it_was_reckoned_from(toyland, standards):
    said = plain(toyland, told(toyland, standards, "bread_money", household={"flood_loss": 30000}), DAY)
    assert "”为10元。原因：按月饼线（每人每年）600元/年、吃饭人数1、全家净收成590元计算。" in said


def test_what_cannot_be_told_says_what_is_missing_and_who_brings_it(toyland, standards):
    unsure = told(toyland, standards, "bread_eligible", household={"roof_whole": None, "debt": 0})
    said = plain(toyland, unsure, DAY)
    assert "答复：现在还不能判断。还缺“屋顶完好”，" in said
    assert "原因" not in said


def test_a_missing_standard_sends_nobody_for_papers(toyland, standards):
    unsure = told(toyland, standards, "licence_ending", household={"licence_days": 3}, area="980101001001")
    said = plain(toyland, unsure, DAY)
    assert "当地还没有公布“提前提醒天数”，请向县级民政部门询问。" in said
    assert "户口簿" not in said


def test_only_a_decision_names_the_appeal(toyland, standards):
    answer = told(toyland, standards, "bread_eligible")
    assert APPEAL not in plain(toyland, answer, DAY)
    assert plain(toyland, answer, DAY, decided=True).endswith(APPEAL)
    assert len(plain(toyland, answer, DAY, decided=True)) <= MOST


def test_a_member_is_named(toyland, standards):
    said = plain(toyland, told(toyland, standards, "counted", person=0), DAY, who="阿甲")
    assert "，阿甲是否算一口人？答复：是。" in said


def test_labels_are_those_of_the_version_in_force(toyland, standards):
    """A later version is called something else; what was said of an earlier day is not."""
    last = toyland.definitions["bread_eligible"][0]
    assert isinstance(last, Rule)
    later = toyland.followed(replace(last, since=date(2040, 1, 1), until=None, label="可以领大月饼"))
    case = Case("970101001001", {"roof_whole": False, "debt": 1}, [MEMBER])
    before = explain(toyland, case, DAY, standards, "bread_money")
    after = explain(later, case, DAY, standards, "bread_money")
    assert later.label_of("bread_eligible") == "可以领大月饼"
    assert after.as_bytes() == before.as_bytes()
    assert "可以领大月饼" in explain(later, case, date(2040, 1, 2), standards, "bread_money").condition


def test_what_is_kept_tells_again_without_the_table(toyland, standards):
    case = Case("970101001001", {"roof_whole": False, "debt": 1, "flood_loss": 5}, [{**MEMBER, "age": None}])
    kept = keep(toyland, case, DAY, standards, "bread_money")
    assert "age" not in kept.case["members"][0]
    again = told_again(toyland, kept.target, kept.person, kept.as_of, kept.case, kept.parameters, kept.words)
    assert again.as_bytes() == kept.explanation.as_bytes()
    assert again.value == kept.explanation.value


def test_rows_carry_the_names_in_place_of_the_places(toyland, standards):
    rows = rows_of(told(toyland, standards, "bread_eligible"), {1: "阿甲"})
    text = " ".join(f"{row.label} {row.reckoning}" for row in rows)
    assert "净收成（阿甲）" in text
    assert "成员1" not in text
    assert rows[0].answer == "是"


def test_notices_are_sentences_once_each(toyland, standards):
    for target in ("bread_eligible", "bread_money"):
        said = notices_of(told(toyland, standards, target), {1: "阿甲"})
        assert len(said) == len(set(said))
        assert all(each.endswith("。") and not each.endswith("。。") for each in said)


def paper(toyland, standards, **changes) -> Paper:
    answer = told(toyland, standards, "bread_eligible")
    made = Paper("可以领月饼", "一段话", [("户", "甲")], [], rows_of(answer, {1: "阿甲"}), "页脚", DAY)
    return replace(made, **changes)


def test_paper_is_the_same_bytes_and_says_what_it_cannot(toyland, standards, monkeypatch):
    pytest.importorskip("typst")
    first = pdf_of(paper(toyland, standards))
    assert first == pdf_of(paper(toyland, standards))
    assert first != pdf_of(paper(toyland, standards, plain="另一段话"))
    for name in ("#panic()", "$x$", "\\", "*粗*", "_斜_", "`c`", "<a>", "@b", "//", "= 题", "]", '"'):
        assert pdf_of(paper(toyland, standards, title=name, about=[(name, name)], foot=name)).startswith(b"%PDF-")
    with pytest.raises(PaperRefused, match="这个字"):
        pdf_of(paper(toyland, standards, title="\U0002ffff"))
    monkeypatch.setattr("shouwang.engine.paper._fonts", lambda: (None, ()))
    with pytest.raises(PaperRefused) as refused:
        pdf_of(paper(toyland, standards))
    assert str(refused.value) == NO_FONT
    monkeypatch.setattr("shouwang.engine.paper.find_spec", lambda name: None)
    with pytest.raises(PaperRefused) as refused:
        pdf_of(paper(toyland, standards))
    assert str(refused.value) == NO_TYPST
