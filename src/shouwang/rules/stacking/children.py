"""事实无人抚养儿童: the standard is topped up, or paid in full (民发〔2019〕62号三(一))."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule


@rule(PERSON, "儿童本人的低保金、特困金", cites="children-2019-62:三(一)", since="2021-07-01", unit="fen")
def minimum_support_drawn(dibao_share: int, single_unit_payable: int, tekun_payable: int) -> int:
    return dibao_share + single_unit_payable + tekun_payable


@rule(PERSON, "全额领取事实无人抚养儿童补贴", cites="children-2019-62:三(一)", since="2021-07-01")
def unsupported_in_full(
    unsupported_child: bool, minimum_support_drawn: int, on_living_subsidy: bool, living_subsidy_eligible: bool
) -> bool:
    """Nothing to set against the standard: neither 低保 nor 特困, and the living subsidy not already drawn."""
    return unsupported_child and minimum_support_drawn == 0 and not (on_living_subsidy and living_subsidy_eligible)


@rule(PERSON, "事实无人抚养儿童补贴月发放额", cites="children-2019-62:三(一)", since="2021-07-01", unit="fen")
def unsupported_child_payable(
    unsupported_child_amount: int, minimum_support_drawn: int, living_subsidy_payable: int
) -> int:
    """Up to the standard, never beyond.

    A child paid in full whose family enters 低保 later is reckoned anew in the same way, by the share a head; what the
    child draws here is no income of the family.
    """
    if unsupported_child_amount == 0:
        return 0
    return max(unsupported_child_amount - minimum_support_drawn - living_subsidy_payable, 0)
