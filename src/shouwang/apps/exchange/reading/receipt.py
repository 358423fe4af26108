"""The receipt of one delivery: what came, how it was read, what became of every byte, line and record, and why."""

from __future__ import annotations

from typing import Any

from shouwang.apps.exchange.reading.outcome import ACCEPTED, BLANK, FOOTER, HEADER, QUARANTINED, Account
from shouwang.apps.exchange.reading.read_file import PARSER, verdict_of
from shouwang.apps.exchange.reading.reasons import FILE_REASONS, ROW_REASONS, Refused

FLAG_LABELS = {
    "no_records": "文件只有表头，没有记录",
    "extra_columns": "有约定以外的列，未读取",
    "lines_not_decodable": "个别行不能解码，已隔离",
    "private_use": "含有自造字（私用区字符），已原样保留",
    "other_sheet": "有其他工作表，未读取",
    "other_hidden_sheet": "有其他隐藏的工作表，未读取",
    "hidden_sheet": "数据在隐藏的工作表，已隔离",
    "hidden_rows": "有隐藏的行，已照常读取",
    "hidden_columns": "有隐藏的列，已照常读取",
    "cells_beyond_header": "表头以外有内容，未读取",
    "may_be_truncated": "行数达到 Excel 上限，可能被截断",
    "total_mismatch": "合计行与各行之和不符",
    "older_period": "所属期早于已收到的数据",
    "replayed": "与另一所属期的文件内容完全相同",
}
REPAIR_LABELS = {"trim": "去除首尾空白", "full_width": "全角转半角", "upper": "小写字母改大写"}
_KINDS = {HEADER: "表头", ACCEPTED: "接收", QUARANTINED: "隔离", BLANK: "空行", FOOTER: "表尾"}


def receipt_of_read(account: Account, container: str) -> dict[str, Any]:
    """Return the receipt of a file that was read. Bytes are there for CSV: BOM + header + accepted + quarantined + blank + footer = size."""
    sizes = (
        {"bom": account.bytes["bom"], **{kind: account.bytes[kind] for kind in _KINDS}} if container == "csv" else {}
    )
    return {
        "verdict": verdict_of(account),
        "parser": PARSER,
        "container": container,
        "records": account.records[ACCEPTED] + account.records[QUARANTINED],
        "accepted": account.records[ACCEPTED],
        "quarantined": account.records[QUARANTINED],
        "bytes": sizes,
        "lines": {kind: account.lines[kind] for kind in _KINDS},
        "cells": dict(account.cells),
        "sheets": account.sheets,
        "header": account.header,
        "reasons": dict(sorted(account.reasons.items())),
        "repairs": {REPAIR_LABELS.get(name, name): count for name, count in sorted(account.repairs.items())},
        "flags": account.flags,
        "totals": account.totals,
    }


def receipt_of_refusal(refused: Refused) -> dict[str, Any]:
    """Return the receipt of a file that goes back whole."""
    return {
        "verdict": "refused",
        "parser": PARSER,
        "refusal": {"code": refused.code, "advice": refused.advice},
        "records": 0,
        "accepted": 0,
        "quarantined": 0,
    }


def reason_text(code: str) -> str:
    """Return the Chinese words for a reason code."""
    return (ROW_REASONS.get(code) or FILE_REASONS.get(code) or (code, ""))[0]
