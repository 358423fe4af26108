"""A book as a whole: versions over time and place, parameters down the tree of divisions, the fingerprint."""

from __future__ import annotations

from datetime import date

import pytest

from shouwang.engine.book import load_book
from shouwang.engine.call import Case, evaluate
from shouwang.engine.parameter_csv import assertion_of, read_assertions, write_assertions
from shouwang.engine.parameters import Assertion, ParameterError, ParameterTable
from shouwang.engine.rule import HOUSEHOLD, rule

MEMBER = {"away": False, "age": 30, "grade": 0, "harvest": 60000, "rent": 0, "shells": 0}
HOME = {"roof_whole": False, "debt": 1}


def eligible(toyland, standards, area, day, harvest=60000):
    case = Case(area, HOME, [{**MEMBER, "harvest": harvest}])
    return evaluate(toyland, case, day, standards, ["bread_eligible"]).household["bread_eligible"]


def test_every_change_date_yields_a_complete_graph(toyland):
    days = toyland.change_dates()
    assert days == sorted(days)
    assert date(2032, 1, 1) in days
    for day in days:
        for area in ("000000000000", "970200000000"):
            assert toyland.versions_on(day, area)


def test_a_changed_article_counts_from_its_day(toyland):
    before, after = date(2030, 12, 31), date(2031, 1, 1)
    assert toyland.versions_on(before, "970101000000")["net_harvest"].arguments == ("harvest", "rent")
    assert "seed_cost" in toyland.versions_on(after, "970101000000")["net_harvest"].arguments
    assert "promoted" not in toyland.versions_on(before, "970101000000")


def test_the_most_local_version_in_force_wins(toyland, standards):
    day = date(2032, 3, 15)
    bells = toyland.versions_on(day, "970201001001")["bread_eligible"]
    assert (bells.area, len(bells.arguments)) == ("970200000000", 3)
    assert toyland.versions_on(day, "970101001001")["bread_eligible"].area is None
    assert toyland.versions_on(date(2031, 6, 30), "970201001001")["bread_eligible"].area is None
    assert eligible(toyland, standards, "970101001001", day) is True
    assert eligible(toyland, standards, "970201001001", day) is False


def test_the_nearest_division_sets_the_parameter(toyland, standards):
    day = date(2032, 3, 15)
    assert eligible(toyland, standards, "970101001001", day) is True
    assert eligible(toyland, standards, "970102001001", day) is False
    found = standards.lookup("seed_cost", "970101001001", day)
    assert (found.value, found.assertion.area_code) == (250, "970101000000")
    assert standards.lookup("seed_cost", "970101001001", date(2033, 1, 1)).assertion.area_code == "970000000000"
    assert standards.lookup("seed_cost", "980101001001", day) is None


def test_a_parameter_changes_on_its_day_and_before_the_first_there_is_none(toyland):
    values = [
        toyland.parameters.lookup("bread_line", "970101001001", day)
        for day in (date(2029, 12, 31), date(2031, 12, 31), date(2032, 1, 1))
    ]
    assert [each.value if each else None for each in values] == [None, 50000, 60000]


def test_a_gap_in_the_county_falls_back_to_the_province_not_to_nothing():
    table = ParameterTable(
        [
            Assertion("x", "970101000000", 1, "", date(2030, 1, 1), date(2031, 1, 1)),
            Assertion("x", "970101000000", 2, "", date(2032, 1, 1)),
            Assertion("x", "970000000000", 9, "", date(2030, 1, 1)),
        ]
    )
    days = (date(2030, 6, 1), date(2031, 6, 1), date(2032, 6, 1))
    assert [table.lookup("x", "970101001000", day).value for day in days] == [1, 9, 2]


def test_an_overlay_wins_only_where_and_when_it_holds():
    below = ParameterTable([Assertion("x", "970101000000", 1, "", date(2030, 1, 1))])
    above = below.overlaid([Assertion("x", "970101000000", 5, "", date(2031, 1, 1), date(2032, 1, 1))])
    days = (date(2030, 6, 1), date(2031, 6, 1), date(2032, 6, 1))
    assert [above.lookup("x", "970101001000", day).value for day in days] == [1, 5, 1]
    assert below.lookup("x", "970101001000", days[1]).value == 1
    assert above.fingerprint != below.fingerprint


