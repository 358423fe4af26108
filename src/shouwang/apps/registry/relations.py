"""与户主关系 by the two-digit codes of GB/T 4761-2008, as far as rosters use them."""

from __future__ import annotations

HEAD = "02"
RELATIONS: dict[str, str] = {
    "01": "本人",
    "02": "户主",
    "10": "配偶",
    "11": "夫",
    "12": "妻",
    "20": "子",
    "21": "独生子",
    "22": "长子",
    "23": "次子",
    "28": "女婿",
    "30": "女",
    "31": "独生女",
    "32": "长女",
    "33": "次女",
    "38": "儿媳",
    "40": "孙辈",
    "41": "孙子",
    "42": "孙女",
    "43": "外孙子",
    "44": "外孙女",
    "50": "父母",
    "51": "父亲",
    "52": "母亲",
    "53": "公公",
    "54": "婆婆",
    "55": "岳父",
    "56": "岳母",
    "60": "祖父母",
    "61": "祖父",
    "62": "祖母",
    "63": "外祖父",
    "64": "外祖母",
    "70": "兄弟姐妹",
    "71": "兄",
    "73": "弟",
    "75": "姐",
    "77": "妹",
    "97": "其他亲属",
    "99": "非亲属",
}
_CODES = {label: code for code, label in RELATIONS.items()} | {
    "其他": "97",
    "儿子": "20",
    "女儿": "30",
    "妻子": "12",
    "丈夫": "11",
}


def relation_code(text: str) -> str | None:
    """Return the code of a relation written as a code or in words; None if it is neither."""
    plain = text.strip()
    return plain if plain in RELATIONS else _CODES.get(plain)


def relation_label(code: str) -> str:
    """Return the words for a code; a code outside the list is shown as it is."""
    return RELATIONS.get(code, code)
