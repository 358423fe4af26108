"""浙江: the care subsidy goes by how far a person can care for himself; each county sets the amounts."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

ZHEJIANG = "330000"
WHOLLY, MOSTLY, PARTLY = 3, 2, 1


@rule(
    PERSON,
    "适用的护理补贴标准（每人每年）",
    cites=["disability-2015-52:二", "disability-samples:浙江按自理能力分档"],
    since="2021-07-01",
    area=ZHEJIANG,
    unit="fen",
)
def care_standard(
    dependency_level: int,
    dis_nursing_dependency1: int,
    dis_nursing_dependency2: int,
    dis_nursing_dependency3: int,
) -> int:
    if dependency_level == WHOLLY:
        return dis_nursing_dependency3
    if dependency_level == MOSTLY:
        return dis_nursing_dependency2
    if dependency_level == PARTLY:
        return dis_nursing_dependency1
    return 0
