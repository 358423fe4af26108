"""A later reading takes over what did not change: always the rows of a whole reading, whatever was committed when."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import uuid4

import pyarrow as pa
import pytest
from django.db import connection, transaction

from shouwang.apps.assessment.frames import ordered
from shouwang.apps.registry.selectors import PersonRef, Reading, carriers, snapshot_reading, snapshot_tables
from shouwang.apps.registry.selectors.carriers import RegisterUnreadable, carrier
from shouwang.apps.registry.services import MoveRefused, NewFact, load_roster, move_person, record_facts, withdraw_facts
from shouwang.lib import clock
from tests.cast import COUNTY, NEXT_VILLAGE, OTHER_VILLAGE, TODAY, VILLAGE, at, member, register

pytestmark = pytest.mark.django_db(transaction=True)

START = date(2026, 3, 1)
PEOPLE = 24


def bytes_of(reading: Reading) -> list[bytes]:
    tables = ordered(reading.tables)
    return [written(table) for table in (tables.persons, tables.households, tables.facts, reading.waiting)]


def written(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()


def people() -> list[PersonRef]:
    return register(*(roster_row(serial) for serial in range(1, PEOPLE + 1)), as_of=START)


def roster_row(serial: int, **changed: object) -> object:
    usual: dict[str, object] = {
        "household": f"H{serial // 2}",
        "relation": "02" if serial % 2 == 0 else "20",
        "area_code": (VILLAGE, OTHER_VILLAGE, NEXT_VILLAGE)[serial % 6 // 2],
        "category": "dibao" if serial % 3 == 0 else "",
        "category_from": date(2026, 1, 5) if serial % 3 == 0 else None,
        "facts": {"income.wage_year": 100 * serial, "property.compliant": 1},
    }
    return member(serial, **{**usual, **changed})


def bill(person: PersonRef, day: date, fen: int = 500, key: str = "k") -> NewFact:
    return NewFact(person.id, None, "medical.inpatient_self_paid", key, fen, "", day, day + timedelta(days=1))


def says(*facts: NewFact, known_on: date = START) -> object:
    delivery = uuid4()
    record_facts(facts, source="medical", delivery=delivery, known_at=at(known_on))
    return delivery


def one_change(draw: random.Random, who: list[PersonRef], day: date, deliveries: list[object]) -> None:
    """One thing that happens in a register: said late, early, again, otherwise; taken back; people who move, die, leave a category."""
    person, serial = draw.choice(who), draw.randint(1, PEOPLE)
    away = timedelta(days=draw.randint(-40, 40))
    happened = draw.randrange(7)
    if happened < 2:
        deliveries.append(says(bill(person, day + away, draw.randint(1, 9)), known_on=day + away / 2))
    elif happened == 2 and deliveries:
        withdraw_facts(deliveries.pop(draw.randrange(len(deliveries))), known_at=at(day + away / 4))
    elif happened == 3:
        row = roster_row(serial, category=draw.choice(["", "tekun"]), facts={"income.wage_year": draw.randint(1, 9)})
        load_roster([row], delivery=None, known_at=at(day), as_of=day)
    elif happened == 4:
        row = roster_row(serial, household=f"H{draw.randint(0, 12)}", area_code=draw.choice([VILLAGE, NEXT_VILLAGE]))
        load_roster([row], delivery=None, known_at=at(day), as_of=day)
    elif happened == 5:
        with contextlib.suppress(MoveRefused):  # a move before the present span changes nothing
            move_person(None, person.uuid, None, on=day)
    elif happened == 6:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM registry_fact WHERE person_id = %s AND value < 3", [person.id])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_history_read_step_by_step_is_the_register_read_whole(seed: int) -> None:
    draw, who, deliveries = random.Random(seed), people(), []
    day, earlier, taken_over = START, snapshot_reading(COUNTY, START, at(START)), 0
    for _ in range(25):
        with clock.pinned(day if seed < 3 else TODAY):  # the third history has a clerk whose clock is ahead
            one_change(draw, who, day, deliveries)
        day += timedelta(days=draw.choice([0, 0, 1, 9]))
        now, whole = snapshot_reading(COUNTY, day, at(day), earlier), snapshot_reading(COUNTY, day, at(day))
        assert bytes_of(now) == bytes_of(whole)
        taken_over += now.reread is not None
        earlier = now
    assert taken_over >= 3


def test_only_those_who_changed_are_read_again() -> None:
    who = people()
    first = snapshot_reading(COUNTY, START, at())
    assert snapshot_reading(COUNTY, START, at(), first).reread == 0
    says(bill(who[1], START))
    second = snapshot_reading(COUNTY, START, at(), first)
    assert (second.reread, len(second.tables.facts)) == (1, len(first.tables.facts) + 1)


def test_fact_that_begins_between_two_days_is_read_though_nothing_was_written() -> None:
    who = people()
    says(bill(who[1], START + timedelta(days=10)))
    first = snapshot_reading(COUNTY, START, at())
    later = snapshot_reading(COUNTY, START + timedelta(days=10), at(), first)
    assert (first.waiting["subject_id"].to_pylist(), later.reread) == ([who[1].id], 1)
    assert len(later.tables.facts) == len(first.tables.facts) + 1


@contextmanager
def open_elsewhere(write: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """A transaction of another process's: it has written, and commits when told."""
    has_written, commit = threading.Event(), threading.Event()

    def work() -> None:
        with transaction.atomic():
            write()
            has_written.set()
            commit.wait(30)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert has_written.wait(30)

    def let_it_commit() -> None:
        commit.set()
        thread.join(30)

    try:
        yield let_it_commit
    finally:
        let_it_commit()


