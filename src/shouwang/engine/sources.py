"""``sources.yaml``: each document the rules cite, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

FIELDS = (
    "title",
    "issuer",
    "number",
    "issued",
    "in_force",
    "repealed",
    "replaced_by",
    "link",
    "confidence",
    "note",
    "articles",
)


class BookError(Exception):
    """The rule package does not hold together; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Source:
    """One document. ``articles`` maps an article to its text; when given, only those may be cited."""

    key: str
    title: str
    issuer: str = ""
    number: str = ""
    issued: date | None = None
    in_force: date | None = None
    repealed: date | None = None
    replaced_by: str = ""
    link: str = ""
    confidence: str = ""
    note: str = ""
    articles: Mapping[str, str] = field(default_factory=dict)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; an empty file is an empty mapping. Raises BookError for anything else."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BookError(f"{path}: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise BookError(f"{path}: a mapping is expected")
    return content


def read_sources(path: Path) -> dict[str, Source]:
    """Read ``sources.yaml``: key → fields, either at the top or under ``sources:``."""
    content = read_yaml(path)
    entries = content.get("sources", content)
    return {key: _source(path, str(key), fields) for key, fields in entries.items()}


def _source(path: Path, key: str, fields: Any) -> Source:
    if not isinstance(fields, dict) or not fields.get("title"):
        raise BookError(f"{path}: source {key} has no title")
    strange = set(fields) - set(FIELDS)
    if strange:
        raise BookError(f"{path}: source {key} has unknown fields {sorted(strange)}; known are {', '.join(FIELDS)}")

    def day(name: str) -> date | None:
        value = fields.get(name)
        if value is not None and not isinstance(value, date):
            raise BookError(f"{path}: source {key}: {name} {value!r} is not a date")
        return value

    def text(name: str) -> str:
        return str(fields.get(name) or "")

    articles = {str(article): str(text or "") for article, text in (fields.get("articles") or {}).items()}
    return Source(
        key=key,
        title=text("title"),
        issuer=text("issuer"),
        number=text("number"),
        issued=day("issued"),
        in_force=day("in_force"),
        repealed=day("repealed"),
        replaced_by=text("replaced_by"),
        link=text("link"),
        confidence=text("confidence"),
        note=text("note"),
        articles=articles,
    )
