"""The register as a folder: what it holds, that a second call writes only what changed, that a kill changes nothing."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from django.db import connection

from shouwang.apps.audit.models import Event
from shouwang.apps.exchange import folder_files
from shouwang.apps.exchange.folder_files import FolderRefused, current_version
from shouwang.apps.exchange.services import FolderReceipt, register_folder, write_register_folder
from shouwang.apps.registry.selectors import PersonRef, index_of_id, snapshot_tables
from shouwang.apps.registry.services import move_person
from shouwang.lib.crypto.indexer import key_of
from tests.apps.scene import OCTOBER, family, hospital_bill, ill_person, rostered
from tests.cast import COUNTY, NEXT_COUNTY, NEXT_VILLAGE, OTHER_VILLAGE, at, id_number, member, register

pytestmark = pytest.mark.django_db(transaction=True)

NATION = "000000000000"


def written(folder: Path, area_code: str = NATION, as_of: date = OCTOBER) -> FolderReceipt:
    return write_register_folder(folder, area_code, as_of)


def contents(version: Path) -> dict[str, bytes]:
    return {str(path.relative_to(version)): path.read_bytes() for path in version.rglob("*.parquet")}


def manifest(version: Path) -> dict[str, object]:
    return json.loads((version / "manifest.json").read_text(encoding="utf-8"))


def bills(version: Path, county: str = COUNTY) -> list[tuple[int, int]]:
    table = pq.read_table(version / f"facts/{county}_medical_persons.parquet")
    return list(zip(table["person_id"].to_pylist(), table["medical.inpatient_self_paid"].to_pylist(), strict=True))


@pytest.fixture
def ill() -> list[PersonRef]:
    places = [{}, {"area_code": OTHER_VILLAGE}, {"area_code": NEXT_VILLAGE}]
    return [ill_person(serial, yuan=6000 + serial, **place) for serial, place in enumerate(places, 1)]


def test_folder_holds_people_in_order_of_place_and_their_facts(tmp_path: Path, ill: list[PersonRef]) -> None:
    register(member(9, household="H2", relation="20", born=date(2015, 1, 2), area_code=OTHER_VILLAGE))
    receipt = written(tmp_path / "r")
    persons, households, areas = (
        pq.read_table(receipt.version / f"{name}.parquet") for name in ("persons", "households", "areas")
    )
    whole = snapshot_tables(NATION, OCTOBER, at())
    assert persons["person_id"].to_pylist() == whole.persons["person_id"].to_pylist()
    assert persons["household_row"].to_pylist() == whole.persons["household_index"].to_pylist() == [0, 1, 1, 2]
    assert households["household_id"].to_pylist() == whole.households["household_id"].to_pylist()
    codes = areas["area_code"].to_pylist()
    assert [codes[row] for row in households["area"].to_pylist()] == whole.households["area_code"].to_pylist()
    assert persons["key"].to_pylist()[0] == key_of(index_of_id(id_number(1)))
    assert [str(field.type) for field in persons.schema] == ["int64", "int64", "int32", "int32", "int8", "int8"]
    assert (receipt.persons, receipt.households, receipt.facts) == (4, 3, whole.facts.num_rows)
    assert bills(receipt.version) == [(ill[0].id, 600_100), (ill[1].id, 600_200)]


def test_fact_file_says_whose_word_it_is_and_for_what_period(tmp_path: Path) -> None:
    rostered(tmp_path, family(1, "12000"))
    version = written(tmp_path / "r").version
    about = {
        path.stem: {key.decode(): value.decode() for key, value in pq.read_schema(path).metadata.items()}
        for path in (version / "facts").iterdir()
    }
    death = about[f"{COUNTY}_death_persons"]
    assert (death["feed"], death["period"], death["area_code"]) == ("death", "2026-09", COUNTY)
    assert pq.read_metadata(version / f"facts/{COUNTY}_death_persons.parquet").num_rows == 0
    assert about[f"{COUNTY}_register_households"]["delivery"] != about[f"{COUNTY}_register_persons"]["delivery"]
    assert not any("medical" in name for name in about)


def test_second_call_writes_only_the_county_that_changed(tmp_path: Path, ill: list[PersonRef]) -> None:
    first = written(tmp_path / "r")
    before = manifest(first.version)
    hospital_bill(ill[2], 10, known_on=date(2026, 10, 2))
    second = written(tmp_path / "r")
    name = f"facts/{NEXT_COUNTY}_medical_persons.parquet"
    assert (second.files_written, first.files_written) == (1, second.files_kept + 1)
    after = manifest(second.version)["counties"]
    assert after[NEXT_COUNTY]["files"][name]["delivery"] != before["counties"][NEXT_COUNTY]["files"][name]["delivery"]
    assert bills(second.version, NEXT_COUNTY) == [(ill[2].id, 1000)]
    same = f"facts/{COUNTY}_medical_persons.parquet"
    assert (first.version / same).samefile(second.version / same)
    assert (first.version / "persons.parquet").samefile(second.version / "persons.parquet")
    assert contents(second.version) == contents(written(tmp_path / "other").version)


def test_somebody_who_moves_away_takes_the_facts_along(tmp_path: Path, ill: list[PersonRef]) -> None:
    first = written(tmp_path / "r")
    move_person(None, ill[0].uuid, None, on=date(2026, 10, 20))
    second = written(tmp_path / "r")
    assert bills(second.version) == [(ill[1].id, 600_200)]
    move_person(None, ill[1].uuid, None, on=date(2026, 10, 20))
    third = written(tmp_path / "r")
    assert (first.persons, second.persons, third.persons) == (3, 2, 1)
    before, after = (
        {each["delivery"] for county in manifest(one.version)["counties"].values() for each in county["files"].values()}
        for one in (second, third)
    )
    name = f"facts/{COUNTY}_medical_persons.parquet"
    assert manifest(second.version)["counties"][COUNTY]["files"][name]["delivery"] in before - after
    assert len(list((tmp_path / "r/versions").iterdir())) == 2


def test_version_this_databases_log_does_not_know_is_not_taken_over(tmp_path: Path, ill: list[PersonRef]) -> None:
    """So it is after the database was brought back from a copy made before that version."""
    first = written(tmp_path / "r")
    assert written(tmp_path / "r").files_kept == first.files_written
    path = current_version(tmp_path / "r") / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"noted_as": str(uuid4())}))
    hospital_bill(ill[0], 10, known_on=date(2026, 10, 2))
    receipt = written(tmp_path / "r")
    assert "counties" in manifest(receipt.version)
    assert contents(receipt.version) == contents(written(tmp_path / "other").version)


def test_folder_of_an_earlier_release_is_taken_over(tmp_path: Path, ill: list[PersonRef]) -> None:
    """Its manifest also said which delivery each file replaced, and which were gone."""
    first = written(tmp_path / "r")
    path = current_version(tmp_path / "r") / "manifest.json"
    older = json.loads(path.read_text(encoding="utf-8")) | {"gone": []}
    for county in older["counties"].values():
        county["files"] = {name: each | {"replaces": None} for name, each in county["files"].items()}
    path.write_text(json.dumps(older))
    receipt = written(tmp_path / "r")
    assert (receipt.files_written, receipt.files_kept) == (0, first.files_written)
    assert manifest(receipt.version)["counties"] == manifest(written(tmp_path / "other").version)["counties"]


def test_folder_and_its_files_are_for_their_owner_alone(tmp_path: Path, ill: list[PersonRef]) -> None:
    folder = tmp_path / "made before"
    folder.mkdir(mode=0o755)
    version = written(folder).version
    paths = [version.parent, version, *version.rglob("*")]
    assert {(path.is_dir(), oct(path.stat().st_mode & 0o777)) for path in paths} == {(True, "0o700"), (False, "0o600")}


def test_damaged_file_of_the_version_before_is_written_anew(tmp_path: Path, ill: list[PersonRef]) -> None:
    first = written(tmp_path / "r")
    whole = contents(first.version)
    (first.version / f"facts/{COUNTY}_medical_persons.parquet").write_bytes(b"x")
    assert contents(written(tmp_path / "r").version) == whole


def test_two_people_with_equal_keys_have_none_and_are_told(tmp_path: Path, ill: list[PersonRef]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_index FROM registry_person WHERE id = %s", [ill[0].id])
        near = bytes(cursor.fetchone()[0])[:8] + bytes(8)
        cursor.execute("UPDATE registry_person SET id_index = %s WHERE id = %s", [near, ill[2].id])
    receipt = written(tmp_path / "r")
    assert [set(pair) for pair in receipt.shared_keys] == [{ill[0].id, ill[2].id}]
    keys = pq.read_table(receipt.version / "persons.parquet")["key"].to_pylist()
    assert [key is None for key in keys] == [True, False, True]


class Killed(BaseException):
    """As if the process ended here."""


def steps(monkeypatch: pytest.MonkeyPatch, at_step: int) -> Iterator[int]:
    """Count the moments a version's files reach the disk; at one of them the process ends."""
    done = [0]
    sync = folder_files._sync

    def counted(path: Path) -> None:
        sync(path)
        done[0] += 1
        if done[0] == at_step:
            raise Killed

    monkeypatch.setattr(folder_files, "_sync", counted)
    return done


