"""Rows of before the procedure stay in force as the installation's word; going back keeps what the old table can hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.cast import make_cast

APP, LAST = "assessment", "0004_standard_procedure"
pytestmark = pytest.mark.django_db(transaction=True)


def earlier() -> str:
    """The migration this one stands on."""
    node = MigrationExecutor(connection).loader.graph.node_map[APP, LAST]
    return next(parent.key[1] for parent in node.parents if parent.key[0] == APP)


def migrate(name: str) -> object:
    executor = MigrationExecutor(connection)
    executor.migrate([(APP, name)])
    return executor.loader.project_state([(APP, name)]).apps


@pytest.fixture
def _home() -> Iterator[None]:
    """Leave the tables as the newest migration makes them, whatever came after this one."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes(APP))


@pytest.mark.usefixtures("_home")
def test_there_and_back() -> None:
    old = migrate(earlier()).get_model(APP, "LocalStandard")
    shared = {"area_code": "990101000000", "amount_fen": 50000, "per": "person-month", "source": "民发"}
    old.objects.create(item="dibao_rural", valid_from=date(2026, 1, 1), **shared)
    old.objects.create(item="dibao_urban", observed_on="2024-05", **shared)
    new = migrate(LAST).get_model(APP, "LocalStandard")
    rows = {row.item: row for row in new.objects.all()}
    assert {row.state for row in rows.values()} == {"approved"}
    assert all(row.by_installation and row.uuid for row in rows.values())
    assert rows["dibao_rural"].starts_on == date(2026, 1, 1)
    assert rows["dibao_urban"].starts_on == date(2024, 5, 1)
    maker = make_cast().xian
    draft = new.objects.create(
        item="dibao_rural",
        valid_from=date(2027, 1, 1),
        starts_on=date(2027, 1, 1),
        state="draft",
        maker_id=maker.user_id,
        **shared,
    )
    new.objects.create(
        item="dibao_urban",
        observed_on="2025",
        starts_on=date(2025, 1, 1),
        state="approved",
        by_installation=True,
        **shared,
    )
    steps = migrate(LAST).get_model(APP, "StandardStep")
    steps.objects.create(standard_id=draft.pk, at="2026-11-02T09:00+08:00", verb="draft", to_state="draft")
    old = migrate(earlier()).get_model(APP, "LocalStandard")
    left = sorted(old.objects.values_list("item", "valid_from", "observed_on"))
    assert left == [("dibao_rural", date(2026, 1, 1), ""), ("dibao_urban", None, "2025")]
