"""``inputs.yaml``: what a source may assert (items), and what rules may name (inputs), folded from an item on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shouwang.engine.rule import UNITS, Entity
from shouwang.engine.sources import BookError, read_yaml

KINDS = ("event", "state")
ABSENT = ("zero", "unknown")
FOLDS = {
    "latest": "unit",
    "previous": "unit",
    "latest_day": "day",
    "days_since": "number",
    "days_until": "number",
    "days_since_nonzero": "number",
    "sum_nonzero_day": "unit",
    "sum_calendar_year": "unit",
    "sum_last_month": "unit",
    "sum_school_year": "unit",
    "sum_days": "unit",
    "count_active": "number",
    "count_last_months": "number",
    "distinct_values_last_month": "number",
    "first_day": "day",
    "last_day": "day",
    "any": "truth",
}
COUNTED = ("sum_days", "count_last_months")
BASE_FOLDS = {
    "birth_date": ("age_years", "days_since_birthday", "as_is"),
    "sex": ("as_is",),
    "relation": ("as_is",),
    "household": ("is_alone",),
}


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """Something a source may assert. ``kind`` event (one day) or state (a span); ``feed`` whose delivery covers it."""

    name: str
    label: str
    unit: str
    subject: Entity
    kind: str
    feed: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """A fact rules may name: ``fold`` of ``item`` (or of the attribute ``base``); ``window`` the N of ``sum_days:N``.

    ``absent`` "zero": no fact means 0 if the item's feed is covered; "unknown": no fact means unknown.
    """

    name: str
    label: str
    entity: Entity
    unit: str
    fold: str
    item: str | None = None
    base: str | None = None
    window: int = 0
    absent: str = "unknown"
    note: str = ""

    @property
    def is_date(self) -> bool:
        """Whether the value is a day number (days since 1970-01-01)."""
        return self.unit == "date" or FOLDS.get(self.fold) == "day" or (self.base, self.fold) == ("birth_date", "as_is")


def read_inputs(folder: Path) -> tuple[dict[str, ItemSpec], dict[str, InputSpec]]:
    """Read a rule package's ``inputs.yaml`` (what policies share) and each policy's own.

    An input may be folded from an item of another file. Raises BookError naming the file and the entry.
    """
    paths = [path for path in (folder / "inputs.yaml", *sorted(folder.glob("*/inputs.yaml"))) if path.exists()]
    contents = {path: read_yaml(path) for path in paths}
    items: dict[str, ItemSpec] = {}
    inputs: dict[str, InputSpec] = {}
    for path, content in contents.items():
        strange = set(content) - {"items", "inputs"}
        if strange:
            raise BookError(f"{path}: unknown parts {sorted(strange)}")
        for name, fields in (content.get("items") or {}).items():
            if name in items:
                raise BookError(f"{path}: item {name} stands in another file too")
            items[name] = _item(path, name, fields)
    for path, content in contents.items():
        for name, fields in (content.get("inputs") or {}).items():
            if name in inputs:
                raise BookError(f"{path}: input {name} stands in another file too")
            inputs[name] = _input(path, name, fields, items)
    return items, inputs


def _field(where: str, fields: Mapping[str, Any], name: str, allowed: tuple[str, ...] | None = None) -> str:
    value = fields.get(name)
    if not value:
        raise BookError(f"{where}: {name} missing")
    if allowed is not None and value not in allowed:
        raise BookError(f"{where}: {name} {value!r} is not one of {', '.join(allowed)}")
    return str(value)


def _known_fields(where: str, fields: Any, allowed: set[str]) -> None:
    if not isinstance(fields, dict):
        raise BookError(f"{where}: a mapping is expected")
    if set(fields) - allowed:
        raise BookError(f"{where}: unknown fields {sorted(set(fields) - allowed)}")


def _item(path: Path, name: str, fields: Any) -> ItemSpec:
    where = f"{path}: item {name}"
    _known_fields(where, fields, {"label", "unit", "subject", "kind", "feed", "note"})
    return ItemSpec(
        name=name,
        label=_field(where, fields, "label"),
        unit=_field(where, fields, "unit", UNITS),
        subject=Entity(_field(where, fields, "subject", tuple(Entity))),
        kind=_field(where, fields, "kind", KINDS),
        feed=_field(where, fields, "feed"),
        note=str(fields.get("note") or ""),
    )


def _input(path: Path, name: str, fields: Any, items: Mapping[str, ItemSpec]) -> InputSpec:
    where = f"{path}: input {name}"
    _known_fields(where, fields, {"label", "entity", "unit", "item", "from", "fold", "absent", "note"})
    label, unit = _field(where, fields, "label"), _field(where, fields, "unit", UNITS)
    note = str(fields.get("note") or "")
    entity = Entity(_field(where, fields, "entity", tuple(Entity)))
    fold, _, window = _field(where, fields, "fold").partition(":")
    if fields.get("from"):
        base = _field(where, fields, "from", tuple(BASE_FOLDS))
        if fold not in BASE_FOLDS[base]:
            raise BookError(f"{where}: fold {fold!r} of {base} is not one of {', '.join(BASE_FOLDS[base])}")
        if entity is Entity.HOUSEHOLD and base != "household":
            raise BookError(f"{where}: {base} belongs to a person")
        return InputSpec(name, label, entity, unit, fold, base=base, note=note)
    item = items.get(_field(where, fields, "item"))
    if item is None:
        raise BookError(f"{where}: no item {fields['item']!r}")
    if item.subject is not entity:
        raise BookError(f"{where}: item {item.name} is of a {item.subject.value}, the input of a {entity.value}")
    if fold not in FOLDS:
        raise BookError(f"{where}: fold {fold!r} is not one of {', '.join(FOLDS)}")
    if (fold in COUNTED) != bool(window) or (window and not window.isdigit()):
        raise BookError(f"{where}: fold {fields['fold']!r}: {fold} takes {'a' if fold in COUNTED else 'no'} number")
    if (FOLDS[fold] == "truth") != (unit == "bool") and not (FOLDS[fold] == "unit" and item.unit == "bool"):
        raise BookError(f"{where}: fold {fold} does not give unit {unit}")
    absent = _field(where, {"absent": "unknown", **fields}, "absent", ABSENT)
    return InputSpec(name, label, entity, unit, fold, item.name, None, int(window or 0), absent, note)
