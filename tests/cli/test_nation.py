"""``shouwang nation`` as an analyst types it: from a register and department files to one household's reasons."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from shouwang.cli import main
from shouwang.engine.book import load_book
from shouwang.engine.compare.store import Store
from shouwang.engine.compare.store_files import only_writer
from shouwang.engine.parameter_csv import write_assertions
from shouwang.engine.parameters import Assertion
from shouwang.lib.dates import day_number
from tests.engine.compare.nation_world import Delivery, Home, Member, World

DAY = date(2026, 10, 31)


def typed(*words: object) -> Result:
    return CliRunner().invoke(main, ["nation", *map(str, words)])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register of two households, a death of one person, a hospital bill, a row of nobody and one without a day."""
    folder = tmp_path_factory.mktemp("nation")
    world = World(load_book("shouwang.rules"), np.random.default_rng(1), ["990101001001"])
    born = day_number(date(1960, 5, 1))
    world.homes = [
        Home(100, "990101001001", [Member(1, 11, born, 1, 1), Member(2, 22, born, 2, 2)]),
        Home(200, "990101001001", [Member(3, 33, born, 1, 1), Member(4, None, born, 1, 3)]),
    ]
    world.write_register(folder / "register")
    today = day_number(DAY)
    rows = [
        (11, "death.registered", 1, today - 50, 2**31 - 1),
        (99, "death.registered", 1, today - 50, 2**31 - 1),
        (None, "death.registered", 1, today - 50, 2**31 - 1),
    ]
    world.write_delivery(Delivery("deaths", "death", "2026-10", "990101000000", "key", rows), folder)
    paid = [(11, "benefit.paid", 40_000, today - 30, today)]
    world.write_delivery(Delivery("paid", "benefit", "2026-10", "990101000000", "key", paid), folder)
    rows = [(1, "category.dibao", 1, today - 400, 2**31 - 1)]
    world.write_delivery(Delivery("roster", "register", "2026-10", "990101000000", "person_id", rows), folder)
    standard = Assertion("dibao_rural", "990000000000", 60_000, "person-month", date(2026, 1, 1), source="local")
    write_assertions(folder / "standards.csv", [standard])
    return folder


@pytest.fixture
def store(files: Path, tmp_path: Path) -> Path:
    home = tmp_path / "store"
    assert typed("open", home, "--register", files / "register").exit_code == 0
    assert typed("link", home, *(files / f"{name}.parquet" for name in ("deaths", "roster", "paid"))).exit_code == 0
    return home


def test_register_and_deliveries_are_told_row_by_row(files: Path, tmp_path: Path) -> None:
    home = tmp_path / "store"
    done = typed("open", home, "--register", files / "register")
    assert done.exit_code == 0, done.output
    assert "登记册 4 人、2 户" in done.output
    assert "没有身份标识的 1 人" in done.output
    assert "没有变化" in typed("open", home, "--register", files / "register").output
    done = typed("link", home, files / "deaths.parquet")
    assert "3 行 ＝ 关联 1 ＋ 登记册无此人 1 ＋ 不合格 1" in done.output
    assert "没有标识" in done.output
    assert "以前已关联，跳过" in typed("link", home, files / "deaths.parquet").output
    assert "还没有比对过" in typed("status", home).output


def test_run_says_what_is_raised_and_the_same_run_again_that_nothing_is(files: Path, store: Path) -> None:
    done = typed("run", store, "--as-of", DAY, "--standards", files / "standards.csv")
    assert done.exit_code == 0, done.output
    label = load_book("shouwang.rules").label_of("paid_after_death")
    assert f"预警 {label}：成立 1，无法判断 0；新增 1，消除 0" in done.output
    assert "资格 " in done.output
    changes = pq.read_table(next((store / "changes").glob("*[0-9].parquet"))).to_pylist()
    assert {(each["person_id"], each["household_id"]) for each in changes if each["target"] == "paid_after_death"} == {
        (1, 100)
    }
    assert "没有变化" in typed("run", store, "--as-of", DAY, "--standards", files / "standards.csv").output
    done = typed("status", store)
    assert "比对版本" in done.output
    assert "3 行 ＝ 关联 1 ＋ 无此人 1 ＋ 不合格 1" in done.output


