"""Families 32–35: what a file claims to be, and workbooks built to hurt their reader. All small."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from functools import partial

from shouwang.synth.corpus.csv_draft import CsvDraft
from shouwang.synth.corpus.manifest import Case, refused_lines
from shouwang.synth.corpus.registry import Draw, add, variant
from shouwang.synth.corpus.samples import sample
from shouwang.synth.corpus.xlsx_draft import XlsxDraft, repacked

BOMBS = (32, "zip_bombs")
ENTITIES = (33, "xml_entities")
PAIRS = (34, "extension_and_content")
PATHS = (35, "paths")
SHEET = "xl/worksheets/sheet1.xml"
THEME = "xl/theme/theme1.xml"
MEBIBYTE = 1 << 20


def _workbook(draw: Draw) -> bytes:
    return XlsxDraft(draw.feed, draw.rng).header().good(draw.size).content()


def _refused(draw: Draw, content: bytes, reason: str, extension: str = "xlsx") -> Case:
    records = [] if content[:2] == b"PK" or extension != "csv" else refused_lines(content)
    return Case(draw.feed.name, content, records, extension=extension, refused=reason)


def _part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def _padded(draw: Draw, name: str, size: int) -> Case:
    """One part blown up with spaces: tiny packed, huge unpacked."""
    content = _workbook(draw)
    body = _part(content, name)
    end = body.rindex(b"</")
    blown = body[:end] + b" " * size + body[end:]
    return _refused(draw, repacked(content, replace={name: blown}), "zip_bomb")


add(BOMBS, "theme_40_mib", partial(_padded, name=THEME, size=40 * MEBIBYTE), positional=False)
add(BOMBS, "sheet_40_mib", partial(_padded, name=SHEET, size=40 * MEBIBYTE), positional=False)
add(BOMBS, "styles_40_mib", partial(_padded, name="xl/styles.xml", size=40 * MEBIBYTE), positional=False)


@variant(BOMBS, "other_part", positional=False)
def bomb_beside(draw: Draw) -> Case:
    """The bomb lies beside the workbook's own parts."""
    return _refused(draw, repacked(_workbook(draw), add={"xl/media/image1.bin": bytes(64 * MEBIBYTE)}), "zip_bomb")


@variant(BOMBS, "many_parts", positional=False)
def many_parts(draw: Draw) -> Case:
    """Thousands of empty entries."""
    extra = {f"xl/media/{number}.bin": b"" for number in range(2_500)}
    return _refused(draw, repacked(_workbook(draw), add=extra), "zip_bomb")


