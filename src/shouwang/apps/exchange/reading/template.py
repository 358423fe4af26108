"""The process that reading processes are forked from: it has loaded what they need, has read no file, and knows no key.

Each file is still read by a process of its own that ends with it. Loading takes a third of a second (and as much again what
is compiled), which is thus spent once and not for every file.

Standard input is a socket. Each message on it asks for one process: a byte (``LARGE`` or ``SMALL``) and three descriptors,
the new process's standard input and output (one socket), its standard error, and one on which its end is told: whoever asked
writes ``WAIT`` or ``END`` there and reads the exit code. When that one is closed unasked, the process is ended. When the
template itself is killed, the system ends its processes: nobody else could.
"""

from __future__ import annotations

import ctypes
import gc
import os
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress

LARGE, SMALL = b"L", b"S"
WAIT, END = b"W", b"E"
MESSAGE, HANDED = 1, 3
IDLE = 60.0
"""Seconds without a process after which the template goes."""
_LINGER, _TICK = 5.0, 0.002
_HIGHEST = 1 << 16
_PR_SET_PDEATHSIG = 1
"""Of ``prctl(2)``: the signal a process gets when its parent ends."""


def load() -> None:
    """Load what every text file takes."""
    import numpy.ma  # noqa: F401 — loaded for those that are forked: ``numpy.unique`` asks for it

    from shouwang.apps.exchange.reading import child, csv_file, lake  # noqa: F401 — likewise


def load_compiled() -> None:
    """Load what a large file takes besides."""
    from shouwang.apps.exchange.reading.encoding import gb18030_pairs
    from shouwang.engine.backends import sm3_lanes, text_columns

    if text_columns.load():
        gb18030_pairs()
    sm3_lanes.load()


class Template:
    """Forks processes on demand; one thread of ours (Arrow's allocator has another and sees to forks itself): a fork is a whole copy."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._number = os.getpid()
        self._children: dict[int, tuple[socket.socket, int]] = {}
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(control, selectors.EVENT_READ)
        self._compiled = False

    def serve(self) -> None:
        """Work until nobody is there to ask, or nobody has asked for a while."""
        open_still = True
        while open_still or self._children:
            ready = self._waiting.select(None if self._children else IDLE)
            if not ready:
                self._control.shutdown(socket.SHUT_RD)  # who asks from now on is told so and starts another template
                self._control.setblocking(False)
            for key, _ in ready or [(selectors.SelectorKey(self._control, 0, 0, None), 0)]:
                if key.fileobj is not self._control:
                    self._answer(key.fd)
                elif open_still and not self._take():
                    open_still = False
                    self._waiting.unregister(self._control)

    def _take(self) -> bool:
        """Take one message and fork; say whether there was one."""
        try:
            kind, handed, _, _ = socket.recv_fds(self._control, MESSAGE, HANDED)
        except BlockingIOError:
            return False
        if len(handed) < HANDED:
            return False
        if kind == LARGE and not self._compiled:
            load_compiled()
            self._compiled = True
        work, errors, told = handed
        try:
            child = os.fork()
        except OSError:  # no room for one more: that file is told so by a closed socket, the others are read on
            for each in handed:
                os.close(each)
            return True
        if child == 0:
            _read_and_exit(work, errors, self._number)
        os.close(work)
        os.close(errors)
        self._children[told] = socket.socket(fileno=told), child
        self._waiting.register(told, selectors.EVENT_READ)
        return True

    def _answer(self, told: int) -> None:
        """Tell how a process ended, after it was waited for or ended."""
        answering, child = self._children.pop(told)
        self._waiting.unregister(told)
        wanted = answering.recv(1)
        until = time.monotonic() + (_LINGER if wanted == WAIT else 0.0)
        ended, status = os.waitpid(child, os.WNOHANG)
        while not ended and time.monotonic() < until:
            time.sleep(_TICK)
            ended, status = os.waitpid(child, os.WNOHANG)
        if not ended:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
        with answering, suppress(OSError):
            answering.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _read_and_exit(work: int, errors: int, template: int) -> None:
    """In the new process: keep nothing of the template's but its memory, read the one file, and go."""
    code = 1
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != template:  # it had ended before we asked
            return
        os.dup2(work, 0)
        os.dup2(work, 1)
        os.dup2(errors, 2)
        os.closerange(3, _HIGHEST)
        from shouwang.apps.exchange.reading import child

        code = child.main()
    except BaseException:  # noqa: BLE001 — whatever it is: it is told in a word, and the process ends
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Serve on standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for whoever asked, and ends us through the socket
    control = socket.socket(fileno=os.dup(0))
    gc.disable()
    load()
    gc.freeze()
    Template(control).serve()


if __name__ == "__main__":
    main()
