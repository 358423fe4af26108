"""What a source may assert: the items of ``shouwang.rules``. The register refuses anything else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import shouwang.rules
from shouwang.engine.inputs import ItemSpec, read_inputs
from shouwang.engine.rule import Entity


class UnknownItem(Exception):
    """A fact names an item the rules do not know, or the wrong kind of subject for it."""


@cache
def items() -> Mapping[str, ItemSpec]:
    """Return the items a source may assert, by name."""
    return read_inputs(Path(shouwang.rules.__file__).parent)[0]


def require_item(name: str, *, about_person: bool) -> None:
    """Raise UnknownItem unless ``name`` is an item about that kind of subject."""
    spec = items().get(name)
    if spec is None:
        raise UnknownItem(f"登记册不收“{name}”：规则库没有这个事项")
    if (spec.subject == Entity.PERSON) != about_person:
        kind = "个人" if spec.subject == Entity.PERSON else "家庭"
        raise UnknownItem(f"“{spec.label}”是{kind}事项，对象类别不符")
