"""A file comes in through the door: what is kept, what is refused, what is left on disk."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.audit.models import Event
from shouwang.apps.audit.vault import vault
from shouwang.apps.exchange import lake, sandbox, selectors, services
from shouwang.apps.exchange.models import Delivery, QuarantinedRow
from shouwang.apps.exchange.services import importing
from shouwang.lib import clock
from shouwang.lib.crypto import sm3_file
from tests.apps.exchange.feed_files import death, feed_file, settlement
from tests.cast import COUNTY, TODAY, id_number

pytestmark = pytest.mark.django_db
NAME = "medical_990101_2026-09.csv"


def test_records_and_bytes_add_up_in_the_receipt(tmp_path: Path) -> None:
    rows = [
        settlement(1),
        settlement(2, "-5.00"),
        settlement(3, "1e3"),
        settlement(4),
        {},
        {"身份证号": "合计", "个人自付(元)": "1.00"},
    ]
    path = feed_file(tmp_path, NAME, rows)
    delivery = services.import_file(path)
    assert (delivery.feed, delivery.period, delivery.area_code) == ("medical", "2026-09", COUNTY)
    assert delivery.state == Delivery.State.PARSED
    assert (delivery.records, delivery.accepted, delivery.quarantined) == (4, 2, 2)
    sizes = delivery.receipt["bytes"]
    assert sum(sizes.values()) == delivery.size == path.stat().st_size
    assert min(sizes[kind] for kind in ("header", "accepted", "quarantined", "blank", "footer")) > 0
    assert delivery.receipt["reasons"] == {"money": 2}
    rows = list(QuarantinedRow.objects.filter(delivery=delivery).order_by("line"))
    assert [(row.line, row.reasons[0]["column"]) for row in rows] == [(3, "个人自付(元)"), (4, "个人自付(元)")]
    raw = path.read_bytes()
    assert all(raw[row.byte_from : row.byte_to].decode().rstrip().split(",")[5] in {"-5.00", "1e3"} for row in rows)
    event = Event.objects.get(verb="delivery.import")
    assert (event.subject_uuid, event.details["quarantined"]) == (str(delivery.uuid), 2)


def test_seal_covers_the_receipt(tmp_path: Path) -> None:
    receipt = services.import_file(feed_file(tmp_path, NAME, [settlement(1)])).receipt
    seal = receipt.pop("seal")

    def sealed() -> str:
        return vault().mac(json.dumps(receipt, ensure_ascii=False, sort_keys=True).encode()).hex()

    assert sealed() == seal
    receipt["accepted"] = 2
    assert sealed() != seal


def test_same_file_again_is_the_same_delivery(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [settlement(1), settlement(2, "x")])
    first = services.import_file(path)
    again = services.import_file(path, name="medical_990101_2026-09_2.csv")
    assert again == first
    assert (Delivery.objects.count(), QuarantinedRow.objects.count()) == (1, 1)
    assert Event.objects.filter(verb="delivery.import").count() == 1


def test_one_changed_byte_is_another_delivery(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [settlement(1, "100.00")])
    first = services.import_file(path)
    path.write_bytes(path.read_bytes().replace(b"100.00", b"100.01"))
    assert services.import_file(path) != first


@pytest.mark.parametrize(
    "name",
    [
        "medical.csv",
        "medicine_990101_2026-09.csv",
        "medical_990101_2026-13.csv",
        "medical_990101_0000-01.csv",
        "medical_990101_9999-12.csv",
        "medical_990101_0000.csv",
        "medical_990101_2026-09.xls",
        "医保.csv",
    ],
)
def test_a_wrong_name_goes_back_with_a_receipt(tmp_path: Path, name: str) -> None:
    path = feed_file(tmp_path, NAME, [settlement(1)])
    delivery = services.import_file(path, name=name)
    assert delivery.state == Delivery.State.REFUSED
    assert delivery.refusal.endswith("。")
    assert (delivery.records, delivery.receipt["verdict"]) == (0, "refused")


def test_feed_period_and_division_may_be_told(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [death(1)])
    path.write_bytes(feed_file(tmp_path, "death_990101_2026-10.csv", [death(1)]).read_bytes())
    delivery = services.import_file(path, name="八月.csv", feed="death", period="2026-08", area_code=COUNTY)
    assert (delivery.feed, delivery.period, delivery.accepted) == ("death", "2026-08", 1)


def test_another_countys_file_is_refused(tmp_path: Path, xian: Actor) -> None:
    path = feed_file(tmp_path, "medical_990102_2026-09.csv", [settlement(1)])
    delivery = services.import_file(path, actor=xian)
    assert delivery.state == Delivery.State.REFUSED
    assert delivery.receipt["refusal"]["code"] == "other_county"
    assert delivery.area_code == xian.area_code


@pytest.mark.parametrize("post", ["cun", "zhen", "shi", "sheng", "linxiang"])
def test_only_county_posts_upload(tmp_path: Path, cast: object, post: str) -> None:
    path = feed_file(tmp_path, NAME, [settlement(1)])
    with pytest.raises(NotPermitted):
        services.import_file(path, actor=getattr(cast, post))
    assert not Delivery.objects.exists()


def test_an_older_period_and_a_replay_are_flagged(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [settlement(1)])
    services.import_file(path)
    older = services.import_file(path, name="medical_990101_2026-08.csv")
    assert older.state == Delivery.State.PARSED
    assert set(older.receipt["flags"]) == {"older_period", "replayed"}


def test_a_wrong_total_waits_for_a_human(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [settlement(1, "100.00"), {"身份证号": "合计", "个人自付(元)": "999.00"}])
    delivery = services.import_file(path)
    assert delivery.state == Delivery.State.HELD
    assert delivery.receipt["flags"]["total_mismatch"] == ["个人自付(元)"]


def test_a_child_that_dies_leaves_a_receipt_and_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = feed_file(tmp_path, NAME, [settlement(1)])
    sandbox.end_template()
    with monkeypatch.context() as patch:
        patch.setattr("shouwang.apps.exchange.sandbox.sys.executable", "/bin/false")
        delivery = services.import_file(path)
    assert delivery.receipt["refusal"]["code"] == "unreadable"
    assert not lake.parquet_path(delivery).exists()
    # the fault was ours: the same file is read when it comes again
    again = services.import_file(path)
    assert (again.state, again.accepted, Delivery.objects.count()) == (Delivery.State.PARSED, 1, 1)


def test_too_large_a_file_is_not_opened(tmp_path: Path) -> None:
    settings.MAX_FEED_FILE_BYTES, kept = 10, settings.MAX_FEED_FILE_BYTES
    try:
        delivery = services.import_file(feed_file(tmp_path, NAME, [settlement(1)]))
    finally:
        settings.MAX_FEED_FILE_BYTES = kept
    assert delivery.receipt["refusal"]["code"] == "too_large"


def test_no_name_or_number_lies_in_clear(tmp_path: Path) -> None:
    """Lake, sealed file and database, byte by byte, also of the row that was not taken."""
    rows = [settlement(1), settlement(2, "x"), {**settlement(3), "身份证号": id_number(3)[:-1]}]
    delivery = services.import_file(feed_file(tmp_path, NAME, rows))
    lying = lake.parquet_path(delivery).read_bytes() + lake.sealed_path(delivery).read_bytes()
    with connection.cursor() as cursor:
        for table in ("exchange_delivery", "exchange_quarantinedrow"):
            cursor.execute(f"SELECT * FROM {table}")
            for row in cursor.fetchall():
                lying += b"|".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
    for secret in (id_number(1), id_number(2), id_number(3)[:-1], "测试1", "测试2"):
        assert secret.encode() not in lying
    assert "测试2" in services.masked_raw(delivery.quarantined_rows.order_by("line")[0])


def test_long_numbers_are_masked_and_a_wrong_date_stays_readable(tmp_path: Path) -> None:
    row = settlement(1, day="2026-13-30", 大病专项救治病种="电话 138 0000 1234")
    delivery = services.import_file(feed_file(tmp_path, NAME, [row]))
    shown = services.masked_raw(delivery.quarantined_rows.get())
    assert "2026-13-30" in shown
    assert id_number(1) not in shown
    assert "0000" not in shown.split("电话")[1]


def test_a_moved_ciphertext_does_not_open(tmp_path: Path) -> None:
    delivery = services.import_file(feed_file(tmp_path, NAME, [settlement(1, "x"), settlement(2, "y")]))
    one, other = delivery.quarantined_rows.order_by("line")
    one.raw_cipher, other.raw_cipher = other.raw_cipher, one.raw_cipher
    from shouwang.lib.crypto import TamperedError

    with pytest.raises(TamperedError):
        services.masked_raw(one)


def test_repaired_cells_keep_their_original(tmp_path: Path) -> None:
    row = settlement(1) | {"身份证号": f" {id_number(1)}", "个人自付(元)": "１００"}
    delivery = services.import_file(feed_file(tmp_path, NAME, [row]))
    assert delivery.accepted == 1
    kept = [repair for frame in lake.sealed_rows(delivery, "repairs") for repair in frame]
    assert ["", 2, "身份证号", "trim", f" {id_number(1)}"] in kept
    assert ["", 2, "个人自付(元)", "full_width", "１００"] in kept
    assert delivery.receipt["repairs"] == {"全角转半角": 1, "去除首尾空白": 1}


def test_a_folder_takes_rosters_first_and_leaves_other_files_alone(tmp_path: Path) -> None:
    feed_file(tmp_path, "death_990101_2026-09.csv", [death(1)])
    feed_file(tmp_path, NAME, [settlement(1)])
    (tmp_path / "standards.csv").write_text("area_code,item\n")
    (tmp_path / "register_990101_2026-09.csv").write_text("x")
    found = list(services.import_files([tmp_path]))
    assert [delivery.feed for delivery in found] == ["register", "death", "medical"]


def test_the_next_files_are_read_meanwhile_and_left_whole_when_nobody_asks_for_them(tmp_path: Path) -> None:
    for number in range(1, 6):
        feed_file(tmp_path, f"medical_990101_2026-0{number}.csv", [settlement(number, day=f"2026-0{number}-01")])
    incoming = Path(settings.LAKE_DIR) / ".incoming"
    coming = services.import_files([tmp_path])
    assert next(coming).period == "2026-01"
    assert len(list(incoming.iterdir())) == 2
    coming.close()
    assert list(incoming.iterdir()) == []
    assert Delivery.objects.count() == 1
    assert [delivery.period for delivery in services.import_files([tmp_path])] == [f"2026-0{n}" for n in range(1, 6)]


def test_the_same_bytes_twice_in_one_go_are_one_delivery(tmp_path: Path) -> None:
    paths = [feed_file(tmp_path, f"medical_990101_2026-09_{n}.csv", [settlement(1)]) for n in (1, 2)]
    first, second = services.import_files(paths)
    assert first.uuid == second.uuid
    assert Delivery.objects.count() == 1


def test_what_killed_imports_left_is_swept(tmp_path: Path) -> None:
    left = Path(settings.LAKE_DIR) / ".incoming" / "4194304-dead"
    left.mkdir(parents=True)
    services.import_file(feed_file(tmp_path, NAME, [settlement(1)]))
    assert not left.exists()


def test_receipts_totals_add_up(tmp_path: Path) -> None:
    for number in range(3):
        rows = [settlement(n, f"{number}.5") for n in range(4)] + [settlement(9, "x")]
        services.import_file(feed_file(tmp_path, f"medical_990101_2026-0{number + 1}.csv", rows))
    services.import_file(feed_file(tmp_path, "medical_990102_2026-01.csv", [settlement(1)]), name="x.csv")
    totals = selectors.receipts_totals()
    assert (totals["files"], totals["records"], totals["accepted"], totals["quarantined"]) == (4, 15, 12, 3)
    assert totals["bytes"] == totals["bytes_accounted"] > 0
    assert totals["refused"] == 1
    assert selectors.receipts_totals("990102000000")["files"] == 0


def test_a_birth_within_the_files_own_period_is_not_in_the_future(tmp_path: Path) -> None:
    row = settlement(1) | {"身份证号": id_number(1, TODAY - timedelta(days=5))}
    path = feed_file(tmp_path, "medical_990101_2026-10.csv", [row])
    with clock.pinned(TODAY - timedelta(days=60)):
        assert services.import_file(path).accepted == 1
    with clock.pinned(TODAY - timedelta(days=60)):
        early = services.import_file(feed_file(tmp_path, "medical_990101_2026-08.csv", [row]))
    assert early.receipt["reasons"] == {"future_birth": 1}


def test_a_file_changed_while_it_was_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = services.import_file(feed_file(tmp_path, NAME, [settlement(1, "100.00")]))
    again = feed_file(tmp_path, NAME, [settlement(1, "200.00")])  # as long as the first: its digest is made beforehand
    assert again.stat().st_size == first.size
    monkeypatch.setattr(importing, "sm3_file", lambda path: "0" * 64)
    delivery = services.import_file(again)
    assert delivery.state == Delivery.State.REFUSED
    assert "被改动" in delivery.refusal


def test_the_digest_of_an_unknown_file_is_that_of_what_was_read(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [settlement(1)])
    assert services.import_file(path).sm3 == sm3_file(path)
    longer = feed_file(tmp_path, NAME, [settlement(1), settlement(2)])
    longer.write_bytes(b"\xd0\xcf\x11\xe0" + longer.read_bytes())
    assert (services.import_file(longer).state, services.import_file(longer).sm3) == ("refused", sm3_file(longer))
