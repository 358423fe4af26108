"""Records that nobody's number answers to: suggested, answered by a county post, remembered; nothing happens without an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

pytest.importorskip("pypinyin")
from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.assessment import services as assessment
from shouwang.apps.audit.models import Event
from shouwang.apps.exchange import lake, services
from shouwang.apps.exchange.models import Delivery, LinkQuestion, QuarantinedRow, UnlinkedRow
from shouwang.apps.exchange.services import suggesting
from shouwang.apps.exchange.whom import whom_in, whom_of_number
from shouwang.apps.jobs import services as jobs
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.models import Person
from shouwang.engine.linkage.records import Whom
from tests.apps.exchange.feed_files import feed_file, settlement
from tests.apps.exchange.test_link import said
from tests.apps.scene import places, run_once, standards_file
from tests.cast import NEXT_COUNTY, NEXT_VILLAGE, Cast, id_number, member, register

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]
OURS = "张建国"
BORN = date(1961, 4, 12)
WHY = "与本人户口簿核对"


def crowd(**more: Any) -> None:
    """A register of sixty: somebody a record may be about, among people it is not about."""
    others = [
        member(n, household=f"H{n}", name=f"{'王李赵刘陈'[n % 5]}{'芳军丽强敏'[n // 5 % 5]}{'一丁之久川山'[n // 12]}", born=date(1950, 1, 1) + timedelta(days=211 * n))
        for n in range(2, 61)
    ]  # fmt: skip
    register(member(1, name=OURS, born=BORN, **more), *others)


def wrong_number(serial: int = 1) -> str:
    number = id_number(serial, BORN)
    return number[:-1] + str((int(number[-1].replace("X", "0")) + 1) % 10)


def row(name: str = "章建国", number: str = "", paid: str = "321.45", day: str = "2026-09-05") -> dict[str, str]:
    return settlement(1, paid, day) | {"姓名": name, "身份证号": number or wrong_number()}


def taken(folder: Path, *rows: dict[str, str], period: str = "2026-09") -> Delivery:
    delivery = services.import_file(feed_file(folder, f"medical_990101_{period}.csv", rows))
    linked = services.link_delivery(delivery.uuid)
    services.suggest_links(linked)
    return linked


def paid() -> list[tuple[object, ...]]:
    people = registry.persons_by_index([registry.index_of_id(id_number(1, BORN))]).values()
    facts = registry.facts_said(source="medical", items=list(registry.items()), persons=[each.id for each in people])
    return sorted((each.item, each.value, each.true_from.isoformat()) for each in facts)


def answered(actor: Actor, answer: str = "same") -> LinkQuestion:
    question = LinkQuestion.objects.get()
    return services.answer_question(actor, question.uuid, answer, person=question.candidates[0]["person"], reason=WHY)


@pytest.fixture
def question(cast: Cast, tmp_path: Path) -> LinkQuestion:
    crowd()
    taken(tmp_path, row())
    return LinkQuestion.objects.get()


def test_wrong_number_and_a_name_that_sounds_alike_suggest_the_person(question: LinkQuestion) -> None:
    ours = registry.persons_by_index([registry.index_of_id(id_number(1, BORN))]).popitem()[1]
    assert [each["person"] for each in question.candidates] == [str(ours.uuid)]
    assert question.likelihood > 950_000
    assert question.fault == LinkQuestion.Fault.WRONG_NUMBER
    assert [(name, level) for name, level, *_ in question.candidates[0]["parts"]][:3] == [
        ("name", "pinyin"), ("birth", "same"), ("sex", "same"),
    ]  # fmt: skip


def test_people_who_fit_alike_share_the_likelihood(cast: Cast, tmp_path: Path) -> None:
    crowd()
    register(member(70, household="H70", name=OURS, born=BORN))
    taken(tmp_path, row())
    question = LinkQuestion.objects.get()
    likelihoods = [candidate["likelihood"] for candidate in question.candidates]
    assert len(likelihoods) == 2
    assert likelihoods[0] == pytest.approx(likelihoods[1], abs=2)
    assert 400_000 < question.likelihood <= 500_000


@pytest.mark.parametrize(
    ("alone", "shared"), [([0.99], [990_000]), ([0.5, 0.5], [333_333, 333_333]), ([1.0, 0.5], [1_000_000, 0])]
)
def test_likelihoods_of_one_record_never_exceed_one(alone: list[float], shared: list[int]) -> None:
    assert suggesting.shared_out(alone) == shared


def test_suggestion_alone_links_warns_and_stops_nothing_and_an_answer_does(cast: Cast, tmp_path: Path) -> None:
    """A hospital bill of 6,000 元 under a wrong number: no warning while it is only suggested, one when a person has said whose it is."""
    places(tmp_path)
    assessment.import_standards(standards_file(tmp_path))
    crowd(category="dibao", category_from=date(2025, 1, 1))
    run_once()
    before = sorted(Alert.objects.values_list("rule", "person__name"))
    delivery = taken(tmp_path, row(paid="6000.00"))
    counts = (delivery.linked, delivery.unlinked, delivery.changes)
    assert LinkQuestion.objects.get().likelihood > 950_000
    services.link_pending()
    services.suggest_pending()
    run_once()
    assert sorted(Alert.objects.values_list("rule", "person__name")) == before
    assert paid() == []
    delivery.refresh_from_db()
    assert (delivery.linked, delivery.unlinked, delivery.changes) == counts
    assert QuarantinedRow.objects.get().state == QuarantinedRow.State.OPEN
    assert LinkQuestion.objects.get().state == LinkQuestion.State.OPEN
    answered(cast.xian)
    run_once()
    now = sorted(Alert.objects.values_list("rule", "person__name"))
    assert [each for each in now if each not in before] == [("medical_spending_registered", OURS)]


def test_row_stays_quarantined_in_the_account_of_bytes_after_it_is_confirmed(
    cast: Cast, question: LinkQuestion
) -> None:
    before = Delivery.objects.get()
    answered(cast.xian)
    after = Delivery.objects.get()
    assert (after.quarantined, after.accepted, after.receipt) == (before.quarantined, before.accepted, before.receipt)
    assert sum(after.receipt["bytes"].values()) == after.size
    assert QuarantinedRow.objects.get().state == QuarantinedRow.State.LINKED


def test_confirmed_record_gives_its_facts_once_and_names_who_decided(cast: Cast, question: LinkQuestion) -> None:
    answered(cast.xian)
    assert paid() == [("medical.inpatient_self_paid", 32145, "2026-09-05")]
    done = LinkQuestion.objects.get()
    assert (done.state, done.decided_by, done.reason) == ("same", cast.xian.title, WHY)
    event = Event.objects.get(verb="question.same")
    assert event.actor_id == cast.xian.user_id
    assert event.details["person"] == str(done.person_uuid)


def test_confirmed_record_adds_to_what_the_person_is_linked_with_already(cast: Cast, tmp_path: Path) -> None:
    crowd()
    taken(tmp_path, row(), row(OURS, id_number(1, BORN), "100.00"))
    assert paid() == [("medical.inpatient_self_paid", 10000, "2026-09-05")]
    answered(cast.xian)
    assert paid() == [("medical.inpatient_self_paid", 42145, "2026-09-05")]


def test_same_record_in_the_next_delivery_is_linked_and_not_asked_again(
    cast: Cast, tmp_path: Path, question: LinkQuestion
) -> None:
    answered(cast.xian)
    delivery = taken(tmp_path, row(day="2026-10-08", paid="50.00"), period="2026-10")
    assert LinkQuestion.objects.count() == 1
    assert ("medical.inpatient_self_paid", 5000, "2026-10-08") in paid()
    assert delivery.quarantined_rows.get().state == QuarantinedRow.State.LINKED


def test_none_of_them_is_not_asked_again(cast: Cast, tmp_path: Path) -> None:
    crowd()
    stranger = id_number(77, BORN)
    taken(tmp_path, row(number=stranger))
    assert LinkQuestion.objects.get().fault == LinkQuestion.Fault.NOT_IN_REGISTER
    answered(cast.xian, "none")
    assert UnlinkedRow.objects.get().state == UnlinkedRow.State.NOT_OURS
    delivery = taken(tmp_path, row(number=stranger, day="2026-10-08"), period="2026-10")
    assert delivery.unlinked_rows.get().state == UnlinkedRow.State.NOT_OURS
    assert LinkQuestion.objects.count() == 1
    assert paid() == []


def test_uploaded_record_is_asked_about_by_the_worker_not_while_the_page_waits(
    cast: Cast, tmp_path: Path, sign_in: SignIn
) -> None:
    crowd()
    path = feed_file(tmp_path, "medical_990101_2026-09.csv", [row()])
    given = SimpleUploadedFile(path.name, path.read_bytes())
    assert sign_in(cast.xian).post(reverse("exchange:upload"), {"file": given}).status_code == 302
    assert Delivery.objects.get().state == Delivery.State.LINKED
    assert not LinkQuestion.objects.exists()
    assert not suggesting.linkage_folder().exists()
    job = jobs.run_one()
    assert (job.state, job.post_id, job.result) == ("done", cast.xian.post_id, {"questions": 1})
    assert LinkQuestion.objects.count() == 1


def test_suggestions_for_a_delivery_that_is_gone_fail_in_words(cast: Cast) -> None:
    jobs.enqueue(suggesting.TASK, {"uuid": str(uuid4())})
    assert jobs.run_one().error == "这个批次已不存在。"


def test_none_may_become_the_same_later_but_the_same_stays(cast: Cast, question: LinkQuestion) -> None:
    answered(cast.xian, "later")
    assert LinkQuestion.objects.get().state == LinkQuestion.State.LATER
    answered(cast.xian, "none")
    answered(cast.xian)
    assert paid() != []
    with pytest.raises(services.DecisionRefused, match="不能改"):
        answered(cast.xian, "none")


def test_same_number_under_another_name_is_asked_and_counted_once_linked(cast: Cast, tmp_path: Path) -> None:
    crowd()
    delivery = taken(tmp_path, row("张建囯", id_number(1, BORN)), row("王不同", id_number(1, BORN)))
    by_name = {each.name_masked: each for each in LinkQuestion.objects.all()}
    assert {each.fault for each in by_name.values()} == {LinkQuestion.Fault.NAME_DIFFERS}
    assert by_name["张**"].likelihood > by_name["王**"].likelihood
    assert all(each.candidates[0]["same_number"] for each in by_name.values())
    asked = by_name["张**"]
    services.answer_question(cast.xian, asked.uuid, "same", person=asked.candidates[0]["person"], reason=WHY)
    delivery.refresh_from_db()
    assert (delivery.linked, delivery.unlinked) == (1, 1)
    assert paid() == [("medical.inpatient_self_paid", 32145, "2026-09-05")]


def test_answers_survive_linking_again(cast: Cast, tmp_path: Path, question: LinkQuestion) -> None:
    answered(cast.xian)
    before = paid()
    Delivery.objects.update(state=Delivery.State.PARSED)
    services.link_pending()
    assert paid() == before
    assert Delivery.objects.get().state == Delivery.State.LINKED


def test_withdrawn_delivery_takes_back_what_was_confirmed(cast: Cast, question: LinkQuestion) -> None:
    answered(cast.xian)
    services.withdraw(cast.xian, Delivery.objects.get().uuid, "报送有误")
    assert paid() == []


def test_answer_cut_short_is_finished_by_the_next_run(cast: Cast, question: LinkQuestion) -> None:
    person = question.candidates[0]["person"]
    LinkQuestion.objects.update(state=LinkQuestion.State.SAME, person_uuid=person)
    services.link_pending()
    assert paid() == [("medical.inpatient_self_paid", 32145, "2026-09-05")]


@pytest.mark.parametrize("post", ["cun", "zhen", "shi", "sheng"])
def test_only_a_county_post_reads_and_answers(cast: Cast, question: LinkQuestion, sign_in: SignIn, post: str) -> None:
    actor = getattr(cast, post)
    client = sign_in(actor)
    assert client.get(reverse("exchange:questions")).status_code == 403
    assert client.get(reverse("exchange:question", args=[question.uuid])).status_code == 403
    with pytest.raises(NotPermitted):
        answered(actor)
    assert paid() == []


def test_another_countys_question_is_absent(cast: Cast, question: LinkQuestion, sign_in: SignIn) -> None:
    LinkQuestion.objects.update(area_code=NEXT_COUNTY)
    with pytest.raises(Http404):
        answered(cast.xian)
    client = sign_in(cast.xian)
    theirs = client.get(reverse("exchange:question", args=[question.uuid]))
    absent = client.get(reverse("exchange:question", args=[uuid4()]))
    assert (theirs.status_code, theirs.content) == (404, absent.content)
    assert question.name_masked not in client.get(reverse("exchange:questions")).content.decode()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("same", "", WHY), "请选择是哪一个人"),
        (("same", str(uuid4()), WHY), "请选择是哪一个人"),
        (("same", "candidate", "短"), "请写明理由"),
        (("perhaps", "candidate", WHY), "请选择“确认为同一人”"),
    ],
)
def test_incomplete_answer_is_refused(
    cast: Cast, question: LinkQuestion, given: tuple[str, str, str], told: str
) -> None:
    answer, person, reason = given
    chosen = question.candidates[0]["person"] if person == "candidate" else person
    with pytest.raises(services.DecisionRefused, match=told):
        services.answer_question(cast.xian, question.uuid, answer, person=chosen, reason=reason)
    assert LinkQuestion.objects.get().state == LinkQuestion.State.OPEN


def test_answer_waits_while_somebody_links(cast: Cast, question: LinkQuestion) -> None:
    with lake.linking_alone(wait=True), pytest.raises(services.DecisionRefused, match="稍后"):
        answered(cast.xian)
    assert paid() == []


def test_page_shows_both_sides_and_no_number(cast: Cast, question: LinkQuestion, sign_in: SignIn) -> None:
    client = sign_in(cast.xian)
    listed = client.get(reverse("exchange:questions")).content.decode()
    assert "章**" in listed
    assert "章建国" not in listed
    shown = client.get(reverse("exchange:question", args=[question.uuid])).content.decode()
    for text in ("章建国", OURS, "1961-04-12", "读音相同", "几乎可以肯定", "号码不同"):
        assert text in shown
    for number in (wrong_number(), id_number(1, BORN)):
        assert number not in shown
        assert number[:14] not in shown
    event = Event.objects.get(verb="view", subject_kind="link_question")
    assert event.details == {"uuids": [question.candidates[0]["person"]]}


def test_somebody_who_moved_to_another_county_is_shown_no_more(
    cast: Cast, question: LinkQuestion, sign_in: SignIn
) -> None:
    person = registry.refs_by_uuid([UUID(question.candidates[0]["person"])]).popitem()[1]
    Person.objects.filter(pk=person.id).update(area_code=NEXT_VILLAGE)
    shown = sign_in(cast.xian).get(reverse("exchange:question", args=[question.uuid])).content.decode()
    assert "不在本县登记册中" in shown
    assert OURS not in shown
    assert 'name="person"' not in shown
    with pytest.raises(services.DecisionRefused, match="不在本县"):
        answered(cast.xian)


def test_form_answers_and_says_what_is_missing(cast: Cast, question: LinkQuestion, sign_in: SignIn) -> None:
    client = sign_in(cast.xian)
    path = reverse("exchange:answer", args=[question.uuid])
    person = question.candidates[0]["person"]
    refused = client.post(path, {"answer": "same", "person": person, "reason": ""}, follow=True)
    assert "请" in str(next(iter(refused.context["messages"])))
    assert paid() == []
    done = client.post(path, {"answer": "same", "person": person, "reason": WHY}, follow=True)
    assert "已记录：确认为同一人" in str(next(iter(done.context["messages"])))
    assert paid() != []


def test_queue_costs_the_same_number_of_queries_for_one_and_for_many(
    cast: Cast, tmp_path: Path, sign_in: SignIn
) -> None:
    crowd()
    client = sign_in(cast.xian)
    counts = []
    for period, rows in (("2026-08", 1), ("2026-09", 4)):
        taken(
            tmp_path,
            *(row(f"章建国{'一丁之久'[n]}"[: 3 + (n > 0)], wrong_number(n + 1)) for n in range(rows)),
            period=period,
        )
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(reverse("exchange:questions")).status_code == 200
        counts.append(len(asked))
    assert LinkQuestion.objects.count() > 1
    assert counts[0] == counts[1]


def test_record_without_a_birth_date_or_with_another_name_is_not_suggested(cast: Cast, tmp_path: Path) -> None:
    crowd()
    taken(tmp_path, row(OURS, "12345"), row("钱多多", id_number(88, date(1999, 3, 3))))
    assert not LinkQuestion.objects.exists()


def test_name_and_birth_lie_in_no_column_in_clear(question: LinkQuestion) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {LinkQuestion._meta.db_table}")
        written = repr([bytes(each) if isinstance(each, memoryview) else each for each in cursor.fetchone()])
    assert "建国" not in written
    assert "19610412" not in written


def test_sealed_part_tells_of_a_right_number_only_birth_and_sex(cast: Cast, tmp_path: Path) -> None:
    crowd()
    number = id_number(1, BORN)
    delivery = taken(tmp_path, row(OURS, number), row())
    assert list(whom_in(delivery)) == [(0, Whom(OURS, "19610412", 1))]
    assert list(lake.sealed_rows(delivery, "whom")) == [[[OURS], [1961], [4], [12], [True]]]
    plain = lake.parquet_path(delivery).read_bytes()
    assert OURS.encode() not in plain
    assert OURS.encode() not in lake.sealed_path(delivery).read_bytes()


@pytest.mark.parametrize(
    ("number", "birth", "sex"),
    [
        ("990101196104120039", "19610412", 1),
        ("990101196104120049", "19610412", 2),
        ("990101196104120", "19610412", 0),  # cut short: no digit tells the sex
        ("990101196104120000", "19610412", 0),  # what Excel leaves of a number
        ("990101196113120039", "", 1),  # no such month
        ("9.90101E+17", "", 0),
        ("", "", 0),
    ],
)
def test_wrong_number_tells_what_its_digits_still_tell(number: str, birth: str, sex: int) -> None:
    assert whom_of_number(OURS, number) == Whom(OURS, birth, sex)


def test_index_follows_the_register_by_what_changed(cast: Cast, question: LinkQuestion) -> None:
    register(member(61, household="H61", name="章建囯", born=BORN))
    county = suggesting.county_in_step("990101000000")
    assert county.index.size == 61
    assert (
        county.index.catch_up((card.id, suggesting.whom_of_card(card)) for card in registry.cards_in("990101000000"))
        == 0
    )


def test_without_the_extra_linking_goes_on_and_nobody_is_suggested(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shouwang.lib.hanzi import LinkageExtraMissing

    def missing(area_code: str) -> object:
        raise LinkageExtraMissing("没有安装")

    monkeypatch.setattr(suggesting, "county_in_step", missing)
    crowd()
    delivery = taken(tmp_path, row(), row(OURS, id_number(1, BORN), "100.00"))
    assert delivery.state == Delivery.State.LINKED
    assert services.suggest_pending() == 0
    assert "suggested" not in Delivery.objects.get().handling  # asked about once the extra is there
    assert not LinkQuestion.objects.exists()
    assert said("medical") == []
    assert paid() == [("medical.inpatient_self_paid", 10000, "2026-09-05")]
