"""Everything that writes the register."""

from __future__ import annotations

from shouwang.apps.registry.services.facts import FactCounts, NewFact, record_fact, record_facts, withdraw_facts
from shouwang.apps.registry.services.moves import MoveRefused, move_person
from shouwang.apps.registry.services.roster import RosterCounts, RosterRow, load_roster

__all__ = [
    "FactCounts",
    "MoveRefused",
    "NewFact",
    "RosterCounts",
    "RosterRow",
    "load_roster",
    "move_person",
    "record_fact",
    "record_facts",
    "withdraw_facts",
]
