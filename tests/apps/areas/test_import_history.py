"""The history file: every row accounted, repeatable, and honest about what it refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shouwang.apps.areas import selectors, services
from shouwang.apps.areas.models import Division, Lineage
from shouwang.apps.areas.reading import AreaFileError
from shouwang.apps.audit.models import Event
from shouwang.config import env
from tests.apps.areas.history import EXTRACT, write

pytestmark = pytest.mark.django_db


def test_extract_is_taken_whole_and_leaves_one_audit_row() -> None:
    receipt = services.import_history(EXTRACT)
    assert (receipt.rows, receipt.accepted, receipt.refused, receipt.created) == (44, 44, (), 44)
    assert (Division.objects.count(), Lineage.objects.count()) == (44, receipt.lineage)
    event = Event.objects.get(verb="areas.import_history")
    assert (event.actor_id, event.details["accepted"]) == (None, 44)


def test_second_import_changes_nothing() -> None:
    services.import_history(EXTRACT)
    again = services.import_history(EXTRACT)
    assert (again.accepted, again.created, again.changed, again.lineage) == (44, 0, 0, 0)


def test_corrected_name_is_taken_over(tmp_path: Path) -> None:
    services.import_history(EXTRACT)
    path = write(tmp_path / "next.csv", "110118,北京市,直辖,密云新区,county,in_force,2015,,")
    assert services.import_history(path).changed == 1
    assert selectors.division_name("110118") == "密云新区"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("11010,北京市,,短,county,in_force,1981,,", "位数字"),
        ("110199,北京市,,错层级,province,in_force,1981,,", "层级"),
        ("110199,北京市,,,county,in_force,1981,,", "名称为空"),
        ("110199,北京市,,无年份,county,in_force,,,", "不是年份"),
        ("110199,北京市,,倒置,county,retired,2000,1999,110101", "不晚于"),
        ("110199,北京市,,去向无年份,county,in_force,1981,,110101", "没有写明年份"),
        ("110199,北京市,,去向写错,county,retired,1981,1999,一一〇", "写法无法识别"),
        ("110199,北京市,,去向不存在,county,retired,1981,1999,110177", "不在资料中"),
        ("110199,北京市,,去向太晚,county,retired,1981,1999,110101[2003]", "晚于停用年"),
        ("110101,北京市,,时段重叠,county,in_force,1999,,", "重叠"),
        ("110199,北京市,,列多,county,in_force,1981,,,,", "列数"),
        ("110199,北京市,,列少,county", "列数"),
    ],
)
def test_bad_row_is_refused_alone_with_its_line(row: str, reason: str, tmp_path: Path) -> None:
    good = "110101,北京市,直辖,东城区,county,in_force,1981,,"
    receipt = services.import_history(write(tmp_path / "h.csv", good, row))
    assert (receipt.rows, receipt.accepted) == (2, 1)
    assert receipt.refused[0].line == 3
    assert reason in receipt.refused[0].reason
    assert reason in str(receipt)


def test_file_of_another_kind_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(AreaFileError, match="缺少列"):
        services.import_history(path)
    assert not Event.objects.exists()


def test_file_in_another_encoding_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "gbk.csv"
    path.write_bytes(EXTRACT.read_text(encoding="utf-8").encode("gbk"))
    with pytest.raises(AreaFileError, match="UTF-8"):
        services.import_history(path)


def test_dated_span_replaces_the_undated_one_of_the_current_list() -> None:
    services.load_current()
    receipt = services.import_history(EXTRACT)
    assert Division.objects.get(code="110118000000").valid_from == date(2015, 12, 31)
    assert any("补上了启用日" in note for note in receipt.notes)
    assert services.load_current().created == 0


if env.text("AREACODES"):  # a check over the whole file, collected only when its path is given

    def test_whole_history_is_taken_and_every_code_of_today_answers_for_itself() -> None:
        receipt = services.import_history(Path(env.text("AREACODES")))
        assert receipt.refused == ()
        assert receipt.accepted == receipt.rows > 6000
        today = selectors.in_force(date(2026, 1, 1))
        assert len(set(today.values_list("code", flat=True))) == today.count() == 3213
        for code in today.filter(level="county", code__startswith="13").values_list("code", flat=True):
            assert selectors.resolve(code, date(2026, 1, 1), date(2026, 1, 1)) == (code,)