def test_a_value_of_unknown_start_holds_from_the_day_it_was_seen():
    table = ParameterTable([Assertion("x", "970101000000", 1, "", None, observed_on="2031-05")])
    assert table.lookup("x", "970101000000", date(2031, 4, 30)) is None
    assert table.lookup("x", "970101000000", date(2031, 5, 1)).value == 1


def test_the_csv_of_parameters_goes_out_and_comes_back(tmp_path, standards):
    path = tmp_path / "standards.csv"
    write_assertions(path, standards.assertions())
    back = read_assertions(path)
    assert back == standards.assertions()
    assert ParameterTable(back).lookup("bread_line", "970101001001", date(2032, 1, 1)).value == 60000


def test_every_bad_line_of_the_csv_is_named(tmp_path):
    path = tmp_path / "standards.csv"
    path.write_text(
        "area_code,item,amount_fen,per,valid_from,valid_to\n"
        "970101,x,12.5,,2030-01-01,\n970101,x,5,,2030-01-01,2029-01-01\n97010,x,5,,2030-01-01,\n970101,x,5,,,\n",
        encoding="utf-8",
    )
    with pytest.raises(ParameterError) as refused:
        read_assertions(path)
    said = str(refused.value)
    assert all(f"第 {line} 行" in said for line in (2, 3, 4, 5))
    assert "不是整数" in said
    assert "失效日不晚于生效日" in said


@pytest.mark.parametrize("written", ["1_000", "٦٠٠٠٠", "60000.0", "", "6" * 5000])
def test_a_value_that_is_no_plain_whole_number_is_refused(written):
    row = {"item": "x", "area_code": "970101", "amount_fen": written, "per": "", "valid_from": "2031-01-01"}
    with pytest.raises(ParameterError, match="不是整数"):
        assertion_of(row)


def test_a_table_saved_in_another_encoding_is_told(tmp_path):
    path = tmp_path / "standards.csv"
    path.write_bytes("area_code,item,amount_fen,per\n970101,低保,1,\n".encode("gb18030"))
    with pytest.raises(ParameterError, match="另存为 UTF-8"):
        read_assertions(path)


def test_dates_as_a_spreadsheet_program_saves_them_are_read():
    row = {"item": "x", "area_code": "970101", "amount_fen": "６０", "per": "", "valid_from": "2031/1/2"}
    assert (assertion_of(row).value, assertion_of(row).valid_from) == (60, date(2031, 1, 2))


def test_warnings_are_listed_with_level_and_next_step(toyland):
    assert [each.name for each in toyland.warnings(date(2030, 6, 1))] == ["overbaked"]
    warned = {each.name: each.warns for each in toyland.warnings(date(2032, 1, 1))}
    assert warned.keys() == {"overbaked", "promoted", "licence_ending"}
    assert (warned["promoted"].level, warned["promoted"].feeds) == ("黄", ("guild",))


def test_the_fingerprint_is_of_the_text(toyland):
    assert load_book("tests.toyland").fingerprint == toyland.fingerprint
    assert len(toyland.fingerprint) == 64


def test_a_reform_replaces_a_rule_and_says_so_in_the_fingerprint(toyland, standards):
    @rule(HOUSEHOLD, "可以领月饼", cites="local", since="2030-01-01")
    def bread_eligible(eaters):
        return eaters > 0

    reformed = toyland.reformed(bread_eligible)
    day = date(2032, 3, 15)
    assert eligible(toyland, standards, "970101001001", day, harvest=10**9) is False
    assert eligible(reformed, standards, "970101001001", day, harvest=10**9) is True
    assert reformed.fingerprint != toyland.fingerprint


def test_a_target_not_in_force_is_unknown_and_says_why(toyland, standards):
    outcome = evaluate(toyland, Case("970101001001"), date(2030, 6, 1), standards, ["licence_ending"])
    assert outcome.household == {"licence_ending": None}
    assert outcome.missing == {"licence_ending": ("rule:licence_ending",)}
    assert toyland.label_of("rule:licence_ending") == "规则“点灯证将到期”在该日该地未施行"
    assert toyland.label_of("param:seed_cost") == "参数“每贝壳种子钱”"
