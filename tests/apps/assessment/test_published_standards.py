"""Tables of published standards load as they were printed; what cannot be taken is listed so that a clerk can mend it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.assessment import selectors, services, states
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.assessment.selectors import local_standards as reads
from shouwang.apps.assessment.standard_files import written_standards
from shouwang.config import env
from tests.cast import COUNTY, NEXT_COUNTY

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
EXTRACT = ROOT / "tests/data/standards_published_extract.csv"
WHOLE = Path(
    env.text("STANDARDS_PUBLISHED") or ROOT.parent / "shared" / "data" / "standards" / "standards_published.csv"
)
MOST_REFUSED = 10


def line(item: str, area_code: str, day: date) -> int | None:
    found = selectors.parameters().lookup(item, area_code, day)
    return found.value if found else None


def test_extract_is_taken_row_by_row_or_refused_with_a_reason() -> None:
    receipt = services.import_standards(EXTRACT)
    assert (receipt.rows, receipt.added, receipt.changed, receipt.same) == (18, 11, 0, 1)
    refused = dict(receipt.refused)
    assert sorted(refused) == [14, 15, 16, 17, 18, 19]
    for number, said in {
        14: "出现两次（另见第 13 行），数字还不一致",
        15: "不知道何时执行",
        16: "没有名为",
        17: "应为 yuan_per_month、yuan_per_year 之一",
        18: "适用范围“rumoured”不认识",
        19: "金额“5九0”不是数字",
    }.items():
        assert said in refused[number]
    assert "临禾县" in refused[15]


def test_month_and_year_are_kept_as_printed_and_meant_exactly() -> None:
    services.import_standards(EXTRACT)
    assert line("dibao_rural", COUNTY, date(2025, 7, 1)) == 92250 * 12
    assert line("dibao_urban", NEXT_COUNTY, date(2025, 7, 1)) == 81000 * 12
    assert line("dibao_rural", "990103000000", date(2024, 7, 1)) == 735000
    row = LocalStandard.objects.get(area_code=COUNTY, item="dibao_rural")
    assert (row.amount_fen, row.per, row.published, row.published_unit) == (92250, "person-month", "922.5", "元/月")
    assert (row.source, row.article) == ("示范市民发〔2025〕10号附表", "可信度A")


def test_last_day_of_a_notice_is_included() -> None:
    services.import_standards(EXTRACT)
    days = (date(2025, 6, 30), date(2025, 7, 1))
    assert [line("dibao_rural", "990103000000", day) for day in days] == [735000, 768000]


def test_row_that_was_only_seen_holds_from_then_and_its_start_stays_unknown() -> None:
    services.import_standards(EXTRACT)
    days = (date(2024, 4, 30), date(2024, 5, 1))
    assert [line("dibao_rural", NEXT_COUNTY, day) for day in days] == [None, 590 * 1200]
    ended = LocalStandard.objects.filter(area_code=NEXT_COUNTY, item="dibao_urban").order_by("starts_on")
    assert [(row.valid_from, row.observed_on, row.valid_to) for row in ended] == [
        (None, "2024-06-30", date(2024, 7, 1)),
        (None, "2025-06-30", date(2025, 7, 1)),
    ]
    assert line("dibao_urban", NEXT_COUNTY, date(2025, 6, 30)) == 680 * 1200


def test_floor_and_average_are_no_line_anybody_is_paid_by() -> None:
    services.import_standards(EXTRACT)
    assert line("dibao_unified", "990000000000", date(2025, 1, 1)) is None
    assert line("dibao_rural_floor", COUNTY, date(2025, 1, 1)) == 480 * 1200
    assert line("dibao_unified_floor", COUNTY, date(2025, 1, 1)) == 500 * 1200
    assert line("dibao_rural_average", COUNTY, date(2025, 1, 1)) == 700000


def test_same_table_again_changes_nothing() -> None:
    services.import_standards(EXTRACT)
    before = list(LocalStandard.objects.order_by("pk").values())
    receipt = services.import_standards(EXTRACT)
    assert (receipt.added, receipt.changed, receipt.same, len(receipt.refused)) == (0, 0, 12, 6)
    assert list(LocalStandard.objects.order_by("pk").values()) == before


def test_what_is_exported_imports_to_the_same(tmp_path: Path) -> None:
    services.import_standards(EXTRACT)
    rows = reads.rows_to_export("000000000000")
    path = tmp_path / "out.csv"
    path.write_bytes(written_standards(rows))
    assert services.import_standards(path).same == len(rows) == 11
    LocalStandard.objects.all()[0].steps.all().delete()
    for row in LocalStandard.objects.all():
        row.steps.all().delete()
        row.delete()
    assert services.import_standards(path).added == 11
    assert reads.rows_to_export("000000000000") == rows
    assert written_standards(reads.rows_to_export("000000000000")) == path.read_bytes()
    assert len(reads.rows_to_export(COUNTY)) == 2


def test_line_below_the_floor_is_taken_from_the_installation_and_pointed_out(tmp_path: Path) -> None:
    services.import_standards(EXTRACT)
    path = tmp_path / "low.csv"
    text = EXTRACT.read_text(encoding="utf-8").splitlines()
    low = "990101,安禾县,示范省,county,self,dibao_rural,400,yuan_per_month,2026-07-01,,,,gov,A,安禾民发"
    path.write_text(f"{text[0]}\n{low}\n", encoding="utf-8")
    receipt = services.import_standards(path)
    assert (receipt.added, receipt.refused) == (1, [])
    assert "480.00元/月" in receipt.notes[0][1]
    assert "已接收，请核实" in str(receipt)


def test_upload_makes_drafts_of_what_lies_in_range(xian: Actor, shi: Actor, cun: Actor) -> None:
    receipt = services.draft_standards(xian, EXTRACT.read_bytes(), EXTRACT.name)
    assert (receipt.rows, receipt.added, receipt.same) == (18, 2, 1)
    assert all("不在您的辖区内" in dict(receipt.refused)[number] for number in (2, 6, 9))
    assert set(LocalStandard.objects.values_list("state", "maker_id")) == {(states.DRAFT, xian.user_id)}
    assert line("dibao_rural", COUNTY, date(2025, 7, 1)) is None
    again = services.draft_standards(shi, EXTRACT.read_bytes(), EXTRACT.name)
    assert again.same == 3
    assert "数字不同" in dict(again.refused)[14]
    assert "待复核" in again.headline
    with pytest.raises(NotPermitted):
        services.draft_standards(cun, EXTRACT.read_bytes(), EXTRACT.name)


def test_upload_below_the_floor_is_refused_line_by_line(xian: Actor) -> None:
    services.import_standards(EXTRACT)
    content = (
        "area_code,item,amount_fen,per,valid_from,source\n"
        "990101,dibao_rural,47000,person-month,2027-01-01,安禾民发\n"
        "990101,dibao_urban,95000,person-month,2027-01-01,安禾民发\n"
    )
    receipt = services.draft_standards(xian, content.encode("gb18030"), "新标准.csv")
    assert (receipt.added, [number for number, _ in receipt.refused]) == (1, [2])
    assert "省定农村低保最低标准" in receipt.refused[0][1]


if WHOLE.exists():  # a check over the whole table, collected only where it is at hand

    def test_whole_table_loads_and_at_most_ten_rows_are_refused() -> None:
        receipt = services.import_standards(WHOLE)
        assert receipt.rows == 415
        assert len(receipt.refused) <= MOST_REFUSED, str(receipt)
        assert receipt.added + receipt.same + len(receipt.refused) == receipt.rows
        assert all(reason and "Traceback" not in reason for _, reason in receipt.refused)
        kinds = Counter(row.item.rpartition("_")[2] for row in reads.rows_to_export("000000000000"))
        assert (kinds["floor"], kinds["average"]) == (21, 20)
        assert line("dibao_urban_floor", "430121000000", date(2021, 1, 1)) == 550 * 1200
        assert services.import_standards(WHOLE).added == 0


@pytest.mark.parametrize("column", ["source", "article", "published_unit"])
def test_text_that_a_spreadsheet_would_run_is_not_taken_from_the_installation_either(
    tmp_path: Path, column: str
) -> None:
    path = tmp_path / "formula.csv"
    given = {"source": "local", "article": "", "published_unit": "元/月"} | {column: "＝cmd|' /C calc'!A0"}
    names = "area_code,item,amount_fen,per,valid_from,published"
    row = f"990101,dibao_rural,60000,person-month,2026-01-01,600,{','.join(given.values())}"
    path.write_text(f"{names},{','.join(given)}\n{row}\n", encoding="utf-8")
    receipt = services.import_standards(path)
    assert receipt.added == 0
    assert "不能以 = + - @ 开头" in receipt.refused[0][1]
