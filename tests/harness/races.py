"""Many hands on one alert at the same moment: exactly one wins each race, the losers get a clear conflict.

``run(count)`` starts a child process with a fresh office and returns its tally; as a program: ``python -m tests.harness.races 200``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from threading import Barrier, Thread

from tests.harness.office import ROOT, fresh_office

WORKERS = 16


def run(count: int, url: str = "", *, careless: bool = False) -> dict[str, int]:
    """Run ``count`` races of 16 workers on SQLite, or on the PostgreSQL server of ``url``; returns the tally.

    ``careless`` swaps the verb for a read-then-write one: the harness must then report races with several winners.
    """
    with fresh_office(url) as environment:
        command = [
            sys.executable,
            "-m",
            "tests.harness.races",
            str(count),
            "--child",
            *(["--careless"] if careless else []),
        ]
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60 + count * 5, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-4000:])
        return dict(json.loads(done.stdout.splitlines()[-1]))


def _race(number: int, *, careless: bool) -> Counter[str]:
    from django.db import connection

    from shouwang.apps.accounts.selectors import actor_by_username
    from shouwang.apps.audit.models import Event
    from shouwang.apps.monitoring import services, states
    from shouwang.apps.monitoring.models import Alert
    from tests.apps.scene import reported
    from tests.cast import TODAY

    alert = reported(actor_by_username("zhen", TODAY), name=f"竞赛{number}")
    actors = [actor_by_username(name, TODAY) for name in ("zhen", "xian")]
    barrier, outcomes = Barrier(WORKERS), Counter[str]()

    def act(worker: int) -> None:
        try:
            barrier.wait()
            note = f"第{worker}人研判。"
            if careless:
                _careless_triage(alert.pk)
            else:
                services.triage(actors[worker % 2], alert.uuid, disposition=states.MAY_QUALIFY, note=note, version=0)
            outcomes["won"] += 1
        except services.Conflict:
            outcomes["conflict"] += 1
        except Exception as error:  # noqa: BLE001 — any other end of a race is a finding
            outcomes[type(error).__name__] += 1
        finally:
            connection.close()

    threads = [Thread(target=act, args=(worker,)) for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = Alert.objects.get(pk=alert.pk)
    steps = after.steps.filter(verb="triage").count()
    events = Event.objects.filter(verb="alert.triage", subject_uuid=str(alert.uuid)).count()
    clean = outcomes == {"won": 1, "conflict": WORKERS - 1} and (after.version, steps, events) == (1, 1, 1)
    return Counter({"clean": int(clean), "races": 1, **{f"threads_{name}": n for name, n in outcomes.items()}})


def _careless_triage(pk: int) -> None:
    """The planted fault: look, then write, without holding on to what was seen."""
    from shouwang.apps.monitoring.models import Alert
    from shouwang.apps.monitoring.services import Conflict

    if Alert.objects.values_list("state", flat=True).get(pk=pk) != "open":
        raise Conflict
    Alert.objects.filter(pk=pk).update(state="handling", version=1)


def _child(count: int, *, careless: bool) -> None:
    from tests.harness.office import start

    start()
    from shouwang.lib import clock
    from tests.cast import TODAY, make_cast

    clock.pin(TODAY)
    make_cast()
    tally = Counter[str]()
    for number in range(count):
        tally.update(_race(number, careless=careless))
    print(json.dumps(tally))


if __name__ == "__main__":
    if "--child" in sys.argv:
        _child(int(sys.argv[1]), careless="--careless" in sys.argv)
    else:
        print(run(int(sys.argv[1]), os.environ.get("SHOUWANG_DATABASE_URL", "")))
