"""Tampering with the log is found, and where."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from shouwang.apps.audit.models import Event, Seal
from shouwang.apps.audit.sealing import heads_file
from shouwang.apps.audit.selectors import Problem, verify_log
from shouwang.apps.audit.services import seal_events

pytestmark = pytest.mark.django_db

Write = Callable[[int], list[int]]
Tamper = Callable[..., None]


def test_untouched_log_is_whole_sealed_or_not(write: Write) -> None:
    write(5)
    assert verify_log() == []
    assert seal_events() == 5
    write(3)
    assert seal_events() == 3
    write(2)
    assert verify_log() == []
    assert [seal.rows for seal in Seal.objects.order_by("id")] == [5, 3]


def test_sealing_an_unchanged_log_adds_nothing(write: Write) -> None:
    write(2)
    seal_events()
    assert seal_events() == 0
    assert Seal.objects.count() == 1


@pytest.mark.parametrize(
    "column", ["verb = 'x'", "subject_uuid = 'other'", "actor_id = 7", "area_code = '990102000000'"]
)
@pytest.mark.parametrize("sealed", [True, False])
def test_altered_row_is_located(write: Write, tamper: Tamper, column: str, sealed: bool) -> None:
    numbers = write(5)
    if sealed:
        seal_events()
    tamper(f"UPDATE audit_event SET {column} WHERE id = {numbers[2]}")
    assert verify_log() == [Problem("altered", numbers[2], numbers[2])]


def test_altered_moment_is_located(write: Write, tamper: Tamper) -> None:
    numbers = write(3)
    tamper(f"UPDATE audit_event SET at = '2020-01-01 00:00:00' WHERE id = {numbers[0]}")
    assert verify_log() == [Problem("altered", numbers[0], numbers[0])]


def test_deleted_sealed_rows_are_located(write: Write, tamper: Tamper) -> None:
    numbers = write(6)
    seal_events()
    tamper(f"DELETE FROM audit_event WHERE id IN ({numbers[1]}, {numbers[2]}, {numbers[4]})")
    assert verify_log() == [Problem("deleted", numbers[1], numbers[2]), Problem("deleted", numbers[4], numbers[4])]


COLUMNS = "at, actor_id, post_id, verb, subject_kind, subject_uuid, area_code, details, mac"


def copied(source: int, target: int) -> str:
    return f"INSERT INTO audit_event (id, {COLUMNS}) SELECT {target}, {COLUMNS} FROM audit_event WHERE id = {source}"


def test_row_slipped_into_an_empty_number_is_located(write: Write, tamper: Tamper) -> None:
    numbers = write(4)
    tamper(f"DELETE FROM audit_event WHERE id = {numbers[1]}")
    seal_events()
    tamper(copied(numbers[0], numbers[1]))
    assert Problem("inserted", numbers[1], numbers[1]) in verify_log()


def test_row_deleted_before_sealing_shows_where_no_number_is_ever_left_out(write: Write, tamper: Tamper) -> None:
    numbers = write(4)
    tamper(f"DELETE FROM audit_event WHERE id = {numbers[1]}")
    found = [Problem("deleted", numbers[1], numbers[1])] if connection.vendor == "sqlite" else []
    assert verify_log() == found
    seal_events()
    assert verify_log() == found


def test_act_rolled_back_is_no_problem(write: Write) -> None:
    write(2)
    with transaction.atomic():
        write(3)
        transaction.set_rollback(True)
    write(2)
    assert seal_events() == 4
    assert verify_log() == []


@pytest.mark.parametrize("seed", range(24))
def test_random_tampering_is_located(write: Write, tamper: Tamper, seed: int) -> None:
    chance = random.Random(seed)
    numbers = []
    for _ in range(3):
        numbers += write(chance.randint(2, 9))
        seal_events()
    one, other = sorted(chance.sample(numbers, 2))
    kind = chance.choice(["alter", "delete", "swap", "copy over", "cut"])
    column = chance.choice(["verb", "subject_kind", "subject_uuid", "area_code"])
    tamper(
        *{
            "alter": [f"UPDATE audit_event SET {column} = 'X' WHERE id = {one}"],
            "delete": [f"DELETE FROM audit_event WHERE id = {one}"],
            "swap": [
                f"UPDATE audit_event SET id = -1 WHERE id = {one}",
                f"UPDATE audit_event SET id = {one} WHERE id = {other}",
                f"UPDATE audit_event SET id = {other} WHERE id = -1",
            ],
            "copy over": [f"DELETE FROM audit_event WHERE id = {one}", copied(other, one)],
            "cut": [f"DELETE FROM audit_event WHERE id >= {one}", f"DELETE FROM audit_seal WHERE last_event >= {one}"],
        }[kind]
    )
    found = verify_log()
    assert any(problem.first <= one <= problem.last for problem in found), (kind, one, other, found)
    if kind == "swap":
        assert {problem.first for problem in found} == {one, other}


def test_copied_row_at_the_end_is_located(write: Write, tamper: Tamper) -> None:
    numbers = write(2)
    tamper(copied(numbers[0], numbers[-1] + 1))
    found = verify_log()
    assert [(problem.first, problem.kind) for problem in found] == [(numbers[-1] + 1, "altered")]


def test_swapped_rows_are_located(write: Write, tamper: Tamper) -> None:
    one, other = write(4)[1:3]
    seal_events()
    tamper(
        f"UPDATE audit_event SET id = -1 WHERE id = {one}",
        f"UPDATE audit_event SET id = {one} WHERE id = {other}",
        f"UPDATE audit_event SET id = {other} WHERE id = -1",
    )
    assert verify_log() == [Problem("reordered", one, one), Problem("reordered", other, other)]


def test_truncated_sealed_tail_is_located(write: Write, tamper: Tamper) -> None:
    kept = write(3)
    seal_events()
    cut = write(3)
    seal_events()
    tamper(
        f"DELETE FROM audit_event WHERE id >= {cut[0]}",
        f"DELETE FROM audit_seal WHERE last_event >= {cut[0]}",
    )
    assert Problem("truncated", kept[-1] + 1, cut[-1]) in verify_log()


def test_log_put_back_to_an_older_copy_is_found_although_it_grew_again(write: Write, tamper: Tamper) -> None:
    first = write(3)
    seal_events()
    later = write(2)
    seal_events()
    tamper(
        f"DELETE FROM audit_event WHERE id > {first[-1]}",
        f"DELETE FROM audit_seal WHERE last_event > {first[-1]}",
        f"UPDATE sqlite_sequence SET seq = {first[-1]} WHERE name = 'audit_event'"
        if connection.vendor == "sqlite"
        else f"SELECT setval(pg_get_serial_sequence('audit_event', 'id'), {first[-1]})",
    )
    write(2)
    seal_events()
    assert [problem.kind for problem in verify_log()] == ["seal"]
    assert verify_log()[0].last == later[-1]


def test_forged_seal_is_found(write: Write, tamper: Tamper) -> None:
    numbers = write(3)
    seal_events()
    blank = "decode(repeat('00', 32), 'hex')" if connection.vendor == "postgresql" else "zeroblob(32)"
    tamper(f"UPDATE audit_seal SET digest = {blank}")
    assert {(problem.kind, problem.last) for problem in verify_log()} == {("seal", numbers[-1])}


def test_seal_without_its_heads_note_is_noted_next_time(write: Write) -> None:
    write(2)
    seal_events()
    heads_file().unlink()
    assert seal_events() == 0
    assert len(heads_file().read_text(encoding="ascii").splitlines()) == 1


def test_seals_follow_each_other_in_batches(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shouwang.apps.audit.services.ROWS_PER_SEAL", 4)
    numbers = write(10)
    assert seal_events() == 10
    spans = list(Seal.objects.order_by("id").values_list("first_event", "last_event"))
    assert [last for _, last in spans] == [numbers[3], numbers[7], numbers[9]]
    assert verify_log() == []
    assert Event.objects.count() == 10
