"""探访对象: who is meant: 留守儿童, 留守老年人, 留守妇女, 特殊困难老年人, 流浪返家的未成年人."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, count, rule

SEVERE = 2
ADULT = 18


@rule(PERSON, "可以探访的人员", cites="children-2016-13:二", since="2016-02-04")
def can_be_visited(deceased: bool, custody_kind: int, lives_apart: bool) -> bool:
    """At home here: a supporter listed with the family but living elsewhere is no company for whoever lives alone."""
    return not deceased and custody_kind == 0 and not lives_apart


count(
    "members_at_home",
    "可以探访的成员人数",
    where="can_be_visited",
    cites="children-2016-13:二",
    since="2016-02-04",
)


@rule(PERSON, "留守儿童", cites="children-2016-13:一", since="2016-02-04")
def left_behind_child(
    can_be_visited: bool,
    age: int,
    left_behind_child_age: int,
    father_away: bool,
    mother_away: bool,
    father_cannot_guard: bool,
    mother_cannot_guard: bool,
) -> bool:
    """父母双方外出务工，或者一方外出、另一方无监护能力，不满十六周岁。"""
    without_care = (
        (father_away and mother_away) or (father_away and mother_cannot_guard) or (mother_away and father_cannot_guard)
    )
    return can_be_visited and age < left_behind_child_age and without_care


@rule(PERSON, "流浪返家需回访的未成年人", cites="children-2019-62:三(四)", since="2020-01-01")
def returned_minor(can_be_visited: bool, age: int, returned_from_wandering: bool) -> bool:
    return can_be_visited and age < ADULT and returned_from_wandering


@rule(PERSON, "留守妇女", cites="women-2019-86:半年以上", since="2019-08-02")
def left_behind_woman(
    can_be_visited: bool, husband_away: bool, husband_away_days: int, left_behind_woman_days: int
) -> bool:
    return can_be_visited and husband_away and husband_away_days >= left_behind_woman_days


@rule(PERSON, "留守老年人", cites=["visits-2017-193:留守老年人", "local"], since="2021-07-01")
def left_behind_elder(
    can_be_visited: bool,
    age: int,
    elder_age: int,
    children_away: bool,
    children_away_days: int,
    left_behind_elder_days: int,
    elder_no_carer: bool,
) -> bool:
    """The text was not found: how long the children must have been away is the area's to say."""
    return (
        can_be_visited
        and age >= elder_age
        and children_away
        and elder_no_carer
        and children_away_days >= left_behind_elder_days
    )


@rule(PERSON, "独居老年人", cites="visits-2022-73:对象", since="2022-10-26")
def elder_alone(can_be_visited: bool, age: int, elder_age: int, members_at_home: int, elder_lives_alone: bool) -> bool:
    """By the register, or because the village says so."""
    return can_be_visited and age >= elder_age and (members_at_home == 1 or elder_lives_alone)


@rule(PERSON, "失能或重残老年人", cites="visits-2022-73:对象", since="2022-10-26")
def elder_frail(
    can_be_visited: bool, age: int, elder_age: int, elder_incapacitated: bool, disability_grade: int
) -> bool:
    """重残 here: grade 1 or 2 of any kind."""
    return can_be_visited and age >= elder_age and (elder_incapacitated or 0 < disability_grade <= SEVERE)


@rule(PERSON, "特殊困难老年人", cites="visits-2022-73:对象", since="2022-10-26")
def special_difficulty_elder(
    can_be_visited: bool,
    age: int,
    elder_age: int,
    elder_alone: bool,
    elder_frail: bool,
    elder_empty_nest: bool,
    left_behind_elder: bool,
    elder_special_family: bool,
) -> bool:
    """独居、空巢、留守、失能、重残、计生特殊家庭老年人。"""
    return (
        can_be_visited
        and age >= elder_age
        and (elder_alone or elder_frail or elder_empty_nest or left_behind_elder or elder_special_family)
    )
