"""Local standards from the CSV layout: every row accounted for, bad ones refused with their line and reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.assessment.services import StandardsRefused, import_standards
from shouwang.apps.audit.models import Event
from tests.apps.scene import standards_file
from tests.cast import COUNTY, NEXT_COUNTY

pytestmark = pytest.mark.django_db

ROW = "990101,recent_days,62,days,2026-01-01,,,demo-local,,\n"
DAY = date(2026, 10, 31)


def test_rows_become_parameters_of_their_division(tmp_path: Path) -> None:
    receipt = import_standards(standards_file(tmp_path, ROW))
    assert (receipt.rows, receipt.added, receipt.refused) == (1, 1, [])
    table = selectors.parameters()
    assert table.lookup("recent_days", COUNTY, DAY).value == 62
    assert table.lookup("recent_days", NEXT_COUNTY, DAY) is None
    assert table.lookup("adult_age", COUNTY, DAY).value == 18
    assert Event.objects.get(verb="standards.import").details["added"] == 1


def test_one_division_is_judged_by_its_own_and_by_those_above_it(tmp_path: Path, django_assert_num_queries) -> None:
    import_standards(standards_file(tmp_path, ROW))
    with django_assert_num_queries(1):
        own = selectors.parameters_at(COUNTY)
    assert own.lookup("recent_days", COUNTY, DAY).value == 62
    assert selectors.parameters_at(NEXT_COUNTY).lookup("recent_days", NEXT_COUNTY, DAY) is None
    assert selectors.parameters_at(COUNTY) is own
    LocalStandard.objects.update(amount_fen=63)
    assert selectors.parameters_at(COUNTY).lookup("recent_days", COUNTY, DAY).value == 63


def test_the_whole_table_is_kept_until_a_standard_changes(tmp_path: Path, django_assert_num_queries) -> None:
    import_standards(standards_file(tmp_path, ROW))
    with django_assert_num_queries(2):
        kept = selectors.parameters()
        assert selectors.parameters() is kept
    LocalStandard.objects.update(amount_fen=63)
    changed = selectors.parameters()
    assert changed.lookup("recent_days", COUNTY, DAY).value == 63
    assert changed.fingerprint != kept.fingerprint


def test_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = standards_file(tmp_path)
    import_standards(path)
    before = list(LocalStandard.objects.values())
    receipt = import_standards(path)
    assert (receipt.same, receipt.added, receipt.changed) == (receipt.rows, 0, 0)
    assert list(LocalStandard.objects.values()) == before


def test_same_first_day_corrects_the_value(tmp_path: Path) -> None:
    import_standards(standards_file(tmp_path, ROW))
    receipt = import_standards(standards_file(tmp_path, ROW.replace(",62,", ",31,")))
    assert (receipt.changed, LocalStandard.objects.get().amount_fen) == (1, 31)


def test_later_value_replaces_the_earlier_one_from_its_first_day(tmp_path: Path) -> None:
    import_standards(standards_file(tmp_path, ROW))
    later = "990101,recent_days,90,days,2026-07-01,,,demo-local,,\n"
    receipt = import_standards(standards_file(tmp_path, later))
    assert (receipt.added, receipt.changed, receipt.refused) == (1, 0, [])
    table = selectors.parameters()
    assert [table.lookup("recent_days", COUNTY, day).value for day in (date(2026, 6, 30), date(2026, 7, 1))] == [62, 90]


def test_value_that_names_its_last_day_is_not_cut_short(tmp_path: Path) -> None:
    ended = ROW.replace("2026-01-01,,", "2026-01-01,2026-08-01,")
    later = "990101,recent_days,90,days,2026-07-01,,,demo-local,,\n"
    import_standards(standards_file(tmp_path, ended))
    refused = import_standards(standards_file(tmp_path, later))
    assert "重叠" in refused.refused[0][1]
    assert "2026-08-01" in refused.refused[0][1]
    earlier = "990101,recent_days,30,days,2025-07-01,2026-02-01,,demo-local,,\n"
    assert "重叠" in import_standards(standards_file(tmp_path, earlier)).refused[0][1]
    follows = later.replace("2026-07-01", "2026-08-01")
    assert import_standards(standards_file(tmp_path, follows)).added == 1


def test_two_values_on_one_day_are_refused(tmp_path: Path) -> None:
    receipt = import_standards(standards_file(tmp_path, ROW + ROW.replace(",62,", ",31,")))
    assert (receipt.added, receipt.refused[0][0]) == (1, 3)
    assert "数字还不一致" in receipt.refused[0][1]


def test_import_is_the_installations_word(tmp_path: Path) -> None:
    import_standards(standards_file(tmp_path, ROW))
    row = LocalStandard.objects.get()
    assert (row.state, row.by_installation, row.maker, row.checker) == ("approved", True, None, None)
    assert [step.verb for step in row.steps.all()] == ["install"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("990101,recent_days,62.5,days,2026-01-01,,,s,,\n", "不是整数"),
        ("990101,recent_days,,days,2026-01-01,,,s,,\n", "不是整数"),
        ("990101,no_such,62,days,2026-01-01,,,s,,\n", "没有名为"),
        ("990101,recent_days,62,percent,2026-01-01,,,s,,\n", "单位"),
        ("990101,recent_days,62,days,2026-13-01,,,s,,\n", "不是日期"),
        ("990101,recent_days,62,days,,,,s,,\n", "没有生效日"),
        ("990101,recent_days,62,days,2026-02-01,2026-01-01,,s,,\n", "失效日不晚于生效日"),
        ("99010,recent_days,62,days,2026-01-01,,,s,,\n", "区划代码"),
        ("990101,recent_days,62,days,2026-01-01,,,,,\n", "来源"),
        ("990101,recent_days,62,days,2026-01-01\n", "列数"),
        ("990101,recent_days,62,days,2026-01-01,,,s,,,,,\n", "列数"),
        (f"990101,recent_days,{2**63},days,2026-01-01,,,s,,\n", "超出范围"),
        (f"990101,recent_days,62,days,2026-01-01,,,{'长' * 121},,\n", "超过 120 字"),
    ],
)
def test_bad_row_is_refused_and_the_good_one_taken(tmp_path: Path, row: str, said: str) -> None:
    receipt = import_standards(standards_file(tmp_path, row + ROW))
    assert (receipt.rows, receipt.added, len(receipt.refused)) == (2, 1, 1)
    line, reason = receipt.refused[0]
    assert (line, said in reason) == (2, True), reason
    assert "第 2 行" in str(receipt)


def test_same_row_twice_in_a_file_is_refused_once(tmp_path: Path) -> None:
    receipt = import_standards(standards_file(tmp_path, ROW + ROW))
    assert (receipt.added, [line for line, _ in receipt.refused]) == (1, [3])


@pytest.mark.parametrize("content", ["a,b\n1,2\n", 'area_code,item,amount_fen,per,valid_from,source\n"x', ""])
def test_file_that_is_no_table_is_refused_whole(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(StandardsRefused):
        import_standards(path)
    assert not LocalStandard.objects.exists()


def test_gb18030_file_is_read(tmp_path: Path) -> None:
    path = standards_file(tmp_path, ROW.replace("demo-local", "县民政局通知"))
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    import_standards(path)
    assert LocalStandard.objects.get().source == "县民政局通知"