def test_transaction_open_during_the_earlier_reading_is_not_lost() -> None:
    """It bears an earlier moment of knowing and lower numbers than what the reading saw."""
    who = people()
    delivery = says(bill(who[1], START, key="before"))

    def write() -> None:
        withdraw_facts(delivery, known_at=at(START))
        says(bill(who[2], START), known_on=START)

    with open_elsewhere(write) as commit:
        if connection.vendor == "postgresql":  # SQLite has one writer: nobody could write between
            says(bill(who[3], START), known_on=START)
        first = snapshot_reading(COUNTY, START, at())
        commit()
    second, whole = snapshot_reading(COUNTY, START, at(), first), snapshot_reading(COUNTY, START, at())
    assert second.reread is not None
    assert bytes_of(second) == bytes_of(whole)
    assert bytes_of(second) != bytes_of(first)


def test_all_queries_of_a_reading_see_one_state(monkeypatch: pytest.MonkeyPatch) -> None:
    who = people()
    before = snapshot_reading(COUNTY, START, at())
    pages, said = carriers._Adbc.pages, []

    def interrupted(self: object, *arguments: object) -> Iterator[list[object]]:
        yield from pages(self, *arguments)
        if not said:
            said.append(says(bill(who[1], START)))

    monkeypatch.setattr(carriers._Adbc, "pages", interrupted)
    now = snapshot_reading(COUNTY, START, at())
    assert said
    assert bytes_of(now) == bytes_of(before)
    assert snapshot_reading(COUNTY, START, at(), now).reread == 1


def test_both_carriers_bring_the_same() -> None:
    who = people()
    says(bill(who[1], START, 2**60), bill(who[3], START, -5))
    with carrier() as chosen:
        assert type(chosen) is carriers._Adbc
    by_adbc = snapshot_reading(COUNTY, START, at())
    with transaction.atomic():
        with carrier() as chosen:
            assert type(chosen) is carriers._Cursor
        by_cursor = snapshot_reading(COUNTY, START, at())
        says(bill(who[5], START))
        assert len(snapshot_tables(COUNTY, START, at()).facts) == len(by_cursor.tables.facts) + 1
        transaction.set_rollback(True)
    assert bytes_of(by_adbc) == bytes_of(by_cursor)
    empty = snapshot_tables("980000000000", START, at())
    assert (len(empty.persons), len(empty.facts), empty.facts.schema) == (0, 0, by_adbc.tables.facts.schema)


def test_earlier_reading_of_a_later_day_or_of_another_database_is_not_used() -> None:
    people()
    first = snapshot_reading(COUNTY, START, at())
    assert snapshot_reading(COUNTY, START - timedelta(days=1), at(), first).reread is None
    ahead = {name: value + 1_000_000 for name, value in first.mark.items()}
    assert snapshot_reading(COUNTY, START, at(), replace_mark(first, ahead)).reread is None
    assert snapshot_reading(COUNTY, START, at(), replace_mark(first, {"other": 1})).reread is None


@contextmanager
def not_noting(trigger: str, table: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            off, on = (f"ALTER TABLE {table} {verb} TRIGGER {trigger}" for verb in ("DISABLE", "ENABLE"))
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [trigger])
            off, on = f"DROP TRIGGER {trigger}", cursor.fetchone()[0]
        cursor.execute(off)
        try:
            yield
        finally:
            cursor.execute(on)


def test_everything_is_read_where_changes_are_not_noted() -> None:
    people()
    first = snapshot_reading(COUNTY, START, at())
    with not_noting("registry_fact_noted_update", "registry_fact"):
        assert snapshot_reading(COUNTY, START, at(), first).reread is None
    assert snapshot_reading(COUNTY, START, at(), first).reread == 0


def replace_mark(reading: Reading, mark: dict[str, int]) -> Reading:
    return Reading(reading.as_of, reading.known_at, reading.tables, mark, reading.waiting)


def test_refused_connection_is_told_without_the_password(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {"NAME": "/nowhere/at all", "USER": "somebody", "PASSWORD": "geheim:@/1", "HOST": "127.0.0.1", "PORT": "1"}
    for name, value in wrong.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    with caplog.at_level(logging.DEBUG), pytest.raises(RegisterUnreadable, match="SHOUWANG_DATABASE_URL") as refused:
        snapshot_tables(COUNTY, START, at())
    assert refused.value.__suppress_context__
    assert "geheim" not in caplog.text + str(refused.value)
    assert "nowhere" not in caplog.text + str(refused.value)
