"""应保尽保、应退未退: which rule judges each benefit, which fact says who is in it, and what to do about a difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from shouwang.engine.coverage import Scheme

FIELDS = {"label", "eligible", "amount", "enrolled", "rostered", "instead", "help", "leave", "cites"}


@dataclass(frozen=True, slots=True)
class Benefit:
    """One benefit in the statutory order. ``help`` and ``leave`` are the next steps in Chinese, for staff.

    ``rostered``: the roster says of everybody who is in it, so that silence means not; else somebody must be known to be.
    """

    scheme: Scheme
    help: str
    leave: str
    cites: tuple[str, ...]
    rostered: bool


@cache
def benefits() -> Mapping[str, Benefit]:
    """Every benefit by name, in the statutory order. Raises ValueError for a file that does not hold together."""
    path = Path(__file__).parent / "coverage.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: _benefit(name, fields) for name, fields in content.items()}


def _benefit(name: str, fields: dict[str, object]) -> Benefit:
    if set(fields) != FIELDS:
        raise ValueError(f"coverage.yaml: {name} has the fields {sorted(fields)}, not {sorted(FIELDS)}")
    text = {key: str(fields[key]) for key in FIELDS - {"cites", "instead", "rostered"}}
    cites, instead = fields["cites"], fields["instead"]
    if not isinstance(instead, list):
        raise ValueError(f"coverage.yaml: {name}: instead is no list")
    if not isinstance(cites, list) or not cites:
        raise ValueError(f"coverage.yaml: {name} cites nothing")
    scheme = Scheme(name, text["label"], text["eligible"], text["amount"], text["enrolled"], tuple(map(str, instead)))
    return Benefit(scheme, text["help"], text["leave"], tuple(map(str, cites)), fields["rostered"] is True)
