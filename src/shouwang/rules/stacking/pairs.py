"""What may not be paid to one person at the same time, as data: the rules decide it, tests and worklists read it here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExcludedPair:
    """Two results of one person that never both hold (a truth value) or are both above 0 (an amount)."""

    first: str
    second: str
    why: str
    cites: tuple[str, ...]


EXCLUDED_PAIRS = (
    ExcludedPair("tekun_payable", "living_subsidy_payable", "纳入特困供养的不享受两项补贴", ("disability-2016-99:一",)),
    ExcludedPair("tekun_payable", "care_subsidy_payable", "纳入特困供养的不享受两项补贴", ("disability-2016-99:一",)),
    ExcludedPair("tekun_payable", "orphan_payable", "选择孤儿保障的不再认定特困", ("tekun-2021-43:9",)),
    ExcludedPair("tekun_payable", "dibao_share", "特困供养与低保不并享", ("tekun-2016-14:四",)),
    ExcludedPair("tekun_payable", "single_unit_payable", "特困供养与低保不并享", ("tekun-2016-14:四",)),
    ExcludedPair("dibao_share", "single_unit_payable", "家庭已享受低保的不再单独施保", ("dibao-2021-57:8",)),
    ExcludedPair("orphan_payable", "single_unit_payable", "孤儿不再单独施保", ("local",)),
    ExcludedPair("orphan_payable", "unsupported_child_payable", "孤儿不是事实无人抚养儿童", ("children-2019-62:一",)),
    ExcludedPair(
        "orphan_without_living", "living_subsidy_payable", "孤儿不享受生活补贴", ("disability-2016-99:一", "local")
    ),
    ExcludedPair(
        "unsupported_in_full",
        "living_subsidy_payable",
        "全额领取事实无人抚养儿童补贴的不享受生活补贴",
        ("children-2019-62:三(一)",),
    ),
    ExcludedPair(
        "draws_work_injury_care",
        "living_subsidy_payable",
        "领取工伤保险生活护理费的不享受两项补贴",
        ("disability-2016-99:一",),
    ),
    ExcludedPair(
        "draws_work_injury_care",
        "care_subsidy_payable",
        "领取工伤保险生活护理费的不享受两项补贴",
        ("disability-2016-99:一",),
    ),
    ExcludedPair("other_care_is_higher", "care_subsidy_payable", "同类补贴择高", ("disability-2015-52:三",)),
    ExcludedPair("other_living_is_higher", "living_subsidy_payable", "同类补贴择高", ("disability-2015-52:三",)),
)
