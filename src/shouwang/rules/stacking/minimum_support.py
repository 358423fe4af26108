"""特困、孤儿、低保、单人户: which of them a person is paid by. Each line of the table of exclusions is a rule."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, count, rule


@rule(PERSON, "按孤儿或事实无人抚养儿童保障", cites="tekun-2021-43:9", since="2021-07-01")
def orphan_aid_chosen(
    orphan: bool,
    unsupported_child: bool,
    chose_orphan: bool,
    on_orphan: bool,
    on_unsupported_child: bool,
    on_tekun: bool,
) -> bool:
    """The applicant chooses, and the choice is recorded; who is already paid as such a child has chosen.

    A 事实无人抚养儿童 may also stay with 特困 and be topped up, so being on both is no choice.
    """
    as_orphan = orphan and (chose_orphan or on_orphan)
    as_unsupported = unsupported_child and (chose_orphan or (on_unsupported_child and not on_tekun))
    return as_orphan or as_unsupported


@rule(PERSON, "在享低保，特困条件尚未核查", cites=["tekun-2021-43:16", "tekun-2021-43:17"], since="2021-07-01")
def dibao_until_judged(on_dibao: bool, on_tekun: bool, support_finding: int, obligor_listings: int) -> bool:
    """Whoever is in 低保, and whose supporters nobody has looked into, is paid as such: 特困 begins with a confirmation.

    That somebody might qualify for 特困 is asked by ``tekun_eligible``; it leaves nobody without what is paid today.
    """
    return on_dibao and not on_tekun and support_finding == 0 and obligor_listings == 0


@rule(PERSON, "按特困供养发放", cites=["tekun-2021-43:4", "tekun-2021-43:9", "tekun-2021-43:17"], since="2021-07-01")
def tekun_paid(tekun_member: bool, orphan_aid_chosen: bool, dibao_until_judged: bool) -> bool:
    return tekun_member and not orphan_aid_chosen and not dibao_until_judged


@rule(PERSON, "特困供养月发放额", cites="tekun-2021-43:9", since="2021-07-01", unit="fen")
def tekun_payable(tekun_paid: bool, tekun_amount: int) -> int:
    return tekun_amount if tekun_paid else 0


@rule(PERSON, "按孤儿发放", cites=["orphan-2010-54:二(一)", "tekun-2021-43:9"], since="2021-07-01")
def orphan_paid(orphan_allowance_eligible: bool, tekun_paid: bool) -> bool:
    """One of the two: who stays with 特困 is not paid as an orphan."""
    return orphan_allowance_eligible and not tekun_paid


@rule(PERSON, "孤儿基本生活费月发放额", cites="tekun-2021-43:9", since="2021-07-01", unit="fen")
def orphan_payable(orphan_paid: bool, orphan_amount: int) -> int:
    return orphan_amount if orphan_paid else 0


@rule(PERSON, "已按特困或孤儿发放，不再计发低保", cites=["tekun-2016-14:四", "local"], since="2021-07-01")
def left_out_of_dibao(counted_member: bool, tekun_paid: bool, orphan_paid: bool, orphan_shares_dibao: bool) -> bool:
    """Still a member of the household, but nobody is paid twice.

    That 特困 and 低保 are not drawn together is what we could not read in full; of orphans the area decides.
    """
    return counted_member and (tekun_paid or (orphan_paid and not orphan_shares_dibao))


count(
    "members_left_out_of_dibao",
    "不再计发低保的成员人数",
    where="left_out_of_dibao",
    cites=["tekun-2016-14:四", "local"],
    since="2021-07-01",
)


@rule(HOUSEHOLD, "低保月发放额", cites=["shjzzxbf:12", "tekun-2016-14:四", "local"], since="2021-07-01", unit="fen")
def dibao_payable(dibao_amount: int, unit_size: int, members_left_out_of_dibao: int, gap_rounding_unit: int) -> int:
    """The household's amount less an equal share for each member who is paid by another scheme.

    No national text says how such a share is reckoned. By heads, as for the share of a member who refuses work (57号文
    第34条); what is left is divided once and rounded up like the gap itself.
    """
    if dibao_amount == 0 or members_left_out_of_dibao == 0:
        return dibao_amount
    step = unit_size * gap_rounding_unit
    left = dibao_amount * (unit_size - members_left_out_of_dibao)
    return min((left + step - 1) // step * gap_rounding_unit, dibao_amount)


@rule(PERSON, "本人份额的低保金", cites=["shjzzxbf:12", "local"], since="2021-07-01", unit="fen")
def dibao_share(counted_member: bool, dibao_member: bool, left_out_of_dibao: bool, dibao_amount_per_person: int) -> int:
    """人均救助水平: what the household draws for this person."""
    if counted_member and dibao_member and not left_out_of_dibao:
        return dibao_amount_per_person
    return 0


@rule(PERSON, "单人户低保月发放额", cites=["dibao-2021-57:8", "local"], since="2021-07-01", unit="fen")
def single_unit_payable(single_unit_amount: int, dibao_amount: int, tekun_paid: bool, orphan_paid: bool) -> int:
    """Only where the household itself draws no 低保, and the person nothing as 特困 or orphan."""
    if tekun_paid or orphan_paid or dibao_amount > 0:
        return 0
    return single_unit_amount
