"""Kills the warning run at points all through it; whatever the point, taken up again it ends as if never killed.

``run(count)`` kills ``count`` times, spread over every point, and returns what it found; as a program:
``python -m tests.harness.warn_kills 200``. A point is each progress call, each file before and after it appears, each
batch of alerts before and after its commit, and the end of the run before its commit.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from tests.harness.office import ROOT, fresh_office

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
PEOPLE = 36


def run(count: int, url: str = "", *, careless: bool = False) -> dict[str, Any]:
    """Kill ``count`` runs on SQLite, or on the PostgreSQL server of ``url``; returns points, kills and differing ends.

    ``careless`` plants a fault (batches that are not one transaction): the harness must then find differing ends.
    """
    with fresh_office(url) as environment:
        flags = ["--child", *(["--careless"] if careless else [])]
        command = [sys.executable, "-m", "tests.harness.warn_kills", str(count), *flags]
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120 + count * 20, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-4000:])
        return dict(json.loads(done.stdout.splitlines()[-1]))


class Bomb:
    """Names the points it passes and, at the one it is set for, kills the process as a power cut would."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.points: list[str] = []

    def point(self, name: str) -> None:
        """Pass one point."""
        self.points.append(name)
        if len(self.points) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """Pass a point before and after an act."""

        def bracketed(*given: Any, **named: Any) -> Any:
            self.point(f"before {name}")
            result = act(*given, **named)
            self.point(f"after {name}")
            return result

        return bracketed

    def progress(self, stage: str, done: int, total: int) -> None:
        """Pass a point at each progress call."""
        self.point(f"{stage} {done}/{total}")


class Office:
    """One copy of the prepared office: a database and a folder."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.database = folder, database

    def enter(self) -> None:
        """Let this process work in this office."""
        from django.conf import settings
        from django.db import connections

        from shouwang.lib import clock

        clock.pin(OCTOBER)
        settings.DATA_DIR, settings.LAKE_DIR = self.folder, self.folder / "lake"
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = self.database

    def copied(self, name: str) -> Office:
        """Return a copy of this office."""
        from django.db import connection

        folder = self.folder.parent / name
        shutil.copytree(self.folder, folder)
        if connection.vendor == "sqlite":
            return Office(folder, str(folder / "office.sqlite3"))
        database = f"{self.database}_{name}"
        _on_server(f'CREATE DATABASE "{database}" TEMPLATE "{self.database}"')
        return Office(folder, database)

    def remove(self) -> None:
        """Remove a copy."""
        from django.db import connection

        shutil.rmtree(self.folder)
        if connection.vendor == "postgresql":
            _on_server(f'DROP DATABASE "{self.database}" WITH (FORCE)')


def _on_server(statement: str) -> None:
    import psycopg

    with psycopg.connect(
        os.environ["SHOUWANG_DATABASE_URL"].rpartition("/")[0] + "/postgres", autocommit=True
    ) as server:
        server.execute(statement)


def _forked(act: Callable[[], Any]) -> tuple[int, Any]:
    """Do an act in a child process; returns how it ended (0, or the signal) and what it returned."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as out:
                json.dump(act(), out)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as incoming:
        said = incoming.read()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), json.loads(said) if said else None


def _prepare(office: Office) -> None:
    """Two thirds ill at the first run; by the second a third of them well again and the others ill."""
    from shouwang.apps.assessment.services import import_standards
    from shouwang.lib import clock
    from tests.apps.scene import hospital_bill, ill_person, run_once, standards_file
    from tests.cast import make_cast
    from tests.harness.office import start

    start()
    office.enter()
    make_cast()
    import_standards(standards_file(office.folder))
    people = [ill_person(serial, yuan=6000 if serial % 3 else 10) for serial in range(1, PEOPLE + 1)]
    clock.pin(date(2026, 10, 2))
    run_once(SEPTEMBER)
    for serial, person in enumerate(people, start=1):
        if serial % 3 != 1:
            hospital_bill(person, 10 if serial % 3 else 9000, known_on=date(2026, 10, 20))


def _work(office: Office, bomb: Bomb, *, careless: bool) -> list[str]:
    from functools import partial

    from shouwang.apps.assessment import lake, services
    from shouwang.apps.assessment.services import running
    from shouwang.apps.monitoring.services import opening
    from shouwang.apps.monitoring.services.pacing import Pace
    from tests.cast import COUNTY

    office.enter()
    opening.Pace = partial(Pace, 4)  # many small batches
    lake.Path.replace = bomb.around("file", lake.Path.replace)
    services.note_taken = bomb.around("mark", services.note_taken)
    running.record = bomb.around("end", running.record)
    if careless:
        _plant(opening)
    opening.open_alerts(services.run_warnings(COUNTY, OCTOBER, bomb.progress), bomb.progress)
    return bomb.points


