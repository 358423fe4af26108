"""A CSV file from bytes to accepted and quarantined records; every byte is accounted for."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from shouwang.apps.exchange.contract import Contract
from shouwang.apps.exchange.reading import header as headers
from shouwang.apps.exchange.reading.cells import EDGES
from shouwang.apps.exchange.reading.delivered import AT_ONCE, LARGE, Delivered
from shouwang.apps.exchange.reading.encoding import Decision, by_bom, wide_candidates, without_bom
from shouwang.apps.exchange.reading.header import SEARCHED_ROWS, Header
from shouwang.apps.exchange.reading.outcome import BLANK, HEADER, Account, Sink, Where
from shouwang.apps.exchange.reading.reasons import Refused
from shouwang.apps.exchange.reading.records import CsvRows, Split, Splitter
from shouwang.apps.exchange.reading.source import BLOCK, Block, Source
from shouwang.apps.exchange.reading.table import Looked, Table
from shouwang.engine.backends import text_columns

if TYPE_CHECKING:
    from concurrent.futures import Future

AHEAD = 6
"""Blocks in memory, worked on or waiting."""
_ID_SHAPE = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")


@dataclass(frozen=True, slots=True)
class Head:
    """The start of a file: its encoding, the first block, the records above the header and the header (the last), what it says."""

    source: Source
    block: Block
    records: list[Split]
    header: Header


def _head_in(data: Delivered, decision: Decision, contract: Contract) -> Head:
    source = Source(data, decision)
    block = source.block(*source.stretch(source.start))
    splitter = Splitter(source, lambda cells: headers.match(cells, contract).header is not None)
    records = splitter.first_records(block, SEARCHED_ROWS)
    index, found = headers.choose([record.cells for record in records], contract)
    return Head(source, block, records[: index + 1], found)


def _is_record(cells: list[str], found: Header, id_at: int) -> bool:
    return len(cells) == found.width and _ID_SHAPE.fullmatch(cells[id_at].strip(EDGES)) is not None


def _head_if_any(data: Delivered, decision: Decision, contract: Contract) -> Head | None:
    try:
        return _head_in(data, decision, contract)
    except Refused:
        return None


def _lines_that_decode(head: Head) -> int:
    count, at = 0, head.source.start
    while at < len(head.source.data):
        block = head.source.block(*head.source.stretch(at))
        count, at = count + len(block) - len(block.undecodable), block.next_at
    return count


def find_head(data: Delivered, contract: Contract) -> Head:
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


def _head_of_damaged(data: Delivered, contract: Contract, codecs: tuple[str, ...]) -> Head | None:
    """Return the head under the encoding in which most lines decode, where some lines do not; None if no header is found."""
    partial = [Decision(codec, 0, False, "表头可按此编码读出，个别行不能解码") for codec in codecs]
    heads = [head for head in (_head_if_any(data, one, contract) for one in partial) if head]
    return max(heads, key=_lines_that_decode, default=None)


def _better_advice(data: Delivered, decision: Decision, contract: Contract, refused: Refused) -> Refused:
    """Name the other delimiter where that is what keeps the header from being found."""
    source = Source(data, decision)
    block = source.block(*source.stretch(source.start))
    texts = [text for line in range(min(len(block), SEARCHED_ROWS)) if (text := block.line(line))]
    for sign, name in headers.OTHER_DELIMITERS.items():
        if any(headers.match(text.split(sign), contract).header for text in texts):
            return Refused("delimiter", f"用的是{name}")
    return refused


def read_csv(data: Delivered, contract: Contract, sink: Sink, *, today: date, home: str) -> Account:
    """Read a CSV file into a sink; return the account of its bytes, lines and records. Raises Refused."""
    account = Account()
    if len(data) > LARGE:
        text_columns.load()
    head = find_head(data, contract)
    source, found = head.source, head.header
    account.bytes["bom"] = source.decision.bom
    account.header = {
        "line": head.records[-1].at + 1,
        "extra": list(found.extra),
        "absent": list(found.absent),
        "encoding": source.decision.codec,
        "bom": source.decision.bom,
        "why": source.decision.why,
    }
    if not source.decision.whole:
        account.flag("lines_not_decodable")
    data.hash_anew()
    at = data.skip(source.start)
    for record in head.records:
        kind = HEADER if record is head.records[-1] or not _is_blank(record.cells) else BLANK
        behind = int(head.block.end[record.at + record.lines - 1])
        account.note(kind, 1, record.lines, behind - at)
        sink.span(kind, Where("", record.at + 1, record.lines, at, behind))
        at = data.skip(behind)
    id_at = found.positions[contract.id]
    splitter = Splitter(source, lambda cells: _is_record(cells, found, id_at), found.width)
    table = Table(contract, found, sink, account, today=today, home=home)
    line = head.records[-1].at + head.records[-1].lines + 1
    for rows, looked in _read_ahead(splitter, table, at):
        line = rows.placed(line)
        if rows.private_use:
            account.flag("private_use", rows.private_use)
        table.take(rows, looked)
        sink.progress(rows.next_at)
    account.totals = table.totals.as_dict()
    if wrong := table.totals.mismatches():
        account.flags["total_mismatch"] = wrong
    return account


def _read_ahead(splitter: Splitter, table: Table, at: int) -> Iterator[tuple[CsvRows, Looked]]:
    """Yield the blocks from an offset on, split and looked at: the next ones are worked on while one is being taken."""
    source = splitter.source
    size = len(source.data)

    def work(at: int, next_at: int, raw: bytes) -> tuple[CsvRows, Looked]:
        rows = splitter.rows(source.block(at, next_at, raw, splitter.width))
        return rows, table.look(rows)

    if size - at <= BLOCK:
        while at < size:
            rows, looked = work(*source.stretch(at))
            at = rows.next_at
            yield rows, looked
        return
    from concurrent.futures import ThreadPoolExecutor  # a small file does without

    begun: deque[tuple[int, Future[tuple[CsvRows, Looked]]]] = deque()
    behind = at
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while begun or behind < size:
            while behind < size and len(begun) < AHEAD:
                stretch = source.stretch(behind)
                behind = stretch[1]
                begun.append((behind, pool.submit(work, *stretch)))
            expected, future = begun.popleft()
            rows, looked = future.result()
            yield rows, looked
            if rows.next_at < expected:  # its last quote is still open: the next block begins there
                for _, other in begun:
                    other.cancel()
                begun.clear()
                behind = rows.next_at


def _is_blank(cells: list[Any] | None) -> bool:
    return cells is not None and not any(str(cell).strip(EDGES) for cell in cells)
