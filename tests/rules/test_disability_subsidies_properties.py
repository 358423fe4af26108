"""The amounts of the two subsidies: the most specific figure of the nearest division, to the fen."""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, evaluate
from shouwang.engine.parameters import Assertion

PROVINCE, CITY, COUNTY = "990000000000", "990100000000", "990101000000"
DAY = date(2026, 6, 30)
BOOK: Book = load_book("shouwang.rules")
LIVING = {
    (True, True): (
        "dis_living_dibao_or_jobless_severe_grade12",
        "dis_living_dibao_or_jobless_severe",
        "dis_living_grade12",
    ),
    (True, False): (
        "dis_living_dibao_or_jobless_severe_grade34",
        "dis_living_dibao_or_jobless_severe",
        "dis_living_grade34",
    ),
    (False, True): ("dis_living_lowincome_grade12", "dis_living_lowincome", "dis_living_grade12"),
    (False, False): ("dis_living_lowincome_grade34", "dis_living_lowincome", "dis_living_grade34"),
}
NURSING = {
    (True, 1): ("dis_nursing_grade1_dibao", "dis_nursing_grade1", "dis_nursing_other"),
    (True, 2): ("dis_nursing_grade2_dibao", "dis_nursing_grade2", "dis_nursing_other"),
    (False, 1): ("dis_nursing_grade1", "dis_nursing_other"),
    (False, 2): ("dis_nursing_grade2", "dis_nursing_other"),
}
ITEMS = sorted(
    {"dis_living", "dis_nursing", *(name for of in (LIVING, NURSING) for row in of.values() for name in row)}
)

published = st.dictionaries(
    st.tuples(st.sampled_from(ITEMS), st.sampled_from([PROVINCE, CITY, COUNTY])), st.integers(1, 600_001), max_size=14
)
SWITCHES = {
    **dict.fromkeys(
        (
            "living_covers_no_fixed_income",
            "living_covers_low_income",
            "living_covers_jobless_severe",
            "living_covers_several_disabled",
            "living_covers_old_disabled",
            "living_covers_kept_by_old_parents",
        ),
        0,
    ),
    "living_covers_marginal": 1,
}


def nearest(said: dict[tuple[str, str], int], items: tuple[str, ...]) -> int | None:
    for area in (COUNTY, CITY, PROVINCE):
        for item in items:
            if (item, area) in said:
                return said[item, area]
    return None


@given(published, st.booleans(), st.integers(1, 4))
@settings(max_examples=200, deadline=None)
def test_the_nearest_and_most_specific_figure_is_paid(
    said: dict[tuple[str, str], int], on_dibao: bool, grade: int
) -> None:
    rows = [Assertion(item, area, value, "person-year", DAY) for (item, area), value in said.items()]
    rows += [Assertion(item, PROVINCE, value, "bool", DAY) for item, value in SWITCHES.items()]
    rows.append(Assertion("care_extension_grade", PROVINCE, 2, "code", DAY))
    rows.append(Assertion("dibao_rural", PROVINCE, 1_200, "person-year", DAY))
    person: dict[str, Any] = {name: False if spec.unit == "bool" else 0 for name, spec in BOOK.inputs.items()}
    household = {**person, "property_findings": 1}
    person |= {"on_dibao": on_dibao, "on_dibao_marginal": not on_dibao, "age": 40}
    person |= {"disability_grade": grade, "disability_kind": 4, "long_term_care_needed": True}
    person["transfer_income_year"] = 9_600  # no 单人户: his own income is above the line
    case = Case(COUNTY, household, [person])
    targets = ("living_subsidy_amount", "care_subsidy_amount")
    got = evaluate(BOOK, case, DAY, BOOK.table(rows), targets).persons[0]
    living = nearest(said, (*LIVING[on_dibao, grade < 3], "dis_living"))
    assert got["living_subsidy_amount"] == (None if living is None else ceil(living / 12))
    care = nearest(said, (*NURSING[on_dibao, grade], "dis_nursing")) if grade < 3 else 0
    assert got["care_subsidy_amount"] == (None if care is None else ceil(care / 12))