def test_a_run_without_any_standards_says_so_until_some_are_given(files: Path, store: Path) -> None:
    assert "还没有给过各地标准" in typed("run", store, "--as-of", DAY).output
    assert "没有给过" not in typed("run", store, "--as-of", DAY, "--standards", files / "standards.csv").output
    assert "没有给过" not in typed("run", store, "--as-of", DAY).output


def test_household_is_explained_and_a_withdrawn_delivery_leaves_it_untold(files: Path, store: Path) -> None:
    typed("run", store, "--as-of", DAY, "--standards", files / "standards.csv")
    done = typed("household", store, 100)
    assert done.exit_code == 0, done.output
    assert "户号 100，区划 990101001001，2 人" in done.output
    label = load_book("shouwang.rules").label_of("paid_after_death")
    assert f"人员 1 {label}：成立" in done.output
    assert "死亡日期（成员1）：2026-09-11" in done.output
    assert typed("household", store, 100, "--rule", "dibao_eligible").exit_code == 0
    assert "已撤回" in typed("withdraw", store, "deaths").output
    assert "撤回 1 个文件" in typed("status", store).output
    done = typed("run", store, "--as-of", DAY)
    assert f"预警 {label}：成立 0，无法判断 4；新增 0，消除 0，转为无法判断 1" in done.output
    assert typed("compact", store, "--keep", 1).exit_code == 0
    assert typed("household", store, 100).exit_code == 0


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("没有户号 300", ["household", "STORE", 300]),
        ("没有交付 x", ["withdraw", "STORE", "x"]),
        ("一次只能写一个", ["link", "STORE", "FILE", "FILE", "--replaces", "x"]),
        ("没有交付 x，不能更正", ["link", "STORE", "FILE", "--replaces", "x"]),
        ("请先执行 shouwang nation open", ["status", "NOWHERE"]),
        ("manifest.json", ["link", "STORE", "FOLDER"]),
        ("没有保留", ["household", "STORE", 100, "--version", 99]),
    ],
)
def test_mistakes_are_one_chinese_sentence(files: Path, store: Path, said: str, words: list[object]) -> None:
    typed("run", store, "--as-of", DAY, "--standards", files / "standards.csv")
    new = files / "roster2.parquet"
    table = pq.read_table(files / "roster.parquet")
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"delivery": b"roster2"}), new)
    places = {"STORE": store, "FILE": new, "NOWHERE": store / "no", "FOLDER": files / "register"}
    done = typed(*(places.get(word, word) if isinstance(word, str) else word for word in words))
    assert done.exit_code == 1
    assert said in done.output
    assert done.output.startswith("错误：")
    assert len(done.output.strip().splitlines()) == 1


def test_a_household_judged_by_a_rule_that_is_no_more_is_explained_without_it(files: Path, store: Path) -> None:
    typed("run", store, "--as-of", DAY, "--standards", files / "standards.csv")
    path = max((store / "manifests").iterdir(), key=lambda each: int(each.stem))
    path.write_text(path.read_text(encoding="utf-8").replace("paid_after_death", "no_more"), encoding="utf-8")
    done = typed("household", store, 100)
    assert done.exit_code == 0, done.output
    assert "有 1 条现已取消" in done.output


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "已中断。库仍是完整的"),
        (OSError(5, "Input/output error", "x.linked"), "读写“x.linked”失败"),
    ],
)
def test_whoever_stops_a_command_or_has_a_bad_disk_is_told(
    store: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    def stopped(*_: object) -> None:
        raise error

    monkeypatch.setattr(Store, "withdraw", stopped)
    done = typed("withdraw", store, "deaths")
    assert (done.exit_code, len(done.output.strip().splitlines())) == (1, 1)
    assert done.output.startswith("错误：")
    assert said in done.output


def test_second_writer_is_told_to_wait(files: Path, store: Path) -> None:
    with only_writer(store, "run"):
        done = typed("run", store, "--as-of", DAY)
    assert done.exit_code == 1
    assert "请等它结束再执行" in done.output
