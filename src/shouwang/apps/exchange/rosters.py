"""A roster's records as the register takes them, and how much a new roster would change of what the last one said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from shouwang.apps.exchange import lake
from shouwang.apps.exchange.contract import REGISTER, load_contract
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.services import RosterRow
from shouwang.lib import clock
from shouwang.lib.dates import day_number

if TYPE_CHECKING:
    from shouwang.apps.exchange.models import Delivery

CATEGORIES = {1: "dibao", 2: "tekun", 3: "dibao_marginal", 4: "rigid_expenditure", 5: "anti_poverty_monitored"}
_MONEY = {
    "wage_year": "income.wage_year",
    "business_net_year": "income.business_net_year",
    "property_net_year": "income.property_net_year",
    "transfer_net_year": "income.transfer_net_year",
    "pension_declared": "pension.declared_monthly",
    "property_compliant": "property.compliant",
}
_PLAIN = ("household", "relation", "area", "category", "category_from")
_DAYS = {"authorisation_expires": "authorisation.expires", "recheck_due": "recheck.due"}


def roster_rows(delivery: Delivery) -> Iterator[RosterRow]:
    """Yield a roster's lines in file order; names, identity numbers and phones come from the delivery's sealed file."""
    secret = [c.name for c in load_contract(REGISTER).columns if c.type in {"id", "name"} or c.secret]
    number, name, phone = (secret.index(column) for column in ("id", "name", "phone"))
    sealed = (line for frame in lake.sealed_rows(delivery, "roster") for line in zip(*frame, strict=True))
    for batch in lake.record_batches(delivery):
        columns = [batch.column(column).to_pylist() for column in (*_PLAIN, *_MONEY, *_DAYS)]
        for household, relation, area, category, since, *stated in zip(*columns, strict=True):
            hidden = next(sealed)
            yield RosterRow(
                household_number=household,
                relation=f"{relation:02d}",
                name=hidden[name],
                id_number=hidden[number],
                area_code=area,
                phone=hidden[phone] or "",
                category=CATEGORIES.get(category or 0, ""),
                category_from=since if category else None,
                facts=_facts(stated),
            )


def _facts(stated: list[Any]) -> dict[str, int]:
    """What the money and day columns of a line state, blank cells left out."""
    facts = {item: value for item, value in zip(_MONEY.values(), stated, strict=False) if value is not None}
    for item, day in zip(_DAYS.values(), stated[len(_MONEY) :], strict=True):
        if day is not None:
            facts[item] = day_number(day)
    return facts


def roster_effect(rows: Sequence[RosterRow], area_code: str, as_of: date) -> dict[str, int]:
    """Return how many people of the roster are known, and of how many it changes the category or a declared amount."""
    held: dict[int, set[str]] = {}
    tables = registry.snapshot_tables(area_code, as_of, clock.now())
    ids = tables.persons["person_id"].to_pylist()
    for subject, of_household, item in zip(
        tables.facts["subject"].to_pylist(),
        tables.facts["of_household"].to_pylist(),
        tables.facts["item"].to_pylist(),
        strict=True,
    ):
        if not of_household and item.startswith("category."):
            held.setdefault(ids[subject], set()).add(item.removeprefix("category."))
    people = registry.persons_by_index({registry.index_of_id(row.id_number) for row in rows})
    said: dict[tuple[int, str], int] = {}
    known = [person.id for person in people.values()]
    for fact in registry.facts_said(source=REGISTER, items=list(_MONEY.values()), persons=known):
        if fact.person_id is not None and fact.true_to is None:
            said[fact.person_id, fact.item] = fact.value
    changed = 0
    for row in rows:
        person = people.get(registry.index_of_id(row.id_number))
        if person is not None:
            other_category = (row.category or None) not in (held.get(person.id) or {None})
            other_amount = any(said.get((person.id, item), value) != value for item, value in row.facts.items())
            changed += other_category or other_amount
    return {"known": len(people), "changed": changed}
