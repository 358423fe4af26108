"""A county's own townships and villages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shouwang.apps.areas import selectors, services
from shouwang.apps.areas.receipt import Receipt
from shouwang.apps.audit.models import Event

pytestmark = pytest.mark.django_db

COUNTY = (
    "990000,示范省,province,2020-01-01",
    "990100,示范市,city,2020-01-01",
    "990101,安禾县,county,2020-01-01",
    "990101100,青坪镇,township,2020-01-01",
    "990101100201,柳树村,village,2020-01-01",
)


def load(folder: Path, *rows: str) -> Receipt:
    path = folder / "divisions.csv"
    path.write_text("\n".join(("code,name,level,valid_from", *rows)) + "\n", encoding="utf-8")
    return services.import_local(path)


def test_county_is_loaded_in_any_order_of_rows(tmp_path: Path) -> None:
    receipt = load(tmp_path, *reversed(COUNTY))
    assert (receipt.rows, receipt.accepted, receipt.created) == (5, 5, 5)
    assert selectors.name_path("990101100000") == "示范省示范市安禾县青坪镇"
    assert Event.objects.get(verb="areas.import_local").area_code == "990000000000"


def test_second_import_changes_nothing(tmp_path: Path) -> None:
    load(tmp_path, *COUNTY)
    again = load(tmp_path, *COUNTY)
    assert (again.accepted, again.created, again.changed) == (5, 0, 0)


def test_renamed_township_keeps_both_names_on_their_days(tmp_path: Path) -> None:
    load(tmp_path, *COUNTY)
    receipt = load(tmp_path, "990101100,青坪街道,township,2024-07-01")
    assert (receipt.created, receipt.lineage) == (1, 1)
    assert selectors.division_name("990101100", date(2024, 6, 30)) == "青坪镇"
    assert selectors.division_name("990101100", date(2024, 7, 1)) == "青坪街道"
    assert selectors.resolve("990101100", date(2021, 1, 1), date(2026, 1, 1)) == ("990101100000",)


def test_misspelt_name_is_corrected_by_the_same_start(tmp_path: Path) -> None:
    load(tmp_path, *COUNTY)
    assert load(tmp_path, "990101100,清坪镇,township,2020-01-01").changed == 1
    assert selectors.division_name("990101100") == "清坪镇"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("990101999201,孤村,village,2020-01-01", "上级代码 990101999000"),
        ("990101101,石桥镇,village,2020-01-01", "层级"),
        ("990101101,石桥镇,镇,2020-01-01", "层级"),
        ("990101101,,township,2020-01-01", "名称为空"),
        ("990101101,石桥镇,township,去年", "日期"),
        ("99010110,石桥镇,township,2020-01-01", "位数字"),
        ("990101100,青坪乡,township,", "更名须写明启用日"),
        ("990101100,青坪乡,township,2019-01-01", "早于"),
        ("990101101,石桥镇", "列数"),
    ],
)
def test_bad_row_is_refused_alone(row: str, reason: str, tmp_path: Path) -> None:
    load(tmp_path, *COUNTY)
    receipt = load(tmp_path, COUNTY[0], row)
    assert (receipt.rows, receipt.accepted) == (2, 1)
    assert reason in receipt.refused[0].reason


def test_same_code_twice_is_refused_the_second_time(tmp_path: Path) -> None:
    receipt = load(tmp_path, *COUNTY, COUNTY[4])
    assert (receipt.rows, receipt.accepted, receipt.refused[0].line) == (6, 5, 7)
