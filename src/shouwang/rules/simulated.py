"""What a simulation compares by default, and the groups its figures are crossed by."""

from __future__ import annotations

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.simulate import Benefit, Group
from shouwang.rules.questions import Question, questions_of

GROUP_INPUTS = ("age", "disability_grade")
"""Inputs to fold besides those the rules need."""

AGE_BANDS = ((18, "0–17岁"), (60, "18–59岁"), (80, "60–79岁"), (10**6, "80岁及以上"))
GRADES = ("无残疾证", "一级", "二级", "三级", "四级")
SIZES = ("0人", "1人", "2人", "3人", "4人", "5人", "6人及以上")
SEXES = ("未登记", "男", "女")
NOT_KNOWN = "未知"
SIDE_BY_SIDE = "stacking"
"""The policy that holds the benefits against each other."""
PAID_ONCE = ("linshi", "assistive_devices")
"""Policies whose amount is paid once, not every month: they are compared by who is eligible."""


GROUP_LABELS = {
    "age": ("年龄", True),
    "sex": ("性别", True),
    "age_sex": ("年龄与性别", True),
    "disability": ("残疾等级", True),
    "size": ("家庭人口", False),
}
"""Key → heading, and whether its lines count persons."""


def benefits_of(book: Book) -> tuple[Benefit, ...]:
    """The outcomes of ``questions.yaml`` that say who, each with its amount a month.

    Each benefit by itself, before exclusion and offset: what is paid side by side rests on many more facts, and a budget
    that cannot be told for nine households in ten helps nobody.
    """
    asked = [each for each in questions_of(book) if each.eligible and each.policy != SIDE_BY_SIDE]
    return tuple({each.eligible: _benefit(each) for each in asked}.values())


def _benefit(question: Question) -> Benefit:
    eligible = question.eligible or ""
    amount = "" if question.policy in PAID_ONCE else question.amount or ""
    return Benefit(eligible, question.label, eligible, amount)


def groups_of(frame: Frame, sex: Array | None = None) -> list[Group]:
    """The crossings of a frame: persons by age, sex, both, grade of disability; households by size.

    ``sex``: 1 男 2 女 0 unknown, by person. What was not recorded is a part of its own.
    """
    ages = _banded(frame.person.get("age"), frame.persons)
    sexes = np.zeros(frame.persons, dtype=np.int64) if sex is None else np.clip(sex, 0, 2).astype(np.int64)
    bands = (*(name for _, name in AGE_BANDS), NOT_KNOWN)
    grade = frame.person.get("disability_grade")
    grades = (
        np.full(frame.persons, len(GRADES))
        if grade is None
        else np.where(grade.known & (grade.values >= 0) & (grade.values < len(GRADES)), grade.values, len(GRADES))
    )
    both = tuple(f"{band} {sex_name}" for band in bands for sex_name in SEXES)
    parts = {
        "age": (bands, ages),
        "sex": (SEXES, sexes),
        "age_sex": (both, ages * len(SEXES) + sexes),
        "disability": ((*GRADES, NOT_KNOWN), grades.astype(np.int64)),
        "size": (SIZES, np.minimum(frame.sizes, len(SIZES) - 1)),
    }
    return [
        Group(key, GROUP_LABELS[key][0], names, codes, of_persons=GROUP_LABELS[key][1])
        for key, (names, codes) in parts.items()
    ]


def _banded(age: Column | None, persons: int) -> Array:
    if age is None:
        return np.full(persons, len(AGE_BANDS), dtype=np.int64)
    limits = np.array([limit for limit, _ in AGE_BANDS])
    bands = np.minimum(np.searchsorted(limits, age.values, side="right"), len(AGE_BANDS) - 1)
    return np.where(age.known, bands, len(AGE_BANDS)).astype(np.int64)
