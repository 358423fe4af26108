"""兰州 (2021): the two rates of the care subsidy go by grade and kind together."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

LANZHOU = "620100"
HIGHER, LOWER = 1, 2
SIGHT, LIMB, MENTAL = 1, 4, 6
GRADE_1, GRADE_2 = 1, 2


@rule(
    PERSON,
    "护理补贴按几级标准",
    cites=["disability-2015-52:二", "lanzhou-disability-2021:护理补贴标准"],
    since="2021-07-01",
    area=LANZHOU,
    unit="code",
)
def care_rate_grade(disability_grade: int, disability_kind: int, intellectual_or_mental: bool) -> int:
    """Higher: grade 1 but for hearing and speech, and grade 2 of 智力, 精神. Lower: the rest of both grades."""
    if disability_grade == GRADE_1:
        higher = disability_kind == SIGHT or LIMB <= disability_kind <= MENTAL or intellectual_or_mental
        return HIGHER if higher else LOWER
    if disability_grade == GRADE_2:
        return HIGHER if intellectual_or_mental else LOWER
    return disability_grade
