"""The worklist: scope, filters, keyset pages, and how few queries it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from shouwang.apps.accounts.access import Actor
from shouwang.apps.audit.models import Event
from shouwang.apps.monitoring import selectors, services, states
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.monitoring.selectors import worklist
from shouwang.lib import clock
from tests.apps.scene import reported
from tests.cast import NEXT_VILLAGE, OTHER_TOWNSHIP, OTHER_VILLAGE, TODAY, TOWNSHIP, VILLAGE

pytestmark = pytest.mark.django_db

SignIn = Callable[[Actor], Client]


def names(page: selectors.Page) -> list[str]:
    return [alert.subject_name for alert in page.alerts]


def many(count: int, actor: Actor) -> None:
    first = reported(actor)
    rows = [
        Alert(
            **{
                field.attname: getattr(first, field.attname)
                for field in Alert._meta.fields
                if field.attname not in {"id", "uuid", "subject_key", "opened_on"}
            },
            subject_key=f"n{number}",
            opened_on=date(2026, 10, 1 + number % 28),
        )
        for number in range(count - 1)
    ]
    Alert.objects.bulk_create(rows)


def test_each_post_sees_its_own_range(cun: Actor, zhen: Actor, xian: Actor, linxiang: Actor) -> None:
    reported(zhen, area_code=VILLAGE, name="甲")
    reported(zhen, area_code=OTHER_VILLAGE, name="乙")
    reported(linxiang, area_code=NEXT_VILLAGE, name="丙")
    seen = {actor.level: set(names(worklist(actor))) for actor in (cun, zhen, xian)}
    assert seen == {"village": {"甲"}, "township": {"甲", "乙"}, "county": {"甲", "乙"}}
    assert names(worklist(linxiang)) == ["丙"]


def test_pages_follow_each_other_without_gap_or_repeat(zhen: Actor) -> None:
    many(70, zhen)
    seen: list[int] = []
    after = ""
    for _ in range(3):
        page = worklist(zhen, after=after)
        seen += [alert.pk for alert in page.alerts]
        after = page.after
    assert (after, page.total, len(seen)) == ("", "70", 70)
    assert seen == list(Alert.objects.order_by("-opened_on", "-id").values_list("pk", flat=True))


@pytest.mark.parametrize("cursor", ["x", "2026-13-01.5", "2026-10-01.", "..", "2026-10-01.5.6"])
def test_broken_cursor_starts_from_the_top(zhen: Actor, cursor: str) -> None:
    reported(zhen)
    assert len(worklist(zhen, after=cursor).rows) == 1


def test_total_is_capped(zhen: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shouwang.apps.monitoring.selectors.listing.MOST_COUNTED", 10)
    many(12, zhen)
    assert worklist(zhen).total == "10+"


def test_filters_narrow_the_list(zhen: Actor, xian: Actor, cun: Actor) -> None:
    with clock.pinned(date(2026, 9, 1)):
        reported(zhen, name="李超期")
    reported(zhen, name="王新报")
    reported(zhen, name="已办的", area_code=OTHER_VILLAGE)
    done = Alert.objects.get(subject_name="已办的")
    services.dismiss(zhen, done.uuid, note="无风险。", version=0)
    services.close(xian, done.uuid, note="同意。", version=1)
    services.assign(zhen, [Alert.objects.get(subject_name="王新报").uuid], cun)
    expected = {
        "": {"李超期", "王新报"},
        "closed": {"已办的"},
        "any": {"李超期", "王新报", "已办的"},
    }
    assert {state: set(names(worklist(zhen, {"state": state or "unfinished"}))) for state in expected} == expected
    assert names(worklist(zhen, {"overdue": True})) == ["李超期"]
    assert names(worklist(cun, {"mine": True})) == ["王新报"]
    assert names(worklist(zhen, {"mine": True})) == ["李超期"]
    assert names(worklist(zhen, {"text": "新"})) == ["王新报"]
    assert names(worklist(zhen, {"state": "any", "area": OTHER_VILLAGE})) == ["已办的"]
    assert names(worklist(xian, {"state": "any", "area": OTHER_TOWNSHIP})) == []
    assert len(names(worklist(xian, {"state": "any", "area": TOWNSHIP}))) == 3
    assert names(worklist(zhen, {"level": "红"})) == names(worklist(zhen, {"direction": "out"})) == []


def test_area_filter_never_widens_the_range(zhen: Actor, linxiang: Actor) -> None:
    reported(linxiang, area_code=NEXT_VILLAGE)
    assert names(worklist(zhen, {"area": "990102000000"})) == []


def test_overdue_counts_from_the_day_after(zhen: Actor) -> None:
    due = reported(zhen).due_on
    assert worklist(zhen, {"overdue": True}, today=due).rows == []
    assert worklist(zhen, {"overdue": True}, today=date(due.year, due.month, due.day + 1)).rows[0].overdue


def test_page_takes_few_queries_whatever_its_length(
    zhen: Actor, sign_in: SignIn, django_assert_max_num_queries: Callable[..., object]
) -> None:
    many(40, zhen)
    client = sign_in(zhen)
    with django_assert_max_num_queries(20):
        answer = client.get("/")
    assert answer.status_code == 200
    assert answer.content.decode().count('name="alert"') == 30


def test_list_leaves_one_audit_row_naming_what_was_shown(zhen: Actor, sign_in: SignIn) -> None:
    alert = reported(zhen)
    sign_in(zhen).get("/")
    event = Event.objects.get(verb="list")
    assert (event.actor_id, event.details["uuids"]) == (zhen.user_id, [str(alert.uuid)])


def test_htmx_gets_the_table_alone(zhen: Actor, sign_in: SignIn) -> None:
    reported(zhen)
    answer = sign_in(zhen).get("/", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "赵**" in answer.content.decode()
    assert "赵大山" not in answer.content.decode()


def test_rule_quality_counts_outcomes(zhen: Actor, xian: Actor, sign_in: SignIn) -> None:
    with clock.pinned(date(2026, 10, 23)):
        first, second = reported(zhen, name="甲"), reported(zhen, name="乙")
    services.dismiss(zhen, first.uuid, note="无风险。", version=0)
    services.close(xian, first.uuid, note="同意。", version=1)
    services.triage(zhen, second.uuid, disposition=states.MAY_QUALIFY, note="属实。", version=0)
    services.report_back(zhen, second.uuid, note="已办。", version=1)
    services.close(xian, second.uuid, note="同意。", version=2)
    (line,) = selectors.rule_quality(xian, date(2026, 1, 1))
    assert (line.opened, line.closed, line.confirmed, line.false_alarms) == (2, 2, 1, 1)
    assert (line.false_percent, line.mean_days) == (50, "10.0")
    assert selectors.rule_quality(xian, TODAY)[0].opened == 0
    assert "50%" in sign_in(xian).get("/quality/").content.decode()
