"""A CSV file from bytes to accepted and quarantined records; every byte is accounted for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from shouwang.apps.exchange.contract import Contract
from shouwang.apps.exchange.reading import header as headers
from shouwang.apps.exchange.reading.cells import EDGES
from shouwang.apps.exchange.reading.encoding import PRIVATE_USE, Decision, by_bom, wide_candidates, without_bom
from shouwang.apps.exchange.reading.header import SEARCHED_ROWS, Header
from shouwang.apps.exchange.reading.outcome import BLANK, HEADER, MAX_SHOWN, Account, Sink, Where
from shouwang.apps.exchange.reading.reasons import Refused
from shouwang.apps.exchange.reading.records import Place, Rows, Splitter
from shouwang.apps.exchange.reading.source import Source
from shouwang.apps.exchange.reading.table import Table

_ID_SHAPE = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")


@dataclass(frozen=True, slots=True)
class Head:
    """The start of a file: its encoding, the rows above the header, the header."""

    source: Source
    rows: Rows
    index: int
    header: Header


def _head_in(data: bytes, decision: Decision, contract: Contract) -> Head:
    source = Source(data, decision)
    splitter = Splitter(source, lambda cells: headers.match(cells, contract).header is not None)
    rows = splitter.next_rows(limit=SEARCHED_ROWS)
    index, found = headers.choose(rows.cells, contract)
    return Head(source, rows, index, found)


def _is_record(cells: list[str], found: Header, id_at: int) -> bool:
    return len(cells) == found.width and _ID_SHAPE.fullmatch(cells[id_at].strip(EDGES)) is not None


def _head_if_any(data: bytes, decision: Decision, contract: Contract) -> Head | None:
    try:
        return _head_in(data, decision, contract)
    except Refused:
        return None


def _lines_that_decode(head: Head) -> int:
    count, at = 0, head.source.start
    while at < len(head.source.data):
        found = head.source.lines_from(at)
        count, at = count + sum(text is not None for text in found.texts), found.next_at
    return count


def find_head(data: bytes, contract: Contract) -> Head:
    """Decide the encoding and find the header; raises Refused with the advice that fits best."""
    decision = by_bom(data)
    if decision is None:
        for wide in wide_candidates(data):
            if head := _head_if_any(data, wide, contract):
                return head
        decision = without_bom(data)
    if decision is None:
        if head := _head_of_damaged(data, contract, ("utf-8", "gb18030")):
            return head
        raise Refused("encoding")
    try:
        return _head_in(data, decision, contract)
    except Refused as refused:
        # UTF-8 with one cut character may decode as GB18030 by luck: then its header is gibberish
        if decision.codec == "gb18030" and (head := _head_of_damaged(data, contract, ("utf-8",))):
            return head
        raise _better_advice(data, decision, contract, refused) from None


def _head_of_damaged(data: bytes, contract: Contract, codecs: tuple[str, ...]) -> Head | None:
    """Return the head under the encoding in which most lines decode, where some lines do not; None if no header is found."""
    partial = [Decision(codec, 0, False, "表头可按此编码读出，个别行不能解码") for codec in codecs]
    heads = [head for head in (_head_if_any(data, one, contract) for one in partial) if head]
    return max(heads, key=_lines_that_decode, default=None)


def _better_advice(data: bytes, decision: Decision, contract: Contract, refused: Refused) -> Refused:
    """Name the other delimiter where that is what keeps the header from being found."""
    texts = [
        text for text in Source(data, decision).lines_from(Source(data, decision).start).texts[:SEARCHED_ROWS] if text
    ]
    for sign, name in headers.OTHER_DELIMITERS.items():
        if any(headers.match(text.split(sign), contract).header for text in texts):
            return Refused("delimiter", f"用的是{name}")
    return refused


def read_csv(data: bytes, contract: Contract, sink: Sink, *, today: date, home: str) -> Account:
    """Read a CSV file into a sink; return the account of its bytes, lines and records. Raises Refused."""
    account = Account()
    head = find_head(data, contract)
    source, rows, index, found = head.source, head.rows, head.index, head.header
    account.bytes["bom"] = source.decision.bom
    account.header = {
        "line": rows.line[index],
        "extra": list(found.extra),
        "absent": list(found.absent),
        "encoding": source.decision.codec,
        "bom": source.decision.bom,
        "why": source.decision.why,
    }
    if not source.decision.whole:
        account.flag("lines_not_decodable")
    for i in range(index + 1):
        kind = HEADER if i == index or not _is_blank(rows.cells[i]) else BLANK
        account.note(kind, 1, rows.lines[i], rows.end[i] - rows.start[i])
        sink.span(kind, Where("", rows.line[i], rows.lines[i], rows.start[i], rows.end[i]))
    id_at = found.positions[contract.id]
    splitter = Splitter(source, lambda cells: _is_record(cells, found, id_at))
    splitter.place = Place(
        source.start + sum(len(raw) for raw in rows.shown[: index + 1]),
        rows.line[index] + rows.lines[index],
        rows.end[index],
    )
    table = Table(contract, found, sink, account, today=today, home=home)
    while not splitter.finished:
        batch = splitter.next_rows()
        private = (
            sum(PRIVATE_USE.search(source.shown_record(raw)) is not None for raw in batch.shown)
            if batch.private_use
            else 0
        )
        if private:
            account.flag("private_use", private)
        table.read(batch, lambda rows, i: source.shown_record(rows.shown[i])[:MAX_SHOWN])
        sink.progress(splitter.place.byte)
    account.totals = table.totals.as_dict()
    if wrong := table.totals.mismatches():
        account.flags["total_mismatch"] = wrong
    return account


def _is_blank(cells: list[Any] | None) -> bool:
    return cells is not None and not any(str(cell).strip(EDGES) for cell in cells)
