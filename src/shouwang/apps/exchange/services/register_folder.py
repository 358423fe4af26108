"""The register as a folder of Parquet files, for the comparison of many provinces: county by county, only what changed.

People and households are read whole every time: they may change without a dated row. A county's facts are read again
only if somebody of it changed since the version before, if others live there now, or if other deliveries speak for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from shouwang.apps.audit.record import record
from shouwang.apps.audit.selectors import is_noted
from shouwang.apps.exchange.contract import feeds, load_contract
from shouwang.apps.exchange.folder_files import AREAS, FACTS, HOUSEHOLDS, PERSONS, ROW_GROUP, RegisterFolder, writing
from shouwang.apps.exchange.selectors import newest_periods
from shouwang.apps.registry import selectors as registry
from shouwang.engine.frame import OPEN, UNKNOWN_DAY
from shouwang.engine.rule import Entity
from shouwang.lib import clock
from shouwang.lib.area_codes import normalise_code
from shouwang.lib.crypto import sm3_file, sm3_hex

Progress = Callable[[str, int, int], None]
_VERB = "register.snapshot"
NEVER = "1900"
"""The period of facts whose feed was not delivered for a county: it speaks for no day of ours."""
KINDS = {Entity.PERSON: "persons", Entity.HOUSEHOLD: "households"}
_PERSONS = pa.schema(
    [
        ("person_id", pa.int64()),
        ("key", pa.int64()),
        ("household_row", pa.int32()),
        ("birth_day", pa.int32()),
        ("sex", pa.int8()),
        ("relation", pa.int8()),
    ]
)
_HOUSEHOLDS = pa.schema([("household_id", pa.int64()), ("area", pa.int32())])


@dataclass(frozen=True, slots=True)
class FolderReceipt:
    """What was written: the version's folder, how many people, fact files written and taken over, and equal keys."""

    version: Path
    persons: int
    households: int
    facts: int
    files_written: int
    files_kept: int
    shared_keys: tuple[tuple[int, int], ...]


@dataclass
class _Building:
    """What a version comes to while its counties are read."""

    version: RegisterFolder
    unkeyed: set[int]
    earlier: dict[str, Any]
    touched: tuple[Any, Any] | None
    areas: list[str] = field(default_factory=list)
    persons: int = 0
    households: int = 0
    written: int = 0
    kept: int = 0
    counties: dict[str, Any] = field(default_factory=dict)


def write_register_folder(folder: Path, area_code: str, as_of: date, progress: Progress | None = None) -> FolderReceipt:
    """Write the register of a division as the next version of a folder; an act of the installation, noted in the log.

    Persons carry no name and no identity number, but the keyed 64-bit value of one: two persons with equal values have
    none, and are told. Killed anywhere, the next call ends the same. Raises FolderRefused, RegisterUnreadable.
    """
    area_code, known_at = normalise_code(area_code), clock.now()
    with writing(folder) as version, registry.whole_register(area_code, as_of, known_at) as register:
        shared = register.shared_keys()
        earlier = _usable(version.manifest, area_code, known_at)
        touched = register.touched_since(earlier["mark"]) if earlier else None
        built = _Building(version, {person for pair in shared for person in pair}, earlier, touched)
        _write_people(built, register, as_of, progress or _silent)
        manifest = {
            "noted_as": str(uuid4()),
            "area": area_code,
            "as_of": as_of.isoformat(),
            "known_at": known_at.isoformat(),
            "mark": dict(register.mark),
            "persons": built.persons,
            "households": built.households,
            "shared_keys": len(shared),
            "people": _digests(version, earlier),
            "counties": built.counties,
        }
        path = version.publish(manifest, lambda name: _note(name, manifest, folder))
    files = [each for county in built.counties.values() for each in county["files"].values()]
    return FolderReceipt(
        path,
        built.persons,
        built.households,
        sum(each["rows"] for each in files),
        built.written,
        built.kept,
        tuple(shared),
    )


