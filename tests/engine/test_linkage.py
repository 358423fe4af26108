"""Linkage without a number: Splink and our own evaluator say the same of every pair; the kept index finds what the blocks find."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("splink")
from shouwang.engine.backends.linkage import Pair, duckdb_database, link_records, table_of, train
from shouwang.engine.linkage.index import BlockIndex, IndexUnreadable, build_index, open_index, suggest
from shouwang.engine.linkage.levels import PEOPLE, one_edit
from shouwang.engine.linkage.model import Model, ModelUnreadable, model_from, read_model
from shouwang.engine.linkage.records import COLUMNS, Whom, compared

KEY = b"a key of sixteen"
CHARACTERS = "王张章李黎单解伟玮卫建国军君俊小晓明名芳方秀英䶮喆"
WAYS = ("{}", "{} ", "{}?", "张{}", "{}某", "{}yan", "買買提·{}", "买买提・{}", "买买提{}")


def _people(count: int, seed: int) -> list[Whom]:
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        name = draw.choice(WAYS).format("".join(draw.choices(CHARACTERS, k=draw.randint(1, 3))))
        birth = (
            f"19{draw.randint(60, 62)}{draw.randint(1, 3):02d}{draw.randint(1, 12):02d}" if draw.random() < 0.95 else ""
        )
        area = f"5201{draw.randint(1, 2):02d}{draw.randint(1, 2):03d}{draw.randint(1, 3):03d}"[
            : draw.choice((12, 12, 9, 6))
        ]
        found.append(Whom(name, birth, draw.choice((0, 1, 2, 2)), area))
    return found


@pytest.fixture(scope="module")
def model() -> Model:
    weights = {}
    for comparison in PEOPLE.comparisons:
        n = len(comparison.levels)
        weights[comparison.name] = {
            level.name: (0.9 / 3**at, 0.001 * 4**at if at < n - 1 else 0.97)
            for at, level in enumerate(comparison.levels)
        }
    return Model("for-tests", 0.8, weights, {})


def _scored(
    records: list[Whom], register: list[Whom], model: Model
) -> dict[tuple[int, int], tuple[float, dict[str, str]]]:
    """The same list judged one by one through the kept index."""
    index = build_index(enumerate(register), KEY)
    return {
        (at, found.person): (found.judged.probability, {part.comparison: part.level for part in found.judged.parts})
        for at, whom in enumerate(records)
        for found in suggest(
            whom, index, model, lambda ids: {each: register[each] for each in ids}, at_least=0.0, most=10_000
        )
    }


def test_own_evaluator_equals_splink_on_every_pair(model: Model) -> None:
    register, records = _people(1_200, 1), _people(400, 2)
    register += [Whom("陈建国", "19690101", 1, "520101001001"), Whom("刘博", "19610203", 2, "520101001001")]
    records += [Whom("程建国", "19690101", 1, "520101001001"), Whom("陈建国", "19700101", 1, "520101001001")]
    records += [Whom("刘傅", "19610203", 2, "520101"), Whom("刘博", "19610203", 2, "530101001")]
    records += [Whom("刘博", "19720203", 2, "520101")]
    by_splink = {(pair.record, pair.person): pair for pair in link_records(records, register, model, at_least=0.0)}
    ours = _scored(records, register, model)
    assert len(ours) > 5_000
    assert by_splink.keys() == ours.keys()
    for pair, (probability, levels) in ours.items():
        assert by_splink[pair].probability == pytest.approx(probability, abs=1e-9)
        assert by_splink[pair].levels == levels
    hit = {level for _, levels in ours.values() for level in levels.items()}
    every = {(comparison.name, level.name) for comparison in PEOPLE.comparisons for level in comparison.levels}
    assert hit >= every


def test_sql_and_python_readings_of_every_level_agree_on_random_pairs() -> None:
    one, two = _people(400, 3), _people(400, 4)
    one += [Whom("王建国", "19600101", 1, "520101001001"), Whom("刘博", "19610203", 2, "5301")]
    two += [Whom("玉建国", "19700101", 1, "530101001001"), Whom("刘傅", "19610302", 2, "5301")]
    database = duckdb_database().duckdb_con
    database.register("one", table_of(one))
    database.register("two", table_of(two))
    given_l = ", ".join(f"one.{column} AS {column}_l" for column in COLUMNS)
    given_r = ", ".join(f"two.{column} AS {column}_r" for column in COLUMNS)
    database.execute(
        f"CREATE TABLE pairs AS SELECT one.row AS place, {given_l}, {given_r} FROM one JOIN two ON one.row = two.row"
    )
    for comparison in PEOPLE.comparisons:
        for level in comparison.levels[:-1]:
            rows = database.execute(f"SELECT coalesce({level.sql}, false) FROM pairs ORDER BY place").fetchall()
            for at, (by_sql,) in enumerate(rows):
                a, b = compared(one[at]), compared(two[at])
                if not comparison.missing_holds(a, b):
                    assert level.holds(a, b) == by_sql, (level.name, one[at], two[at])


@given(st.text("王李张", max_size=10), st.text("王李张", max_size=10))
@settings(max_examples=100)
def test_one_edit_is_symmetric_and_costs_at_most_one_character(a: str, b: str) -> None:
    assert one_edit(a, b) == one_edit(b, a) or a == b
    if one_edit(a, b):
        assert abs(len(a) - len(b)) <= 1


def test_training_finds_that_agreement_is_rare_among_strangers(tmp_path: Path) -> None:
    draw = random.Random(5)
    register = _wide_people(3_000, 6)
    records = [
        whom._replace(name=whom.name[:-1] + draw.choice(CHARACTERS)) if draw.random() < 0.2 else whom
        for whom in register[:1_000]
    ]
    model = train(records, register, version="2026-11", pairs=2e5)
    for comparison in PEOPLE.comparisons:
        m, u = model.weights[comparison.name][comparison.levels[0].name]
        assert m > u
    assert model.weights["birth"]["same"][0] > 0.9
    assert read_model(model.keep(tmp_path)).kept() == model.kept()
    pairs = link_records(records, register, model, at_least=0.9)
    assert all(pair.record == pair.person for pair in pairs)
    assert len(pairs) > 900


def _wide_people(count: int, seed: int) -> list[Whom]:
    draw = random.Random(seed)
    return [
        Whom(
            "".join(draw.choices(CHARACTERS, k=3)),
            f"19{draw.randint(30, 99)}{draw.randint(1, 12):02d}{draw.randint(1, 28):02d}",
            draw.choice((1, 2)),
            f"52{draw.randint(1, 9):02d}{draw.randint(1, 9):02d}{draw.randint(1, 9):03d}{draw.randint(1, 9):03d}",
        )
        for _ in range(count)
    ]


def test_rare_name_weighs_more_than_a_common_one(model: Model) -> None:
    register = [Whom("王伟", "19600101", 1, "520101001001")] * 50 + [Whom("王䶮喆", "19600101", 1, "520101001001")]
    index = build_index(enumerate(register), KEY)

    def likeliest(name: str) -> float:
        whom = Whom(name, "19600101", 1, "520101001001")
        return suggest(whom, index, model, lambda ids: {each: register[each] for each in ids}, at_least=0.0)[
            0
        ].judged.probability

    assert likeliest("王䶮喆") > likeliest("王伟")


def test_waterfall_adds_up_to_the_probability(model: Model) -> None:
    a, b = compared(Whom("章伟", "19600101", 1, "520101")), compared(Whom("张伟", "19600110", 1, "520101"))
    judged = model.judge(a, b, prior=0.001, frequency=lambda column, norm: None)
    bits = sum(weight for _, _, weight in judged.waterfall())
    assert judged.probability == pytest.approx(2**bits / (1 + 2**bits))
    assert [text for _, text, _ in judged.waterfall()][1] == "读音相同"


def test_updated_index_equals_one_built_anew() -> None:
    register = dict(enumerate(_people(300, 7)))
    index = build_index(register.items(), KEY)
    changed = dict(zip((3, 5, 301, 302), _people(4, 8), strict=True))
    index.update(changed, gone=[7, 9])
    index.update({3: Whom("王喆", "19600101", 1, "520101001001")})
    after = {number: whom for number, whom in (register | changed).items() if number not in {7, 9}}
    after[3] = Whom("王喆", "19600101", 1, "520101001001")
    _same_answers(index, build_index(after.items(), KEY))
    index.merge()
    _same_answers(index, build_index(after.items(), KEY))


def _same_answers(one: BlockIndex, two: BlockIndex) -> None:
    assert one.size == two.size
    for whom in _people(60, 9):
        record = compared(whom)
        assert one.candidates(record) == two.candidates(record)
        assert one.frequency(record.norm or "") == two.frequency(record.norm or "")


def test_kept_index_opens_as_it_was_and_holds_no_name(tmp_path: Path) -> None:
    register = _people(200, 10)
    index = build_index(enumerate(register), KEY, mark="day 1")
    index.keep(tmp_path / "index")
    index.keep(tmp_path / "index")
    opened = open_index(tmp_path / "index", KEY)
    assert opened.mark == "day 1"
    _same_answers(opened, index)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    written = b"".join(path.read_bytes() for path in (tmp_path / "index").iterdir())
    assert "王".encode() not in written


def test_index_under_another_key_is_refused(tmp_path: Path) -> None:
    build_index(enumerate(_people(10, 1)), KEY).keep(tmp_path / "index")
    with pytest.raises(IndexUnreadable, match="重新建立"):
        open_index(tmp_path / "index", b"another key of sixteen")
    with pytest.raises(IndexUnreadable):
        open_index(tmp_path / "none", KEY)


def test_model_of_other_levels_is_refused(model: Model) -> None:
    kept = model.kept()
    del kept["weights"]["name"]["fuzzy"]
    with pytest.raises(ModelUnreadable, match="重新训练"):
        model_from(kept)
    with pytest.raises(ModelUnreadable):
        model_from({**model.kept(), "form": 99})


def test_pairs_come_ordered_and_above_the_threshold(model: Model) -> None:
    pairs: list[Pair] = link_records(_people(50, 2), _people(200, 1), model, at_least=0.5)
    assert pairs
    assert all(pair.probability >= 0.5 for pair in pairs)
    assert pairs == sorted(pairs, key=lambda pair: (pair.record, -pair.probability, pair.person))
