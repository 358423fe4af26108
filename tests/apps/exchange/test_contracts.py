"""The contracts say what the design says, and nothing the register or the rules do not know."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from shouwang.apps.exchange import contract as contracts
from shouwang.apps.exchange.contract import ContractError, feeds, load_contract, raw_contract
from shouwang.apps.registry.selectors import RELATIONS, items, relation_code
from shouwang.synth.corpus.contracts import FEEDS as CORPUS_FEEDS


def test_thirteen_feeds_load_roster_first() -> None:
    assert len(feeds()) == 13
    assert feeds()[0] == "register"
    assert all(load_contract(feed).feed == feed for feed in feeds())


@pytest.mark.parametrize("feed", feeds())
def test_every_fact_is_an_item_of_its_own_feed(feed: str) -> None:
    contract = load_contract(feed)
    assert contract.facts or feed == "register"
    for fact in contract.facts:
        spec = items()[fact.item]
        assert spec.feed == feed
        assert spec.subject.value == fact.subject
        assert (spec.kind == "event") == (fact.span == "day")


def test_every_item_of_a_department_is_delivered_by_some_contract() -> None:
    delivered = {fact.item for feed in feeds() for fact in load_contract(feed).facts}
    assert delivered == {name for name, spec in items().items() if spec.feed != "register"}


def test_roster_relations_are_the_registers() -> None:
    column = load_contract("register").column("relation")
    for label, code in {**column.codes, **column.also}.items():
        assert f"{code:02d}" in RELATIONS
        assert relation_code(label) == f"{code:02d}"
    assert set(column.also) == set(RELATIONS) - {"01"}  # 01 is 本人: a household has a 户主


@pytest.mark.parametrize("theirs", CORPUS_FEEDS, ids=lambda feed: feed.name)
def test_corpus_and_contract_have_the_same_columns(theirs: object) -> None:
    ours = load_contract(theirs.name)
    assert ours.headers == theirs.headers
    for column, other in zip(ours.columns, theirs.columns, strict=True):
        assert (column.required, column.optional) == (other.required, other.optional)
        assert tuple(column.codes) == other.labels


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("columns", 0, "type"), "number"),
        (("columns", 3), {"name": "visit", "header": "就诊类型", "type": "code"}),
        (("facts", 0, "value"), "paid_by_nobody"),
        (("id",), "name"),
        (("cadence",), "sometimes"),
        (("columns", 1, "header"), "身份证号"),
    ],
)
def test_a_wrong_contract_fails_at_load(
    path: tuple[str | int, ...], value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = raw_contract("medical")
    place: object = raw
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    (tmp_path / "medical.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    monkeypatch.setattr(contracts, "FOLDER", tmp_path)
    with pytest.raises(ContractError):
        raw_contract("medical")