def _usable(manifest: dict[str, Any], area_code: str, known_at: datetime) -> dict[str, Any]:
    """The manifest of the version before if it is of this division and not of a later moment, else an empty one.

    A version that this database's log does not know is of another database, or of this one before it was brought back
    from a copy: marks of it would point at rows that are others now.
    """
    if manifest.get("area") != area_code or datetime.fromisoformat(manifest["known_at"]) > known_at:
        return {}
    return manifest if is_noted(_VERB, manifest.get("noted_as", "")) else {}


def _write_people(built: _Building, register: registry.RegisterState, as_of: date, progress: Progress) -> None:
    counties = register.counties()
    with built.version.rows(PERSONS, _PERSONS) as persons, built.version.rows(HOUSEHOLDS, _HOUSEHOLDS) as households:
        waiting: list[tuple[pa.Table, pa.Table]] = []
        for place, code in enumerate(counties):
            county = register.county(code)
            if len(county.persons):
                waiting.append((_persons_of(built, county), _households_of(built, county)))
                built.persons += len(county.persons)
                built.households += len(county.households)
                built.counties[code] = _facts_of(built, county, as_of)
            if waiting and (place == len(counties) - 1 or sum(len(each) for each, _ in waiting) >= ROW_GROUP):
                for writer, tables in zip((persons, households), zip(*waiting, strict=True), strict=True):
                    writer.write_table(pa.concat_tables(tables).combine_chunks(), row_group_size=ROW_GROUP)
                waiting = []
            progress("写登记册文件夹", place + 1, len(counties))
    built.version.write(AREAS, pa.table({"area_code": pa.array(built.areas, pa.string())}))


def _persons_of(built: _Building, county: registry.CountyPart) -> pa.Table:
    table, ids = county.persons, county.persons["person_id"].to_numpy()
    keyed = pa.array(~np.isin(ids, sorted(built.unkeyed)))
    births = table["birth_day"].to_numpy()
    columns = [
        table["person_id"],
        pa.chunked_array([pc.if_else(keyed, table["key"].combine_chunks(), None)], pa.int64()),
        pa.array((table["household_index"].to_numpy() + built.households).astype(np.int32)),
        pa.array(births, pa.int32(), mask=births == UNKNOWN_DAY),
        table["sex"].cast(pa.int8()),
        table["relation"].cast(pa.int8()),
    ]
    return pa.table(columns, schema=_PERSONS)


def _households_of(built: _Building, county: registry.CountyPart) -> pa.Table:
    areas = county.households["area_code"].combine_chunks()
    known, first = areas.dictionary.to_pylist(), len(built.areas)
    spoken = sorted(set(areas.indices.to_pylist()))
    place = {code: first + row for row, code in enumerate(spoken)}
    built.areas += [known[code] for code in spoken]
    rows = [place[code] for code in areas.indices.to_pylist()]
    return pa.table([county.households["household_id"], pa.array(rows, pa.int32())], schema=_HOUSEHOLDS)


def _facts_of(built: _Building, county: registry.CountyPart, as_of: date) -> dict[str, Any]:
    """Take a county's fact files over, or read its facts and write those files that are not as they were."""
    periods = newest_periods(county.area_code, as_of)
    ids = [county.persons["person_id"].to_numpy(), county.households["household_id"].to_numpy()]
    now = {"who": sm3_hex(b"".join(each.astype("<i8").tobytes() for each in ids)), "periods": periods}
    before = built.earlier.get("counties", {}).get(county.area_code, {})
    same = before and not before["waiting"] and all(before[name] == now[name] for name in now)
    changed = built.touched is None or any(
        np.isin(some, each).any() for some, each in zip(ids, built.touched, strict=True)
    )
    if same and not changed and all(built.version.keep(name, each["sm3"]) for name, each in before["files"].items()):
        built.kept += len(before["files"])
        return {**now, "waiting": False, "files": {name: _told(**each) for name, each in before["files"].items()}}
    facts, waiting = county.facts()
    files = {}
    for feed, entity, names in _feeds_and_items():
        table = _fact_table(facts, ids[entity is Entity.HOUSEHOLD], entity, names)
        if len(table) or feed in periods:
            name = f"{FACTS}/{county.area_code}_{feed}_{KINDS[entity]}.parquet"
            files[name] = _write_facts(built, name, table, _about(county.area_code, feed, periods), before)
    return {**now, "waiting": waiting, "files": files}


