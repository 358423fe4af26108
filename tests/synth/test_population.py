"""The invented people against published figures, and their numbers against lib."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from shouwang.lib.dates import age_on, date_of, day_number
from shouwang.lib.identity import birth_date_of, check_digit, normalise_id, sex_of, uscc_is_valid
from shouwang.synth.calibration import TARGETS
from shouwang.synth.circumstances import DIBAO, MARGINAL, MONITORED, RIGID, TEKUN, draw_incomes
from shouwang.synth.county.residents import Residents, draw_names, draw_residents, identity_numbers
from shouwang.synth.divisions import TOWNSHIPS, divisions
from shouwang.synth.households import ages_on
from shouwang.synth.identity_numbers import MAX_SAME_BIRTHDAY, PREFIX, credit_code, order_codes

AS_OF = date(2026, 10, 31)
VISUAL, HEARING, LIMB = 1, 2, 4


def _county(seed: int) -> Residents:
    rng = np.random.Generator(np.random.PCG64(seed))
    return draw_residents(rng, 120_000, 9_000, [code for code, _ in TOWNSHIPS], AS_OF)


@pytest.fixture(scope="module", params=[20261031, 4])
def county(request: pytest.FixtureRequest) -> Residents:
    return _county(request.param)


def _measured(county: Residents) -> dict[str, float]:
    people, ages = county.people, county.ages()
    sizes, disabled, female = people.sizes(), county.grade > 0, ~people.male
    dibao, low = county.category == DIBAO, (county.category > 0).sum()
    shares = {
        "household_size": sizes.mean(),
        "one_person_households": (sizes == 1).mean(),
        "four_person_households": (sizes == 4).mean(),
        "age_0_14": (ages < 15).mean(),
        "age_60_plus": (ages >= 60).mean(),
        "age_65_plus": (ages >= 65).mean(),
        "sex_ratio": 100 * people.male.sum() / female.sum(),
        "disabled": disabled.mean(),
        "disabled_limb": (county.disability_kind[disabled] == LIMB).mean(),
        "disabled_hearing": (county.disability_kind[disabled] == HEARING).mean(),
        "disabled_visual": (county.disability_kind[disabled] == VISUAL).mean(),
        "disabled_severe": (county.grade[disabled] <= 2).mean(),
        "dibao_household_size": dibao.sum() / (county.household_class == DIBAO).sum(),
        "dibao_female": female[dibao].mean(),
        "dibao_elderly": (ages >= 60)[dibao].mean(),
        "dibao_minors": (ages < 18)[dibao].mean(),
        "dibao_disabled": disabled[dibao].mean(),
    }
    for name, code in (
        ("dibao", DIBAO),
        ("tekun", TEKUN),
        ("marginal", MARGINAL),
        ("monitored", MONITORED),
        ("other", RIGID),
    ):
        shares[f"low_income_{name}"] = (county.category == code).sum() / low
    incomes = draw_incomes(np.random.default_rng(1), people, county.household_class)[people.household]
    for place, fifth in enumerate(np.array_split(np.sort(incomes), 5), start=1):
        shares[f"income_quintile_{place}"] = fifth.mean() / 100
    return {name: float(share) for name, share in shares.items()}


def test_county_lies_within_tolerance_of_every_published_figure(county: Residents) -> None:
    measured = _measured(county)
    assert measured.keys() == TARGETS.keys()
    off = {
        name: (round(measured[name], 4), target.value)
        for name, target in TARGETS.items()
        if abs(measured[name] - target.value) > target.tolerance
    }
    assert off == {}


def test_county_has_the_people_asked_for(county: Residents) -> None:
    assert county.count == 120_000
    assert abs(int((county.category > 0).sum()) - 9_000) <= 5
    heads = county.people.relation == 2
    assert np.array_equal(np.bincount(county.people.household, heads), np.ones(county.people.households))


def test_classes_stand_where_their_incomes_are(county: Residents) -> None:
    incomes = draw_incomes(np.random.default_rng(1), county.people, county.household_class)
    assert incomes[np.isin(county.household_class, (DIBAO, TEKUN))].max() < 720_000
    marginal = incomes[county.household_class == MARGINAL]
    assert 720_000 <= marginal.min() < marginal.max() < 1_080_000


def test_identity_numbers_are_valid_unique_and_say_birth_and_sex(county: Residents) -> None:
    people = county.people
    numbers = identity_numbers(np.random.default_rng(2), people.birth_day, people.male)
    assert len(set(numbers)) == len(numbers)
    for person in range(0, len(numbers), 997):
        number = numbers[person]
        assert normalise_id(number, as_of=AS_OF).value18 == number
        assert number.startswith(PREFIX)
        assert check_digit(number[:17]) == number[17]
        assert day_number(birth_date_of(number)) == people.birth_day[person]
        assert sex_of(number) == (1 if people.male[person] else 2)


def test_too_many_births_on_one_day_are_refused() -> None:
    births = np.zeros(MAX_SAME_BIRTHDAY + 1, dtype=np.int64)
    with pytest.raises(ValueError, match="share a day of birth"):
        order_codes(np.random.default_rng(1), births, np.ones(len(births), dtype=bool))


def test_credit_codes_are_valid() -> None:
    assert all(uscc_is_valid(credit_code(number)) for number in range(0, 100_000_000, 1_234_567))


@pytest.mark.parametrize("born", [date(1966, 10, 31), date(1966, 11, 1), date(2008, 2, 29), date(2026, 10, 30)])
@pytest.mark.parametrize("on", [date(2026, 10, 31), date(2026, 2, 28), date(2028, 2, 29)])
def test_ages_follow_lib(born: date, on: date) -> None:
    assert ages_on(np.array([day_number(born)]), day_number(on))[0] == age_on(born, on)


def test_names_hold_rare_and_ethnic_ones(county: Residents) -> None:
    called = draw_names(np.random.default_rng(3), county.people, day_number(AS_OF))
    assert 0.002 < sum("·" in name for name in called) / len(called) < 0.02
    assert any(ord(sign) > 0xFFFF for name in called for sign in name)
    assert any("䶮" in name for name in called)
    assert all(2 <= len(name) <= 12 for name in called)


def test_same_seed_gives_the_same_people() -> None:
    first, second = _county(9), _county(9)
    assert np.array_equal(first.people.birth_day, second.people.birth_day)
    assert np.array_equal(first.wage, second.wage)
    assert date_of(int(first.people.birth_day[0])) != date_of(int(_county(10).people.birth_day[0]))


def test_division_codes_are_unique_and_nested() -> None:
    codes = {each.code for each in divisions()}
    assert len(codes) == len(divisions()) == 4 + 7 + 6 * 20 + 2
    for each in divisions():
        if each.level == "village":
            assert each.code[:9] + "000" in codes


def test_nobody_is_born_after_the_first_files(county: Residents) -> None:
    """The demo loads the roster before its first month of files; a later birth would lie in the future then."""
    assert county.people.birth_day.max() < day_number(date(2026, 8, 25))
