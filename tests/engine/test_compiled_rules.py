"""Compiled rules give what calls and columns give: random trees, random households, every edge of 64 bits."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llvmlite import binding as llvm

from shouwang.engine.backends import native
from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.compiled import FEW, _runs, _span, evaluate_compiled, frame_given, run, works_of
from shouwang.engine.backends.evaluate import evaluate_many
from shouwang.engine.backends.layout import Wanted
from shouwang.engine.book import Book
from shouwang.engine.call import Case
from shouwang.engine.frame import Frame, column_of, frame_of
from shouwang.engine.inputs import InputSpec
from shouwang.engine.meaning import Reading, arithmetic
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import HOUSEHOLD, LOCAL, Cite, Entity, Rule
from shouwang.engine.sources import Source
from shouwang.engine.tree import Arithmetic, Const, Expr, Extreme, Name
from tests.engine.agreement import random_frame
from tests.engine.households import AREAS, EDGES, cases
from tests.engine.test_kernels import LEAVES, frame, rows
from tests.engine.test_readings_agree import DAYS, called, read_off
from tests.engine.trees import NUMBERS, TRUTHS, trees

QUIET = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kernels")


def test_the_compiler_is_here():
    """Without it every other test of this file would only try NumPy."""
    assert native.is_installed()


def book_of(body: Expr, truth: bool) -> Book:
    made = Rule(
        name="outcome",
        entity=HOUSEHOLD,
        label="结果",
        cites=(Cite(LOCAL, ""),),
        since=date(2030, 1, 1),
        until=None,
        area=None,
        unit="bool" if truth else "count",
        arguments=(*NUMBERS, *TRUTHS),
        file=__file__,
        line=1,
        function=lambda **_: None,
        body=body,
        warns=None,
        summary="",
    )
    inputs = {
        name: InputSpec(name, name, HOUSEHOLD, "bool" if name in TRUTHS else "count", "as_is", base="household")
        for name in LEAVES
    }
    source = Source.__new__(Source)
    object.__setattr__(source, "articles", ())
    return Book(
        definitions=[made],
        items={},
        inputs=inputs,
        parameter_specs={},
        parameters=ParameterTable(),
        sources={LOCAL: source},
        fingerprint="",
    )


@given(tree=trees(), given_rows=st.lists(rows, min_size=1, max_size=8))
@QUIET
def test_a_compiled_tree_means_what_single_values_mean(folder, tree, given_rows):
    body, truth = tree
    expected = [Reading("outcome", row).value(body) for row in given_rows]
    found = evaluate_compiled(
        book_of(body, truth), frame(given_rows), date(2030, 1, 1), ParameterTable(), folder=folder
    ).household["outcome"]
    assert [found.at(row) for row in range(len(given_rows))] == expected
    assert not found.values[~found.known].any()


@pytest.mark.parametrize("op", ["+", "-", "*", "//"])
def test_compiled_arithmetic_at_every_edge(folder, op):
    given_rows = [{"a": a, "b": b, "p": True, "q": True} for a in EDGES for b in EDGES]
    expected = [arithmetic(op, row["a"], row["b"]) for row in given_rows]
    book = book_of(Arithmetic(op, Name("a"), Name("b")), truth=False)
    found = evaluate_compiled(book, frame(given_rows), date(2030, 1, 1), ParameterTable(), folder=folder)
    assert [found.household["outcome"].at(row) for row in range(len(given_rows))] == expected
    assert None in expected


FAR = 2**52 - 1


@pytest.mark.parametrize("far", [FAR, 2**53, 2**31 - 1])
def test_numbers_that_doubles_hold_are_divided_exactly(folder, far):
    """Up to 2**53 the quotient is a double's; beyond it is not. The nearest wrong quotients lie beside whole ones."""
    near = (1, 2, 3, 7, 12, 100, 2**26 + 1, far // 3, far // 2, far - 1, far)
    divisors = [sign * each for each in near for sign in (1, -1) if abs(each) <= far] + [0]
    numbers = {each * times + step for each in near for times in (1, far // each) for step in (-1, 0, 1)}
    numbers = sorted(sign * each for each in numbers if each <= far for sign in (1, -1))
    given_rows = [{"a": a, "b": b, "p": True, "q": True} for a in numbers for b in divisors]
    within = {name: Extreme("max", (Extreme("min", (Name(name), Const(far))), Const(-far))) for name in ("a", "b")}
    book = book_of(Arithmetic("//", within["a"], within["b"]), truth=False)
    found = evaluate_compiled(book, frame(given_rows), date(2030, 1, 1), ParameterTable(), folder=folder)
    column = found.household["outcome"]
    assert [column.at(row) for row in range(len(given_rows))] == [
        arithmetic("//", row["a"], row["b"]) for row in given_rows
    ]


def test_a_number_divided_by_a_fixed_one_is_rounded_down(folder):
    numbers = [sign * (12 * each + step) for each in (0, 1, 2**40) for step in (-1, 0, 1) for sign in (1, -1)]
    bounded = Extreme("max", (Extreme("min", (Name("a"), Const(FAR))), Const(-FAR)))
    book = book_of(Arithmetic("//", bounded, Const(12)), truth=False)
    given_rows = [{"a": each, "b": 0, "p": True, "q": True} for each in numbers]
    found = evaluate_compiled(book, frame(given_rows), date(2030, 1, 1), ParameterTable(), folder=folder)
    assert found.household["outcome"].values.tolist() == [each // 12 for each in numbers]


def whole(book: Book, given_frame: Frame) -> Frame:
    """The frame with a column of every input, so that all such frames are read by one program."""
    for name, spec in book.inputs.items():
        own = spec.entity is Entity.PERSON
        columns = given_frame.person if own else given_frame.household
        if name not in columns:
            length = given_frame.persons if own else given_frame.households
            columns[name] = column_of([None] * length, spec.unit == "bool")
    return given_frame


@given(data=st.data(), as_of=st.sampled_from(DAYS[1:3]))
@QUIET
def test_compiled_rules_give_what_calls_give(folder, toyland, standards, data, as_of):
    chosen = data.draw(st.lists(cases(toyland), min_size=1, max_size=6))
    results = evaluate_compiled(toyland, whole(toyland, frame_of(toyland, chosen)), as_of, standards, folder=folder)
    assert read_off(toyland, results) == called(toyland, chosen, as_of, standards)


def equal(one: Frame, two: Frame) -> bool:
    return all(
        mine.keys() == theirs.keys()
        and all(
            np.array_equal(mine[name].values, theirs[name].values)
            and np.array_equal(mine[name].known, theirs[name].known)
            for name in mine
        )
        for mine, theirs in ((one.household, two.household), (one.person, two.person))
    )


@pytest.mark.parametrize("as_of", DAYS)
def test_compiled_rules_give_what_columns_give_in_blocks_of_any_size(folder, toyland, standards, as_of):
    given_frame = random_frame(toyland, 3000, as_of, seed=11)
    given_frame.area_codes[:] = np.array(AREAS)[np.random.default_rng(1).integers(0, len(AREAS), 3000)]
    expected = evaluate_columns(toyland, given_frame, as_of, standards)
    assert equal(evaluate_compiled(toyland, given_frame, as_of, standards, folder=folder), expected)


def test_a_total_is_exact_even_where_partial_sums_leave_64_bits(folder, toyland, standards):
    member = {"away": False, "age": 30, "grade": 0, "rent": 0, "shells": 0}
    harvests = ([2**62, 2**62, -(2**62)], [2**62, 2**62, 0], [-(2**62)] * 2, [-(2**62)] * 3)
    chosen = [Case("970101001001", {}, [{**member, "harvest": each} for each in group]) for group in harvests]
    results = evaluate_compiled(toyland, whole(toyland, frame_of(toyland, chosen)), DAYS[2], standards, folder=folder)
    found = results.household["household_harvest"]
    assert [found.at(row) for row in range(4)] == [2**62, None, -(2**63), None]


def test_a_standard_outside_64_bits_is_one_nobody_set(folder, toyland, standards):
    table = standards.overlaid([Assertion("seed_cost", "970101000000", 2**63, "", date(2030, 1, 1), source="local")])
    given_frame = frame_of(toyland, [Case("970101001001", {}, [{}])])
    found = evaluate_compiled(toyland, given_frame, DAYS[2], table, ["seed_price"], folder=folder)
    assert found.person["seed_price"].at(0) is None


def test_households_without_members_and_larger_than_a_word(folder, toyland, standards):
    member = {"away": False, "age": 70, "grade": 0, "harvest": 500, "rent": 0, "shells": 0}
    # each size about a word's begins at each bit of a byte, whatever block it falls into
    about_a_word = [each for size in range(55, 61) for each in (size, (1 - size) % 8) * 16]
    sizes = [0, 1, 0, 57, 64, 200, 0, 3000, 0, *about_a_word]
    chosen = [Case("970101001001", {"barns": 1}, [member] * size) for size in sizes]
    results = evaluate_compiled(toyland, whole(toyland, frame_of(toyland, chosen)), DAYS[2], standards, folder=folder)
    assert results.household["eaters"].values.tolist() == sizes
    assert results.household["household_harvest"].values.tolist() == [500 * size for size in sizes]
    assert not results.household["any_child"].values.any()
    assert results.household["any_child"].known.all()


def test_members_are_divided_by_a_value_of_their_household_that_is_never_zero(folder):
    """Rows past a block's last member hold no such value: they must not be divided by either."""
    size = replace(
        book_of(Extreme("max", (Extreme("min", (Name("a"), Const(5))), Const(1))), truth=False).definitions["outcome"][
            0
        ],
        name="size",
        arguments=("a",),
    )
    share = replace(
        size,
        name="share",
        entity=Entity.PERSON,
        arguments=("b", "size"),
        body=Arithmetic("//", Name("b"), Name("size")),
    )
    source = Source.__new__(Source)
    object.__setattr__(source, "articles", ())
    book = Book(
        definitions=[size, share],
        items={},
        inputs={
            "a": InputSpec("a", "a", HOUSEHOLD, "count", "as_is", base="household"),
            "b": InputSpec("b", "b", Entity.PERSON, "count", "as_is", base="birth_date"),
        },
        parameter_specs={},
        parameters=ParameterTable(),
        sources={LOCAL: source},
        fingerprint="",
    )
    given_frame = Frame(np.array(["970101001001"] * 3), np.array([0, 1, 2, 3]))
    given_frame.household["a"] = column_of([2, 0, 9], False)
    given_frame.person["b"] = column_of([10, -20, 31], False)
    found = evaluate_compiled(book, given_frame, date(2030, 1, 1), ParameterTable(), folder=folder).person["share"]
    assert [found.at(row) for row in range(3)] == [5, -20, 6]


def test_nobody_at_all_gives_empty_columns(folder, toyland, standards):
    results = evaluate_compiled(toyland, whole(toyland, frame_of(toyland, [])), DAYS[2], standards, folder=folder)
    assert len(results.household["eaters"].values) == len(results.person["counted"].values) == 0


def test_a_stranger_among_the_targets_is_refused(folder, toyland, standards):
    with pytest.raises(KeyError, match="no rule is named bred"):
        evaluate_compiled(toyland, frame_of(toyland, []), DAYS[2], standards, ["bred"], folder=folder)


def test_a_second_process_loads_what_the_first_compiled(folder, toyland, standards, monkeypatch):
    text = _text(toyland, standards)
    native.load(text, folder)
    monkeypatch.setattr(native, "_compiled", lambda _: pytest.fail("compiled again"))
    native.load(text, folder)


@pytest.mark.parametrize(
    "damage", [lambda code: code[:-100], lambda code: code[:50] + b"\0" + code[51:], lambda _: b""]
)
def test_a_damaged_file_is_compiled_again(tmp_path, toyland, standards, damage):
    text = _text(toyland, standards)
    path = native.place_of(text, tmp_path)
    native.load(text, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert not native.is_kept(text, tmp_path)
    native.load(text, tmp_path)
    assert native.is_kept(text, tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_folder_others_can_write_is_not_trusted(tmp_path, toyland, standards):
    text = _text(toyland, standards)
    native.load(text, tmp_path)
    tmp_path.chmod(0o777)
    assert not native.is_kept(text, tmp_path)


def test_a_user_without_a_home_keeps_code_among_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(native.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    monkeypatch.setattr(native.tempfile, "gettempdir", lambda: str(tmp_path))
    assert tmp_path in native.default_folder().parents


def test_a_folder_that_cannot_be_made_does_no_harm(tmp_path, toyland, standards):
    (tmp_path / "file").write_text("")
    assert native.load(_text(toyland, standards), tmp_path / "file" / "kernels").address("run")


def test_what_a_full_disk_keeps_from_being_kept_leaves_nothing_behind(tmp_path, toyland, standards, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(native.Path, "replace", full)
    assert native.load(_text(toyland, standards), tmp_path).address("run")
    assert not list(tmp_path.iterdir())


def _text(book: Book, standards: ParameterTable, targets: Sequence[str] = ("eaters",)) -> str:
    given_frame = random_frame(book, 10, DAYS[2], seed=1)
    areas, area = np.unique(given_frame.area_codes, return_inverse=True)
    given = frame_given(book, given_frame, areas, area)
    work = works_of(book, given, DAYS[2], standards, Wanted(tuple(targets)))[0]
    return work.program.layout.text


def test_without_the_compiler_the_plain_reading_answers(toyland, standards, monkeypatch):
    monkeypatch.setattr(native, "is_installed", lambda: False)
    native._machine.cache_clear()
    given_frame = random_frame(toyland, FEW, DAYS[2], seed=2)
    assert equal(
        evaluate_many(toyland, given_frame, DAYS[2], standards),
        evaluate_columns(toyland, given_frame, DAYS[2], standards),
    )
    with pytest.raises(native.NoCompilerError, match="请安装"):
        native.load("; a text nobody compiled")
    native._machine.cache_clear()


def test_a_small_frame_never_waits_for_the_compiler(tmp_path, toyland, standards, monkeypatch):
    monkeypatch.setattr(native, "_compiled", lambda _: pytest.fail("compiled"))
    for households in (10, 3 * FEW):
        given_frame = random_frame(toyland, households, DAYS[2], seed=2)
        found = evaluate_many(toyland, given_frame, DAYS[2], standards, ["eaters"], folder=tmp_path)
        assert equal(found, evaluate_columns(toyland, given_frame, DAYS[2], standards, ["eaters"]))


def test_what_is_compiled_already_is_used_for_a_middling_frame(folder, toyland, standards, monkeypatch):
    given_frame = random_frame(toyland, 2 * FEW, DAYS[2], seed=2)
    expected = evaluate_compiled(toyland, given_frame, DAYS[2], standards, ["eaters"], folder=folder)
    monkeypatch.setattr(
        "shouwang.engine.backends.compiled.evaluate_columns", lambda *_: pytest.fail("not the compiled way")
    )
    assert equal(evaluate_many(toyland, given_frame, DAYS[2], standards, ["eaters"], folder=folder), expected)


@pytest.mark.parametrize("processor", ["skylake-avx512", "icelake-server", "sapphirerapids", "znver4", "znver5"])
def test_no_mask_is_taken_from_signs(toyland, standards, processor):
    """LLVM 22 turns VPMOVB2M and KMOV into VPMOVMSKB while writing the code out and drops the mask though others still
    need it (llvm-project issue 174871). There is no such instruction for vectors of 512 bits, and all of ours are."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple("x86_64-unknown-linux-gnu").create_target_machine(cpu=processor, opt=2)
    written = machine.emit_assembly(native.module_of(_text(toyland, standards, list(toyland.definitions))))
    assert "zmm" in written
    assert "movmsk" not in written


@pytest.mark.parametrize("members", [1, 1023, 1024])
def test_a_total_over_large_households_is_exact(folder, toyland, standards, members):
    member = {"away": False, "age": 30, "grade": 0, "rent": 0, "shells": 0, "harvest": 2**40 + 1}
    chosen = [Case("970101001001", {}, [member] * members)]
    results = evaluate_compiled(toyland, whole(toyland, frame_of(toyland, chosen)), DAYS[2], standards, folder=folder)
    assert results.household["household_harvest"].at(0) == members * (2**40 + 1)


def test_results_come_back_in_the_fewest_bits_that_hold_them(folder, toyland, standards):
    given_frame = random_frame(toyland, 500, DAYS[2], seed=4)
    expected = evaluate_columns(toyland, given_frame, DAYS[2], standards, ["eaters"]).household["eaters"]
    areas, area = np.unique(given_frame.area_codes, return_inverse=True)
    order = np.argsort(area, kind="stable")
    given_frame, area = given_frame.take(order), area[order]
    given = frame_given(toyland, given_frame, areas, area)
    wanted = Wanted(("eaters",), narrow=True)
    values, known = np.zeros(500, np.int16), np.zeros(500, bool)
    for work in works_of(toyland, given, DAYS[2], standards, wanted, folder=folder):
        assert work.program.layout.outputs == (
            ("of:eaters", 2, Entity.HOUSEHOLD),
            ("result:eaters", 1, Entity.HOUSEHOLD),
        )
        run(work, given_frame.offsets, [values, known])
    assert np.array_equal(values, expected.values[order])
    assert np.array_equal(known, expected.known[order])


@pytest.mark.parametrize(
    ("unit", "values", "bounds"),
    [
        ("percent", [0, 100], (0, 2**14)),
        ("percent", [-1, 2**14], (-(2**14), 2**14)),
        ("percent", [2**14 + 1], (0, 2**30)),
        ("fen", [], (0, 2**30)),
        ("fen", [2**30 + 1], (-(2**63), 2**63 - 1)),
        ("count", [-(2**63)], (-(2**63), 2**63 - 1)),
    ],
)
def test_a_parameter_keeps_within_a_span_that_seldom_changes(unit, values, bounds):
    assert _span(unit, np.array(values, dtype=np.int64)) == bounds


def test_runs_leave_out_what_another_plan_judges():
    assert _runs(np.array([0, 0, -1, 1, 1, 0])).tolist() == [[0, 2, 0], [3, 5, 1], [5, 6, 0]]
