"""供养标准 (社会救助暂行办法第14、15、19条；特困人员认定办法第19条): basic living plus care, paid in full."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

MONTHS = 12
RATIO_PARTS = 360_000
SELF, PARTLY_LOST = 0, 1


@rule(PERSON, "按城市特困标准", cites="tekun-2021-43:19", since="2021-07-01")
def tekun_urban(urban_household: bool, contracted_land: bool, relocated_to_town: bool) -> bool:
    """城乡标准不一的：有承包地或参加集体分配的按农村，易地搬迁到城镇的给城市待遇。"""
    return relocated_to_town or (urban_household and not contracted_land)


@rule(
    PERSON, "适用的特困基本生活标准（每年）", cites=["shjzzxbf:15", "tekun-2021-43:19"], since="2021-07-01", unit="fen"
)
def tekun_basic_standard(
    tekun_urban: bool,
    centralised: bool,
    self_care_level: int,
    tekun_applied_urban_institution: int,
    tekun_applied_urban_dispersed: int,
    tekun_applied_rural_institution_disabled: int,
    tekun_applied_rural_institution_selfcare: int,
    tekun_applied_rural_dispersed_disabled: int,
    tekun_applied_rural_dispersed_selfcare: int,
) -> int:
    """Form and self-care matter only where the area's standards differ by them: else an unknown one does not hold it up."""
    if tekun_urban:
        return tekun_applied_urban_institution if centralised else tekun_applied_urban_dispersed
    if self_care_level == SELF:
        return tekun_applied_rural_institution_selfcare if centralised else tekun_applied_rural_dispersed_selfcare
    return tekun_applied_rural_institution_disabled if centralised else tekun_applied_rural_dispersed_disabled


@rule(PERSON, "适用的照料护理标准（每年，未上浮）", cites="tekun-2021-43:23", since="2021-07-01", unit="fen")
def tekun_care_standard(
    self_care_level: int,
    centralised: bool,
    tekun_care_self_institution: int,
    tekun_care_self_dispersed: int,
    tekun_care_half_institution: int,
    tekun_care_half_dispersed: int,
    tekun_care_full_institution: int,
    tekun_care_full_dispersed: int,
) -> int:
    if self_care_level == SELF:
        return tekun_care_self_institution if centralised else tekun_care_self_dispersed
    if self_care_level == PARTLY_LOST:
        return tekun_care_half_institution if centralised else tekun_care_half_dispersed
    return tekun_care_full_institution if centralised else tekun_care_full_dispersed


@rule(
    PERSON,
    "照料护理标准（每年，含上浮）",
    cites=["tekun-2021-43:23", "changsha-tekun-sample:照料护理上浮"],
    since="2021-07-01",
    unit="fen",
)
def tekun_care(
    tekun_care_standard: int, tekun_care_surcharge: int, centralised: bool, surcharge_dispersed: bool
) -> int:
    """A fraction of a fen goes up; the payable amount, rounded up once, comes out as without it."""
    surcharge = tekun_care_surcharge if centralised or surcharge_dispersed else 0
    return (tekun_care_standard * (RATIO_PARTS + surcharge) + RATIO_PARTS - 1) // RATIO_PARTS


@rule(PERSON, "特困供养月金额", cites=["shjzzxbf:15", "tekun-2016-14:救助供养标准"], since="2021-07-01", unit="fen")
def tekun_amount(tekun_member: bool, tekun_basic_standard: int, tekun_care: int, gap_rounding_unit: int) -> int:
    """基本生活标准加照料护理标准，全额发放、不是补差；只在此处除一次并向上取整。"""
    step = gap_rounding_unit * MONTHS
    if tekun_member:
        return (tekun_basic_standard + tekun_care + step - 1) // step * gap_rounding_unit
    return 0
