"""Indexes and masks of many names at once are those of each name."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.apps.exchange.names import compared_name
from shouwang.apps.exchange.reading import indexes
from shouwang.engine.backends import text_columns
from shouwang.lib.crypto.indexer import Indexer
from shouwang.lib.masking import mask_name

SIGNS = "王李欧阳诸葛亮〇一龥䶿䷀·．. aÀé・豈\u0301𠮷Ａ"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(SIGNS, min_size=1, max_size=6) | st.sampled_from(["欧阳娜", "欧阳"]), max_size=20),
    st.integers(0, 3),
)
def test_names_all_at_once(names: list[str], cut: int) -> None:
    texts = pa.array(names, pa.string())[cut:]
    given = names[cut:]
    compared, masked = indexes.name_forms(texts)
    assert compared.to_pylist() == [compared_name(name) for name in given]
    assert masked.to_pylist() == [mask_name(name) for name in given]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_columns, "_kernel", None)
        assert text_columns.load()
        again = indexes.name_forms(texts)
    assert [one.to_pylist() for one in again] == [compared.to_pylist(), masked.to_pylist()]


def test_few_and_many_get_the_same_index() -> None:
    names = ["王芳", "阿依古丽买买提", "长" * 30, "x"]
    wanted = [Indexer(b"k" * 32).index(name) for name in names]
    assert indexes.Indexed(b"k" * 32, many=False)(pa.array(names)).to_pylist() == wanted
    assert indexes.Indexed(b"k" * 32, many=True)(pa.array(["", *names])[1:]).to_pylist() == wanted
