from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from shouwang.apps.registry.models import Household
from shouwang.apps.registry.services import NewFact, record_facts
from tests.cast import VILLAGE, at, member, register

DISABLED_SINCE = date(2026, 10, 20)


@pytest.fixture
def household(cast: object) -> Household:
    """A household of 青坪镇: the head on 低保 with a serious disability, a school child; two sources differ on the wage."""
    head, _ = register(
        member(
            1,
            name="陈守田",
            phone="13912345678",
            category="dibao",
            category_from=date(2025, 3, 1),
            facts={
                "income.wage_year": 600_000,
                "income.business_net_year": 0,
                "income.property_net_year": 0,
                "income.transfer_net_year": 120_000,
                "property.compliant": 1,
            },
        ),
        member(2, name="陈小禾", relation="20", born=date(2014, 6, 1)),
        member(3, household="H2", relation="02", name="别村人", area_code="990102100201"),
    )[:2]
    facts = [
        NewFact(head.id, None, "disability.grade", "", 1, "", DISABLED_SINCE, None),
        NewFact(head.id, None, "disability.kind", "", 4, "", DISABLED_SINCE, None),
        *(
            NewFact(head.id, None, "benefit.paid", "低保", 45_000, "", date(2026, month, 1), date(2026, month + 1, 1))
            for month in (7, 8, 9, 10)
        ),
    ]
    record_facts(facts[:2], source="disability", delivery=uuid4(), known_at=at(date(2026, 10, 31)))
    record_facts(facts[2:], source="benefit", delivery=uuid4(), known_at=at(date(2026, 10, 31)))
    record_facts(
        [NewFact(head.id, None, "income.wage_year", "", 900_000, "电话核实", date(2026, 1, 1), None)],
        source="clerk",
        delivery=None,
        known_at=at(date(2026, 9, 1)),
    )
    assert Household.objects.get(number="H1").area_code == VILLAGE
    return Household.objects.get(number="H1")
