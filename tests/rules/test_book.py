"""What holds for every policy: sources, parameters, dates, labels, and no number hidden in a rule."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from shouwang.engine.book import Book
from shouwang.engine.call import Case
from shouwang.engine.explain import explain
from shouwang.engine.parameters import Assertion, ParameterError
from shouwang.engine.rule import DIRECTIONS, LEVELS, LOCAL, Cite, Rule
from shouwang.engine.tree import Const, walk
from shouwang.engine.words import citation_of
from shouwang.lib.area_codes import NATION
from shouwang.rules.clocks import clocks, shares, starts

FEEDS = {
    "register",
    "medical",
    "disability",
    "death",
    "pension",
    "school",
    "vehicle",
    "realestate",
    "market",
    "employment",
    "custody",
    "disaster",
    "benefit",
}
WARNINGS = {
    "medical_spending_registered",
    "medical_spending_general",
    "outpatient_recurring",
    "serious_illness_new",
    "disability_new",
    "disability_upgraded",
    "education_cost",
    "unemployment_new",
    "paid_after_death",
    "school_leaving",
    "custody_while_paid",
    "duplicate_enrolment",
    "age_threshold",
    "payment_returned_twice",
    "pension_above_declared",
    "earner_death",
    "disaster_loss",
    "new_business_on_benefit",
    "new_vehicle_on_benefit",
    "new_property_on_benefit",
    "authorisation_expiring",
    "recheck_overdue",
    "income_near_line_unenrolled",
    "elder_alone_severe_disability",
}
MAY_STAND_BARE = (0, 1, True, False)
CODE_LISTS = (
    "school_leaving",
    "education_cost",
    "severely_disabled_elder",
    "fukang_hint",
    "kin_group",
    "obligor_by_relation",
    "obligor_severely_disabled",
    "rehab_condition",
    "self_care_level",
    "tekun_continues_as_minor",
    "tekun_listed_disability",
)
NOT_SET = "未另定"
"""The article of a national 0 that stands for what most areas do not have."""


def test_every_rule_cites_an_article_of_a_document_already_in_force(book: Book) -> None:
    wrong = []
    for versions in book.definitions.values():
        for version in versions:
            published = [cite for cite in version.cites if cite.key != LOCAL]
            if not published:
                wrong.append(f"{version.name}: no article")
            for cite in published:
                source = book.sources[cite.key]
                too_early = source.in_force is not None and version.since < source.in_force
                repealed = source.repealed is not None and (version.until is None or version.until > source.repealed)
                if not cite.article or repealed or (too_early and all(each.key == cite.key for each in published)):
                    wrong.append(f"{version.name}: {cite}")
    assert wrong == []


def test_every_document_says_how_sure_we_are_and_is_cited(book: Book) -> None:
    cited = {cite.key for versions in book.definitions.values() for version in versions for cite in version.cites}
    cited |= {row.source for row in book.parameters.assertions()}
    for table in (clocks(), starts(), shares()):
        cited |= {entry.value.cites.partition(":")[0] for entries in table.values() for entry in entries}
    assert set(book.sources) == cited
    assert {key for key, source in book.sources.items() if source.confidence not in tuple("ABCD")} == {"local"}


def test_every_parameter_has_a_published_value_or_is_left_to_the_area(book: Book) -> None:
    published = {row.item for row in book.parameters.assertions()}
    left_open = {name for name, spec in book.parameter_specs.items() if spec.local}
    assert published | left_open == set(book.parameter_specs)
    assert not published & left_open
    assert all(row.area_code == NATION and row.article for row in book.parameters.assertions())
    assert all((row.value, row.article) == (0, NOT_SET) for row in book.parameters.assertions() if row.source == LOCAL)


@pytest.mark.parametrize("year", range(2014, 2028))
def test_every_day_rules_change_gives_a_complete_graph(book: Book, year: int) -> None:
    days = [day for day in book.change_dates() if day.year == year] + [date(year, 1, 1), date(year, 12, 31)]
    for day in days:
        for each in (day - timedelta(days=1), day):
            plan = book.plan(each, ())
            computed = set()
            for step in plan.steps:
                known = computed | set(book.inputs) | set(book.parameter_specs)
                assert known.issuperset(step.definition.arguments), (each, step.definition.name)
                computed.add(step.definition.name)


def test_warnings_are_the_agreed_ones_and_say_what_to_do(book: Book) -> None:
    rules = {rule.name: rule for rule in book.warnings(date(2026, 10, 31))}
    assert set(rules) == WARNINGS
    for rule in rules.values():
        warns = rule.warns
        assert warns is not None
        assert warns.level in LEVELS
        assert warns.direction in DIRECTIONS
        assert warns.action.endswith("。")
        assert warns.feeds
        assert FEEDS.issuperset(warns.feeds)


def test_a_trigger_no_published_text_names_says_so(book: Book) -> None:
    """The handbook's 'design suggestions, not law' (4.5); the others are named by a notice or broken by themselves."""
    rules = book.warnings(date(2026, 10, 31))
    assert {rule.name for rule in rules if any(cite.key == LOCAL for cite in rule.cites)} == {
        "age_threshold",
        "authorisation_expiring",
        "earner_death",
        "elder_alone_severe_disability",
        "new_business_on_benefit",
        "new_property_on_benefit",
        "new_vehicle_on_benefit",
        "payment_returned_twice",
        "pension_above_declared",
    }


