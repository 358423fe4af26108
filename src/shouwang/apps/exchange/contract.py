"""What each department sends us (数据契约): columns, code lists, and which fact of the register each column becomes.

One YAML file per feed in ``contracts/``. No Django: the reading child process uses the same classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("contracts")
REGISTER = "register"
KINDS = (
    "id",
    "name",
    "text",
    "money",
    "date",
    "month",
    "code",
    "uscc",
    "area",
    "place",
    "plate",
    "phone",
    "int",
    "decimal",
)
FOLDED = frozenset(
    {"id", "uscc", "date", "month", "money", "code", "area", "place", "plate", "phone", "int", "decimal"}
)

_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_CODES = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer"}}
_CHOICE = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "array", "minItems": 1}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["feed", "title", "sender", "cadence", "id", "name", "columns", "facts"],
    "properties": {
        "feed": {"type": "string", "pattern": "^[a-z]+$"},
        "title": {"type": "string"},
        "sender": {"type": "string"},
        "cadence": {"enum": ["monthly", "quarterly", "yearly", "event"]},
        "id": {"type": "string"},
        "name": {"type": "string"},
        "columns": {
            "type": "array",
            "minItems": 2,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "header", "type"],
                "properties": {
                    "name": {"type": "string", "pattern": "^[a-z_]+$"},
                    "header": {"type": "string"},
                    "type": {"enum": list(KINDS)},
                    "required": {"type": "boolean"},
                    "optional": {"type": "boolean"},
                    "secret": {"type": "boolean"},
                    "negative": {"type": "boolean"},
                    "past": {"type": "boolean"},
                    "unit": {"enum": ["yuan", "wan"]},
                    "codes": _CODES,
                    "also": _CODES,
                },
                "if": {"properties": {"type": {"const": "code"}}},
                "then": {"required": ["codes"]},
            },
        },
        "facts": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["item", "value", "from", "span"],
                "properties": {
                    "item": {"type": "string", "pattern": r"^[a-z]+\.[a-z_]+$"},
                    "subject": {"enum": ["person", "household"]},
                    "when": _CHOICE,
                    "unless": _CHOICE,
                    "filled": {"type": "string"},
                    "value": {"type": ["string", "integer"]},
                    "from": {"type": "string"},
                    "span": {"enum": ["day", "month", "open"]},
                    "to": {"type": "string"},
                    "to_included": {"type": "boolean"},
                    "ended": _CHOICE,
                    "key": _NAMES,
                    "detail": _NAMES,
                    "combine": {"enum": ["same", "sum", "max", "first"]},
                    "gate": {"enum": ["corrected", "changed", "new"]},
                },
            },
        },
    },
}


class ContractError(Exception):
    """A contract file that contradicts its schema or itself; the message names file and place."""


@dataclass(frozen=True)
class Column:
    """One column: its Chinese header, what it holds, and whether a value (``required``) or the column itself (``optional``) may lack."""

    name: str
    header: str
    type: str
    required: bool = False
    optional: bool = False
    secret: bool = False
    negative: bool = False
    past: bool = False
    unit: str = "yuan"
    codes: dict[str, int] = field(default_factory=dict)
    also: dict[str, int] = field(default_factory=dict)

    def label(self, code: object) -> str:
        """Return the 中文 label of a code value; other values as text."""
        return next((label for label, value in self.codes.items() if value == code), "" if code is None else str(code))


@dataclass(frozen=True)
class FactRule:
    """How rows of a feed become facts of one register item.

    ``when``/``unless`` choose rows by column values; ``ended`` marks rows whose state is over (until ``to``, else the period's first day);
    ``combine`` says what several rows of one person, key and day mean: equal, a sum, the largest, or only the first day counts.
    ``gate`` says which rows weigh in the blast-radius gate besides corrections: any new fact, or a value unlike the last one known.
    """

    item: str
    value: str | int
    start: str
    span: str
    subject: str = "person"
    when: dict[str, list[Any]] = field(default_factory=dict)
    unless: dict[str, list[Any]] = field(default_factory=dict)
    filled: str = ""
    to: str = ""
    to_included: bool = False
    ended: dict[str, list[Any]] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()
    combine: str = "same"
    gate: str = "corrected"


@dataclass(frozen=True)
class Contract:
    """One feed's contract. ``id`` and ``name`` are the columns that say whom a row is about."""

    feed: str
    title: str
    sender: str
    cadence: str
    id: str
    name: str
    columns: tuple[Column, ...]
    facts: tuple[FactRule, ...]

    def column(self, name: str) -> Column:
        """Return a column by its short name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def headers(self) -> list[str]:
        """The agreed header row."""
        return [column.header for column in self.columns]


def contract_from(raw: dict[str, Any]) -> Contract:
    """Build a contract from its YAML or JSON form (already schema-checked)."""
    columns = tuple(Column(**column) for column in raw["columns"])
    facts = []
    for fact in raw["facts"]:
        given = {
            **fact,
            "start": fact["from"],
            "key": tuple(fact.get("key", ())),
            "detail": tuple(fact.get("detail", ())),
        }
        given.pop("from")
        facts.append(FactRule(**given))
    plain = {name: raw[name] for name in ("feed", "title", "sender", "cadence", "id", "name")}
    return Contract(**plain, columns=columns, facts=tuple(facts))


def _check_references(contract: Contract, where: str) -> None:
    names = [column.name for column in contract.columns]
    if len(set(names)) != len(names) or len(set(contract.headers)) != len(names):
        raise ContractError(f"{where}：列名重复")
    for fact in contract.facts:
        used = {*fact.when, *fact.unless, *fact.ended, *fact.key, *fact.detail, fact.filled, fact.to, fact.start} - {
            "",
            "school_year",
        }
        if isinstance(fact.value, str):
            used.add(fact.value)
        if unknown := used - set(names):
            raise ContractError(f"{where}：{fact.item} 用到了没有的列 {sorted(unknown)}")
    for name, wanted in ((contract.id, "id"), (contract.name, "name")):
        if name not in names or contract.column(name).type != wanted:
            raise ContractError(f"{where}：{name} 应是 {wanted} 类型的列")


def raw_contract(feed: str) -> dict[str, Any]:
    """Return the checked YAML of a feed; raise ContractError where the file is wrong, KeyError for an unknown feed."""
    import jsonschema
    import yaml

    path = FOLDER / f"{feed}.yaml"
    if feed not in feeds():
        raise KeyError(feed)
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        jsonschema.validate(raw, SCHEMA)
    except jsonschema.ValidationError as error:
        raise ContractError(f"{path.name}：{error.json_path} {error.message}") from error
    if raw["feed"] != feed:
        raise ContractError(f"{path.name}：feed 应为 {feed}")
    _check_references(contract_from(raw), path.name)
    return dict(raw)


@cache
def load_contract(feed: str) -> Contract:
    """Return a feed's contract (read once)."""
    return contract_from(raw_contract(feed))


@cache
def feeds() -> tuple[str, ...]:
    """Return the names of all feeds with a contract, register first."""
    found = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    return tuple(sorted(found, key=lambda name: (name != REGISTER, name)))
