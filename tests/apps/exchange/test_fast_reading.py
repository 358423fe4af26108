"""The reading by columns means exactly what the reading cell by cell means."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.apps.exchange.contract import load_contract
from shouwang.apps.exchange.reading import table
from shouwang.apps.exchange.reading.identity_columns import plain_identity_numbers
from shouwang.apps.exchange.reading.read_file import read_file
from shouwang.lib import clock
from shouwang.lib.identity import IdentityError, check_digit, normalise_id
from tests.apps.exchange.feed_files import Collected, csv_bytes
from tests.cast import TODAY, id_number

MARKET = load_contract("market")
HOME = "990101000000"
CELLS = {
    "法定代表人身份证号": [
        id_number(1),
        id_number(2),
        id_number(3)[:-1] + "0",
        " " + id_number(4),
        "990101700517001",
        "",
        "1.10101E+17",
    ],
    "法定代表人姓名": ["王芳", " 王芳 ", "", "张" * 101, "欧阳·娜", "李\u200b四"],
    "统一社会信用代码": ["91350100M000100Y43", "91350100m000100y43", "91350100M000100Y44", ""],
    "主体名称": ["百货店", "", "=1+1", "锟斤拷"],
    "成立日期": ["2024-01-02", "2024年1月2日", "2024/13/1", "45293", "２０２４-01-02"],
    "注册资本(万元)": ["10", "0.5", "", "-1", "1,200.50", "500万元"],
    "登记状态": ["存续", "注销", "在业", ""],
    "注销日期": ["", "2026-01-01", "x"],
}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in CELLS.items()}), min_size=1, max_size=12
    )
)
def test_columns_and_cells_agree(rows: list[dict[str, str]]) -> None:
    data = csv_bytes(MARKET.headers, rows)
    with clock.pinned(TODAY), pytest.MonkeyPatch.context() as patch:
        fast = Collected()
        read_file(data, "csv", MARKET, fast, today=TODAY, home=HOME)
        patch.setattr(table, "plain_identity_numbers", lambda texts, today: np.zeros(len(texts), dtype=bool))
        careful = Collected()
        read_file(data, "csv", MARKET, careful, today=TODAY, home=HOME)
    assert fast.values() == careful.values()
    assert fast.refused == careful.refused
    assert fast.spans == careful.spans
    assert len(fast.values()) + len(fast.refused) == len(rows)


@settings(max_examples=400, deadline=None)
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
    right = bool(plain_identity_numbers([text], TODAY)[0])
    try:
        accepted = normalise_id(text, as_of=TODAY)
    except IdentityError:
        assert not right
    else:
        assert right == (accepted.value18 == text and not accepted.repairs)
