"""The life of a standard: drafted by one person, approved by another, sent back, ended; every refusal in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import Http404

from shouwang.apps.accounts import services as accounts
from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.accounts.selectors import user_by_username
from shouwang.apps.assessment import selectors, services, states
from shouwang.apps.assessment.checking import REFUSE, WARN
from shouwang.apps.assessment.models import LocalStandard, StandardStep
from shouwang.apps.assessment.selectors import local_standards as reads
from shouwang.apps.audit.models import Event
from tests.apps.assessment.offices import approved, county_with_line, second_reviewer, wanted
from tests.apps.scene import refusing_log, standards_file
from tests.cast import COUNTY, NEXT_COUNTY, OFFICE_SINCE, TODAY, TOWNSHIP, VILLAGE, make_cast

pytestmark = pytest.mark.django_db
NEW_YEAR, OLD_YEAR = date(2027, 1, 1), date(2026, 12, 31)


@pytest.fixture
def xian2(cast: object) -> Actor:
    return second_reviewer()


@pytest.fixture(autouse=True)
def _lines(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if "transactional_db" not in request.fixturenames and "xian" in request.fixturenames:
        request.getfixturevalue("cast")
        county_with_line(tmp_path)


def line_on(day: date, area_code: str = VILLAGE) -> int | None:
    found = selectors.parameters().lookup("dibao_rural", area_code, day)
    return found.value if found else None


def test_draft_counts_only_once_a_second_person_approves_it(xian: Actor, xian2: Actor) -> None:
    row = services.draft_standard(xian, wanted())
    assert (row.state, row.maker_id, line_on(NEW_YEAR)) == (states.DRAFT, xian.user_id, 600000)
    row = services.approve_standard(xian2, row.uuid, version=0)
    assert (row.state, row.checker_id, row.last_confirmed, row.version) == (states.APPROVED, xian2.user_id, TODAY, 1)
    assert (line_on(OLD_YEAR), line_on(NEW_YEAR)) == (600000, 660000)
    assert [step.verb for step in row.steps.order_by("id")] == ["draft", "approve"]
    events = Event.objects.filter(subject_uuid=str(row.uuid)).order_by("id")
    assert [(event.verb, event.post_id, event.area_code) for event in events] == [
        ("standard.draft", xian.post_id, COUNTY),
        ("standard.approve", xian2.post_id, COUNTY),
    ]


def test_published_figure_and_unit_are_kept(xian: Actor, xian2: Actor) -> None:
    row = approved(xian, xian2)
    assert (row.amount_fen, row.per, row.published, row.published_unit) == (55000, "person-month", "550", "元/月")


def test_maker_cannot_approve_even_in_another_post(xian: Actor, shi: Actor) -> None:
    user = user_by_username("xian")
    accounts.assign_post(
        None, user=user, title="兼市局", level="city", area_code=shi.area_code, valid_from=OFFICE_SINCE
    )
    from shouwang.apps.accounts.access import actors_of

    other = next(actor for actor in actors_of(user, TODAY) if actor.level == "city")
    row = services.draft_standard(xian, wanted())
    for actor in (xian, other):
        with pytest.raises(NotPermitted, match="另一人"):
            services.approve_standard(actor, row.uuid, version=0)
    assert LocalStandard.objects.get(pk=row.pk).state == states.DRAFT


def test_database_itself_refuses_one_person_in_both_places(xian: Actor) -> None:
    row = services.draft_standard(xian, wanted())
    seen = LocalStandard.objects.filter(pk=row.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        seen.update(checker_id=xian.user_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        seen.update(state=states.APPROVED)
    with pytest.raises(IntegrityError), transaction.atomic():
        seen.update(end_maker_id=xian.user_id, end_checker_id=xian.user_id)


def test_those_above_may_approve_and_those_below_only_read(xian: Actor, shi: Actor, zhen: Actor, cun: Actor) -> None:
    row = services.draft_standard(xian, wanted())
    for actor in (zhen, cun):
        with pytest.raises(Http404):  # a draft of the county is not theirs to see
            services.approve_standard(actor, row.uuid, version=0)
        with pytest.raises(NotPermitted):
            services.draft_standard(actor, wanted(area_code=actor.area_code))
    row = services.approve_standard(shi, row.uuid, version=0)
    for actor in (zhen, cun):
        with pytest.raises(NotPermitted, match="上级区划"):
            services.propose_end(actor, row.uuid, version=1, note="停", day=date(2027, 6, 1))


def test_another_county_is_as_if_it_were_not_there(xian: Actor, sheng: Actor, linxiang: Actor) -> None:
    with pytest.raises(Http404):
        services.draft_standard(xian, wanted(area_code=NEXT_COUNTY))
    row = services.draft_standard(sheng, wanted(area_code=NEXT_COUNTY))
    for uuid in (row.uuid, uuid4()):
        with pytest.raises(Http404):
            services.approve_standard(xian, uuid, version=0)
    mine = services.draft_standard(xian, wanted())
    with pytest.raises(Http404):
        services.withdraw_standard(linxiang, mine.uuid, version=0, note="x")
    with pytest.raises(NotPermitted, match="上级区划"):
        services.draft_standard(xian, wanted(area_code="990000000000"))


def test_line_below_the_provincial_floor_is_refused_with_figure_and_source(xian: Actor) -> None:
    with pytest.raises(services.StandardRefused) as refusal:
        services.draft_standard(xian, wanted(47999))
    said = str(refusal.value)
    assert "省定农村低保最低标准" in said
    assert "480.00元/月" in said
    assert "示范省民发〔2025〕9号" in said
    assert services.draft_standard(xian, wanted(48000)).state == states.DRAFT


def test_one_line_for_town_and_country_keeps_above_the_floors_it_stands_in_for(xian: Actor) -> None:
    with pytest.raises(services.StandardRefused, match="省定农村低保最低标准"):
        services.draft_standard(xian, wanted(40000, item="dibao_unified"))


def test_floor_of_the_first_day_decides_and_one_raised_meanwhile_stops_the_approval(
    xian: Actor, xian2: Actor, tmp_path: Path
) -> None:
    row = services.draft_standard(xian, wanted(50000))
    raised = "99,dibao_rural_floor,52000,person-month,2026-12-01,,,示范省民发〔2026〕8号,二,\n"
    services.import_standards(standards_file(tmp_path, raised))
    with pytest.raises(services.StandardRefused, match=r"520\.00元/月"):
        services.approve_standard(xian2, row.uuid, version=0)
    assert line_on(NEW_YEAR) == 600000


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": 0}, "应不小于 1"),
        ({"per": "percent"}, "单位"),
        ({"item": "no_such"}, "没有名为"),
        ({"source": ""}, "来源"),
        ({"source": "=HYPERLINK(1)"}, "不能以"),
        ({"source": "长" * 121}, "超过 120 字"),
        ({"source": "a\x00b"}, "不能保存的字符"),
        ({"since": date(2026, 1, 1)}, "已有另一个值"),
        ({"since": date(2025, 1, 1), "until": date(2026, 2, 1)}, "重叠"),
    ],
)
def test_what_cannot_stand_is_refused_in_words(xian: Actor, changes: dict[str, object], said: str) -> None:
    with pytest.raises(services.StandardRefused, match=said):
        services.draft_standard(xian, wanted(**changes))
    assert not LocalStandard.objects.filter(state=states.DRAFT).exists()


def test_same_day_is_drafted_once(xian: Actor, xian2: Actor) -> None:
    services.draft_standard(xian, wanted())
    with pytest.raises(services.StandardRefused, match="已有一份待复核"):
        services.draft_standard(xian2, wanted(56000))


def test_sent_back_then_revised_then_approved(xian: Actor, xian2: Actor) -> None:
    row = services.draft_standard(xian, wanted())
    with pytest.raises(services.StandardRefused, match="请填写说明"):
        services.send_back_standard(xian2, row.uuid, version=0, note=" ")
    row = services.send_back_standard(xian2, row.uuid, version=0, note="数字与文件不符")
    assert row.state == states.RETURNED
    with pytest.raises(services.StandardRefused, match="不能更换"):
        services.revise_standard(xian, row.uuid, wanted(item="dibao_urban"), version=1)
    row = services.revise_standard(xian, row.uuid, wanted(56000), version=1)
    assert (row.state, row.amount_fen, row.maker_id) == (states.DRAFT, 56000, xian.user_id)
    services.approve_standard(xian2, row.uuid, version=2)
    assert line_on(NEW_YEAR) == 672000


def test_who_revises_it_is_its_maker(xian: Actor, xian2: Actor) -> None:
    row = services.draft_standard(xian, wanted())
    services.revise_standard(xian2, row.uuid, wanted(56000), version=0)
    with pytest.raises(NotPermitted):
        services.approve_standard(xian2, row.uuid, version=1)
    assert services.approve_standard(xian, row.uuid, version=1).checker_id == xian.user_id


def test_withdrawn_draft_never_counts_and_gives_the_day_free(xian: Actor, xian2: Actor) -> None:
    row = services.draft_standard(xian, wanted())
    services.withdraw_standard(xian, row.uuid, version=0, note="文件未发")
    with pytest.raises(services.StandardMoved):
        services.approve_standard(xian2, row.uuid, version=1)
    assert line_on(NEW_YEAR) == 600000
    services.draft_standard(xian, wanted())


def test_stale_page_and_wrong_state_are_a_conflict(xian: Actor, xian2: Actor) -> None:
    row = services.draft_standard(xian, wanted())
    with pytest.raises(services.StandardMoved):
        services.approve_standard(xian2, row.uuid, version=5)
    with pytest.raises(services.StandardMoved):
        services.confirm_end(xian2, row.uuid, version=0)
    services.approve_standard(xian2, row.uuid, version=0)
    with pytest.raises(services.StandardMoved, match="刚才已经办理成功"):
        services.approve_standard(xian2, row.uuid, version=0)


def test_back_dated_standard_says_which_months_it_changes(xian: Actor, xian2: Actor) -> None:
    row = services.draft_standard(xian, wanted(since=date(2026, 7, 1)))
    proposal = reads.proposal_of(wanted(since=date(2026, 7, 1)), selectors.parameters(), today=TODAY)
    assert [f"{month:%Y-%m}" for month in proposal.months] == ["2026-07", "2026-08", "2026-09", "2026-10", "2026-11"]
    row = services.approve_standard(xian2, row.uuid, version=0)
    assert row.steps.get(verb="approve").details["months"][0] == "2026-07"
    assert (line_on(date(2026, 6, 30)), line_on(date(2026, 7, 1))) == (600000, 660000)
    assert reads.proposal_of(wanted(since=date(2026, 11, 1)), selectors.parameters(), today=TODAY).months == []


def test_end_takes_a_second_person_and_counts_from_its_day(xian: Actor, xian2: Actor) -> None:
    row = approved(xian, xian2)
    with pytest.raises(services.StandardRefused, match="终止日"):
        services.propose_end(xian, row.uuid, version=1, note="改由市里统一", day=None)
    row = services.propose_end(xian, row.uuid, version=1, note="改由市里统一", day=date(2027, 7, 1))
    assert line_on(date(2027, 8, 1)) == 660000  # nothing changes before it is checked
    with pytest.raises(NotPermitted, match="另一人"):
        services.confirm_end(xian, row.uuid, version=2)
    row = services.confirm_end(xian2, row.uuid, version=2)
    assert (row.state, row.valid_to) == (states.APPROVED, date(2027, 7, 1))
    assert (line_on(date(2027, 6, 30)), line_on(date(2027, 7, 1))) == (660000, None)
    with pytest.raises(services.StandardRefused, match="应早于"):
        services.propose_end(xian, row.uuid, version=3, note="再停", day=date(2027, 7, 1))


def test_end_on_the_first_day_takes_it_back_altogether(xian: Actor, xian2: Actor) -> None:
    row = approved(xian, xian2)
    row = services.propose_end(xian2, row.uuid, version=1, note="录错", day=NEW_YEAR)
    row = services.confirm_end(xian, row.uuid, version=2)
    assert (row.state, line_on(NEW_YEAR)) == (states.WITHDRAWN, 600000)
    approved(xian, xian2, wanted(52000))
    assert line_on(NEW_YEAR) == 624000


def test_end_refused_leaves_it_as_it_was(xian: Actor, xian2: Actor) -> None:
    row = approved(xian, xian2)
    row = services.propose_end(xian, row.uuid, version=1, note="停", day=date(2027, 7, 1))
    row = services.refuse_end(xian2, row.uuid, version=2, note="没有依据")
    assert (row.state, row.ends_on, row.end_maker_id) == (states.APPROVED, None, None)
    assert line_on(date(2027, 8, 1)) == 660000


def test_no_act_without_its_audit_row(xian: Actor) -> None:
    from shouwang.apps.audit.record import AuditUnavailable

    with refusing_log(), pytest.raises(AuditUnavailable):
        services.draft_standard(xian, wanted())
    assert not LocalStandard.objects.filter(state=states.DRAFT).exists()
    assert not StandardStep.objects.filter(verb="draft").exists()


@pytest.mark.parametrize("level", ["village", "township", "county", "city", "province"])
@pytest.mark.parametrize("verb", sorted(states.BY_VERB))
def test_every_post_and_verb(xian: Actor, xian2: Actor, cast: object, level: str, verb: str) -> None:
    """County and up act in every state the table names; the others never do."""
    actors = {"village": "cun", "township": "zhen", "county": "xian", "city": "shi", "province": "sheng"}
    actor = getattr(cast, actors[level])
    step = states.BY_VERB[verb]
    row = services.draft_standard(xian2, wanted())
    if states.ENDING in step.sources or states.APPROVED in step.sources:
        row = services.approve_standard(xian, row.uuid, version=0)
    if states.ENDING in step.sources:
        row = services.propose_end(xian2, row.uuid, version=1, note="停", day=date(2027, 7, 1))

    def act() -> LocalStandard:
        if verb == "revise":
            return services.revise_standard(actor, row.uuid, wanted(56000), version=row.version)
        return services.take_standard_step(
            actor, row.uuid, verb, version=row.version, note="说明", day=date(2027, 8, 1)
        )

    if level in states.WRITERS:
        assert act().state == step.target
    else:
        with pytest.raises((Http404, NotPermitted)):
            act()
        assert LocalStandard.objects.get(pk=row.pk).version == row.version


def test_checks_name_what_moves_and_of_what_it_is_made(xian: Actor) -> None:
    proposal = reads.proposal_of(wanted(60000), selectors.parameters(), today=TODAY)
    moved = {move.item: move for move in proposal.moves}
    assert moved["dibao_rural"].before.startswith("6,000.00元/年")
    assert moved["dibao_rural"].after.startswith("7,200.00元/年")
    assert moved["dibao_margin_rural"].after.startswith("10,800.00元/年")
    assert "150%" in moved["dibao_margin_rural"].made_of
    assert "农村低保标准" in moved["dibao_margin_rural"].made_of
    assert (proposal.change, proposal.months) == ("高 20.0%", [])
    assert any("480.00元/月" in finding.text and finding.level != REFUSE for finding in proposal.findings)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": 49000}, "比此前执行的"),
        ({"until": date(2027, 7, 1)}, "没有接续的值"),
        ({"item": "dibao_urban", "amount": 45000}, "高于城市低保标准"),
        ({"item": "dibao_urban", "amount": 70000}, "没有录入省定城市低保最低标准"),
        ({"since": date(2025, 6, 1)}, "2026-01-01 起另有已复核的值"),
    ],
)
def test_what_must_be_looked_at_is_said_and_does_not_stop(xian: Actor, changes: dict[str, object], said: str) -> None:
    found = reads.proposal_of(wanted(**changes), selectors.parameters(), today=TODAY).findings
    assert any(said in finding.text for finding in found if finding.level == WARN), found
    services.draft_standard(xian, wanted(**changes))


def test_raised_floor_names_the_lines_that_fall_below_it(sheng: Actor, xian: Actor) -> None:
    raised = wanted(60000, item="dibao_rural_floor", area_code="990000000000")
    found = reads.proposal_of(raised, selectors.parameters(), today=TODAY).findings
    assert any("990101 农村低保标准" in finding.text for finding in found if finding.level == WARN)


def race(acts: list[object]) -> list[str]:
    """Run acts at the same moment; returns how each ended."""
    barrier, ends = Barrier(len(acts)), []

    def run(act: object) -> None:
        try:
            barrier.wait()
            act()
            ends.append("won")
        except Exception as error:  # noqa: BLE001 — any other end of a race is a finding
            ends.append(type(error).__name__)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


@pytest.mark.django_db(transaction=True)
def test_many_approve_one_draft_and_one_wins(transactional_db: None) -> None:
    cast = make_cast()
    row = services.draft_standard(cast.xian, wanted())
    acts = [
        lambda actor=actor: services.approve_standard(actor, row.uuid, version=0)
        for actor in (cast.shi, cast.sheng, second_reviewer()) * 2
    ]
    assert race(acts) == ["StandardMoved"] * 5 + ["won"]
    assert row.steps.filter(verb="approve").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_drafts_that_cannot_both_stand_are_not_both_approved(transactional_db: None) -> None:
    cast = make_cast()
    first = services.draft_standard(cast.xian, wanted(until=date(2028, 1, 1)))
    second = services.draft_standard(cast.xian, wanted(56000, since=date(2027, 7, 1)))
    acts = [
        lambda row=row, actor=actor: services.approve_standard(actor, row.uuid, version=0)
        for row, actor in ((first, cast.shi), (second, cast.sheng))
    ]
    assert race(acts) == ["StandardRefused", "won"]
    selectors.parameters()  # the table still reads


@pytest.mark.django_db(transaction=True)
def test_two_people_draft_one_day_and_one_wins(transactional_db: None) -> None:
    cast = make_cast()
    acts = [lambda actor=actor: services.draft_standard(actor, wanted()) for actor in (cast.xian, cast.shi)]
    assert race(acts) == ["StandardRefused", "won"]


def test_township_is_a_division_of_its_own(xian: Actor, xian2: Actor, zhen: Actor) -> None:
    approved(xian, xian2, wanted(58000, area_code=TOWNSHIP))
    assert line_on(NEW_YEAR) == 696000
    assert line_on(NEW_YEAR, COUNTY) == 600000
