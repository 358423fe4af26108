"""The reading by columns means exactly what the reading cell by cell means."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.apps.exchange.contract import Column, Contract, load_contract
from shouwang.apps.exchange.reading import csv_file, encoding, source
from shouwang.apps.exchange.reading.cells import CellProblem, parse
from shouwang.apps.exchange.reading.columns import identity_numbers, reader_of
from shouwang.apps.exchange.reading.delivered import Delivered
from shouwang.apps.exchange.reading.read_file import read_file
from shouwang.apps.exchange.reading.receipt import receipt_of_read
from shouwang.apps.exchange.reading.records import Rows, as_texts
from shouwang.apps.exchange.reading.table import Looked, Table
from shouwang.engine.backends import text_columns
from shouwang.lib import clock
from shouwang.lib.identity import IdentityError, check_digit, normalise_id
from tests.apps.exchange.feed_files import Collected
from tests.cast import TODAY, VILLAGE, id_number

HOME = "990101000000"
NUMBERS = [
    *(id_number(serial) for serial in range(1, 5)),
    id_number(3)[:-1] + "0",
    " " + id_number(4),
    "990101700517001",
    "",
    "1.10101E+17",
    "９" + id_number(5)[1:],
]
NAMES = [
    "王芳",
    "欧阳娜娜",
    " 王芳 ",
    "",
    "张" * 101,
    "阿依古丽·买买提",
    "李\u200b四",
    "Anna",
    "\u3000李四",
    "〇二",
    "诸葛亮",
]
ODD = ["", "=1+1", "锟斤拷", "有,逗号", '有"引号"', "两\n行", "（全角）", "\ue000", "\u05d0", "𠮷野", "合计", "\u00a0"]
DAYS = [
    "2024-01-02",
    "2024年1月2日",
    "2024/13/1",
    "45293",
    "２０２４-01-02",
    "",
    "20240229",
    "2023-02-29",
    "2027-01-01",
]
MONEY = [
    "10",
    "0.5",
    "",
    "-1",
    "1200.50",
    "500万元",
    "0",
    "00.1",
    "999999999.99",
    "1234567890",
    "1.234",
    ".5",
    "7.",
    "1e3",
]
FEEDS: dict[str, dict[str, list[str]]] = {
    "market": {
        "法定代表人身份证号": NUMBERS,
        "法定代表人姓名": NAMES,
        "统一社会信用代码": ["91350100M000100Y43", "91350100m000100y43", "91350100M000100Y44", ""],
        "主体名称": ["百货店", *ODD],
        "成立日期": DAYS,
        "注册资本(万元)": MONEY,
        "登记状态": ["存续", "注销", "在业", ""],
        "注销日期": ["", "2026-01-01", "x"],
    },
    "register": {
        "户编号": ["H1", "H2", " H3", "合计", "备注：", ""],
        "与户主关系": ["户主", "02", "叔"],
        "姓名": NAMES,
        "身份证号": NUMBERS,
        "居住地代码": [VILLAGE, "110101001001", "99010100100", VILLAGE + " "],
        "联系电话": ["13800000000", "", "1380000-0000", "电话"],
        "救助类别": ["低保", "", "无"],
        "年经营净收入": MONEY,
    },
    "death": {"身份证号": NUMBERS, "姓名": NAMES, "死亡日期": DAYS, "登记单位": ["殡仪馆", *ODD]},
}


def told(data: bytes, contract: Contract) -> dict[str, Any]:
    """Everything a reading says: values, places, repairs, quarantine, spans and the receipt."""
    sink = Collected()
    account = read_file(data, "csv", contract, sink, today=TODAY, home=HOME)
    repairs = [repair for batch in sink.batches for repair in batch.repairs]
    receipt = receipt_of_read(account, "csv")
    assert sum(receipt["bytes"].values()) == len(data)
    return {
        "values": sink.values(),
        "places": sink.places(),
        "repairs": sorted(repairs, key=lambda one: (one.line, one.column, one.name)),
        "refused": sink.refused,
        "receipt": receipt,
    }


@contextmanager
def cell_by_cell() -> Iterator[None]:
    """Every record is read with care."""
    look = Table.look

    def nothing_is_plain(table: Table, rows: Rows) -> Looked:
        looked = look(table, rows)
        looked.aside[:] = True
        return looked

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "look", nothing_is_plain)
        yield


@contextmanager
def compiled() -> Iterator[None]:
    """The loops over bytes are compiled ones, as for a large file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_columns, "_kernel", None)
        assert text_columns.load()
        yield


