"""Single cells of the kinds the corpus does not have, and how Excel's values are taken."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from shouwang.apps.exchange.contract import Column, load_contract
from shouwang.apps.exchange.names import compared_name
from shouwang.apps.exchange.reading.cells import CellProblem, ErrorValue, Formula, Number, Truth, parse
from shouwang.apps.exchange.reading.reasons import ROW_REASONS
from tests.cast import id_number


def column(kind: str, **more: Any) -> Column:
    return Column("x", "列", kind, **more)


GOOD = [
    ("area", "990101100201", "990101100201"),
    ("area", "９９０１０１１００２０１", "990101100201"),
    ("place", "990101", 990101),
    ("place", "990102000000", 990102),
    ("plate", "示a12345", "示A12345"),
    ("plate", "示AD12345", "示AD12345"),
    ("plate", "示A1234学", "示A1234学"),
    ("phone", "13800001234", "13800001234"),
    ("phone", "0990-1234567", "0990-1234567"),
    ("phone", "+8613800001234", "+8613800001234"),
    ("int", "0012", 12),
    ("decimal", "89.5", "89.5"),
    ("month", Number("202609"), date(2026, 9, 1)),
    ("month", datetime(2026, 9, 1), date(2026, 9, 1)),
    ("date", datetime(2026, 9, 5), date(2026, 9, 5)),
    ("money", Number("1200.5"), 120050),
    ("money", Number("0.1"), 10),
    ("money", Number("1200.4999999999999"), 120050),
    ("text", Number("42"), "42"),
    ("text", Truth(True), "TRUE"),
    ("uscc", "91350100m000100y43", "91350100M000100Y43"),
]
BAD = [
    ("area", "990101", "area"),
    ("area", "99010110020a", "area"),
    ("place", "9901", "place"),
    ("plate", "A12345", "plate"),
    ("plate", "示A1", "plate"),
    ("phone", "13800001234/13900001234", "phone"),
    ("phone", "电话", "phone"),
    ("int", "1.5", "int"),
    ("int", "٣", "int"),
    ("decimal", "-1", "decimal"),
    ("month", "2026.10", "month"),
    ("month", Number("2026.1"), "month"),
    ("month", datetime(2026, 9, 5), "month"),
    ("date", datetime(2026, 9, 5, 8, 30), "date"),
    ("date", Number("45293"), "date"),
    ("money", Number("1e-05"), "money"),
    ("money", Truth(True), "money"),
    ("money", "-0.01", "money"),
    ("id", Number("990101199003071234"), "excel_precision"),
    ("id", Number("9.90101199003071E+17"), "excel_precision"),
    ("text", Formula(), "formula"),
    ("text", ErrorValue("#REF!"), "cell_error"),
    ("text", "a\u202eb", "control_character"),
    ("text", "锟斤拷", "lost_upstream"),
    ("text", "长" * 32_768, "too_long"),
]


@pytest.mark.parametrize(("kind", "raw", "value"), GOOD)
def test_a_good_cell_is_taken(kind: str, raw: object, value: object) -> None:
    assert parse(raw, column(kind))[0] == value


@pytest.mark.parametrize(("kind", "raw", "code"), BAD)
def test_a_doubtful_cell_is_not(kind: str, raw: object, code: str) -> None:
    with pytest.raises(CellProblem) as problem:
        parse(raw, column(kind))
    assert problem.value.code == code
    assert code in ROW_REASONS


def test_blank_is_nothing_or_a_fault() -> None:
    assert parse("　 ", column("money"))[0] is None
    with pytest.raises(CellProblem):
        parse("　 ", column("money", required=True))


def test_income_may_be_a_loss() -> None:
    assert parse("-300.00", load_contract("register").column("business_net_year"))[0] == -30000


def test_no_reason_quotes_an_identity_number() -> None:
    """A shifted column puts numbers into date and amount cells: the reasons must not carry them on."""
    for kind in ("money", "date", "month", "code", "uscc", "area", "place", "plate", "phone", "int", "decimal"):
        with pytest.raises(CellProblem) as problem:
            parse(id_number(1) + "x", column(kind, codes={"甲": 1} if kind == "code" else {}))
        assert id_number(1)[:10] not in problem.value.seen + str(problem.value)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("欧阳娜", "欧阳 娜", True),
        ("阿依古丽·买买提", "阿依古丽．买买提", True),
        ("Anna Wang", "anna wang", True),
        ("王芳", "王方", False),
        ("陳偉", "陈伟", False),
    ],
)
def test_names_are_compared_without_dots_and_spaces(one: str, other: str, equal: bool) -> None:
    assert (compared_name(one) == compared_name(other)) == equal
