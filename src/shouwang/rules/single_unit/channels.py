"""可以单独申请低保的人 (57号文第8条, 2022通知一(一))."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

SECOND_GRADE = 2
THIRD_GRADE = 3
INTELLECTUAL = 5
MENTAL = 6


@rule(PERSON, "三级智力或精神残疾", cites="dibao-2021-57:8", since="2021-07-01")
def third_grade_mental(disability_grade: int, disability_kind: int) -> bool:
    return disability_grade == THIRD_GRADE and disability_kind in (INTELLECTUAL, MENTAL)


@rule(PERSON, "一、二级残疾", cites="dibao-2021-57:8", since="2021-07-01")
def first_two_grades(disability_grade: int) -> bool:
    return 0 < disability_grade <= SECOND_GRADE


@rule(PERSON, "单人户（一）边缘家庭重残人员", cites="dibao-2021-57:8", since="2021-07-01")
def single_by_disability(
    counted_member: bool, marginal_member: bool, first_two_grades: bool, third_grade_mental: bool
) -> bool:
    return counted_member and marginal_member and (first_two_grades or third_grade_mental)


@rule(PERSON, "单人户（二）边缘家庭重病人员", cites="dibao-2021-57:8", since="2021-07-01")
def single_by_illness(counted_member: bool, marginal_member: bool, critical_illness_recognised: bool) -> bool:
    """当地有关部门认定的病种，不是任何大病登记。"""
    return counted_member and marginal_member and critical_illness_recognised


@rule(PERSON, "单人户（三）脱离家庭的教职人员", cites="dibao-2021-57:8", since="2021-07-01")
def single_by_clergy(
    deceased: bool, lives_apart: bool, custody_kind: int, clergy_years: int, clergy_years_least: int
) -> bool:
    """He is no member of the family he left; in 重庆 he leaves it sooner than he may apply alone."""
    return not deceased and not lives_apart and custody_kind == 0 and clergy_years >= clergy_years_least


@rule(PERSON, "单人户（四）其他特殊困难人员", cites="dibao-2021-57:8", since="2021-07-01")
def single_by_recognition(counted_member: bool, special_difficulty_recognised: bool) -> bool:
    return counted_member and special_difficulty_recognised


@rule(PERSON, "成年无业重度残疾人", cites="notice-2022-83:一(一)", since="2022-10-20")
def jobless_severely_disabled(
    counted_member: bool,
    age: int,
    single_unit_adult_age: int,
    found_jobless: bool,
    first_two_grades: bool,
    third_grade_mental: bool,
    single_unit_grade_three: bool,
) -> bool:
    """Not only out of 低保边缘 families. Whether 三级智力、精神 are 重度 no text we could read says."""
    severe = first_two_grades or (third_grade_mental and single_unit_grade_three)
    return counted_member and age >= single_unit_adult_age and severe and found_jobless
