"""The pages: who sees what, what can be done there, and that file content is inert."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from shouwang.apps.accounts.access import Actor
from shouwang.apps.audit.models import Event
from shouwang.apps.exchange import selectors, services
from shouwang.apps.exchange.models import Delivery
from shouwang.lib.masking import mask_id
from tests.apps.exchange.feed_files import death, feed_file, settlement
from tests.cast import id_number, member, register

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]
EVIL = '<script>alert(1)</script>{{ 7*7 }}=cmd|"/c calc"!A1'


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    register(member(1))
    rows = [settlement(1), settlement(2, EVIL), settlement(3), settlement(4, "1e9")]
    return services.link_delivery(services.import_file(feed_file(tmp_path, "medical_990101_2026-09.csv", rows)).uuid)


def page(delivery: Delivery, name: str = "delivery") -> str:
    return reverse(f"exchange:{name}", args=[delivery.uuid])


@pytest.mark.parametrize(
    ("post", "sees"), [("xian", True), ("shi", True), ("sheng", True), ("zhen", False), ("linxiang", False)]
)
def test_a_delivery_is_seen_in_range_and_absent_elsewhere(
    delivery: Delivery, cast: object, sign_in: SignIn, post: str, sees: bool
) -> None:
    client = sign_in(getattr(cast, post))
    listed = client.get(reverse("exchange:deliveries"))
    assert listed.status_code == 200
    assert (delivery.file_name in listed.content.decode()) == sees
    for name in ("delivery", "receipt", "fix_list"):
        answer, absent = client.get(page(delivery, name)), client.get(reverse(f"exchange:{name}", args=[uuid4()]))
        may_read = 200 if name != "fix_list" or post == "xian" else 403
        assert answer.status_code == (may_read if sees else 404)
        if not sees:
            assert answer.content == absent.content
    for verb in ("release", "withdraw"):
        assert client.post(page(delivery, verb)).status_code in ({302, 403} if sees else {403, 404})


@pytest.mark.parametrize("post", ["shi", "sheng"])
def test_overseers_read_why_records_were_not_taken_but_not_the_records(
    delivery: Delivery, cast: object, sign_in: SignIn, post: str
) -> None:
    client = sign_in(getattr(cast, post))
    text = client.get(page(delivery)).content.decode()
    assert "金额不对" in text
    assert "测试" not in text
    assert client.get(page(delivery, "fix_list")).status_code == 403
    assert not Event.objects.filter(verb="delivery.fix_list").exists()


def test_nobody_signed_in_sees_nothing(delivery: Delivery, client: Client) -> None:
    for url in (reverse("exchange:deliveries"), page(delivery), page(delivery, "fix_list")):
        assert client.get(url).status_code == 302


def test_the_page_adds_up_and_masks(delivery: Delivery, xian: Actor, sign_in: SignIn) -> None:
    text = sign_in(xian).get(page(delivery)).content.decode()
    assert "记录 4 ＝ 接收 2 ＋ 隔离 2" in text
    assert "接收 2 ＝ 关联 1 ＋ 未关联 1" in text
    assert f'<strong>合计</strong></th>\n          <td class="num">5</td><td class="num">{delivery.size}</td>' in text
    assert "金额不对" in text
    assert "测**" in text
    for serial in (1, 2, 3, 4):
        assert id_number(serial) not in text
    assert Event.objects.filter(verb="view", subject_uuid=str(delivery.uuid)).count() == 1


def test_file_content_is_inert(delivery: Delivery, xian: Actor, sign_in: SignIn) -> None:
    client = sign_in(xian)
    text = client.get(page(delivery)).content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7*7 }}" in text
    book = load_workbook(io.BytesIO(client.get(page(delivery, "fix_list")).content))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)


def test_fix_list_says_where_what_and_what_to_do(delivery: Delivery, xian: Actor, sign_in: SignIn) -> None:
    answer = sign_in(xian).get(page(delivery, "fix_list"))
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert rows[1] == ("工作表", "行号", "列", "问题", "怎么改", "原文（号码已脱敏）")
    assert [(row[1], row[2]) for row in rows[2:]] == [(3, "个人自付(元)"), (5, "个人自付(元)")]
    assert all(row[3] and row[4] and id_number(2) not in row[5] for row in rows[2:])
    assert "990101********" in rows[2][5]
    assert Event.objects.filter(verb="delivery.fix_list", subject_uuid=str(delivery.uuid)).count() == 1


def test_receipt_download_is_the_receipt(delivery: Delivery, xian: Actor, sign_in: SignIn) -> None:
    answer = sign_in(xian).get(page(delivery, "receipt"))
    receipt = json.loads(answer.content)
    assert (receipt["accepted"], receipt["seal"], receipt["since"]["linked"]) == (2, delivery.receipt["seal"], 1)
    assert "attachment" in answer["Content-Disposition"]


def upload(client: Client, path: Path, name: str | None = None) -> str:
    given = SimpleUploadedFile(name or path.name, path.read_bytes())
    answer = client.post(reverse("exchange:upload"), {"file": given})
    assert answer.status_code == 302
    return str(answer["Location"])


def test_county_post_uploads_and_sees_what_became_of_it(tmp_path: Path, xian: Actor, sign_in: SignIn) -> None:
    register(member(1))
    client = sign_in(xian)
    where = upload(client, feed_file(tmp_path, "death_990101_2026-09.csv", [death(1)]))
    delivery = Delivery.objects.get()
    assert where == page(delivery)
    assert (delivery.state, delivery.linked) == (Delivery.State.LINKED, 1)
    assert "已关联入库" in client.get(where).content.decode()
    where = upload(client, feed_file(tmp_path, "death_990102_2026-09.csv", [death(1)]))
    assert "不是本区划的文件" in client.get(where).content.decode()
    where = upload(client, tmp_path / "death_990101_2026-09.csv", "../../etc/passwd")
    assert "文件名不符合约定" in client.get(where).content.decode()
    assert client.post(reverse("exchange:upload"), {}).status_code == 302


def test_township_post_neither_sees_nor_uses_the_upload(tmp_path: Path, zhen: Actor, sign_in: SignIn) -> None:
    client = sign_in(zhen)
    assert "上传并核验" not in client.get(reverse("exchange:deliveries")).content.decode()
    path = feed_file(tmp_path, "death_990101_2026-09.csv", [death(1)])
    given = SimpleUploadedFile(path.name, path.read_bytes())
    assert client.post(reverse("exchange:upload"), {"file": given}).status_code == 403
    assert not Delivery.objects.exists()


def test_county_post_releases_and_withdraws_on_the_page(tmp_path: Path, cast: object, sign_in: SignIn) -> None:
    register(*(member(n, household=f"H{n}") for n in range(60)))
    held = services.import_file(feed_file(tmp_path, "death_990101_2026-09.csv", [death(n) for n in range(30)]))
    services.link_delivery(held.uuid)
    county, city = sign_in(cast.xian), sign_in(cast.shi)
    shown = county.get(page(held)).content.decode()
    assert "核对无误，放行" in shown
    assert "将改变 30 人的关键信息" in shown
    assert "核对无误，放行" not in city.get(page(held)).content.decode()
    assert city.post(page(held, "release")).status_code == 403
    assert county.post(page(held, "release")).status_code == 302
    held.refresh_from_db()
    assert (held.state, held.linked) == (Delivery.State.LINKED, 30)
    county.post(page(held, "withdraw"), {"reason": "短"})
    held.refresh_from_db()
    assert held.state == Delivery.State.LINKED
    county.post(page(held, "withdraw"), {"reason": "殡葬来函更正"})
    held.refresh_from_db()
    assert held.state == Delivery.State.WITHDRAWN
    assert "殡葬来函更正" in county.get(page(held)).content.decode()


def test_list_filters_and_pages_by_key(
    tmp_path: Path,
    xian: Actor,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for month in range(1, 5):
        services.import_file(feed_file(tmp_path, f"death_990101_2026-0{month}.csv", [death(month)]))
    services.import_file(feed_file(tmp_path, "medical_990101_2026-01.csv", [settlement(1)]))
    client, here = sign_in(xian), reverse("exchange:deliveries")
    found = client.get(here, {"feed": "death", "state": "parsed"}).content.decode()
    assert "death_990101_2026-04.csv" in found
    assert "medical_990101_2026-01" not in found
    assert "没有符合条件" in client.get(here, {"state": "withdrawn"}).content.decode()
    assert client.get(here, {"feed": "\x00", "after": "9" * 30, "state": "'"}).status_code == 200
    monkeypatch.setattr(selectors, "_page", lambda rows, after, *, newest_first: _small_page(rows, after, newest_first))
    seen, after = [], None
    while True:
        with django_assert_max_num_queries(12):
            client.get(here)
        one = selectors.deliveries_page(xian, after=after)
        seen += [row.file_name for row in one.rows]
        after = one.after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 5


_ORIGINAL_PAGE = selectors._page


def _small_page(rows: object, after: int | None, newest_first: bool) -> selectors.Page:
    return _ORIGINAL_PAGE(rows, after, newest_first=newest_first, size=2)


def test_file_named_after_a_person_is_kept_under_a_masked_name(xian: Actor, sign_in: SignIn) -> None:
    file = SimpleUploadedFile(f"张三{id_number(1)}.csv", b"x")
    answer = sign_in(xian).post(reverse("exchange:upload"), {"file": file}, follow=True)
    assert id_number(1) not in answer.content.decode()
    assert Delivery.objects.get().file_name == f"张三{mask_id(id_number(1))}.csv"


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("medical_990101_2026-09.csv", b"", "文件是空的"),
        ("medical_990101_2026-09.csv", b"PK\x03\x04" + b"0" * 100, "扩展名与内容不一致"),
        ("medical_990102_2026-09.csv", b"x", "不是本区划的文件"),
        ("medical_990101_0000-01.csv", b"x", "年份不对"),
        ("<b>&medical.csv", b"x", "文件名不符合约定"),
        ("\u202emedical_990101_2026-09.exe", b"x", "整份退回"),
    ],
)
def test_hostile_upload_is_sent_back_in_words(xian: Actor, sign_in: SignIn, name: str, body: bytes, said: str) -> None:
    answer = sign_in(xian).post(reverse("exchange:upload"), {"file": SimpleUploadedFile(name, body)}, follow=True)
    assert (answer.status_code, said in answer.content.decode()) == (200, True)
    assert "<b>" not in answer.content.decode().split("<main")[1].split("</h1>")[0]
    assert Delivery.objects.get().state == Delivery.State.REFUSED