def _write_facts(
    built: _Building, name: str, table: pa.Table, about: dict[str, str], before: dict[str, Any]
) -> dict[str, Any]:
    """Write a fact file, named as a delivery by what it says; the same as before stays the same delivery."""
    said = sm3_hex(repr(sorted(about.items())).encode() + _bytes_of(table))[:16]
    delivery = f"register-{Path(name).stem}-{said}"
    earlier = before.get("files", {}).get(name)
    if earlier is not None and earlier["delivery"] == delivery and built.version.keep(name, earlier["sm3"]):
        built.kept += 1
        return _told(**earlier)
    built.version.write(name, table, {**about, "delivery": delivery})
    built.written += 1
    return _told(len(table), sm3_file(built.version.building / name), delivery)


def _told(rows: int, sm3: str, delivery: str, **_: object) -> dict[str, Any]:
    """What a manifest says of a fact file; older folders say more."""
    return {"rows": rows, "sm3": sm3, "delivery": delivery}


def _about(area_code: str, feed: str, periods: dict[str, str]) -> dict[str, str]:
    cadence = load_contract(feed).cadence if feed in feeds() else "yearly"
    period = periods.get(feed, NEVER)
    return {"feed": feed, "period": period, "area_code": area_code, "cadence": "yearly" if period == NEVER else cadence}


def _feeds_and_items() -> Iterator[tuple[str, Entity, list[str]]]:
    """Each feed with the items it may assert of persons, and of households."""
    found: dict[tuple[str, Entity], list[str]] = {}
    for name, spec in registry.items().items():
        found.setdefault((spec.feed, spec.subject), []).append(name)
    for (feed, entity), names in sorted(found.items()):
        yield feed, entity, sorted(names)


def _fact_table(facts: pa.Table, ids: Any, entity: Entity, names: list[str]) -> pa.Table:
    """Facts of these items as rows of a fact file: one row each, in one fixed order."""
    column = facts["item"].combine_chunks()
    words = column.dictionary.to_pylist()
    place = np.array([names.index(word) if word in names else -1 for word in words] or [-1])[column.indices.to_numpy()]
    mine = (place >= 0) & (facts["of_household"].to_numpy(zero_copy_only=False) == (entity is Entity.HOUSEHOLD))
    who = ids[facts["subject"].to_numpy()[mine]]
    item, value, start, end = place[mine], *(facts[name].to_numpy()[mine] for name in ("value", "true_from", "true_to"))
    order = np.lexsort((value, item, end, start, who))
    columns = {
        f"{entity.value}_id": pa.array(who[order], pa.int64()),
        "true_from": pa.array(start[order], pa.int32()),
        "true_to": pa.array(end[order], pa.int32(), mask=end[order] == OPEN),
    }
    for row, name in enumerate(names):
        columns[name] = pa.array(value[order], pa.int64(), mask=item[order] != row)
    return pa.table(columns)


def _bytes_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _digests(version: RegisterFolder, earlier: dict[str, Any]) -> dict[str, str]:
    """Digests of the people's files; one that is as before becomes a link to it."""
    found = {name: sm3_file(version.building / name) for name in (PERSONS, HOUSEHOLDS, AREAS)}
    for name, digest in found.items():
        if earlier.get("people", {}).get(name) == digest:
            version.keep(name, digest)
    return found


def _note(name: str, manifest: dict[str, Any], folder: Path) -> None:
    """Note the act before the version is named: killed between the two, the next call notes another."""
    kept = ("as_of", "persons", "households", "shared_keys")
    details = {"folder": folder.name, "version": name, **{each: manifest[each] for each in kept}}
    with transaction.atomic():
        record(
            None,
            _VERB,
            subject_kind="register",
            subject_uuid=manifest["noted_as"],
            area_code=manifest["area"],
            details=details,
        )


def _silent(stage: str, done: int, total: int) -> None:
    """Show nothing."""
