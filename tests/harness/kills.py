"""Kill the import at random moments, let it start again, compare what is left with an unkilled run.

``reference(...)`` runs it once undisturbed; ``killed(...)`` starts it in a process of its own, kills that (and, every
second time, the reading child with it) after a random delay, starts again until it ends by itself, and returns the state.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TODAY = "2026-11-02"
_JOB = """
import sys
from shouwang.config.start import start
start(data_dir=sys.argv[1], today=sys.argv[2])
from pathlib import Path
from shouwang.apps.exchange import services
list(services.import_files([Path(sys.argv[3])]))
services.link_pending()
"""
# What may differ between two runs of the same job: row numbers, moments, random uuids, nonces.
_TABLES: dict[str, str] = {
    "exchange_delivery": "uuid, feed, period, area_code, file_name, size, sm3, state, refusal, records, accepted, quarantined, linked, unlinked, changes",
    "exchange_quarantinedrow": "sheet, line, lines, byte_from, byte_to, reasons, state",
    "exchange_unlinkedrow": "row, sheet, line, hex(id_index), name_masked, reason, state",
    "registry_person": "name, hex(id_index), birth_date, sex, area_code",
    "registry_household": "number, area_code",
    "registry_membership": "relation, valid_from, valid_to, known_to IS NULL",
    "registry_category": "kind, valid_from, valid_to, source, known_to IS NULL",
    "registry_fact": "item, key, value, detail, true_from, true_to, known_to IS NULL, source, delivery, withdrawn",
}
_FACT_SUBJECTS = """
SELECT coalesce(hex(p.id_index), h.number), f.item, f.key, f.value, f.true_from, f.true_to, f.known_to IS NULL
FROM registry_fact f LEFT JOIN registry_person p ON p.id = f.person_id LEFT JOIN registry_household h ON h.id = f.household_id
"""
_ACTS = "SELECT verb, subject_uuid, count(*) FROM audit_event WHERE subject_kind = 'delivery' AND verb LIKE 'delivery.%' GROUP BY 1, 2"


@dataclass(frozen=True)
class KillReport:
    """One killed run: how often it was killed before it ended, and whether it left the same state."""

    kills: int
    same: bool
    differences: list[str]


def prepare(data: Path, keys: Path) -> None:
    """Make an empty database in a data folder, with keys shared by all runs (so that indexes are comparable)."""
    data.mkdir(parents=True)
    (data / "keys").symlink_to(keys)
    _manage(data, "migrate", "--verbosity", "0")


def _environment(data: Path) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("SHOUWANG_", "DJANGO_"))}
    return {**plain, "PYTHONPATH": str(ROOT / "src"), "SHOUWANG_DATA_DIR": str(data), "SHOUWANG_TODAY": TODAY}


def _manage(data: Path, *command: str) -> None:
    call = [sys.executable, "-m", "django", *command, "--settings", "shouwang.config.settings"]
    subprocess.run(call, check=True, env=_environment(data), capture_output=True, timeout=300)


def _started(data: Path, files: Path) -> subprocess.Popen[bytes]:
    call = [sys.executable, "-c", _JOB, str(data), TODAY, str(files)]
    return subprocess.Popen(
        call, env=_environment(data), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def _ended(job: subprocess.Popen[bytes]) -> None:
    _, errors = job.communicate(timeout=600)
    if job.returncode != 0:
        raise RuntimeError(errors.decode()[-2000:])


def reference(data: Path, files: Path) -> tuple[dict[str, Any], float]:
    """Run the job undisturbed; return the state it leaves and how long it took (seconds)."""
    began = time.monotonic()
    _ended(_started(data, files))
    return state_of(data), time.monotonic() - began


def killed(
    data: Path, files: Path, dice: random.Random, *, seconds: float, most: int = 3
) -> tuple[dict[str, Any], int]:
    """Run the job, killing it ``most`` times at random moments of its ``seconds``; return the state and the kills that hit."""
    kills = 0
    for turn in range(most):
        job = _started(data, files)
        try:
            job.wait(timeout=dice.uniform(0.2, seconds))
        except subprocess.TimeoutExpired:
            if turn % 2:
                os.killpg(job.pid, signal.SIGKILL)  # with its reading child
            else:
                job.kill()
            job.communicate()
            kills += 1
            check_database(data)
            continue
        _ended(job)
        break
    _ended(_started(data, files))
    return state_of(data), kills


def together(data: Path, files: Path, *, processes: int = 2) -> dict[str, Any]:
    """Run the job in several processes at once over one data folder; return the state they leave."""
    jobs = [_started(data, files) for _ in range(processes)]
    for job in jobs:
        _ended(job)
    check_database(data)
    return state_of(data)


def check_database(data: Path) -> None:
    """Raise unless the database is whole and no delivery stands without its audit row."""
    with sqlite3.connect(data / "shouwang.sqlite3") as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        assert verdict == "ok", verdict
        query = (
            "SELECT count(*) FROM exchange_delivery d WHERE NOT EXISTS (SELECT 1 FROM audit_event e "
            "WHERE e.verb = 'delivery.import' AND replace(e.subject_uuid, '-', '') = d.uuid)"
        )
        (orphans,) = connection.execute(query).fetchone()
        assert orphans == 0, f"{orphans} deliveries without their audit row"
    connection.close()


def state_of(data: Path) -> dict[str, Any]:
    """Return what a data folder holds, free of what may differ between runs: tables, acts, lake files."""
    with sqlite3.connect(data / "shouwang.sqlite3") as connection:
        state: dict[str, Any] = {
            name: _rows(connection, f"SELECT {columns} FROM {name}") for name, columns in _TABLES.items()
        }
        state["facts by subject"] = _rows(connection, _FACT_SUBJECTS)
        state["acts"] = _rows(connection, _ACTS)
    connection.close()
    lake = data / "lake"
    state["lake"] = sorted(
        (
            str(path.relative_to(lake)),
            hashlib.sha256(path.read_bytes()).hexdigest() if path.suffix == ".parquet" else "",
        )
        for path in lake.rglob("*")
        if path.is_file()
    )
    return state


def _rows(connection: sqlite3.Connection, query: str) -> list[str]:
    return sorted(json.dumps(row, ensure_ascii=False) for row in connection.execute(query))


def differences(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Name the parts in which two states differ, with how many rows on either side."""
    return [
        f"{name}: {len(set(wanted[name]) - set(found[name]))} missing, {len(set(found[name]) - set(wanted[name]))} extra, {len(wanted[name])} → {len(found[name])} rows"
        for name in wanted
        if wanted[name] != found[name]
    ]


def kill_runs(work: Path, files: Path, *, count: int, seed: int, most: int = 3) -> Iterable[KillReport]:
    """Make one undisturbed run and ``count`` killed ones over the same files; yield a report for each killed run."""
    dice = random.Random(seed)
    keys = work / "keys"
    keys.mkdir(parents=True)
    prepare(work / "empty", keys)
    shutil.copytree(work / "empty", work / "reference", symlinks=True)
    wanted, seconds = reference(work / "reference", files)
    for number in range(count):
        data = work / f"run{number}"
        shutil.copytree(work / "empty", data, symlinks=True)
        found, kills = killed(data, files, dice, seconds=seconds, most=most)
        wrong = differences(wanted, found)
        yield KillReport(kills, not wrong, wrong)
