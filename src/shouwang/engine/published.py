"""``parameters.yaml`` of a policy: what it declares, and the values a national text fixes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from shouwang.engine.parameter_spec import WHOLE, Derived, ParameterSpec
from shouwang.engine.parameters import Assertion, ParameterError
from shouwang.engine.rule import UNITS
from shouwang.engine.sources import BookError, read_yaml
from shouwang.engine.tree import GREATEST
from shouwang.lib.area_codes import NATION
from shouwang.lib.ratio import RatioError, ratio_from_text

FIELDS = {
    "label",
    "unit",
    "per",
    "local",
    "least",
    "most",
    "values",
    "note",
    "unconfirmed",
    "instead",
    "derived",
    "floor",
}


def read_parameters(path: Path, policy: str) -> tuple[dict[str, ParameterSpec], list[Assertion]]:
    """A policy's ``parameters.yaml``: the declarations and the national values. Raises BookError."""
    specs, assertions = {}, []
    for item, fields in read_yaml(path).items():
        if not isinstance(fields, dict):
            raise BookError(f"{path}: {item} is not a mapping")
        strange = set(fields) - FIELDS
        if strange:
            raise BookError(f"{path}: {item} has unknown fields {sorted(strange)}")
        label, unit, values = str(fields.get("label") or ""), fields.get("unit"), fields.get("values") or []
        if not label:
            raise BookError(f"{path}: {item} has no label")
        if unit not in UNITS:
            raise BookError(f"{path}: {item}: unit {unit!r} is not one of {', '.join(UNITS)}")
        least, most = fields.get("least", 0), fields.get("most", GREATEST)
        if not isinstance(least, int) or not isinstance(most, int) or least > most:
            raise BookError(f"{path}: {item}: least {least!r} and most {most!r} are no bounds")
        per = str(fields.get("per") or "")
        spec = ParameterSpec(
            item,
            label,
            unit,
            policy,
            per,
            bool(fields.get("local")),
            least,
            most,
            unconfirmed=bool(fields.get("unconfirmed")),
            instead=_instead(path, item, fields.get("instead")),
            derived=_derived(path, item, fields.get("derived")),
            floor=str(fields.get("floor") or ""),
            note=str(fields.get("note") or ""),
        )
        if not values and not spec.local:
            raise BookError(f"{path}: {item} has no value and is not local")
        if values and spec.unconfirmed:
            raise BookError(f"{path}: {item} is unconfirmed and may have no national value")
        specs[item] = spec
        assertions += [_national(path, spec, value) for value in values]
    return specs, assertions


def check_references(specs: Mapping[str, ParameterSpec]) -> None:
    """What a parameter leans on must be a parameter of the same kind. Raises BookError."""
    for spec in specs.values():
        amounts = [
            *spec.instead,
            *(name for name in (spec.floor, spec.derived.of if spec.derived else "") if name),
        ]
        for name in amounts:
            other = specs.get(name)
            if other is None or (other.unit, other.per) != (spec.unit, spec.per):
                raise BookError(f"parameter {spec.item}: {name} is no parameter in {spec.per or spec.unit}")
        if spec.derived is not None:
            ratio = specs.get(spec.derived.ratio)
            if ratio is None or ratio.unit not in WHOLE:
                raise BookError(f"parameter {spec.item}: {spec.derived.ratio} is no ratio")


def _instead(path: Path, item: str, given: object) -> tuple[str, ...]:
    """One name or several, the closest first."""
    names = given if isinstance(given, list) else [given] if given else []
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) != len(names):
        raise BookError(f"{path}: {item}: instead names parameters, each once")
    return tuple(names)


def _derived(path: Path, item: str, fields: object) -> Derived | None:
    if fields is None:
        return None
    if not isinstance(fields, dict) or set(fields) != {"of", "ratio"}:
        raise BookError(f"{path}: {item}: derived names 'of' and 'ratio'")
    return Derived(str(fields["of"]), str(fields["ratio"]))


def _whole(spec: ParameterSpec, value: object) -> object:
    """A ratio is written as people write it."""
    if spec.unit != "ratio":
        return value
    try:
        return ratio_from_text(str(value))
    except RatioError:
        return None


def _national(path: Path, spec: ParameterSpec, fields: dict[str, object]) -> Assertion:
    strange = set(fields) - {"from", "to", "value", "source", "last_confirmed", "note"}
    value, start, end = _whole(spec, fields.get("value")), fields.get("from"), fields.get("to")
    if strange:
        raise BookError(f"{path}: a value of {spec.item} has unknown fields {sorted(strange)}")
    if not isinstance(value, int) or (spec.unit == "bool" and value not in (0, 1)) or not spec.allows(value):
        raise BookError(f"{path}: {spec.item}: {value!r} is not a value of unit {spec.unit}")
    confirmed = fields.get("last_confirmed")
    for day in (start, end, confirmed):
        if day is not None and not isinstance(day, date):
            raise BookError(f"{path}: {spec.item}: {day!r} is not a date")
    key, _, article = str(fields.get("source") or "").partition(":")
    if not key:
        raise BookError(f"{path}: a value of {spec.item} cites no source")
    try:
        return Assertion(
            item=spec.item,
            area_code=NATION,
            value=int(value),
            per=spec.per if spec.unit == "fen" else spec.unit,
            valid_from=start if isinstance(start, date) else None,
            valid_to=end if isinstance(end, date) else None,
            source=key,
            article=article,
            last_confirmed=confirmed if isinstance(confirmed, date) else None,
        )
    except ParameterError as error:
        raise BookError(f"{path}: {error}") from error
