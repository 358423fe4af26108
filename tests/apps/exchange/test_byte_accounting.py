"""Every byte of a file belongs to exactly one header, record, blank or footer, whatever the bytes are."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shouwang.apps.exchange.contract import load_contract
from shouwang.apps.exchange.reading.outcome import Account
from shouwang.apps.exchange.reading.read_file import read_file
from shouwang.apps.exchange.reading.reasons import Refused
from tests.apps.exchange.feed_files import Collected, csv_bytes, settlement

MEDICAL = load_contract("medical")
TODAY, HOME = date(2026, 11, 2), "990101000000"
CLEAN = csv_bytes(MEDICAL.headers, [settlement(n, more) for n, more in enumerate(("1.00", "20.50", "300", "4"))])
PIECES = [
    b'"',
    b'""',
    b",",
    b"\n",
    b"\r",
    b"\r\n",
    b"\xff",
    b"\x00",
    "锟斤拷".encode(),
    "合计".encode(),
    "王芳".encode("gbk"),
    b"\xef\xbb\xbf",
    b"=1+1",
]


def read(data: bytes, extension: str = "csv") -> tuple[Account | None, Collected]:
    sink = Collected()
    try:
        return read_file(data, extension, MEDICAL, sink, today=TODAY, home=HOME), sink
    except Refused as refused:
        return None if refused.advice.endswith("。") else pytest.fail(refused.code), sink


def check(data: bytes) -> None:
    account, sink = read(data)
    if account is None:
        return
    assert sum(account.bytes.values()) == len(data)
    at, line = account.bytes["bom"], 1
    for _, where in sink.places():
        assert (where.start, where.line) == (at, line)
        at, line = where.end, line + where.lines
    assert at == len(data)
    assert account.records["accepted"] == len(sink.values())
    assert account.records["quarantined"] == len(sink.refused)
    assert all(row.reasons and all(reason.text and reason.todo for reason in row.reasons) for row in sink.refused)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
@example(b"")
@example(b"\xff\xfe\x00")
@example(b"\xfe\xff\xd8\x00")
def test_any_bytes_behind_a_header_are_accounted(tail: bytes) -> None:
    for header in ("utf-8", "gb18030"):
        check(",".join(MEDICAL.headers).encode(header) + b"\n" + tail)
    read(tail)
    read(tail, "xlsx")


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"]),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 6)), max_size=6),
)
def test_mutated_files_are_accounted(encoding: str, cuts: list[tuple[float, bytes, int]]) -> None:
    data = CLEAN.decode().encode(encoding)
    for place, piece, removed in cuts:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + removed :]
    check(data)


def test_no_valid_line_is_swallowed_by_an_open_quote() -> None:
    lines = CLEAN.decode().splitlines(keepends=True)
    for broken in range(1, len(lines)):
        data = "".join('"' + line if at == broken else line for at, line in enumerate(lines)).encode()
        account, sink = read(data)
        assert account is not None
        assert account.records["accepted"] == len(lines) - 2
        assert [row.line for row in sink.refused] == [broken + 1]


def test_blocks_meet_without_a_seam() -> None:
    """A file of several read blocks, quotes and line breaks on the seams."""
    rng = random.Random(7)
    lines = [CLEAN.decode().splitlines()[0]]
    good = broken = 0
    for n in range(30_000):
        cells = list(settlement(n % 400).values())
        if n % 7 == 0:
            cells.append('"多行\n病种' + "长" * rng.randrange(40) + '"')
            lines.append(",".join(cells))
            good += 1
        elif n % 1001 == 5:
            lines.append('"' + ",".join(cells) + ",")
            broken += 1
        else:
            lines.append(",".join(cells) + ",")
            good += 1
    data = ("\r\n".join(lines) + "\r\n").encode()
    assert len(data) > 2 * 1024 * 1024
    account, sink = read(data)
    check(data)
    assert account is not None
    assert (account.records["accepted"], account.records["quarantined"]) == (good, broken)
    assert {row.reasons[0].code for row in sink.refused} == {"unterminated_quote"}
