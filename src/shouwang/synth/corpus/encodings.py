"""Families 1–4: which bytes stand for which characters."""

from __future__ import annotations

import codecs
from functools import partial

from shouwang.synth import names
from shouwang.synth.corpus.csv_draft import CsvDraft
from shouwang.synth.corpus.manifest import Case, Level
from shouwang.synth.corpus.registry import Draw, add, variant
from shouwang.synth.corpus.samples import Sample, sample

UNICODE = (1, "unicode")
NATIONAL = (2, "national_encodings")
MIXED = (3, "mixed_encodings")
CHANCE = (4, "valid_by_chance")


def _whole(draw: Draw, encoding: str, bom: bytes = b"", level: Level = "core", name: str | None = None) -> Case:
    draft = CsvDraft(draw.feed, draw.rng, encoding=encoding, bom=bom).header()
    header = draw.feed.first("name")

    def odd() -> None:
        record = sample(draw.feed, draw.rng)
        draft.put(record.changed(header.header, name, name) if header and name else record)

    draw.around(draft, odd)
    return draft.case(level=level)


for _name, _encoding, _bom, _level in (
    ("utf8", "utf-8", b"", "core"),
    ("utf8_bom", "utf-8", codecs.BOM_UTF8, "core"),
    ("utf16le_bom", "utf-16-le", codecs.BOM_UTF16_LE, "core"),
    ("utf16be_bom", "utf-16-be", codecs.BOM_UTF16_BE, "core"),
    ("utf16le", "utf-16-le", b"", "advanced"),
    ("utf16be", "utf-16-be", b"", "advanced"),
):
    _build = partial(_whole, encoding=_encoding, bom=_bom, level=_level)  # type: ignore[arg-type]
    add(UNICODE, _name, _build, positional=False)

for _name, _encoding, _odd in (
    ("gbk", "gbk", "镕堃"),
    ("gb2312", "gb2312", "王芳"),
    ("gb18030_two_bytes", "gb18030", "喆犇"),
    ("gb18030_four_bytes", "gb18030", "䶮㛃"),
    ("gb18030_beyond_bmp", "gb18030", "𬀩𠮷"),
    ("gb18030_extension_a", "gb18030", "㐀明"),
    ("utf8_rare", "utf-8", "䶮㛃𬀩𠮷㐀"),
):
    add(NATIONAL, _name, partial(_whole, encoding=_encoding, name=_odd), positional=_name != "gb2312")


def _foreign_line(draw: Draw, main: str, other: str, chinese: str) -> Case:
    """A file in ``main`` in which one record is written in ``other``."""
    draft = CsvDraft(draw.feed, draw.rng, encoding=main).header()

    def odd() -> None:
        line = draft.line_of(sample(draw.feed, draw.rng).changed("姓名", chinese, chinese))
        draft.raw((line + "\n").encode(other), "quarantined", reason="encoding", lines=1)

    draw.around(draft, odd)
    return draft.case()


def _bad_bytes(draw: Draw, main: str, damage: bytes, keep: bool) -> Case:
    """A record whose name ends in bytes that mean nothing in ``main``."""
    draft = CsvDraft(draw.feed, draw.rng, encoding=main).header()

    def odd() -> None:
        marker = "QQ"
        record = sample(draw.feed, draw.rng)
        header = draft.columns[1]
        line = draft.line_of(record.changed(header, ("王" if keep else "") + marker, None)).encode(main)
        draft.raw(line.replace(b"QQ", damage) + b"\n", "quarantined", reason="encoding", lines=1)

    draw.around(draft, odd)
    return draft.case()


add(MIXED, "gbk_line_in_utf8", partial(_foreign_line, main="utf-8", other="gbk", chinese="欧阳霞"))
add(MIXED, "utf8_line_in_gb18030", partial(_foreign_line, main="gb18030", other="utf-8", chinese="欧阳霞"))
add(MIXED, "utf8_line_in_gbk_two_characters", partial(_foreign_line, main="gb18030", other="utf-8", chinese="王芳"))
add(MIXED, "bad_byte_in_utf8", partial(_bad_bytes, main="utf-8", damage=b"\xff", keep=True))
add(MIXED, "lone_continuation_in_utf8", partial(_bad_bytes, main="utf-8", damage=b"\x80", keep=True))
add(MIXED, "cut_character_in_utf8", partial(_bad_bytes, main="utf-8", damage=b"\xe7\x8e", keep=False))
add(MIXED, "overlong_in_utf8", partial(_bad_bytes, main="utf-8", damage=b"\xc0\xaf", keep=True))
add(MIXED, "surrogate_in_utf8", partial(_bad_bytes, main="utf-8", damage=b"\xed\xa0\x80", keep=True))
add(MIXED, "bad_byte_in_gb18030", partial(_bad_bytes, main="gb18030", damage=b"\xff", keep=True))
add(MIXED, "cut_character_in_gb18030", partial(_bad_bytes, main="gb18030", damage=b"\xcd", keep=False))


@variant(MIXED, "bad_byte_after_bom")
def bad_byte_after_bom(draw: Draw) -> Case:
    """A BOM promises UTF-8; one record breaks the promise."""
    draft = CsvDraft(draw.feed, draw.rng, bom=codecs.BOM_UTF8).header()
    line = draft.line_of(sample(draw.feed, draw.rng)).encode() + b"\xfe\n"
    draw.around(draft, lambda: draft.raw(line, "quarantined", reason="encoding", lines=1))
    return draft.case()


def _chance_name() -> str:
    """A common name whose GBK bytes are also valid UTF-8."""
    signs = [sign for sign in names.SURNAMES + names.MALE + names.FEMALE if _reads_as_utf8(sign.encode("gbk"))]
    return "".join(signs[:2])


def _reads_as_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@variant(CHANCE, "gbk_record_valid_as_utf8", needs=("code",))
def gbk_record_valid_as_utf8(draw: Draw) -> Case:
    """住院 in GBK is valid UTF-8 (for other letters): the file's own encoding wins."""
    draft = CsvDraft(draw.feed, draw.rng, encoding="gbk").header()
    name = _chance_name()

    def odd() -> None:
        record: Sample = sample(draw.feed, draw.rng)
        for column in draw.feed.columns:
            if column.kind == "name":
                record = record.changed(column.header, name, name)
            elif column.kind == "text":
                record = record.changed(column.header, "", None)
            elif column.kind == "code" and "住院" in column.labels:
                record = record.changed(column.header, "住院", "住院")
        draft.put(record)

    draw.around(draft, odd)
    return draft.case()
