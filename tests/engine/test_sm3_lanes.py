"""Many keyed digests at once are the digests of the cryptographic library, one by one."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.backends import sm3_lanes
from shouwang.lib.crypto.digest import hmac_sm3
from shouwang.lib.crypto.known_answers import HMAC_ANSWER, HMAC_DATA, HMAC_KEY


def digests(key: bytes, messages: list[bytes], length: int = 32) -> list[bytes]:
    ends = np.cumsum([len(message) for message in messages], dtype=np.int64)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    data = np.frombuffer(b"".join(messages) + b"\0", np.uint8)
    return [bytes(row) for row in sm3_lanes.hmac_sm3_of_each(key, data, starts, ends, length)]


def test_the_lanes_run_where_everything_is_required() -> None:
    if os.environ.get("SHOUWANG_REQUIRE_ALL") == "1":
        assert sm3_lanes.is_compiled()


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=64), st.lists(st.binary(max_size=70), min_size=1, max_size=80))
def test_side_by_side_equals_one_by_one(key: bytes, messages: list[bytes]) -> None:
    assert digests(key, messages) == [hmac_sm3(key, message) for message in messages]
    assert digests(key, messages, 16) == [hmac_sm3(key, message)[:16] for message in messages]


def test_the_standard_s_own_answer_and_every_length() -> None:
    assert digests(HMAC_KEY, [HMAC_DATA])[0].hex() == HMAC_ANSWER
    lengths = [b"x" * size for size in range(64)]
    assert digests(HMAC_KEY, lengths) == [hmac_sm3(HMAC_KEY, message) for message in lengths]


def test_without_the_compiler_the_bytes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [f"{n:018d}".encode() for n in range(50)]
    fast = digests(b"k" * 32, messages, 16)
    monkeypatch.setattr(sm3_lanes, "_kernel", lambda: None)
    assert digests(b"k" * 32, messages, 16) == fast
