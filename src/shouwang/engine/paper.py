"""An explanation on paper: a tagged PDF (PDF/UA-1) whose bytes depend on what it says and on nothing else.

typst comes with ``[web]``. All text reaches the template as data, so no name can be read as a command. A character the
font lacks is refused by name: a box in place of a name would be an error nobody notices.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shouwang.engine.table import Row

TEMPLATE = Path(__file__).with_name("paper.typ")
FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Serif SC",
    "HarmonyOS Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimSun",
    "SimHei",
    "FangSong",
)
"""Families with Chinese characters, the first found is used; those after it fill in what it lacks."""
WORDS = {"about": "基本情况", "why": "理由", "columns": ["条件", "判断", "计算与事实", "依据"]}
NO_TYPST = "生成 PDF 需要网站部分：请先执行 pip install 'shouwang[web]'"
NO_FONT = "生成 PDF 需要中文字体，这台机器上没有找到：请安装 fonts-noto-cjk（Debian）或思源黑体后再试"
_LACKING = re.compile(r'the text [`"]+(?P<text>.*?)[`"]+ could not be displayed')
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class PaperRefused(Exception):
    """The PDF cannot be made here; the message is Chinese and says what to install or correct."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on the paper, as it may be shown to the reader.

    ``about`` and ``remarks`` are pairs of label and text; ``foot`` stands on every page; ``as_of`` dates the file.
    """

    title: str
    plain: str
    about: Sequence[tuple[str, str]]
    remarks: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    foot: str
    as_of: date


def pdf_of(paper: Paper) -> bytes:
    """The PDF. Raises PaperRefused without typst, without a Chinese font, or for a character no font here can show."""
    if find_spec("typst") is None:
        raise PaperRefused(NO_TYPST)
    import typst

    fonts, families = _fonts()
    if not families:
        raise PaperRefused(NO_FONT)
    moment = datetime.combine(paper.as_of, time(), UTC)
    try:
        made = typst.compile(
            TEMPLATE,
            format="pdf",
            font_paths=fonts,
            sys_inputs={"data": json.dumps(_data(paper, families), ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=moment,
        )
    except typst.TypstError as error:
        lacking = _LACKING.search(error.message)
        if lacking is None:
            raise
        raise PaperRefused(
            f"生成 PDF 所用的字体没有“{lacking['text']}”这个字：请安装收字更全的中文字体后再试"
        ) from error
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single file")
    return made


@lru_cache(maxsize=1)
def _fonts() -> tuple[Any, tuple[str, ...]]:
    """The fonts of this machine, looked up once, and the Chinese ones among them."""
    import typst

    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    there = set(fonts.families())
    return fonts, tuple(family for family in FONTS if family in there)


def _data(paper: Paper, families: tuple[str, ...]) -> dict[str, Any]:
    rows = [
        {"depth": row.depth, "label": row.label, "answer": row.answer, "reckoning": row.reckoning}
        | {"cites": "；".join(row.cites)}
        for row in paper.rows
    ]
    data = {**asdict(paper), "rows": rows, "words": WORDS, "fonts": list(families)}
    del data["as_of"]
    seen: dict[str, Any] = _seen(data)
    return seen


def _seen(value: Any) -> Any:
    """The same without characters that cannot be seen: they would only turn the line or fail the font."""
    match value:
        case str():
            return _UNSEEN.sub("", value)
        case dict():
            return {key: _seen(each) for key, each in value.items()}
        case list() | tuple():
            return [_seen(each) for each in value]
    return value
