"""A decision is kept with all it rests on, behind the register's door, and computes again to the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.models import Determination, LocalStandard
from shouwang.apps.assessment.services import DeterminationRefused, import_standards, store_determination
from shouwang.apps.audit.models import Event
from shouwang.apps.registry.access import NotFound
from shouwang.apps.registry.models import Household, Person
from shouwang.apps.registry.services import NewFact, record_facts
from shouwang.engine.book import Book
from shouwang.engine.tree import Const
from shouwang.lib.crypto import sm3_hex
from tests.apps.scene import standards_file
from tests.cast import Cast, at, id_number, member, register

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 2)
RULE = "dibao_eligible"


@pytest.fixture
def household(cast: Cast, tmp_path: Path) -> Household:
    register(
        member(1, name="陈守田", facts={"income.wage_year": 600_000, "property.compliant": 1}),
        member(2, name="陈小禾", relation="20", born=date(2014, 6, 1)),
    )
    row = "990101,dibao_unified,60000,person-month,2025-01-01,,,local,,\n"
    import_standards(standards_file(tmp_path, row, name="unified.csv"))
    return Household.objects.get(number="H1")


def test_a_determination_holds_what_it_rests_on_and_no_name(cast: Cast, household: Household) -> None:
    made = store_determination(cast.xian, household.uuid, RULE, DAY)
    stored = Determination.objects.get(uuid=made.uuid)
    body = bytes(stored.explanation)
    assert stored.digest == sm3_hex(body)
    assert json.loads(body)["name"] == RULE
    assert (
        stored.parameters["dibao_unified" if "dibao_unified" in stored.parameters else "dibao_rural"]["found"]
        == 720_000
    )
    everything = f"{stored.case}{stored.parameters}{stored.words}{body.decode()}"
    for secret in ("陈守田", "陈小禾", id_number(1)):
        assert secret not in everything
    assert (stored.rules, stored.made_by) == (selectors.book().fingerprint, cast.xian.post_id)
    assert list(selectors.determinations_of(household.pk)) == [stored]


def test_it_computes_again_after_facts_standards_and_law_have_moved_on(cast: Cast, household: Household) -> None:
    made = Determination.objects.get(uuid=store_determination(cast.xian, household.uuid, RULE, DAY).uuid)
    head = Person.objects.get(name="陈守田")
    record_facts(
        [NewFact(head.pk, None, "income.wage_year", "", 9_000_000, "", date(2026, 1, 1), None)],
        source="clerk",
        delivery=uuid4(),
        known_at=at(DAY, 15),
    )
    LocalStandard.objects.update(amount_fen=1)
    book = selectors.book()
    latest = book.definitions[RULE][-1]
    later = book.followed(replace(latest, since=date(2028, 1, 1), label="另一个说法", body=Const(False)))
    for under in (None, later):
        again = selectors.told_again_of(made, under)
        assert (again.same, again.same_value) == (True, True)


def test_an_edited_past_rule_is_found_out(cast: Cast, household: Household) -> None:
    made = store_determination(cast.xian, household.uuid, "dibao_line", DAY)
    book = selectors.book()
    edited = Book(
        definitions=[
            replace(each, body=Const(7), function=lambda *_: 7) if each.name == "dibao_line" else each
            for chain in book.definitions.values()
            for each in chain
        ],
        items=book.items,
        inputs=book.inputs,
        parameter_specs=book.parameter_specs,
        parameters=book.parameters,
        sources=book.sources,
        fingerprint="",
    )
    again = selectors.told_again_of(made, edited)
    assert (again.same, again.same_value, again.answer.value) == (False, False, 7)


def test_a_members_question_is_kept_for_that_member(cast: Cast, household: Household) -> None:
    child = Person.objects.get(name="陈小禾")
    made = store_determination(cast.xian, household.uuid, "counted_member", DAY, child.uuid)
    assert (made.person_id, made.member_ids[made.position]) == (child.pk, child.pk)
    assert selectors.told_again_of(made).same


def test_each_leaves_one_audit_row(cast: Cast, household: Household) -> None:
    made = store_determination(cast.xian, household.uuid, RULE, DAY)
    row = Event.objects.get(verb="determination.store")
    assert (str(row.subject_uuid), row.details["determination"], row.details["sm3"]) == (
        str(household.uuid),
        str(made.uuid),
        made.digest,
    )


@pytest.mark.parametrize("who", ["cun", "zhen", "shi", "sheng"])
def test_only_the_county_decides(cast: Cast, household: Household, who: str) -> None:
    with pytest.raises(NotPermitted):
        store_determination(getattr(cast, who), household.uuid, RULE, DAY)
    assert not Determination.objects.exists()


def test_out_of_range_is_absent(cast: Cast, household: Household) -> None:
    next_county = replace(cast.xian, area_code="990102000000")
    with pytest.raises(NotFound):
        store_determination(next_county, household.uuid, RULE, DAY)
    assert not Event.objects.filter(verb="determination.store").exists()


def test_what_cannot_be_decided_is_refused(cast: Cast, household: Household) -> None:
    child = Person.objects.get(name="陈小禾")
    for rule, day, person in (
        ("no_such_rule", DAY, None),
        ("counted_member", DAY, None),
        (RULE, DAY, child.uuid),
        (RULE, date(2013, 1, 1), None),
    ):
        with pytest.raises(DeterminationRefused):
            store_determination(cast.xian, household.uuid, rule, day, person)
    with pytest.raises(NotFound):
        store_determination(cast.xian, household.uuid, "counted_member", DAY, uuid4())
    assert not Determination.objects.exists()
