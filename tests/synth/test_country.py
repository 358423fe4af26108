"""A country part by part: exact counts, numbers that run on, items the register knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from shouwang.lib.area_codes import level_of
from shouwang.synth import country_parts, write_country
from shouwang.synth.country import COUNTIES_PER_PART, COUNTY_PEOPLE

PEOPLE = COUNTY_PEOPLE * COUNTIES_PER_PART + 70_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("country")
    steps: list[tuple[str, int, int]] = []
    write_country(PEOPLE, 3, out, lambda *step: steps.append(step))
    assert [step[1:] for step in steps] == [(COUNTY_PEOPLE * COUNTIES_PER_PART, PEOPLE), (PEOPLE, PEOPLE)]
    return out


def test_persons_and_households_are_numbered_in_order(folder: Path) -> None:
    persons = pq.ParquetDataset(folder / "persons").read()
    households = pq.ParquetDataset(folder / "households").read()
    assert np.array_equal(persons["person"].to_numpy(), np.arange(PEOPLE))
    assert np.array_equal(households["household"].to_numpy(), np.arange(len(households)))
    household = persons["household"].to_numpy()
    assert (np.diff(household) >= 0).all()
    assert np.array_equal(np.bincount(household), households["members"].to_numpy())
    codes = households["area_code"].to_pylist()
    assert codes == sorted(codes)
    assert {level_of(code) for code in set(codes)} == {"village"}


def test_identity_numbers_never_repeat(folder: Path) -> None:
    numbers = pq.ParquetDataset(folder / "persons").read(columns=["id17"])["id17"].to_numpy()
    assert len(np.unique(numbers)) == PEOPLE
    assert set(np.unique(numbers // 10**15)) == {99}


def test_facts_speak_the_register_s_vocabulary(folder: Path) -> None:
    inputs = yaml.safe_load(Path("src/shouwang/rules/inputs.yaml").read_text(encoding="utf-8"))
    for name, subject in (("facts", "person"), ("household_facts", "household")):
        facts = pq.ParquetDataset(folder / name).read()
        items = set(facts["item"].unique().to_pylist())
        assert items <= {item for item, spec in inputs["items"].items() if spec["subject"] == subject}
        assert (facts["true_to"].to_numpy() > facts["true_from"].to_numpy()).all()
        assert facts[subject].to_numpy().min() >= 0
    assert len(pq.ParquetDataset(folder / "facts").read()) > PEOPLE * 2


def test_a_part_does_not_depend_on_how_many_follow() -> None:
    alone = next(iter(country_parts(COUNTY_PEOPLE * COUNTIES_PER_PART, 3)))
    first = next(iter(country_parts(PEOPLE, 3)))
    assert np.array_equal(alone.id17, first.id17)
