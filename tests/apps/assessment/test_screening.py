"""A screening finds who meets a benefit and is not in it, and the reverse; unknown is never called certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.models import Finding, Screening
from shouwang.apps.assessment.services import import_standards, screen_register
from shouwang.apps.audit.models import Event
from shouwang.engine.coverage import Verdict
from tests.apps.scene import OCTOBER, family, rostered, standards_file
from tests.cast import COUNTY, TOWNSHIP

pytestmark = pytest.mark.django_db
LINES = (
    "990101,dibao_rural,60000,person-month,2026-01-01,,,demo-local,,\n"
    "990101,employment_cost_percent,30,percent,2026-01-01,,,demo-local,,\n"
    "990101,near_permille,100,permille,2026-01-01,,,demo-local,,\n"
)


@pytest.fixture
def standards(tmp_path: Path) -> None:
    import_standards(standards_file(tmp_path, LINES))


def found(screening: Screening, scheme: str = "dibao") -> dict[str, tuple[Verdict, int | None]]:
    """Household number → verdict and amount."""
    rows = Finding.objects.filter(screening=screening, scheme=scheme)
    homes = {home: ref.number for home, ref in _homes(rows).items()}
    return {homes[row.household_id]: (Verdict(row.verdict), row.amount) for row in rows}


def _homes(rows):
    from shouwang.apps.registry.selectors import households_by_id

    return households_by_id({row.household_id for row in rows})


def test_each_kind_of_difference_is_found(tmp_path: Path, standards: None) -> None:
    rostered(
        tmp_path,
        family(1, "3600"),
        family(2, "7199.99", category="低保"),
        family(3, "7500"),
        family(4, "20000", category="低保"),
        family(5, "7200", category="低保"),
    )
    screening = screen_register(COUNTY, OCTOBER)
    assert found(screening) == {
        "H1": (Verdict.MISSED, 30_000),
        "H3": (Verdict.NEARLY, None),
        "H4": (Verdict.LEAVING, None),
        "H5": (Verdict.LEAVING, None),
    }
    assert screening.counts["dibao.missed"] == 1
    assert Event.objects.filter(verb="screening.finish").count() == 1


def test_a_missing_fact_makes_might_and_names_it(tmp_path: Path, standards: None) -> None:
    rostered(tmp_path, family(1, "3600", compliant=""), family(2, "3600", compliant="", category="低保"))
    screening = screen_register(COUNTY, OCTOBER)
    assert {number: verdict for number, (verdict, _) in found(screening).items()} == {
        "H1": Verdict.MIGHT,
        "H2": Verdict.UNSURE,
    }
    assert all(row.missing == ["property_compliant"] for row in Finding.objects.filter(scheme="dibao"))


def test_before_the_feeds_came_nobody_is_called_certain(tmp_path: Path, standards: None) -> None:
    rostered(tmp_path, family(1, "3600"), family(2, "20000", category="低保"), feeds=())
    kinds = {verdict for verdict, _ in found(screen_register(COUNTY, OCTOBER)).values()}
    assert kinds <= {Verdict.MIGHT, Verdict.UNSURE}


def test_without_a_margin_nobody_is_nearly(tmp_path: Path) -> None:
    import_standards(standards_file(tmp_path, "".join(LINES.splitlines(keepends=True)[:2])))
    rostered(tmp_path, family(3, "7500"))
    assert found(screen_register(COUNTY, OCTOBER)) == {}


def test_the_certain_and_the_larger_stand_first(tmp_path: Path, standards: None) -> None:
    rostered(tmp_path, family(1, "7000"), family(2, "0"), family(3, "7500"), family(4, "20000", category="低保"))
    screening = screen_register(COUNTY, OCTOBER)
    rows = [row for row in selectors.findings_of(screening) if row.scheme == "dibao"]
    assert [Verdict(row.verdict) for row in rows] == [Verdict.MISSED, Verdict.MISSED, Verdict.LEAVING, Verdict.NEARLY]
    assert [row.amount for row in rows[:2]] == [60_000, 1_700]


def test_a_new_screening_replaces_the_findings_of_the_one_before(tmp_path: Path, standards: None) -> None:
    rostered(tmp_path, family(1, "3600"))
    first = screen_register(TOWNSHIP, OCTOBER)
    second = screen_register(COUNTY, OCTOBER)
    assert not first.findings.exists()
    assert second.findings.exists()
    assert selectors.last_screening(TOWNSHIP) == second


def test_one_that_was_cut_off_leaves_nothing_to_read(tmp_path: Path, standards: None) -> None:
    rostered(tmp_path, family(1, "3600"))
    stale = Screening.objects.create(
        area_code=COUNTY, as_of=OCTOBER, known_at="2026-10-31T00:00:00Z", started_at="2026-10-31T00:00:00Z"
    )
    Finding.objects.create(screening=stale, scheme="dibao", verdict=1, rank=1, household_id=1, area_code=COUNTY)
    assert selectors.last_screening(COUNTY) is None
    screening = screen_register(COUNTY, OCTOBER)
    assert not Screening.objects.filter(pk=stale.pk).exists()
    assert Finding.objects.count() == screening.findings.count()


def test_the_same_register_gives_the_same_findings(tmp_path: Path, standards: None) -> None:
    rostered(tmp_path, *(family(serial, str(serial * 1000)) for serial in range(1, 9)))
    first = found(screen_register(COUNTY, OCTOBER))
    assert found(screen_register(COUNTY, OCTOBER)) == first


def test_a_benefit_nobody_is_known_to_draw_is_not_screened(tmp_path: Path, standards: None) -> None:
    """The roster does not say who draws the two subsidies: without a list of them nobody is called missed."""
    rostered(tmp_path, family(1, "3600", category="低保"))
    screening = screen_register(COUNTY, OCTOBER)
    assert not Finding.objects.filter(
        screening=screening, scheme__in=["living_subsidy", "single_unit", "orphan"]
    ).exists()
    assert not any(key.startswith(("living_subsidy", "single_unit")) for key in screening.counts)
