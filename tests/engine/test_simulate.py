"""What if, in Toyland: who gains, who loses, what it costs; nothing guessed, nothing lost, nothing computed that the change does not reach."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouwang.engine.backends.columns import evaluate_columns, evaluate_pair
from shouwang.engine.book import Book
from shouwang.engine.call import Case
from shouwang.engine.frame import Frame, column_of, frame_of
from shouwang.engine.parameters import Assertion
from shouwang.engine.reform import Change, Reform, ReformError, Version, values_of
from shouwang.engine.rule import Entity
from shouwang.engine.simulate import GAIN, LOSE, SAME, UNTOLD, Benefit, Group, Simulation, Summary, exact_sum, simulate
from shouwang.lib.ratio import PARTS
from tests.engine.conftest import TODAY
from tests.engine.households import cases

NATION = "000000000000"
BREAD = Benefit("bread", "月饼", "bread_eligible", "bread_money")
SHARE = Benefit("share", "个人月饼", "child", "bread_share")
FEAST = Benefit("feast", "月饼宴", "feast")
MIXED = Benefit("mixed", "有小孩的户", "child", "bread_money")
ALL = (BREAD, SHARE, FEAST, MIXED)
QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
REFORMS = (
    Reform((Change("bread_line", NATION, parts=PARTS * 11 // 10),)),
    Reform((Change("bread_line", "970100000000", 80_000, "person-year"), Change("elder_age", NATION, 55))),
    Reform(versions=(Version("net_harvest", date(2030, 1, 1)),)),
    Reform(versions=(Version("bread_eligible", date(2031, 7, 1), "970200"),)),
    Reform((Change("line_included", NATION, 0),), (Version("net_harvest", date(2030, 1, 1)),)),
)


def home(harvest: int | None, *, area: str = "970101001001", roof: bool | None = False, eaters: int = 1) -> Case:
    """A household of grown-ups with a harvest each, no rent and no shells."""
    member = {"age": 40, "away": False, "grade": 0, "harvest": harvest, "rent": 0, "shells": 0}
    return Case(area, {"roof_whole": roof, "debt": 0, "flood_loss": 0}, [dict(member) for _ in range(eaters)])


def bread_line_at(value: int, area: str = NATION) -> Reform:
    return Reform((Change("bread_line", area, value, "person-year"),))


@pytest.fixture
def street(toyland: Book) -> Frame:
    """One who has bread, one just above the line, one far above, one whose harvest nobody reported."""
    return frame_of(toyland, [home(10_000), home(60_001), home(500_000), home(None)])


def test_higher_line_helps_who_is_below_it_and_nobody_is_guessed(toyland, standards, street):
    paired = simulate(toyland, street, TODAY, standards, bread_line_at(70_000), [BREAD])
    assert paired.classes.tolist() == [GAIN, GAIN, SAME, UNTOLD]
    assert paired.newly.tolist() == [False, True, False, False]
    assert paired.total() == {
        "all": 4, "same": 1, "gain": 2, "lose": 0, "untold": 1,
        "untold_before": 1, "untold_after": 1, "newly": 1, "exits": 0,
        "before": 50_000, "after": 60_000 + 9_999,
    }  # fmt: skip


def test_lower_line_takes_from_some_and_puts_others_out(toyland, standards, street):
    paired = simulate(toyland, street, TODAY, standards, bread_line_at(10_000), [BREAD])
    assert paired.classes.tolist() == [LOSE, SAME, SAME, UNTOLD]
    first = simulate(toyland, street, TODAY, standards, bread_line_at(9_999), [BREAD])
    assert (first.total()["exits"], first.total()["after"]) == (1, 0)


def test_change_of_a_division_stays_inside_it_and_replaces_what_is_set_below(toyland, standards):
    table = standards.overlaid(
        [Assertion("bread_line", "970101000000", 20_000, "person-year", date(2031, 1, 1), source="local")]
    )
    frame = frame_of(toyland, [home(30_000), home(30_000, area="970200000000")])
    inside = simulate(toyland, frame, TODAY, table, bread_line_at(40_000, "970100000000"), [BREAD])
    assert inside.classes.tolist() == [GAIN, SAME]
    scaled = Reform((Change("bread_line", NATION, parts=PARTS * 2),))
    run = Simulation(toyland, TODAY, table, scaled, [BREAD])
    assert [run.changed.lookup("bread_line", code, TODAY).value for code in ("970101001001", "970200000000")] == [
        40_000,
        120_000,
    ]
    assert [code for code, _ in values_of(toyland, run.changed, scaled.changes[0], TODAY)] == [NATION, "970101000000"]


def test_older_version_of_a_rule_can_be_chosen(toyland, standards):
    grower = home(100_000)
    grower.members[0]["shells"] = 250
    frame = frame_of(toyland, [grower])
    older = Reform(versions=(Version("net_harvest", date(2030, 1, 1)),))
    paired = simulate(toyland, frame, TODAY, standards, older, [BREAD])
    assert paired.classes.tolist() == [LOSE]  # seed cost no longer taken off
    assert paired.exits.tolist() == [True]


def test_version_in_force_is_no_change(toyland, standards, street):
    run = Simulation(toyland, TODAY, standards, Reform(versions=(Version("net_harvest", date(2031, 1, 1)),)), [BREAD])
    assert run.reached(street.area_codes) == ()
    assert run.run(street).total()["same"] == 4


def test_only_what_the_change_reaches_is_an_outcome(toyland, standards, street):
    run = Simulation(toyland, TODAY, standards, Reform((Change("notice_days", NATION, 5),)), ALL)
    assert run.reached(street.area_codes) == ()
    assert run.inputs(street.area_codes) == set()
    some = Simulation(toyland, TODAY, standards, Reform((Change("elder_age", NATION, 30),)), ALL)
    assert [each.key for each in some.reached(street.area_codes)] == ["bread", "share", "feast", "mixed"]
    assert "sex" not in some.inputs(street.area_codes)


@pytest.mark.parametrize(
    ("reform", "said"),
    [
        (Reform(), "没有写要改什么"),
        (Reform((Change("no_such", NATION, 1),)), "没有名为“no_such”的参数"),
        (Reform((Change("bread_line", NATION, 1, "days"),)), "单位"),
        (
            Reform(
                (Change("bread_line", NATION, 100, "person-year"), Change("bread_line", NATION, 200, "person-year"))
            ),
            "改了两次",
        ),
        (Reform((Change("line_included", NATION, parts=PARTS),)), "不能按比例"),
        (Reform((Change("seed_cost", "980000000000", parts=PARTS),)), "没有值"),
        (Reform(versions=(Version("no_such", date(2030, 1, 1)),)), "没有名为“no_such”的规则"),
        (Reform(versions=(Version("net_harvest", date(2029, 1, 1)),)), "现有：2030-01-01、2031-01-01"),
    ],
)
def test_reform_that_cannot_be_is_refused_in_chinese(toyland, standards, reform, said):
    with pytest.raises(ReformError, match=said):
        Simulation(toyland, TODAY, standards, reform, [BREAD])


def test_version_that_lacks_what_it_needs_on_the_day_is_refused(toyland, standards, street):
    reform = Reform(versions=(Version("bread_money", date(2030, 1, 1)),))
    with pytest.raises(ReformError, match="缺少它所依据的规则"):
        simulate(toyland, street, date(2029, 1, 1), standards, reform, [BREAD])


def test_sums_beyond_64_bits_stay_exact():
    most = 2**63 - 1
    assert exact_sum(np.array([most, most, most], dtype=np.int64)) == 3 * most
    assert exact_sum(np.array([-most, -most], dtype=np.int64)) == -2 * most
    assert exact_sum(np.array([], dtype=np.int64)) == 0


def groups_of(frame: Frame) -> list[Group]:
    size = np.minimum(frame.sizes, 3)
    age = frame.person.get("age") or column_of([None] * frame.persons, truth=False)
    codes = np.select([~age.known, age.values < 16, age.values < 60], [3, 0, 1], 2)
    return [
        Group("size", "人口", ("0人", "1人", "2人", "3人以上"), size, of_persons=False),
        Group("age", "年龄", ("儿童", "成人", "老人", "未知"), codes, of_persons=True),
    ]


@given(data=st.data(), reform=st.sampled_from(REFORMS))
@QUIET
def test_lines_add_up(toyland, standards, data, reform):
    frame = frame_of(toyland, data.draw(st.lists(cases(toyland), min_size=1, max_size=8)))
    whole, parts = Summary(), Summary()
    run = Simulation(toyland, TODAY, standards, reform, ALL)
    whole.add(run.run(frame), frame.area_codes, groups_of(frame))
    for row in range(frame.households):
        one = frame.take(np.array([row]))
        parts.add(run.run(one), one.area_codes, groups_of(one))
    total = whole.total
    assert total["all"] == frame.households == total["same"] + total["gain"] + total["lose"] + total["untold"]
    assert parts.total == total | {
        name: parts.total.get(name, 0) for name in ("before", "after") if name in parts.total
    }
    for name in total:
        assert sum(line.get(name, 0) for line in whole.areas.values()) == total[name], name
        assert sum(line.get(name, 0) for line in whole.groups["size"].values()) == total[name], name
    assert sum(line.get("all", 0) for line in whole.groups["age"].values()) == frame.persons


@given(data=st.data())
@QUIET
def test_identity_reform_changes_nothing(toyland, standards, data):
    frame = frame_of(toyland, data.draw(st.lists(cases(toyland), min_size=1, max_size=8)))
    run = Simulation(toyland, TODAY, standards, Reform((Change("bread_line", NATION, parts=PARTS),)), ALL)
    total = run.run(frame).total()
    assert (total["same"], total["gain"], total["lose"], total["untold"]) == (frame.households, 0, 0, 0)
    forced = [rule for benefit in ALL for rule in benefit.rules]
    before, after, moved = evaluate_pair(toyland, run.reformed, frame, TODAY, standards, run.changed, forced)
    for side in ("household", "person"):
        for name, column in getattr(before, side).items():
            other = getattr(after, side)[name]
            assert np.array_equal(column.values, other.values)
            assert np.array_equal(column.known, other.known)
            assert not getattr(moved, side)[name].values.any()


@given(data=st.data(), reform=st.sampled_from(REFORMS), as_of=st.sampled_from((date(2030, 6, 1), TODAY)))
@QUIET
def test_sharing_what_is_common_gives_what_two_whole_runs_give(toyland, standards, data, reform, as_of):
    if as_of < date(2031, 7, 1):
        reform = Reform(reform.changes or REFORMS[0].changes)
    frame = frame_of(toyland, data.draw(st.lists(cases(toyland), min_size=1, max_size=6)))
    run = Simulation(toyland, as_of, standards, reform, ALL)
    names = [name for name in toyland.definitions if name not in {"promoted", "licence_ending"}]
    *pair, moved = evaluate_pair(toyland, run.reformed, frame, as_of, standards, run.changed, names)
    alone = (
        evaluate_columns(toyland, frame, as_of, standards, names),
        evaluate_columns(run.reformed, frame, as_of, run.changed, names),
    )
    for shared, own in zip(pair, alone, strict=True):
        for name in names:
            columns = "person" if toyland.entity_of(name) is Entity.PERSON else "household"
            one, other = getattr(shared, columns)[name], getattr(own, columns)[name]
            assert np.array_equal(one.values, other.values), name
            assert np.array_equal(one.known, other.known), name
    for name in names:  # what is said not to move is the same on both sides
        side = "person" if toyland.entity_of(name) is Entity.PERSON else "household"
        first, second, moves = (getattr(each, side)[name] for each in (*alone, moved))
        still = moves.known & (moves.values == 0)
        assert np.array_equal(first.known[still], second.known[still]), name
        assert np.array_equal(first.values[still], second.values[still]), name


def test_unknown_that_the_change_does_not_touch_is_no_doubt(toyland, standards):
    """Whether somebody's feast is known or not, a line far below the harvest moves nothing."""
    rich = home(500_000, roof=None)
    paired = simulate(toyland, frame_of(toyland, [rich]), TODAY, standards, bread_line_at(70_000), [BREAD, FEAST])
    assert paired.classes.tolist() == [SAME]
    assert paired.benefits["feast"]["untold"] == 0


def test_book_with_a_version_leaves_the_book_alone(toyland):
    before = (toyland.fingerprint, dict(toyland.definitions))
    other = toyland.with_version("net_harvest", since=date(2030, 1, 1))
    assert (toyland.fingerprint, toyland.definitions) == before
    assert other.fingerprint != toyland.fingerprint
    assert other.versions_on(TODAY, "970101001001")["net_harvest"].arguments == ("harvest", "rent")
    with pytest.raises(KeyError):
        toyland.with_version("net_harvest", since=date(1999, 1, 1))
