"""Two jobs at a time: their order, their errors, and that none is under way once the block has ended."""

from __future__ import annotations

import os
import signal
import time
from threading import Event

import pytest

from shouwang.lib.in_turn import in_turn


@pytest.mark.parametrize("threads", [1, 2])
def test_what_the_jobs_give_comes_in_their_order(threads):
    def work(number):
        time.sleep(0.002 * (3 - number % 3))
        return number * number

    with in_turn(work, range(9), threads) as found:
        assert list(found) == [number * number for number in range(9)]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_error_in_the_jobs_order_is_told(threads):
    second_has_failed = Event()

    def work(number):
        if number == 1 and threads == 2:
            second_has_failed.wait(5)
        if number == 2:
            second_has_failed.set()
        if number:
            raise ValueError(f"第 {number} 件")
        return number

    with pytest.raises(ValueError, match="第 1 件"), in_turn(work, range(40), threads) as found:
        list(found)


@pytest.mark.parametrize("fails", ["taker", "job"])
def test_no_job_is_under_way_after_the_block_though_it_ends_early(fails):
    begun, ended, other_begun = [], [], Event()

    def work(number):
        begun.append(number)
        if number == 0:
            other_begun.wait(5)
            if fails == "job":
                raise ValueError("坏了")
        else:
            other_begun.set()
            time.sleep(0.05)
        ended.append(number)
        return number

    # the error is held: its traceback keeps every frame, and what a frame holds is not given up
    with pytest.raises(ValueError, match="坏了") as _held, in_turn(work, range(40), 2) as found:  # noqa: PT012
        next(found)
        raise ValueError("坏了")
    under_way = set(begun) - set(ended) - ({0} if fails == "job" else set())
    assert not under_way
    assert len(begun) < 40


def test_no_job_is_under_way_after_the_block_though_it_is_asked_twice_to_stop():
    ended = []

    def work(number):
        if number == 0:
            for _ in range(2):
                time.sleep(0.05)
                os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
        ended.append(number)

    with pytest.raises(KeyboardInterrupt), in_turn(work, range(4), 2) as found:
        list(found)
    assert 0 in ended
