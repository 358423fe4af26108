"""The blast-radius gate: a delivery that would change too many people's deciding facts waits for a human."""

from __future__ import annotations

from pathlib import Path

import pytest

from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.audit.models import Event
from shouwang.apps.exchange import services
from shouwang.apps.exchange.access import NotFound
from shouwang.apps.exchange.models import Delivery
from shouwang.apps.registry import selectors as registry
from tests.apps.exchange.feed_files import death, feed_file, pension, roster_line, settlement
from tests.cast import id_number, member, register

pytestmark = pytest.mark.django_db
PEOPLE = 100


@pytest.fixture
def folk() -> list[registry.PersonRef]:
    return register(*(member(n, household=f"H{n}") for n in range(PEOPLE)))


def take(folder: Path, name: str, rows: list[dict[str, str]]) -> Delivery:
    return services.link_delivery(services.import_file(feed_file(folder, name, rows)).uuid)


def known(source: str, item: str) -> list[int]:
    people = registry.persons_by_index([registry.index_of_id(id_number(n)) for n in range(PEOPLE)]).values()
    facts = registry.facts_said(source=source, items=[item], persons=[person.id for person in people])
    return sorted(fact.value for fact in facts)


def test_a_third_of_the_county_marked_dead_is_held_until_released(tmp_path: Path, folk: object, xian: Actor) -> None:
    delivery = take(tmp_path, "death_990101_2026-09.csv", [death(n) for n in range(30)])
    assert delivery.state == Delivery.State.HELD
    assert "30 人" in delivery.handling["held"]
    assert delivery.changes == 30
    assert known("death", "death.registered") == []
    assert services.link_pending() == []
    services.release(xian, delivery.uuid)
    assert [one.state for one in services.link_pending()] == [Delivery.State.LINKED]
    assert len(known("death", "death.registered")) == 30
    assert set(Event.objects.values_list("verb", flat=True)) >= {"delivery.hold", "delivery.release", "delivery.link"}


def test_a_few_deaths_pass(tmp_path: Path, folk: object) -> None:
    assert take(tmp_path, "death_990101_2026-09.csv", [death(n) for n in range(5)]).state == Delivery.State.LINKED


def test_share_decides(tmp_path: Path, folk: object) -> None:
    delivery = services.import_file(feed_file(tmp_path, "death_990101_2026-09.csv", [death(n) for n in range(30)]))
    assert services.link_delivery(delivery.uuid, gate_permille=300).state == Delivery.State.LINKED


def test_a_first_delivery_of_payments_passes_but_all_zero_next_month_is_held(tmp_path: Path, folk: object) -> None:
    assert (
        take(tmp_path, "pension_990101_2026-08.csv", [pension(n, "205.00", "2026-08") for n in range(60)]).state
        == Delivery.State.LINKED
    )
    same = take(tmp_path, "pension_990101_2026-09.csv", [pension(n, "205.00") for n in range(60)])
    assert (same.state, same.changes) == (Delivery.State.LINKED, 0)
    zero = take(tmp_path, "pension_990101_2026-10.csv", [pension(n, "0", "2026-10") for n in range(60)])
    assert (zero.state, zero.changes) == (Delivery.State.HELD, 60)


def test_mass_correction_of_a_month_is_held(tmp_path: Path, folk: object) -> None:
    take(tmp_path, "medical_990101_2026-09_1.csv", [settlement(n, "100.00") for n in range(40)])
    shifted = take(tmp_path, "medical_990101_2026-09_2.csv", [settlement(n, "900.00") for n in range(40)])
    assert (shifted.state, shifted.handling["expected"]["corrected"]) == (Delivery.State.HELD, 40)
    assert set(known("medical", "medical.inpatient_self_paid")) == {10000}


def test_one_sorted_column_is_held(tmp_path: Path, folk: object) -> None:
    rows = [settlement(n) for n in range(60)]
    names = [row["姓名"] for row in rows]
    for row, name in zip(rows, names[30:] + names[:30], strict=True):
        row["姓名"] = name
    delivery = take(tmp_path, "medical_990101_2026-09.csv", rows)
    assert delivery.state == Delivery.State.HELD
    assert "姓名不符" in delivery.handling["held"]