def test_a_cite_shows_how_sure_we_are_of_it(book: Book) -> None:
    def shown(key: str, article: str) -> str:
        return str(citation_of(book, Cite(key, article)))

    assert shown("dibao-2021-57", "9") == "《最低生活保障审核确认办法》（民发〔2021〕57号） 第9条"
    assert shown("county-early-warning-sample", "灾害").endswith("〔只见网页片段，未见全文〕")
    assert shown("gap-rounding-sample", "向上取整到元").endswith("〔他处转述，不作法律依据〕")
    assert "（民发〔2022〕83号，文号未核实）" in shown("notice-2022-83", "三(三)")
    assert shown("local", "") == "本地规定（无全国公布来源）"


def test_a_sample_value_is_never_called_a_national_rule(book: Book) -> None:
    case = Case("990101000000", {}, [{"on_dibao": True, "inpatient_self_paid_year": 500_000, "age": 59}])
    day = date(2026, 10, 31)
    lines = explain(book, case, day, book.table(), "medical_spending_registered", 0).lines()
    line = next(line for line in lines if "预警线（含本数）：" in line)
    assert line.endswith("← 参考样例值，全国没有规定，当地可改写")
    lines = explain(book, case, day, book.table(), "of_working_age", 0).lines()
    assert any("老年人年龄：60 ← 全国规定，自 2021-07-01 起" in line for line in lines)


def test_no_code_word_stands_in_a_cite(book: Book) -> None:
    cites = {cite for versions in book.definitions.values() for version in versions for cite in version.cites}
    cites |= {Cite(row.source, row.article) for row in book.parameters.assertions()}
    assert [str(cite) for cite in cites if re.search("[a-z]", cite.article)] == []


def test_a_warning_names_every_feed_it_rests_on(book: Book) -> None:
    for rule in book.warnings(date(2026, 10, 31)):
        assert rule.warns is not None
        assert set(rule.warns.feeds) == feeds_of(book, rule.name), rule.name


def feeds_of(book: Book, name: str) -> set[str]:
    plan = book.plan(date(2026, 10, 31), ()).towards([name])
    named = {argument for step in plan.steps for argument in step.definition.arguments}
    specs = [book.inputs[each] for each in named & set(book.inputs)]
    return {"register" if spec.item is None else book.items[spec.item].feed for spec in specs}


def test_labels_are_not_shared(book: Book) -> None:
    labels = [book.label_of(name) for name in (*book.definitions, *book.inputs, *book.parameter_specs)]
    assert sorted(label for label in labels if labels.count(label) > 1) == []
    for versions in book.definitions.values():
        assert len({version.label for version in versions}) == 1


def test_a_number_in_a_rule_has_a_name_or_is_a_parameter(book: Book) -> None:
    bare = []
    for versions in book.definitions.values():
        for version in versions:
            if isinstance(version, Rule):
                constants = [node for node in walk(version.body) if isinstance(node, Const) and node.name is None]
                bare += [(version.name, node.value) for node in constants if node.value not in MAY_STAND_BARE]
    assert set(bare) <= {(name, code) for name in CODE_LISTS for code in range(100)}


def test_the_national_margin_is_below_one_and_a_half_times(book: Book) -> None:
    found = book.parameters.lookup("marginal_multiplier_percent", "990101000000", date(2026, 10, 31))
    assert found is not None
    assert (found.value, found.assertion.source, found.assertion.article) == (150, "dibao-2021-57", "8")


def test_the_pension_exemption_ends_with_the_plan_it_was_written_for(book: Book) -> None:
    last = book.parameters.lookup("exempt_basic_pension", "990101000000", date(2025, 12, 31))
    after = book.parameters.lookup("exempt_basic_pension", "990101000000", date(2026, 1, 1))
    assert last is not None
    assert after is not None
    assert (last.value, last.assertion.source) == (True, "dibao-2021-57")
    assert (after.value, after.assertion.source) == (False, LOCAL)


def test_every_input_is_used_by_a_rule(book: Book) -> None:
    used = {name for versions in book.definitions.values() for version in versions for name in version.arguments}
    assert set(book.inputs) <= used


@pytest.mark.parametrize(
    ("item", "value", "per"),
    [
        ("dibao_rural", 0, "person-month"),
        ("dibao_rural", -60_000, "person-month"),
        ("employment_cost_percent", 101, "percent"),
        ("employment_cost_percent", -1, "percent"),
        ("gap_rounding_unit", 0, "person-month"),
        ("marginal_multiplier_percent", 15, "percent"),
        ("recent_days", -62, "days"),
    ],
)
def test_a_slipped_local_value_is_refused_not_applied(book: Book, item: str, value: int, per: str) -> None:
    """A standard of 0 would refuse everybody, a deduction of 300 percent would admit everybody; both without a word."""
    with pytest.raises(ParameterError, match="应不小于"):
        book.table([Assertion(item, "990101000000", value, per, date(2026, 1, 1), source="demo-local")])
