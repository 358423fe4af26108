"""Turns the odd cells into files: one odd cell per file for the full corpus, a whole family in one file for the small one."""

from __future__ import annotations

from functools import partial
from itertools import groupby

from shouwang.synth.corpus.contracts import Column, Feed
from shouwang.synth.corpus.csv_draft import CsvDraft
from shouwang.synth.corpus.manifest import Case
from shouwang.synth.corpus.odd_cells import ODD_CELLS, Bad, OddCell
from shouwang.synth.corpus.registry import Draw, add
from shouwang.synth.corpus.samples import Sample, sample
from shouwang.synth.corpus.xlsx_draft import XlsxDraft


def _target(feed: Feed, odd: OddCell) -> Column | None:
    """The column that takes the odd cell: required ones where blank is the oddity, free text before names."""
    fitting = [column for kind in odd.kinds for column in feed.columns if column.kind == kind]
    required = [column for column in fitting if column.required]
    return next(iter(required if "blank" in odd.name else fitting), None)


def _put(draft: CsvDraft | XlsxDraft, odd: OddCell, draw: Draw) -> None:
    column = _target(draw.feed, odd)
    if column is None:
        return
    text, value = odd.write(draw.rng)
    record: Sample = sample(draw.feed, draw.rng)
    if column.header == "总费用(元)":
        record = record.changed("个人自付(元)", "0.00", 0)
    if isinstance(value, Bad):
        draft.put(record.changed(column.header, text, None), reason=value.reason)
    else:
        draft.put(record.changed(column.header, text, value))


def _one(draw: Draw, odd: OddCell, workbook: bool) -> Case:
    draft = XlsxDraft(draw.feed, draw.rng) if workbook else CsvDraft(draw.feed, draw.rng)
    draft.header()
    draw.around(draft, lambda: _put(draft, odd, draw))
    return draft.case()


def _all(draw: Draw, odds: list[OddCell], workbook: bool) -> Case:
    draft = XlsxDraft(draw.feed, draw.rng) if workbook else CsvDraft(draw.feed, draw.rng)
    draft.header().good(1)
    for odd in odds:
        _put(draft, odd, draw)
    draft.good(1)
    return draft.case()


def _register() -> None:
    def family_of(odd: OddCell) -> tuple[int, str]:
        return odd.family

    for family, group in groupby(sorted(ODD_CELLS, key=family_of), key=family_of):
        odds = list(group)
        kinds = tuple(dict.fromkeys(kind for odd in odds for kind in odd.kinds))
        for workbook in (False, True):
            suffix = "xlsx" if workbook else "csv"
            usable = [odd for odd in odds if not (workbook and odd.csv_only)]
            for kind in kinds:
                of_kind = [odd for odd in usable if kind == odd.kinds[0]]
                if of_kind:
                    name = f"all_{kind}_{suffix}"
                    build = partial(_all, odds=of_kind, workbook=workbook)
                    add(family, name, build, positional=False, needs=of_kind[0].kinds)
            for odd in usable:
                build = partial(_one, odd=odd, workbook=workbook)
                add(family, f"{odd.name}_{suffix}", build, positional=not workbook, commit=False, needs=odd.kinds)


_register()
