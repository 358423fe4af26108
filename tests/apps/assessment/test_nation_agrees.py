"""The register as a folder, compared in the national store, warns of what the county's own run warns of."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.services import import_standards, run_warnings
from shouwang.apps.exchange import services as exchange
from shouwang.apps.exchange.folder_files import current_version
from shouwang.apps.monitoring.services import open_alerts
from shouwang.apps.registry import selectors as registry
from shouwang.engine.compare.store import Store, open_store
from shouwang.lib import clock
from tests.apps.exchange.feed_files import death, feed_file, settlement
from tests.apps.scene import OCTOBER, family, hospital_bill, rostered, standards_file
from tests.cast import COUNTY, id_number

pytestmark = pytest.mark.django_db(transaction=True)

NOVEMBER = date(2026, 11, 20)


def feeds(folder: Path) -> None:
    """A roster, and three feeds that speak of it."""
    people = [family(serial, "12000", category="低保" if serial % 2 else "无") for serial in range(1, 13)]
    rostered(folder, *people, feeds=("custody",))
    bills = [settlement(serial, f"{serial * 1000}.00", "2026-09-05") for serial in range(1, 13)]
    for name, rows in (
        ("medical_990101_2026-09.csv", [*bills, settlement(3, "200.00", "2026-09-05")]),
        ("death_990101_2026-10.csv", [death(3, "2026-10-02")]),
    ):
        exchange.link_delivery(exchange.import_file(feed_file(folder, name, rows)).uuid)


def warned(as_of: date) -> tuple[set[tuple[str, int]], Counter[str]]:
    """What the county's own run says: (rule, subject), and how often each rule cannot be told."""
    run = open_alerts(run_warnings(COUNTY, as_of))
    found = {(each.rule, each.person_id or each.household_id) for each in selectors.signals_of(run)}
    return found, Counter(run.fingerprint["cannot_tell"])


def warned_by_store(store: Store, register: Path, as_of: date) -> tuple[set[tuple[str, int]], Counter[str]]:
    """The same from a register folder, taken into a national store."""
    exchange.write_register_folder(register, COUNTY, as_of)
    store.register_people(register)
    store.link_register(register)
    book = selectors.book()
    rules = tuple(rule.name for rule in book.warnings(as_of, COUNTY))
    store.run(book, as_of, selectors.parameters(), rules)
    found, unknown = set(), Counter[str]()
    for segment, verdicts in store.view().verdicts():
        for ids, holds, untold in (
            (segment.person_ids, verdicts.person_holds, verdicts.person_untold),
            (segment.household_ids, verdicts.household_holds, verdicts.household_untold),
        ):
            for bit, rule in enumerate(verdicts.targets):
                of_bit = np.uint64(1 << bit)
                found |= {(rule, int(each)) for each in ids[(holds & of_bit) != 0]}
                unknown[rule] += int(((untold & of_bit) != 0).sum())
    return found, +unknown


def test_register_folder_in_the_national_store_warns_as_the_county_does(tmp_path: Path) -> None:
    import_standards(standards_file(tmp_path))
    store, register = open_store(tmp_path / "store", create=True), tmp_path / "register"
    with clock.pinned(OCTOBER):
        feeds(tmp_path)
        here, unknown = warned(OCTOBER)
        assert len(here) >= 4
        assert warned_by_store(store, register, OCTOBER) == (here, unknown)
    with clock.pinned(NOVEMBER):
        person = registry.persons_by_index([registry.index_of_id(id_number(1))]).popitem()[1]
        hospital_bill(person, 9000, known_on=date(2026, 11, 3))
        later, unknown_later = warned(NOVEMBER)
        assert later != here
        assert warned_by_store(store, register, NOVEMBER) == (later, unknown_later)


@pytest.mark.parametrize("bills_since", [0, 1])
def test_version_the_store_never_saw_leaves_nothing_behind(tmp_path: Path, bills_since: int) -> None:
    import_standards(standards_file(tmp_path))
    store, register = open_store(tmp_path / "store", create=True), tmp_path / "register"
    with clock.pinned(OCTOBER):
        feeds(tmp_path)
        warned_by_store(store, register, OCTOBER)
    with clock.pinned(NOVEMBER):
        person = registry.persons_by_index([registry.index_of_id(id_number(1))]).popitem()[1]
        hospital_bill(person, 4000, known_on=date(2026, 11, 3))
        exchange.write_register_folder(register, COUNTY, NOVEMBER)
        for _ in range(bills_since):
            hospital_bill(person, 5000, known_on=date(2026, 11, 4))
        assert warned_by_store(store, register, NOVEMBER) == warned(NOVEMBER)
        linked = {each["delivery"] for each in store.versions.read(store.versions.current())["deliveries"]}
        listed = json.loads((current_version(register) / "manifest.json").read_text(encoding="utf-8"))["counties"]
        assert linked == {each["delivery"] for county in listed.values() for each in county["files"].values()}
