"""What a book refuses when it is loaded, and where it points."""

from __future__ import annotations

import importlib
import sys
import textwrap
from pathlib import Path

import pytest

from shouwang.engine.book import Book, BookError, load_book
from shouwang.engine.parameters import ParameterError
from shouwang.engine.syntax import RuleSyntaxError

HEAD = """
from shouwang.engine.rule import HOUSEHOLD, PERSON, Warns, any_of, count, rule, total

"""
SOURCES = "law: {title: 试法}\nlocal: {title: 各县自定}\n"
INPUTS = """
items:
  toy.grain: {label: 粮, unit: fen, subject: person, kind: state, feed: register}
  toy.ill: {label: 病, unit: bool, subject: person, kind: state, feed: register}
  toy.barn: {label: 仓, unit: count, subject: household, kind: state, feed: register}
inputs:
  grain: {label: 粮, entity: person, unit: fen, item: toy.grain, fold: latest}
  ill: {label: 病, entity: person, unit: bool, item: toy.ill, fold: any}
  barn: {label: 仓, entity: household, unit: count, item: toy.barn, fold: latest}
"""
LAW = 'cites="law:1", since="2030-01-01"'


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Load a rule package written for one test."""
    importlib.invalidate_caches()
    monkeypatch.syspath_prepend(str(tmp_path))

    def load(rules: str, *, parameters: str = "", inputs: str = INPUTS, sources: str = SOURCES) -> Book:
        folder = tmp_path / "toybook"
        (folder / "policy").mkdir(parents=True)
        (folder / "__init__.py").write_text("")
        (folder / "policy" / "__init__.py").write_text("")
        (folder / "policy" / "rules.py").write_text(HEAD + textwrap.dedent(rules), encoding="utf-8")
        (folder / "policy" / "parameters.yaml").write_text(parameters, encoding="utf-8")
        (folder / "inputs.yaml").write_text(inputs, encoding="utf-8")
        (folder / "sources.yaml").write_text(sources, encoding="utf-8")
        return load_book("toybook")

    yield load
    for name in [name for name in sys.modules if name.split(".")[0] == "toybook"]:
        del sys.modules[name]


def one(body: str, arguments: str = "barn", unit: str = "bool") -> str:
    """One household rule with this body."""
    lines = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return f'@rule(HOUSEHOLD, "试", {LAW}, unit="{unit}")\ndef tried({arguments}):\n{lines}\n'


def test_a_sound_rule_loads(load):
    assert load(one("return barn > 0")).label_of("tried") == "试"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("for x in barn: pass\nreturn True", "For is not part"),
        ("while barn: pass\nreturn True", "While is not part"),
        ("barn += 1\nreturn True", "AugAssign is not part"),
        ("return barn / 2 > 1", "operator Div"),
        ("return barn ** 2 > 1", "operator Pow"),
        ("return barn % 2 == 1", "operator Mod"),
        ("return abs(barn) > 1", "only calls are min and max"),
        ("return max(barn) > 1", "only calls are min and max"),
        ("return max(barn, key=1) > 1", "only calls are min and max"),
        ("return barn.real > 1", "Attribute is not part"),
        ("return barn > 1.5", "not an integer"),
        ("return barn > None", "not an integer"),
        ("return barn is None", "comparison Is"),
        ("return barn in (barn, 1)", "in needs a constant tuple"),
        ("return barn in (1, True)", "of integers or of truth values"),
        ("return barn in [1, 2]", "in needs a constant tuple"),
        ("return barn in ()", "of integers or of truth values"),
        ("return 9223372036854775808 > barn", "64 bits"),
        ("return somewhere > 1", "neither an argument nor a constant"),
        ("if barn > 1:\n    return True", "without return"),
        ("x = 1\nx = 2\nreturn barn > x", "assigned twice"),
        ("barn = 1\nreturn barn > 1", "assigned twice"),
        ("if barn > 1:\n    x = 1\nreturn barn > x", "on one branch only"),
        ("return True\nreturn False", "never reached"),
        ("return", "return needs a value"),
        ("return [x for x in (1, 2)] == barn", "ListComp is not part"),
        ("return (lambda: True)()", "only calls are min and max"),
        ("return (y := barn) > 1", "NamedExpr is not part"),
        ("x = y = barn\nreturn x > y", "one value to one name"),
        ("x, y = barn, 1\nreturn x > y", "one value to one name"),
        ("try:\n    return barn > 1\nexcept ValueError:\n    return False", "Try is not part"),
    ],
)
def test_what_lies_outside_the_language_is_refused_with_its_line(load, body, reason):
    with pytest.raises(RuleSyntaxError, match=reason) as refused:
        load(one(body))
    first = HEAD.count("\n") + 3
    assert refused.value.filename.endswith("rules.py")
    assert first <= refused.value.lineno < first + body.count("\n") + 1


@pytest.mark.parametrize(
    ("body", "arguments", "unit", "reason"),
    [
        ("return barn", "barn", "bool", "must be a truth value, not a number"),
        ("return barn > 1", "barn", "count", "must be a number, not a truth value"),
        ("return barn and barn > 1", "barn", "bool", "what and, or, not join"),
        ("return 1 if barn else 2", "barn", "count", "a condition"),
        ("return 1 if barn > 1 else False", "barn", "count", "the other branch"),
        ("return (barn > 1) + 1", "barn", "count", "a side of +"),
        ("return (barn > 1) == 1", "barn", "bool", "the right of =="),
        ("return True < (barn > 1)", "barn", "bool", "the left of <"),
        ("return (barn > 1) in (1, 2)", "barn", "bool", "the left of in"),
        ("return max(barn, barn > 1)", "barn", "count", "a value given to max"),
        ("return grain > 1", "grain", "bool", "reach it through count, total or any_of"),
    ],
)
def test_kinds_and_persons_do_not_mix(load, body, arguments, unit, reason):
    with pytest.raises(RuleSyntaxError, match=reason):
        load(one(body, arguments, unit))


def versions(*spans: str) -> str:
    return "\n".join(
        f'@rule(HOUSEHOLD, "试", cites="law:1", {span})\ndef tried(barn):\n    return barn > 0\n' for span in spans
    )


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        (('since="2030-01-01"', 'since="2031-01-01"'), "overlaps the version in force since 2030-01-01"),
        (('since="2030-01-01", until="2031-01-02"', 'since="2031-01-01"'), "overlaps"),
        (
            ('since="2030-01-01", until="2030-12-31"', 'since="2031-01-01"'),
            "a gap: .* from 2030-12-31 until 2031-01-01",
        ),
        (
            (
                'since="2030-01-01"',
                'since="2030-01-01", area="97"',
                'since="2032-01-01", area="97"',
            ),
            "overlaps",
        ),
        (
            (
                'since="2031-06-01"',
                'since="2030-01-01", until="2031-01-01", area="97"',
                'since="2032-01-01", area="97"',
            ),
            "a gap",
        ),
    ],
)
def test_versions_that_overlap_or_leave_a_gap_are_refused(load, spans, reason):
    with pytest.raises(RuleSyntaxError, match=reason):
        load(versions(*spans))


def test_a_local_gap_filled_by_the_nation_is_no_gap(load):
    book = load(
        versions(
            'since="2030-01-01"', 'since="2030-01-01", until="2031-01-01", area="97"', 'since="2032-01-01", area="97"'
        )
    )
    assert len(book.definitions["tried"]) == 3


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (one("return barrn > 1", "barrn"), "argument barrn is neither a rule, an input nor a parameter"),
        (one("return barn > 1").replace("law:1", "lore:1"), "cites 'lore', which sources.yaml does not list"),
        (one("return barn > 1").replace("law:1", "law"), "cites law without an article"),
        (
            one("return other", "other") + one("return tried", "tried").replace("def tried", "def other"),
            "a loop: tried → other → tried",
        ),
        (one("return tried", "tried"), "a loop: tried → tried"),
        (
            one("return late", "late")
            + one("return barn > 1").replace("def tried", "def late").replace("2030", "2031"),
            "tried needs late, which is not in force on 2030-01-01",
        ),
        (one("return barn > 1").replace("def tried", "def barn"), "barn is a rule and also an input"),
    ],
)
def test_a_book_that_does_not_hold_together_is_refused(load, rules, reason):
    with pytest.raises(BookError, match=reason):
        load(rules)


@pytest.mark.parametrize(
    ("declaration", "reason"),
    [
        ('count("n", "", where="ill", cites="law:1", since="2030-01-01")', "label missing"),
        ('count("n", "数", where="ill", cites="law 1", since="2030-01-01")', "is not source_key:article"),
        ('count("n", "数", where="ill", cites=(), since="2030-01-01")', "cites nothing"),
        ('count("n", "数", where="ill", cites="law:1", since="2030-13-01")', "not a date"),
        ('count("n", "数", where="ill", cites="law:1", since="2030-01-01", until="2030-01-01")', "not after since"),
        ('count("n", "数", where="grain", cites="law:1", since="2030-01-01")', "not a truth value"),
        ('count("n", "数", where="barn", cites="law:1", since="2030-01-01")', "does not belong to a person"),
        ('total("n", "数", of="ill", where=None, cites="law:1", since="2030-01-01")', "of ill is not a number"),
        ('total("n", "数", of="grain", where=None, cites="law:1", since="2030-01-01", unit="yuan")', "unit 'yuan'"),
        (
            (
                'rule(PERSON, "试", cites="law:1", since="2030-01-01", unit="fen", warns=Warns("红", "in", "看"))'
                "(lambda grain: grain)"
            ),
            "plain def|is not a name",
        ),
    ],
)
def test_a_declaration_that_says_too_little_is_refused(load, declaration, reason):
    with pytest.raises(RuleSyntaxError, match=reason):
        load(declaration)


def test_a_rule_that_warns_is_a_truth_value(load):
    warned = one("return barn", unit="count").replace('unit="count"', 'unit="count", warns=Warns("红", "in", "看")')
    with pytest.raises(RuleSyntaxError, match="warns has unit bool"):
        load(warned)


def test_a_rule_with_a_notice_is_a_truth_value(load):
    noticed = one("return barn", unit="count").replace('unit="count"', 'unit="count", notice="须核对"')
    with pytest.raises(RuleSyntaxError, match="notice has unit bool"):
        load(noticed)


def test_a_warning_without_a_next_step_is_refused(load):
    with pytest.raises(ValueError, match="what to do next"):
        load('Warns("红", "in", "")')


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ("line: {unit: fen, local: true}", "line has no label"),
        ("line: {label: 线, unit: yuan, local: true}", "unit 'yuan'"),
        ("line: {label: 线, unit: fen}", "no value and is not local"),
        (
            'line: {label: 线, unit: fen, values: [{from: 2030-01-01, value: 1.5, source: "law:1"}]}',
            "1.5 is not a value",
        ),
        ("line: {label: 线, unit: fen, values: [{from: 2030-01-01, value: 1}]}", "cites no source"),
        ('line: {label: 线, unit: fen, values: [{from: soon, value: 1, source: "law:1"}]}', "'soon' is not a date"),
        ('line: {label: 线, unit: fen, values: [{from: 2030-01-01, value: 1, source: "lore:1"}]}', "cites 'lore'"),
        ('barn: {label: 线, unit: fen, values: [{from: 2030-01-01, value: 1, source: "law:1"}]}', "an input and also"),
        (
            (
                'line: {label: 线, unit: fen, values: [{from: 2030-01-01, to: 2031-02-01, value: 1, source: "law:1"},'
                ' {from: 2031-01-01, value: 2, source: "law:1"}]}'
            ),
            "时间重叠",
        ),
    ],
)
def test_a_parameter_that_cannot_stand_is_refused(load, parameters, reason):
    with pytest.raises(BookError, match=reason):
        load(one("return barn > 0"), parameters=parameters)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("fold: any", "fold: some", "fold 'some' is not one of"),
        ("item: toy.grain, fold", "item: toy.grian, fold", "no item 'toy.grian'"),
        ("entity: household", "entity: person", "item toy.barn is of a household"),
        ("unit: count, item", "unit: shoe, item", "unit 'shoe'"),
        ("fold: latest}\n  ill", "fold: sum_days}\n  ill", "takes a number"),
        ("fold: any}", "fold: any, absent: none}", "absent 'none'"),
        ("{label: 病, entity", "{entity", "label missing"),
    ],
)
def test_an_input_that_cannot_be_folded_is_refused(load, old, new, reason):
    assert old in INPUTS
    with pytest.raises(BookError, match=reason):
        load(one("return barn > 0"), inputs=INPUTS.replace(old, new))


def test_a_local_row_that_does_not_fit_is_refused_in_chinese(toyland):
    row = toyland.parameters.assertions()[0]
    with pytest.raises(ParameterError, match="没有名为“unheard”的参数"):
        toyland.table([type(row)("unheard", "970000000000", 1, "", row.valid_from, source="local")])
    with pytest.raises(ParameterError, match="单位“percent”与参数的单位“fen”不符"):
        toyland.table([type(row)("seed_cost", "970000000000", 1, "percent", row.valid_from, source="local")])
