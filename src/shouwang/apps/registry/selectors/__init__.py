"""Reads of the register, without side effects."""

from __future__ import annotations

from shouwang.apps.registry.items import UnknownItem, items
from shouwang.apps.registry.relations import HEAD, RELATIONS, relation_code, relation_label
from shouwang.apps.registry.sealing import ID_COLUMN, index_of_id
from shouwang.apps.registry.selectors.carriers import RegisterUnreadable
from shouwang.apps.registry.selectors.file import (
    CategorySpan,
    KnownFact,
    MemberLine,
    facts_for_dossier,
    members_of_household,
    memberships_for,
)
from shouwang.apps.registry.selectors.one_household import HouseholdFacts, household_case
from shouwang.apps.registry.selectors.people import (
    HomeRef,
    Names,
    PersonCard,
    PersonRef,
    cards_by_id,
    cards_in,
    households_by_id,
    indexes_around,
    names_of,
    person_uuids,
    persons_by_index,
    refs_by_uuid,
)
from shouwang.apps.registry.selectors.said import SaidFact, facts_said, persons_in
from shouwang.apps.registry.selectors.snapshot import (
    Reading,
    SnapshotTables,
    household_areas,
    household_total,
    snapshot_reading,
    snapshot_tables,
)
from shouwang.apps.registry.selectors.whole import CountyPart, RegisterState, whole_register

__all__ = [
    "HEAD",
    "ID_COLUMN",
    "RELATIONS",
    "CategorySpan",
    "CountyPart",
    "HomeRef",
    "HouseholdFacts",
    "KnownFact",
    "MemberLine",
    "Names",
    "PersonCard",
    "PersonRef",
    "Reading",
    "RegisterState",
    "RegisterUnreadable",
    "SaidFact",
    "SnapshotTables",
    "UnknownItem",
    "cards_by_id",
    "cards_in",
    "facts_for_dossier",
    "facts_said",
    "household_areas",
    "household_case",
    "household_total",
    "households_by_id",
    "index_of_id",
    "indexes_around",
    "items",
    "members_of_household",
    "memberships_for",
    "names_of",
    "person_uuids",
    "persons_by_index",
    "persons_in",
    "refs_by_uuid",
    "relation_code",
    "relation_label",
    "snapshot_reading",
    "snapshot_tables",
    "whole_register",
]
