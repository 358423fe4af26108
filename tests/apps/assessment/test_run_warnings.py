"""A run: what it counts, that it repeats to the byte, that it never turns 'cannot tell' into a warning or its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from shouwang.apps.assessment import lake, selectors
from shouwang.apps.assessment.frames import ordered
from shouwang.apps.assessment.models import Run
from shouwang.apps.assessment.services import RunRefused, finish_run, import_standards, run_warnings
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.monitoring.services import open_alerts
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.services import NewFact, record_facts, withdraw_facts
from shouwang.lib import clock
from shouwang.lib.crypto import sm3_file
from tests.apps.scene import OCTOBER, hospital_bill, ill_person, run_once, standards_file
from tests.cast import COUNTY, NEXT_VILLAGE, OTHER_TOWNSHIP, at, id_number, member, register

pytestmark = pytest.mark.django_db

NOVEMBER = date(2026, 11, 30)
RULE = "medical_spending_registered"


@pytest.fixture(autouse=True)
def _standards(tmp_path: Path) -> Iterator[None]:
    import_standards(standards_file(tmp_path))
    with clock.pinned(OCTOBER):
        yield


def signal_bytes(run: Run) -> bytes:
    return (lake.folder_of(run.uuid) / lake.SIGNALS).read_bytes()


def test_run_counts_people_signals_and_what_it_cannot_tell() -> None:
    person = ill_person()
    ill_person(2, yuan=4999)
    run = run_warnings(COUNTY, OCTOBER)
    assert run.state == Run.State.JUDGED
    assert {name: run.counts[name] for name in ("people", "households", "signals", "new", "still", "cleared")} == {
        "people": 2,
        "households": 2,
        "signals": 1,
        "new": 1,
        "still": 0,
        "cleared": 0,
    }
    (signal,) = selectors.signals_of(run)
    assert (signal.rule, signal.person_id, signal.household_id) == (RULE, person.id, person.household_id)
    assert run.fingerprint["cannot_tell"]["duplicate_enrolment"] == 2  # the benefit feed has not come
    assert set(run.timings) == {"snapshot", "judge", "compare"}
    assert run.fingerprint["rules"] == selectors.book().fingerprint


def test_exactly_at_the_line_is_a_signal() -> None:
    ill_person(1, yuan=5000)
    assert [signal.rule for signal in selectors.signals_of(run_warnings(COUNTY, OCTOBER))] == [RULE]


def test_same_state_gives_the_same_bytes() -> None:
    for serial in range(1, 6):
        ill_person(serial)
    first, second = run_once(), run_once()
    assert first.pk != second.pk
    assert signal_bytes(first) == signal_bytes(second)
    assert first.fingerprint["snapshot"] == second.fingerprint["snapshot"]
    assert (second.counts["new"], second.counts["still"], second.previous_id) == (0, 5, first.pk)


def test_stored_files_hold_no_identity_number() -> None:
    ill_person()
    folder = lake.folder_of(run_warnings(COUNTY, OCTOBER).uuid)
    for path in folder.iterdir():
        text = str(pq.read_table(path).to_pydict())
        assert id_number(1) not in text
        assert "测试1" not in text


def test_division_bounds_the_run() -> None:
    ill_person()
    ill_person(2, area_code=NEXT_VILLAGE)
    assert run_warnings(COUNTY, OCTOBER).counts["people"] == 1
    assert run_warnings(OTHER_TOWNSHIP, OCTOBER).counts["people"] == 0


def test_whole_country_is_judged_county_by_county() -> None:
    ill_person()
    ill_person(2, area_code=NEXT_VILLAGE)
    run = run_warnings("000000000000", OCTOBER)
    assert (run.counts["people"], run.counts["signals"]) == (2, 2)
    assert set(run.fingerprint["feeds"]) == {"990101000000", "990102000000"}


def test_fact_that_is_withdrawn_is_not_the_end_of_the_warning() -> None:
    person = register(member(1, category="dibao", category_from=date(2025, 1, 1)))[0]
    bill = NewFact(person.id, None, "medical.inpatient_self_paid", "", 600_000, "", date(2026, 9, 3), date(2026, 9, 4))
    delivery = uuid4()
    record_facts([bill], source="medical", delivery=delivery, known_at=at(date(2026, 10, 1)))
    run_once()
    withdraw_facts(delivery, known_at=at(date(2026, 11, 1)))
    with clock.pinned(NOVEMBER):
        run = run_once(NOVEMBER)
    assert (run.counts["signals"], run.counts["cleared"], run.counts["untold"]) == (0, 0, 1)
    assert Alert.objects.get().signal_cleared_on is None
    with clock.pinned(date(2026, 12, 1)):
        hospital_bill(person, 10, known_on=NOVEMBER)
    with clock.pinned(date(2026, 12, 2)):
        assert run_once(date(2026, 12, 2)).counts["cleared"] == 1
    assert Alert.objects.get().signal_cleared_on == date(2026, 12, 2)


def test_unfinished_run_is_taken_up_and_an_older_one_abandoned() -> None:
    ill_person()
    judged = run_warnings(COUNTY, OCTOBER)
    assert run_warnings(COUNTY, OCTOBER).pk == judged.pk
    with clock.pinned(NOVEMBER):
        later = run_warnings(COUNTY, NOVEMBER)
    judged.refresh_from_db()
    assert (judged.state, later.pk == judged.pk) == (Run.State.ABANDONED, False)


def test_run_over_the_country_abandons_an_unfinished_one_inside_it() -> None:
    ill_person()
    inner = run_warnings(COUNTY, OCTOBER)
    run_warnings("000000000000", OCTOBER)
    inner.refresh_from_db()
    assert inner.state == Run.State.ABANDONED


def test_running_run_starts_over_with_what_was_known_when_it_began() -> None:
    ill_person()
    began = clock.now()
    stale = Run.objects.create(area_code=COUNTY, as_of=OCTOBER, known_at=began, started_at=began, state="running")
    healthy = ill_person(2, yuan=10)
    with clock.pinned(NOVEMBER):
        hospital_bill(healthy, 6000, known_on=date(2026, 11, 29))
        run = run_warnings(COUNTY, OCTOBER)
    assert (run.pk, run.known_at) == (stale.pk, began)
    assert (run.counts["people"], run.counts["signals"]) == (2, 1)


def test_day_before_the_last_run_is_refused() -> None:
    ill_person()
    run_once()
    with pytest.raises(RunRefused, match="早于"):
        run_warnings(COUNTY, date(2026, 9, 30))


def test_alerts_of_an_abandoned_run_are_cleared_too() -> None:
    person = ill_person()
    run = run_warnings(COUNTY, OCTOBER)
    taken = Run.objects.get(pk=run.pk)
    present = selectors.signals_of(taken)
    assert len(present) == 1
    open_alerts_without_finishing(taken)
    hospital_bill(person, 10, known_on=date(2026, 11, 29))
    with clock.pinned(NOVEMBER):
        later = run_once(NOVEMBER)
    assert (later.previous, later.counts["cleared"]) == (None, 1)
    assert Alert.objects.get().signal_cleared_on == NOVEMBER


def open_alerts_without_finishing(run: Run) -> None:
    """As a process does that is killed between its last batch and the end of the run."""
    open_alerts(run)
    Run.objects.filter(pk=run.pk).update(state=Run.State.JUDGED)


def test_finished_run_is_the_last_one() -> None:
    run = finish_run(run_warnings(COUNTY, OCTOBER))
    assert selectors.last_finished_run(COUNTY) == run
    assert selectors.last_finished_run(OTHER_TOWNSHIP) == run
    assert selectors.last_finished_run("990102000000") is None


def test_household_is_explained_as_the_run_judged_it() -> None:
    person = ill_person()
    found = selectors.explain_household(person.household_id, OCTOBER, RULE, person.id)
    assert found is not None
    assert (found.value, "6,000.00元" in found.condition) == (True, True)
    case, outcome = selectors.judge_household(person.household_id, OCTOBER, [RULE])
    assert (case.person_ids, outcome.persons[0][RULE]) == ((person.id,), True)
    assert selectors.explain_household(person.household_id, OCTOBER, RULE, 999_999) is None
    assert selectors.explain_household(999_999, OCTOBER, RULE) is None


@pytest.mark.django_db(transaction=True)
def test_run_after_a_change_has_the_files_of_a_run_that_reads_everything() -> None:
    people = [ill_person(serial) for serial in range(1, 9)]
    first = run_once()
    hospital_bill(people[0], 10, known_on=date(2026, 10, 2))
    with clock.pinned(NOVEMBER):
        second = run_warnings(COUNTY, OCTOBER)
        whole = registry.snapshot_tables(COUNTY, OCTOBER, second.known_at)
        lake.write_table(lake.folder_of(first.uuid) / "whole.parquet", ordered(whole).facts)
    assert sm3_file(lake.folder_of(first.uuid) / "whole.parquet") == second.fingerprint["snapshot"][lake.FACTS]
    assert (second.counts["signals"], second.counts["cleared"]) == (7, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("harm", ["damaged", "gone"])
@pytest.mark.parametrize("name", [lake.FACTS, lake.WAITING])
def test_harmed_files_of_the_run_before_are_not_taken_over(name: str, harm: str, monkeypatch) -> None:
    ill_person()
    path = lake.folder_of(run_once().uuid) / name
    path.unlink() if harm == "gone" else path.write_bytes(path.read_bytes()[:-9] + b"otherwise")
    seen = []
    reading = registry.snapshot_reading
    monkeypatch.setattr(registry, "snapshot_reading", lambda *asked: seen.append(asked[3]) or reading(*asked))
    assert run_once().counts["still"] == 1
    assert seen == [None]