def in_csv(cell: str, quoted: bool) -> str:
    return '"' + cell.replace('"', '""') + '"' if quoted or set(cell) & set('",\n\r') else cell


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_columns_and_cells_agree(data: st.DataObject) -> None:
    feed = data.draw(st.sampled_from(sorted(FEEDS)))
    cells, contract = FEEDS[feed], load_contract(feed)
    rows = data.draw(
        st.lists(st.fixed_dictionaries({name: st.sampled_from(found) for name, found in cells.items()}), max_size=12)
    )
    quoted = data.draw(st.sampled_from([0.0, 0.1, 1.0]))
    dice = random.Random(len(rows))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    lines = [
        contract.headers,
        *([in_csv(row.get(name, ""), dice.random() < quoted) for name in contract.headers] for row in rows),
    ]
    extra = data.draw(st.lists(st.sampled_from(["", ",,", "合计,,,", "坏行", '"没有关上,', ","]), max_size=3))
    text = end.join([",".join(line) for line in lines] + extra) + data.draw(st.sampled_from(["", end]))
    with clock.pinned(TODAY):
        fast = told(text.encode(encoding), contract)
        with compiled():
            by_loops = told(text.encode(encoding), contract)
        with cell_by_cell():
            careful = told(text.encode(encoding), contract)
    for what, found in fast.items():
        assert found == careful[what], what
        assert by_loops[what] == careful[what], what


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
def test_blocks_read_beside_each_other_are_the_whole_file(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks in two threads, open quotes and odd lines on their seams: as in one block, cell by cell."""
    death = load_contract("death")
    dice = random.Random(11)
    lines = [",".join(death.headers)]
    for n in range(9_000):
        office = dice.choice(
            ["殡仪馆", "殡仪馆", '"上海\n殡仪馆"', '"' + "长" * 40 + "\n\n" + '"', " 空白", '"没有关上', "阿·馆"]
        )
        lines.append(f"{id_number(n % 500)},测试,2026-01-{1 + n % 28:02d},,{office}")
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    data = mark + "\n".join(lines).encode(encoding)
    with clock.pinned(TODAY):
        with cell_by_cell():
            whole = told(data, death)
        monkeypatch.setattr(source, "BLOCK", 1 << 16)
        monkeypatch.setattr(csv_file, "BLOCK", 1 << 16)
        blocks = told(data, death)
        with compiled():
            assert told(data, death) == blocks
    assert len(data) > 4 << 16
    assert len(whole["values"]) > 5_000
    assert len(whole["refused"]) > 500
    assert blocks == whole


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_file_of_any_line_end_whose_last_line_crosses_a_seam_without_one(
    encoding: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    death = load_contract("death")
    lines = [",".join(death.headers), *(f"{id_number(n)},测试,2026-01-02,,殡仪馆" for n in range(1, 40))]
    data = (b"\xff\xfe" if encoding == "utf-16-le" else b"") + end.join(lines).encode(encoding)
    with clock.pinned(TODAY):
        whole = told(data, death)
        for block in (len(data) - 10, len(data) // 2, 300):
            monkeypatch.setattr(source, "BLOCK", block)
            monkeypatch.setattr(csv_file, "BLOCK", block)
            assert told(data, death) == whole
            with compiled():
                assert told(data, death) == whole
    assert len(whole["values"]) == 39


@settings(max_examples=100, deadline=None)
@given(st.lists(st.from_regex(r"\A[-+ ]?[0-9]{0,10}(?:\.[0-9]{0,3})?(?:元|万元)?\Z"), min_size=1, max_size=20))
def test_amounts_by_arithmetic_are_those_of_the_parser(texts: list[str]) -> None:
    for unit in ("yuan", "wan"):
        column = Column("x", "金额", "money", unit=unit)
        values, bad = reader_of(column, TODAY, lambda value: True)(as_texts(texts))
        with compiled():
            again, others = reader_of(column, TODAY, lambda value: True)(as_texts(texts))
        assert others.tolist() == bad.tolist()
        assert all(
            one == other or odd for one, other, odd in zip(again.to_pylist(), values.to_pylist(), bad, strict=True)
        )
        for text, value, is_bad in zip(texts, values.to_pylist(), bad.tolist(), strict=True):
            try:
                wanted, repairs = parse(text, column)
            except CellProblem:
                assert is_bad
            else:
                assert is_bad == bool(repairs)
                assert is_bad or value == wanted


@settings(max_examples=100, deadline=None)
@given(
    st.dates(date(1800, 1, 1), date(2030, 1, 1)),
    st.integers(0, 999),
    st.sampled_from(["990101", "110101", "010000", "000000"]),
    st.integers(0, 40),
)
def test_arithmetic_accepts_only_what_the_library_accepts(born: date, order: int, area: str, damage: int) -> None:
    first17 = f"{area}{born:%Y%m%d}{order:03d}"
    text = first17 + check_digit(first17)
    if damage < 18:
        text = text[:damage] + "0" + text[damage + 1 :]
    elif damage < 30:
        text = first17[:6] + f"{born.year:04d}1332{order:03d}"
        text += check_digit(text)
    values, bad = identity_numbers(as_texts([text, "1"]), TODAY)
    with compiled():
        again, others = identity_numbers(as_texts([text, "1"]), TODAY)
    assert others.tolist() == bad.tolist()
    assert bad[0] or again[0] == values[0]
    assert bad[1]
    try:
        accepted = normalise_id(text, as_of=TODAY)
    except IdentityError:
        assert bad[0]
    else:
        assert bad[0] == (accepted.value18 != text or bool(accepted.repairs))
        assert bad[0] or values[0].as_py() == text


def test_pairs_of_gb18030_are_those_of_the_codec() -> None:
    """Every lead and trail byte there is, alone and behind a letter; nothing else is taken for a pair."""
    codes = encoding.gb18030_pairs()
    with compiled():
        for lead in range(0x80, 0x100):
            for trail in range(0x100):
                raw = b"a" + bytes((lead, trail))
                try:
                    wanted = encoding.place_private_use(raw.decode("gb18030")).encode()
                except UnicodeDecodeError:
                    wanted = None
                assert text_columns.pairs_as_utf8(raw, codes) == wanted
                assert (text_columns.are_pairs(raw, codes) == len(raw)) == (wanted is not None)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "·", "王", "𠮷", "\ue000", "ﾠ"]), max_size=8),
    st.binary(max_size=4),
    st.integers(1, 7),
)
def test_whole_files_are_found_to_decode_as_the_codecs_say(signs: list[str], behind: bytes, step: int) -> None:
    """In pieces of any size, whether or not anything is compiled."""
    for codec in ("utf-8", "gb18030"):
        data = "".join(signs).encode(codec) + behind
        try:
            data.decode(codec)
        except UnicodeDecodeError:
            wanted = False
        else:
            wanted = True
        with compiled(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(encoding, "_STEP", step)
            assert encoding.decodes(Delivered(data), codec) == wanted
            patch.setattr(encoding, "LARGE", 0)
            assert encoding.decodes(Delivered(data), codec) == wanted
