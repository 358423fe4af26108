"""The packaged list of today's divisions: taken as it is, contradicted where the history knows better."""

from __future__ import annotations

from pathlib import Path

import pytest

from shouwang.apps.areas import selectors, services
from shouwang.apps.audit.models import Event
from tests.apps.areas.history import write

pytestmark = pytest.mark.django_db


def test_list_is_loaded_and_its_placeholder_reported() -> None:
    receipt = services.load_current()
    assert receipt.accepted + len(receipt.refused) == receipt.rows > 3000
    assert [refusal.code for refusal in receipt.refused] == ["资料暂缺"]
    assert selectors.name_path("130123") == "河北省石家庄市正定县"
    assert Event.objects.filter(verb="areas.load_current").count() == 1


def test_second_load_changes_nothing() -> None:
    first = services.load_current()
    again = services.load_current()
    assert (again.accepted, again.created) == (first.accepted, 0)


def test_recorded_division_missing_from_the_list_is_named_not_closed(tmp_path: Path) -> None:
    services.import_history(write(tmp_path / "h.csv", "110199,北京市,直辖,试验区,county,in_force,1999,,"))
    assert "110199 试验区" in services.load_current().notes[0]
    assert selectors.division_name("110199") == "试验区"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("110101,北京市,直辖,东城新区,county,in_force,1981,,", "与已登记的名称"),
        ("110101,北京市,直辖,东城区,county,retired,1981,2020,", "2020 年停用"),
    ],
)
def test_contradiction_with_the_history_is_refused(row: str, reason: str, tmp_path: Path) -> None:
    services.import_history(write(tmp_path / "h.csv", row))
    refusal = next(each for each in services.load_current().refused if each.code == "110101000000")
    assert reason in refusal.reason
