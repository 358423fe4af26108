"""A fact in words: what its number means, and who says so."""

from __future__ import annotations

from shouwang.apps.registry.items import items
from shouwang.lib.dates import DateError, date_of
from shouwang.lib.money import yuan

SOURCES: dict[str, str] = {
    "register": "花名册申报",
    "clerk": "经办员核实",
    "medical": "医保结算",
    "disability": "残疾人证",
    "death": "死亡与火化",
    "pension": "养老金发放",
    "school": "学籍资助",
    "vehicle": "机动车",
    "realestate": "不动产",
    "market": "市场主体",
    "employment": "就业失业",
    "custody": "服刑强戒",
    "disaster": "受灾",
    "benefit": "救助发放",
}
_CODES: dict[str, tuple[str, ...]] = {
    "disability.grade": ("一级", "二级", "三级", "四级"),
    "disability.kind": ("视力残疾", "听力残疾", "言语残疾", "肢体残疾", "智力残疾", "精神残疾", "多重残疾"),
    "school.stage": ("小学", "初中", "普通高中", "中职", "大专", "本科", "研究生"),
    "school.status": ("在读", "休学", "退学", "毕业"),
    "employment.status": ("就业", "失业"),
    "custody.held": ("服刑", "强制隔离戒毒"),
}


def source_label(source: str) -> str:
    """Return the words for a source code; a source outside the list is shown as it is."""
    return SOURCES.get(source, source)


def item_label(item: str) -> str:
    """Return the words for an item; one the rules no longer know is shown as it is."""
    return items()[item].label if item in items() else item


def value_text(item: str, value: int) -> str:
    """Return a fact's value as staff read it: 1,200.50元, 2026-10-31, 肢体残疾, 是/否."""
    labels = _CODES.get(item)
    if labels is not None and 1 <= value <= len(labels):
        return labels[value - 1]
    match items()[item].unit if item in items() else "":
        case "fen":
            return f"{yuan(value)}元"
        case "bool":
            return "是" if value else "否"
        case "date":
            try:
                return date_of(value).isoformat()
            except DateError:
                return str(value)
    return str(value)
