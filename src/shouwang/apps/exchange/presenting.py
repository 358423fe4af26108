"""A delivery in words and small tables, for its page and its receipt."""

from __future__ import annotations

from typing import Any

from shouwang.apps.exchange.models import Delivery
from shouwang.apps.exchange.reading.receipt import FLAG_LABELS, reason_text
from shouwang.lib.money import yuan

_CHIPS = {
    Delivery.State.PARSED: "open",
    Delivery.State.HELD: "coordination",
    Delivery.State.LINKED: "closed",
    Delivery.State.REFUSED: "refused",
    Delivery.State.WITHDRAWN: "closed",
}
_KINDS = (
    ("bom", "编码标记"),
    ("header", "标题与表头"),
    ("accepted", "接收的记录"),
    ("quarantined", "隔离的记录"),
    ("blank", "空行"),
    ("footer", "合计与签名"),
)


def chip_of(state: str) -> str:
    """Return the state's colour class of the shared chip."""
    return _CHIPS[Delivery.State(state)]


def account_lines(delivery: Delivery) -> list[dict[str, Any]]:
    """Return where every line and byte went: label, lines, bytes (None for a workbook), and last the sum."""
    receipt = delivery.receipt
    if "lines" not in receipt:
        return []
    sizes, lines = receipt.get("bytes") or {}, receipt["lines"]
    found = [
        {"label": label, "lines": lines.get(kind), "bytes": sizes.get(kind) if sizes else None}
        for kind, label in _KINDS
        if lines.get(kind) or sizes.get(kind)
    ]
    total = {
        "label": "合计",
        "lines": sum(lines.values()),
        "bytes": sum(sizes.values()) if sizes else None,
        "is_sum": True,
    }
    return [*found, total]


def reason_lines(delivery: Delivery) -> list[tuple[str, int]]:
    """Return (reason, records) of the quarantined records, most frequent first; a record may count under several."""
    counts = delivery.receipt.get("reasons", {})
    return sorted(((reason_text(code), count) for code, count in counts.items()), key=lambda line: -line[1])


def flag_lines(delivery: Delivery) -> list[str]:
    """Return the receipt's remarks in words, totals that do not match with their figures."""
    remarks = []
    for name, found in delivery.receipt.get("flags", {}).items():
        text = FLAG_LABELS.get(name, name)
        if name == "total_mismatch":
            text += "：" + "；".join(_mismatch(delivery.receipt["totals"], header) for header in found)
        elif isinstance(found, int) and found > 1:
            text += f"（{found}）"
        remarks.append(text)
    repairs = delivery.receipt.get("repairs", {})
    if repairs:
        remarks.append("已按约定规范化并留原值：" + "、".join(f"{name} {count} 处" for name, count in repairs.items()))
    return remarks


def _mismatch(totals: dict[str, Any], header: str) -> str:
    found = totals.get(header, {})
    if found.get("stated") is None or found.get("quarantined") is None:
        return header
    return f"{header}合计行为 {yuan(found['stated'])}，各行之和为 {yuan(found['accepted'] + found['quarantined'])}"


def receipt_for_sender(delivery: Delivery) -> dict[str, Any]:
    """Return the receipt with what happened to the delivery since; ``seal`` covers the receipt proper, without ``since``."""
    since = {
        "state": delivery.get_state_display(),
        "linked": delivery.linked,
        "unlinked": delivery.unlinked,
        "held": delivery.handling.get("held", ""),
        "withdrawn": delivery.handling.get("withdrawn", {}).get("reason", ""),
    }
    return {**delivery.receipt, "since": since}
