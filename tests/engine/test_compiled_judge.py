"""A segment judged by compiled rules gives the words of the plain reading, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from shouwang.engine.backends import native
from shouwang.engine.backends.judge import judge
from shouwang.engine.book import Book, load_book
from shouwang.engine.inputs import InputSpec
from shouwang.engine.packed import BIRTH_DAY, Segment, Verdicts, nothing
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import LOCAL, Aggregate, Cite, Entity, Rule
from shouwang.engine.sources import Source
from shouwang.engine.tree import Compare, Const, Name
from shouwang.lib.dates import day_number
from tests.engine.agreement import areas_of, random_parameters
from tests.engine.conftest import TODAY
from tests.engine.households import AREAS
from tests.engine.segments import random_segment


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kernels")


def truths(book):
    return [name for name in book.definitions if book.unit_of(name) == "bool"][:64]


def delivered(book):
    """Which feeds came differs from village to village."""
    feeds = sorted({item.feed for item in book.items.values()})
    return lambda code: [feed for place, feed in enumerate(feeds) if (int(code) + place) % 3]


def assert_same(one: Verdicts, two: Verdicts) -> None:
    assert one.targets == two.targets
    for name in ("person_holds", "person_untold", "household_holds", "household_untold"):
        mine, theirs = getattr(one, name), getattr(two, name)
        assert mine.dtype == theirs.dtype == np.uint64
        assert np.array_equal(mine, theirs), name
    assert not (one.person_holds & one.person_untold).any()
    assert not (one.household_holds & one.household_untold).any()


@pytest.mark.parametrize("households", [1, 70, 2500])
@pytest.mark.parametrize("seed", [1, 2])
def test_words_equal_the_plain_reading(folder, toyland, standards, households, seed):
    segment = random_segment(toyland, list(AREAS), households, TODAY, seed)
    given = (toyland, segment, TODAY, standards, delivered(toyland), truths(toyland))
    assert_same(judge(*given, compiled=True, folder=folder), judge(*given, compiled=False))


@pytest.mark.parametrize(
    ("as_of", "far_births"), [(date(2028, 2, 29), False), (date(2027, 2, 28), False), (date(2028, 2, 28), True)]
)
def test_warnings_of_the_law_equal_the_plain_reading(folder, as_of, far_births):
    """Local variants, standards that stand in for one another and standards nobody set, all in one segment."""
    book = load_book("shouwang.rules")
    areas = [*areas_of(book)[:3], *(area for area in areas_of(book) if area[:2] in {"31", "37"})]
    segment = random_segment(book, areas, 600, as_of, 3, far_births=far_births)
    targets = [each.name for each in book.warnings(as_of)]
    given = (book, segment, as_of, random_parameters(book, seed=1), delivered(book), targets)
    expected = judge(*given, compiled=False)
    assert expected.person_holds.any()
    assert_same(judge(*given, compiled=True, folder=folder), expected)


def test_threads_give_equal_words(folder, toyland, standards):
    segment = random_segment(toyland, list(AREAS), 9000, TODAY, 4)
    given = (toyland, segment, TODAY, standards, delivered(toyland), truths(toyland))
    one = judge(*given, compiled=True, folder=folder)
    for threads in (2, 3):
        assert_same(judge(*given, compiled=True, threads=threads, folder=folder), one)


def test_households_in_no_order_of_place_are_judged_too(folder, toyland, standards):
    segment = random_segment(toyland, list(AREAS), 900, TODAY, 5)
    mixed = segment.take(np.random.default_rng(1).permutation(900))
    given = (toyland, mixed, TODAY, standards, delivered(toyland), truths(toyland))
    assert_same(judge(*given, compiled=True, folder=folder), judge(*given, compiled=False))


def test_a_part_of_a_segment_is_judged_in_place(folder, toyland, standards):
    whole = random_segment(toyland, list(AREAS), 3000, TODAY, 6)
    given = (TODAY, standards, delivered(toyland), truths(toyland))
    all_words = judge(toyland, whole, *given, compiled=True, folder=folder)
    part = judge(toyland, whole.part(1000, 2000), *given, compiled=True, folder=folder)
    begin, end = int(whole.offsets[1000]), int(whole.offsets[2000])
    assert np.array_equal(part.person_holds, all_words.person_holds[begin:end])
    assert np.array_equal(part.household_untold, all_words.household_untold[1000:2000])


def test_days_until_a_day_that_no_64_bits_hold_are_untold(folder, toyland, standards):
    """Long past, they would else wrap to days that are far to come."""
    segment = random_segment(toyland, ["970101001001"], 70, TODAY, 12)
    edge = -(2**63) + day_number(TODAY)
    days = np.arange(edge - 35, edge + 35)
    segment = replace(segment, household={**segment.household, "licence_days": days})
    given = (toyland, segment, TODAY, standards, delivered(toyland), ("licence_ending",))
    found = judge(*given, compiled=False)
    assert found.household_untold.tolist() == [1] * 35 + [0] * 35
    assert_same(judge(*given, compiled=True, folder=folder), found)


def test_a_rule_may_be_called_what_the_words_of_its_subject_are(folder):
    """What a program gives lies beside what it computes: a rule called ``household`` shares no room with its words."""
    head = {
        "label": "户",
        "cites": (Cite(LOCAL, ""),),
        "since": TODAY,
        "until": None,
        "area": None,
        "file": "",
        "line": 1,
    }
    body = Compare("==", Name("sex"), Const(1))
    told = {"function": lambda sex: sex == 1, "body": body, "warns": None, "summary": ""}
    man = Rule(**head, **told, name="man", entity=Entity.PERSON, unit="bool", arguments=("sex",))
    some = Aggregate(
        **head,
        name="household",
        entity=Entity.HOUSEHOLD,
        unit="bool",
        arguments=("man",),
        kind="any_of",
        where="man",
        of=None,
    )
    book = Book(
        definitions=[man, some],
        items={},
        inputs={"sex": InputSpec("sex", "性别", Entity.PERSON, "code", "as_is", base="sex")},
        parameter_specs={},
        parameters=ParameterTable(),
        sources={LOCAL: Source(LOCAL, "")},
        fingerprint="",
    )
    rows = np.arange(3000)
    segment = Segment(["970101001001"], np.zeros(3000, np.int32), np.arange(3001), rows, rows)
    segment.person["sex"] = (rows % 3).astype(np.int8)
    given = (book, segment, TODAY, book.parameters, lambda _: (), ["household", "man"])
    assert_same(judge(*given, compiled=True, folder=folder), judge(*given, compiled=False))


def test_no_household_gives_no_words(folder, toyland, standards):
    empty = random_segment(toyland, list(AREAS), 0, TODAY, 7)
    for compiled in (True, False):
        found = judge(
            toyland, empty, TODAY, standards, delivered(toyland), truths(toyland), compiled=compiled, folder=folder
        )
        assert len(found.person_holds) == len(found.household_untold) == 0


def test_a_target_not_in_force_is_untold(folder, toyland, standards):
    early = date(2029, 1, 1)
    segment = random_segment(toyland, list(AREAS), 100, early, 8)
    given = (toyland, segment, early, standards, delivered(toyland), truths(toyland))
    found = judge(*given, compiled=True, folder=folder)
    assert_same(found, judge(*given, compiled=False))
    assert found.person_untold.any()


def test_strangers_numbers_and_too_many_targets_are_refused(toyland, standards):
    segment = random_segment(toyland, list(AREAS), 2, TODAY, 9)
    given = (toyland, segment, TODAY, standards, delivered(toyland))
    with pytest.raises(KeyError, match="no rule is named bred"):
        judge(*given, ["bred"])
    with pytest.raises(ValueError, match="no truth value: eaters"):
        judge(*given, ["eaters"])
    with pytest.raises(ValueError, match="do not fit"):
        judge(*given, ["any_child"] * 65)


def test_without_the_compiler_judging_falls_back(toyland, standards, monkeypatch):
    segment = random_segment(toyland, list(AREAS), 50, TODAY, 10)
    given = (toyland, segment, TODAY, standards, delivered(toyland), truths(toyland))
    expected = judge(*given, compiled=False)
    monkeypatch.setattr(native, "is_installed", lambda: False)
    assert_same(judge(*given), expected)


def test_a_birth_day_of_another_kind_is_read(folder, toyland, standards):
    """Whatever kind of integers a register folder stores birth days in."""
    segment = random_segment(toyland, list(AREAS), 50, TODAY, 11)
    births = segment.person.get(BIRTH_DAY)
    days = np.full(segment.persons, day_number(date(2000, 2, 29)))
    days[:3] = nothing(np.int64)
    wide = Segment(
        segment.areas,
        segment.area,
        segment.offsets,
        segment.household_ids,
        segment.person_ids,
        {**segment.person, BIRTH_DAY: days},
        segment.household,
    )
    given = (toyland, wide, TODAY, standards, delivered(toyland), truths(toyland))
    assert births is None or births.dtype == np.int32
    assert_same(judge(*given, compiled=True, folder=folder), judge(*given, compiled=False))