@variant(BOMBS, "nested", positional=False)
def nested(draw: Draw) -> Case:
    """A zip inside the zip: never opened, but its size counts."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a.bin"), bytes(8 * MEBIBYTE), compress_type=zipfile.ZIP_DEFLATED)
    body = inner.getvalue() + bytes(8 * MEBIBYTE)
    return _refused(draw, repacked(_workbook(draw), add={"xl/embeddings/a.zip": body}), "zip_bomb")


@variant(BOMBS, "lying_size", positional=False)
def lying_size(draw: Draw) -> Case:
    """The directory says 100 bytes, the data unpack to 40 MiB."""
    content = _workbook(draw)
    body = _part(content, SHEET)
    end = body.rindex(b"</")
    blown = body[:end] + b" " * (40 * MEBIBYTE) + body[end:]
    packed = repacked(content, replace={SHEET: blown})
    size = struct.pack("<I", len(blown))
    return _refused(draw, packed.replace(size, struct.pack("<I", 100)), "zip_bomb")


_LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)
_DOCTYPES = {
    "billion_laughs": _LAUGHS + b"]>",
    "quadratic": b'<!DOCTYPE x [<!ENTITY a "' + b"x" * 50_000 + b'">]>',
    "external_file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    "external_url": b'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:9/a">]>',
    "parameter": b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a.dtd"> %a;]>',
    "doctype_only": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/a.dtd">',
}


def _with_doctype(draw: Draw, name: str, doctype: bytes) -> Case:
    content = _workbook(draw)
    body = _part(content, name)
    start = body.index(b"?>") + 2 if body.startswith(b"<?xml") else 0
    return _refused(draw, repacked(content, replace={name: body[:start] + doctype + body[start:]}), "xml_entity")


for _name, _doctype in _DOCTYPES.items():
    add(ENTITIES, f"{_name}_in_sheet", partial(_with_doctype, name=SHEET, doctype=_doctype), positional=False)
    _build = partial(_with_doctype, name="xl/workbook.xml", doctype=_doctype)
    add(ENTITIES, f"{_name}_in_workbook", _build, positional=False, commit=_name == "billion_laughs")


@variant(ENTITIES, "broken_xml", positional=False)
def broken_xml(draw: Draw) -> Case:
    """The sheet is not well-formed."""
    content = _workbook(draw)
    body = _part(content, SHEET)
    return _refused(draw, repacked(content, replace={SHEET: body[: len(body) // 2]}), "truncated")


@variant(ENTITIES, "comment_is_fine", positional=False)
def comment_is_fine(draw: Draw) -> Case:
    """A comment in the XML changes nothing."""
    draft = XlsxDraft(draw.feed, draw.rng).header().good(draw.size)
    content = draft.content()
    body = _part(content, SHEET)
    end = body.index(b"<sheetData")
    changed = repacked(content, replace={SHEET: body[:end] + "<!-- 制表软件 -->".encode() + body[end:]})
    return draft.case(content=changed)


def _html(draw: Draw, encoding: str) -> bytes:
    rows = [draw.feed.headers, *(list(sample(draw.feed, draw.rng).cells.values()) for _ in range(draw.size))]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<html><meta charset={encoding}><table>\n{body}</table></html>\n".encode(encoding)


def _plain_csv(draw: Draw) -> bytes:
    return CsvDraft(draw.feed, draw.rng).header().good(draw.size).case().content


def _ole(draw: Draw, stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + draw.rng.bytes(3000)


_PAIRS: dict[str, tuple[Callable[[Draw], bytes], str, str]] = {
    "html_as_xls": (lambda draw: _html(draw, "utf-8"), "xls", "html"),
    "html_gbk_as_xls": (lambda draw: _html(draw, "gbk"), "xls", "html"),
    "html_as_csv": (lambda draw: _html(draw, "utf-8"), "csv", "html"),
    "html_as_xlsx": (lambda draw: _html(draw, "utf-8"), "xlsx", "html"),
    "xml_spreadsheet_as_xls": (lambda _: b'<?xml version="1.0"?>\n<Workbook></Workbook>\n', "xls", "html"),
    "workbook_as_csv": (_workbook, "csv", "extension"),
    "csv_as_workbook": (_plain_csv, "xlsx", "extension"),
    "workbook_as_xls": (_workbook, "xls", "extension"),
    "csv_as_xls": (_plain_csv, "xls", "extension"),
    "csv_as_txt": (_plain_csv, "txt", "extension"),
    "workbook_as_et": (_workbook, "et", "extension"),
    "password": (lambda draw: _ole(draw, "EncryptedPackage"), "xlsx", "ole"),
    "old_workbook": (lambda draw: _ole(draw, "Workbook"), "xls", "ole"),
    "pdf_as_xlsx": (lambda draw: b"%PDF-1.7\n" + draw.rng.bytes(2000), "xlsx", "container"),
    "gzip_as_csv": (lambda draw: b"\x1f\x8b\x08\x00" + draw.rng.bytes(2000), "csv", "container"),
    "noise_as_csv": (lambda draw: b"\x89PNG\r\n\x1a\n" + draw.rng.bytes(2000), "csv", "container"),
    "empty_zip": (lambda _: b"PK\x05\x06" + bytes(18), "xlsx", "container"),
    "zip_without_workbook": (lambda _: _zip_of("readme.txt", b"hello"), "xlsx", "container"),
    "csv_in_zip": (lambda draw: _zip_of("data.csv", _plain_csv(draw)), "xlsx", "container"),
}


def _zip_of(name: str, body: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), body)
    return out.getvalue()


def _wrong_pair(draw: Draw, make: Callable[[Draw], bytes], extension: str, reason: str) -> Case:
    return _refused(draw, make(draw), reason, extension)


for _name, (_make, _extension, _reason) in _PAIRS.items():
    _pair_build = partial(_wrong_pair, make=_make, extension=_extension, reason=_reason)
    add(PAIRS, _name, _pair_build, positional=False)


@variant(PAIRS, "macro", positional=False)
def macro(draw: Draw) -> Case:
    """A workbook that carries a macro project."""
    return _refused(draw, repacked(_workbook(draw), add={"xl/vbaProject.bin": draw.rng.bytes(500)}), "macro")


def _entry(draw: Draw, name: str, mode: int = 0) -> Case:
    """A workbook with one more entry of a hostile name or kind."""
    out = io.BytesIO(_workbook(draw))
    stand_in = "?" * len(name)  # the real name is put in afterwards: zipfile would tidy it
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo(stand_in)
        info.external_attr = mode << 16
        archive.writestr(info, b"/etc/hostname")
    return _refused(draw, out.getvalue().replace(stand_in.encode(), name.encode()), "zip_path")


for _name, _path, _mode in (
    ("parent", "../../evil.txt", 0),
    ("parent_inside", "xl/../../evil.txt", 0),
    ("absolute", "/tmp/evil.txt", 0),  # noqa: S108 -- a name inside the archive, never opened
    ("backslash", "..\\..\\evil.txt", 0),
    ("drive", "C:\\evil.txt", 0),
    ("symlink", "xl/media/link", 0o120777),
    ("twice", "xl/workbook.xml", 0),
):
    add(PATHS, _name, partial(_entry, name=_path, mode=_mode), positional=False)


def _named(draw: Draw, name: str) -> Case:
    case = CsvDraft(draw.feed, draw.rng).header().good(draw.size).case(refused="file_name")
    case.declared_name = name.replace("FEED", draw.feed.name)
    return case


for _name, _declared in (
    ("name_parent", "../FEED_990101_2026-09.csv"),
    ("name_absolute", "/etc/FEED_990101_2026-09.csv"),
    ("name_rtl", "FEED_990101_2026-09_\u202evsc.csv"),
    ("name_nul", "FEED_990101_2026-09\x00.csv"),
    ("name_newline", "FEED_990101_2026-09\n.csv"),
    ("name_300", "FEED_990101_2026-09_" + "9" * 300 + ".csv"),
    ("name_unknown_feed", "weather_990101_2026-09.csv"),
    ("name_without_county", "FEED_2026-09.csv"),
    ("name_device", "CON.csv"),
    ("name_chinese", "九月数据(1).csv"),
):
    add(PATHS, _name, partial(_named, name=_declared), positional=False)