def _plant(opening: Any) -> None:
    """The planted fault: each statement of a batch commits on its own, so alerts can stand without the run's mark."""
    from django.db import transaction

    record = opening.record

    class Loose:
        atomic = staticmethod(contextlib.nullcontext)

    def recorded(*given: Any, **named: Any) -> Any:
        with transaction.atomic():
            return record(*given, **named)

    opening.transaction, opening.record = Loose, recorded


def _state(office: Office) -> dict[str, Any]:
    """Everything the run left behind, without row numbers, uuids and times of day."""
    from shouwang.apps.assessment import lake
    from shouwang.apps.assessment.models import Run
    from shouwang.apps.audit.models import Event
    from shouwang.apps.audit.selectors import verify_log
    from shouwang.apps.monitoring.models import Alert, DailyCount, Step
    from shouwang.lib.crypto import sm3_file

    office.enter()
    finished = Run.objects.filter(state=Run.State.FINISHED).order_by("id")
    last = finished.last()
    numbered = {"id", "uuid", "opened_by_run", "last_seen_run"}
    kept = [field.attname for field in Alert._meta.fields if field.attname not in numbered]
    days = [field.attname for field in DailyCount._meta.fields if field.attname != "id"]
    steps = Step.objects.values_list("alert__subject_key", "verb", "from_state", "to_state", "note")
    opened = [event.details["uuids"] for event in Event.objects.filter(verb="alert.open")]
    found = {
        "runs": [(run.as_of, run.counts, run.taken, run.fingerprint) for run in finished],
        "unfinished": Run.objects.exclude(state=Run.State.FINISHED).count(),
        "alerts": list(Alert.objects.order_by("rule", "subject_key", "id").values(*kept)),
        "seen_by_last": Alert.objects.filter(last_seen_run=last.uuid).count(),
        "steps": sorted(steps),
        "days": list(DailyCount.objects.order_by("day", "area_code", "rule").values(*days)),
        "files": {path.name: sm3_file(path) for path in sorted(lake.folder_of(last.uuid).iterdir())},
        "opened": (sum(map(len, opened)), len({uuid for each in opened for uuid in each})),
        "finishes": Event.objects.filter(verb="run.finish").count(),
        "audit": [str(problem) for problem in verify_log()],
    }
    return dict(json.loads(json.dumps(found, default=str)))


def _child(count: int, *, careless: bool) -> dict[str, Any]:
    import django
    from django.conf import settings
    from django.db import connection

    django.setup()
    base = Office(settings.DATA_DIR / "base", "")
    base.folder.mkdir()
    settings.KEY_DIR = settings.DATA_DIR / "keys"
    base.database = settings.DATABASES["default"]["NAME"]
    if connection.vendor == "sqlite":
        base.database = str(base.folder / "office.sqlite3")
    _succeed(_forked(lambda: (base.enter(), _prepare(base))[1]))
    whole = base.copied("whole")
    names = _succeed(_forked(lambda: _work(whole, Bomb(), careless=careless)))
    expected = _succeed(_forked(lambda: _state(whole)))
    points = [at for at, name in enumerate(names, start=1) if not careless or name == "before mark"]
    tally: dict[str, Any] = {"points": len(names), "killed": 0, "same": 0, "differing": []}
    for number in range(count):
        at = points[number * len(points) // count if count < len(points) else number % len(points)]
        office = base.copied(f"k{number}")
        ended, _ = _forked(lambda office=office, at=at: _work(office, Bomb(at), careless=careless))
        tally["killed"] += ended == -signal.SIGKILL
        _succeed(_forked(lambda office=office: _work(office, Bomb(), careless=careless)))
        after = _succeed(_forked(lambda office=office: _state(office)))
        differing = [part for part in expected if after[part] != expected[part]]
        tally["same"] += not differing
        tally["differing"] += [f"{names[at - 1]}: {', '.join(differing)}"] if differing else []
        office.remove()
    whole.remove()
    return tally


def _succeed(ended: tuple[int, Any]) -> Any:
    code, said = ended
    if code:
        raise RuntimeError(f"a child ended with {code}")
    return said


if __name__ == "__main__":
    if "--child" in sys.argv:
        print(json.dumps(_child(int(sys.argv[1]), careless="--careless" in sys.argv)))
    else:
        print(run(int(sys.argv[1]), os.environ.get("SHOUWANG_DATABASE_URL", "")))