def test_killed_anywhere_the_next_call_ends_the_same(
    tmp_path: Path, ill: list[PersonRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path / "plain")
    hospital_bill(ill[0], 10, known_on=date(2026, 10, 2))
    with monkeypatch.context() as patch:
        done = steps(patch, 0)
        second = contents(written(tmp_path / "plain").version)
    assert done[0] > 8
    before = contents(first.version)
    for step in range(1, done[0] + 1):
        folder = tmp_path / f"killed-{step}"
        with monkeypatch.context() as patch:
            steps(patch, step)
            with pytest.raises(Killed):
                written(folder)
        version = current_version(folder)
        assert version is None or contents(version) == second
        assert contents(written(folder).version) == second
    assert second != before


def test_one_writer_and_no_strange_folder(tmp_path: Path, ill: list[PersonRef]) -> None:
    written(tmp_path / "r")
    with (tmp_path / "r/LOCK").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(FolderRefused, match="另一个进程"):
            written(tmp_path / "r")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").touch()
    with pytest.raises(FolderRefused, match="别的文件"):
        written(tmp_path / "photos")


def test_each_version_stands_in_the_log_before_it_is_named(
    tmp_path: Path, ill: list[PersonRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "r", COUNTY)
    (event,) = Event.objects.filter(verb="register.snapshot")
    assert (event.area_code, event.details["version"], event.details["persons"]) == (COUNTY, "000001", 2)
    monkeypatch.setattr(register_folder, "record", lambda *_, **__: (_ for _ in ()).throw(OSError("log")))
    with pytest.raises(OSError, match="log"):
        written(tmp_path / "r", COUNTY)
    assert current_version(tmp_path / "r").name == "000001"
