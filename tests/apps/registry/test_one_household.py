"""Nobody is in two households at one instant, whoever writes and however."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from shouwang.apps.registry.models import Household, Membership, Person
from shouwang.apps.registry.services import MoveRefused, move_person
from tests.cast import at, make_cast, member, register

FIRST, MAY, JULY = date(2026, 1, 1), date(2026, 5, 1), date(2026, 7, 1)


def join(person: int, home: int, start: date, end: date | None) -> Membership:
    return Membership.objects.create(
        person_id=person, household_id=home, relation="20", valid_from=start, valid_to=end, known_from=at()
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "end"),
    [(FIRST, None), (MAY, None), (MAY, JULY), (date(2020, 1, 1), date(2026, 1, 2)), (date(2020, 1, 1), None)],
)
def test_overlapping_span_is_refused_by_the_database(start: date, end: date | None) -> None:
    person, other = register(member(1, household="H1"), member(2, household="H2"))
    with pytest.raises(IntegrityError), transaction.atomic():
        join(person.id, other.household_id, start, end)


@pytest.mark.django_db
def test_span_that_touches_the_next_is_no_overlap() -> None:
    person, other = register(member(1, household="H1"), member(2, household="H2"))
    join(person.id, other.household_id, date(2020, 1, 1), FIRST)
    assert Membership.objects.filter(person_id=person.id).count() == 2


@pytest.mark.django_db
def test_stretching_a_span_over_another_is_refused() -> None:
    person, other = register(member(1, household="H1"), member(2, household="H2"))
    earlier = join(person.id, other.household_id, date(2020, 1, 1), FIRST)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(pk=earlier.pk).update(valid_to=MAY)


@pytest.mark.django_db
def test_span_known_no_longer_does_not_stand_in_the_way() -> None:
    person, other = register(member(1, household="H1"), member(2, household="H2"))
    Membership.objects.filter(person_id=person.id).update(known_to=at(MAY))
    join(person.id, other.household_id, FIRST, None)


@pytest.mark.django_db(transaction=True)
def test_rival_moves_end_in_one_household() -> None:
    cast = make_cast()
    mover, *others = register(*(member(number, household=f"H{number}") for number in range(1, 6)))
    homes = {other.household_id: Household.objects.get(pk=other.household_id).uuid for other in others}
    start = threading.Barrier(len(homes))
    refused: list[Exception] = []

    def move(uuid: object) -> None:
        start.wait()
        try:
            move_person(cast.zhen, mover.uuid, uuid, relation="20", on=MAY)
        except MoveRefused as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=(uuid,)) for uuid in homes.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = Membership.objects.filter(person_id=mover.id, known_to__isnull=True)
    assert now.filter(valid_to__isnull=True).count() == 1
    assert now.get(valid_to__isnull=True).household_id in homes
    assert now.get(valid_to__isnull=False).valid_to == MAY
    assert Person.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_rival_raw_inserts_cannot_both_stand() -> None:
    person, one, other = register(*(member(number, household=f"H{number}") for number in range(1, 4)))
    Membership.objects.filter(person_id=person.id).update(known_to=at(MAY))
    start, done = threading.Barrier(2), []

    def insert(home: int) -> None:
        try:
            with transaction.atomic():
                start.wait()
                join(person.id, home, FIRST, JULY)
            done.append(home)
        except IntegrityError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=insert, args=(home,)) for home in (one.household_id, other.household_id)]
    if connection.vendor == "sqlite":  # one writer at a time: the second begins when the first has committed
        start = threading.Barrier(1)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    assert Membership.objects.filter(person_id=person.id, known_to__isnull=True).count() == 1