def test_a_roster_that_empties_the_categories_is_held(tmp_path: Path) -> None:
    on = {"救助类别": "低保", "纳入日期": "2025-01-01"}
    lines = [roster_line(n, f"H{n}", 年工资性收入="5000.00", **on) for n in range(40)]
    assert take(tmp_path, "register_990101_2026-09.csv", lines).state == Delivery.State.LINKED
    assert (
        take(tmp_path, "register_990101_2026-10_1.csv", [*lines, roster_line(90, "H90")]).state == Delivery.State.LINKED
    )
    without = [roster_line(n, f"H{n}", 年工资性收入="5000.00") for n in range(40)]
    emptied = take(tmp_path, "register_990101_2026-10_2.csv", without)
    assert (emptied.state, emptied.changes) == (Delivery.State.HELD, 40)
    zero = take(tmp_path, "register_990101_2026-10_3.csv", [{**line, "年工资性收入": "0"} for line in lines])
    assert (zero.state, zero.changes) == (Delivery.State.HELD, 40)


@pytest.mark.parametrize("post", ["cun", "zhen", "shi", "sheng"])
def test_only_a_county_post_releases_or_withdraws(tmp_path: Path, folk: object, cast: object, post: str) -> None:
    delivery = take(tmp_path, "death_990101_2026-09.csv", [death(n) for n in range(30)])
    with pytest.raises(NotPermitted):
        services.release(getattr(cast, post), delivery.uuid)
    with pytest.raises(NotPermitted):
        services.withdraw(getattr(cast, post), delivery.uuid, "报送错误")


def test_out_of_range_is_absent(tmp_path: Path, xian: Actor) -> None:
    other = services.import_file(feed_file(tmp_path, "death_990102_2026-09.csv", [death(1)]))
    for act in (
        lambda: services.release(xian, other.uuid),
        lambda: services.withdraw(xian, other.uuid, "报送错误"),
        lambda: services.fix_list(xian, other.uuid),
    ):
        with pytest.raises(NotFound):
            act()


def test_wrong_states_and_short_reasons_are_refused(tmp_path: Path, folk: object, xian: Actor) -> None:
    delivery = take(tmp_path, "death_990101_2026-09.csv", [death(1)])
    with pytest.raises(services.DecisionRefused):
        services.release(xian, delivery.uuid)
    with pytest.raises(services.DecisionRefused):
        services.withdraw(xian, delivery.uuid, " 错 ")
    roster = take(tmp_path, "register_990101_2026-10.csv", [roster_line(1)])
    with pytest.raises(services.DecisionRefused):
        services.withdraw(xian, roster.uuid, "报送错误")


def test_withdrawing_brings_back_what_was_known_before(tmp_path: Path, folk: object, xian: Actor) -> None:
    take(tmp_path, "pension_990101_2026-09_1.csv", [pension(1, "205.00")])
    wrong = take(tmp_path, "pension_990101_2026-09_2.csv", [pension(1, "999.00"), pension(2, "1.00")])
    assert known("pension", "pension.monthly") == [100, 99900]
    withdrawn = services.withdraw(xian, wrong.uuid, "报送单位来函更正")
    assert withdrawn.state == Delivery.State.WITHDRAWN
    assert known("pension", "pension.monthly") == [20500]
    assert services.link_pending() == []
    with pytest.raises(services.DecisionRefused):
        services.withdraw(xian, wrong.uuid, "再撤一次")


def test_a_withdrawal_cut_short_is_finished_later(
    tmp_path: Path, folk: object, xian: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = take(tmp_path, "pension_990101_2026-09.csv", [pension(1, "205.00")])

    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("shouwang.apps.registry.services.withdraw_facts", killed)
        with pytest.raises(KeyboardInterrupt):
            services.withdraw(xian, delivery.uuid, "报送错误")
    assert known("pension", "pension.monthly") == [20500]
    services.link_pending()
    assert known("pension", "pension.monthly") == []
