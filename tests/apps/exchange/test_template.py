"""The process that reading processes are forked from: begun once, gone when nobody needs it, and no file's trouble is another's."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shouwang.apps.exchange import sandbox
from shouwang.apps.exchange.reading import template
from shouwang.apps.exchange.reading.reasons import Refused
from tests.apps.exchange.feed_files import feed_file, settlement
from tests.apps.exchange.test_sandbox import job, read

NAME = "medical_990101_2026-09.csv"


@pytest.fixture(autouse=True)
def _own_template() -> Iterator[None]:
    sandbox.end_template()
    yield
    sandbox.end_template()


def running() -> int:
    """The template's number."""
    number = sandbox.template_number()
    assert number is not None
    return number


def children_of(number: int) -> list[str]:
    return Path(f"/proc/{number}/task/{number}/children").read_text().split()


def test_one_template_serves_file_after_file_and_keeps_none_of_them(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [settlement(n) for n in range(5)])
    assert read(path, tmp_path / "one")["accepted"] == 5
    first = running()
    assert read(path, tmp_path / "two")["accepted"] == 5
    assert running() == first
    assert children_of(first) == []
    open_files = {str(each.readlink()) for each in Path(f"/proc/{first}/fd").iterdir()}
    assert not any(str(tmp_path) in name for name in open_files)


def test_reading_process_holds_nothing_of_the_templates(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [settlement(n) for n in range(5)])
    assert read(path, tmp_path / "one")["accepted"] == 5
    waiting = sandbox._templates.child(large=False)
    until = time.monotonic() + 10
    while not (found := children_of(running())) and time.monotonic() < until:
        time.sleep(0.01)
    handles = Path(f"/proc/{found[0]}/fd")
    while len(list(handles.iterdir())) > 3 and time.monotonic() < until:
        time.sleep(0.01)
    assert {each.name for each in handles.iterdir()} == {"0", "1", "2"}
    secret = f"/proc/{found[0]}/environ"
    assert "PATH=" not in Path(secret).read_text().replace("PYTHONPATH=", "")
    waiting.close()
    assert children_of(running()) == []


def test_template_killed_between_two_files_is_begun_anew(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [settlement(n) for n in range(5)])
    assert read(path, tmp_path / "one")["accepted"] == 5
    first = running()
    os.kill(first, signal.SIGKILL)
    sandbox._templates._running.wait()  # type: ignore[union-attr]
    assert read(path, tmp_path / "two")["accepted"] == 5
    assert running() != first


def test_template_killed_while_a_file_is_read_costs_that_file_alone(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, [settlement(n) for n in range(5)])
    with sandbox.reading(job(path, tmp_path / "out"), size=path.stat().st_size) as child:
        os.kill(running(), signal.SIGKILL)
        with pytest.raises(Refused) as refused:
            child.receipt()
    assert refused.value.code == "unreadable"
    assert read(path, tmp_path / "again")["accepted"] == 5


def test_template_killed_takes_even_a_process_along_that_does_nothing() -> None:
    waiting = sandbox._templates.child(large=False)
    number = running()
    ready_by(lambda: bool(children_of(number)))
    child = children_of(number)[0]
    ready_by(lambda: len(list(Path(f"/proc/{child}/fd").iterdir())) == 3)
    os.kill(int(child), signal.SIGSTOP)
    os.kill(number, signal.SIGKILL)
    ready_by(lambda: not alive(child))
    assert waiting.wait() == 1
    waiting.close()


def test_template_that_hangs_is_ended_and_the_next_file_begins_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = feed_file(tmp_path, NAME, [settlement(n) for n in range(5)])
    assert read(path, tmp_path / "one")["accepted"] == 5
    monkeypatch.setattr(sandbox, "ANSWERS_WITHIN", 0.2)
    waiting = sandbox._templates.child(large=False)
    first = running()
    os.kill(first, signal.SIGSTOP)
    assert waiting.wait() == 1
    waiting.close()
    ready_by(lambda: not alive(str(first)))
    monkeypatch.undo()
    assert read(path, tmp_path / "two")["accepted"] == 5
    assert running() != first


def test_no_room_for_one_more_process_costs_that_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    handed = [socket.socketpair() for _ in range(template.HANDED)]
    monkeypatch.setattr(template.os, "fork", no_room)
    with ours, theirs:
        serving = template.Template(theirs)
        socket.send_fds(ours, [template.SMALL], [its.fileno() for _, its in handed])
        for _, its in handed:
            its.close()
        ours.shutdown(socket.SHUT_WR)
        serving.serve()
    for mine, _ in handed:
        with mine:
            assert mine.recv(1) == b""


def no_room() -> int:
    raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


def ready_by(found: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something is so; fails where it is not in time."""
    until = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_process_that_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    path = feed_file(tmp_path, NAME, ({**settlement(n % 400), "姓名": " 测试"} for n in range(60_000)))
    with sandbox.reading(job(path, tmp_path / "out"), size=path.stat().st_size) as child:
        assert child.child.lines.readline()
    assert children_of(running()) == []


def test_template_goes_with_whoever_began_it_and_takes_its_children_along() -> None:
    script = (
        "import os, time; from pathlib import Path; from shouwang.apps.exchange import sandbox\n"
        "waiting = sandbox._templates.child(large=False); number = sandbox._templates._running.pid\n"
        "found = Path(f'/proc/{number}/task/{number}/children')\n"
        "while not found.read_text(): time.sleep(0.01)\n"
        "print(number, found.read_text(), flush=True); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 9, done.stderr
    numbers = done.stdout.split()
    assert len(numbers) == 2
    until = time.monotonic() + 10
    while any(alive(number) for number in numbers) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(alive(number) for number in numbers)


def alive(number: str) -> bool:
    """Whether a process runs (one that has ended and was not asked for its code does not)."""
    try:
        return ") Z " not in Path(f"/proc/{number}/stat").read_text()
    except FileNotFoundError:
        return False


def test_template_that_nobody_asks_goes_and_the_next_file_begins_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = feed_file(tmp_path, NAME, [settlement(n) for n in range(5)])
    script = "from shouwang.apps.exchange.reading import template; template.IDLE = 0.0; template.main()"
    begin = subprocess.Popen

    def soon_idle(command: list[str], **rest: object) -> subprocess.Popen[bytes]:
        return begin([command[0], "-X", "utf8", "-s", "-c", script], **rest)  # type: ignore[call-overload, no-any-return]

    with monkeypatch.context() as patch:
        patch.setattr(sandbox.subprocess, "Popen", soon_idle)
        sandbox._templates._begin()
    idle = sandbox._templates._running
    assert idle is not None
    assert idle.wait(timeout=30) == 0
    assert read(path, tmp_path / "out")["accepted"] == 5
    assert running() != idle.pid
