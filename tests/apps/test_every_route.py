"""Every address × every member of the cast × GET and POST with garbage: never a server error, never a word of another county.

A new address fails here until ``addresses`` says how to reach it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape

from shouwang.apps.accounts.access import Actor
from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.assessment.services import draft_standard
from shouwang.apps.assessment.states import BY_VERB as STANDARD_VERBS
from shouwang.apps.exchange.models import Delivery, LinkQuestion
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.monitoring.states import TRANSITIONS, may_take, steps_from
from shouwang.apps.registry.models import Household, Person
from shouwang.engine.reform import Reform
from shouwang.engine.reform_text import value_from_text
from tests.apps.assessment.offices import wanted
from tests.apps.scene import OCTOBER, address_names, ill_person, places, reported, run_once, standards_file
from tests.cast import COUNTY, NEXT_COUNTY, NEXT_VILLAGE, TODAY, VILLAGE, Cast, id_number, member, register, signed_in

pytestmark = pytest.mark.django_db

CANARY = "金丝雀"
STRANGER = id_number(77)
WRONG_NUMBER = STRANGER[:-1] + ("1" if STRANGER[-1] != "1" else "2")
PHONE = "13977778888"
LONG = "长" * 20_000
DRAFT_FORM = "/standards/draft?item=dibao_rural"
GARBAGE = (
    "",
    "-1",
    "0",
    "9" * 30,
    "9" * 5000,
    "garbage",
    "0001-01-01",
    "9999-12-31.9",
    "2026-02-30",
    "2026-11-02." + "9" * 25,
    "\x00",
    "a\x00b",
    "\u202e\u200f甲乙丙",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% now %}",
    "' OR 1=1 --",
    "%",
    "=1+1",
    "../../etc/passwd",
    "https://evil.example/",
    "\r\nSet-Cookie: a=b",
    LONG,
)
FIELDS = (
    "q", "after", "page", "unit", "level", "state", "direction", "rule", "area", "overdue", "mine", "feed", "household",
    "quarantined_after", "unlinked_after", "next", "username", "password", "post", "alert", "back", "version", "note",
    "disposition", "uuid", "scheme", "verdict", "finding", "area_code", "name", "place", "difficulty", "reason", "file",
    "on", "policy", "unset", "national", "item", "of", "amount", "per", "valid_from", "last_day", "source", "article",
    "last_confirmed", "from", "day",
    "answer", "person", "as_of", "item_1", "value", "value_1", "version_1",
)  # fmt: skip


@dataclass(frozen=True)
class Foreign:
    """What the next county holds: the uuids somebody here could have come by."""

    alert: UUID
    household: UUID
    person: UUID
    delivery: UUID
    decision: UUID
    simulation: UUID
    standard: UUID
    question: UUID


@pytest.fixture
def foreign(cast: Cast, tmp_path: Path) -> Foreign:
    """Two counties: ours with alerts, the next with a person, an alert and a delivery that carry the canary."""
    from shouwang.apps.assessment import services as assessment
    from shouwang.apps.exchange import services as exchange

    places(tmp_path)
    assessment.import_standards(standards_file(tmp_path))
    ill_person(1)
    run_once()
    reported(cast.cun)
    assessment.screen_register("000000000000", OCTOBER)
    register(member(77, household="外H77", name=CANARY + "户主", area_code=NEXT_VILLAGE, phone=PHONE))
    alert = reported(cast.linxiang, area_code=NEXT_VILLAGE, name=CANARY + "报")
    feed = tmp_path / f"medical_{NEXT_COUNTY[:6]}_2026-09.csv"
    feed.write_text(
        "身份证号,姓名,结算日期,就诊类型,总费用(元),个人自付(元),大病专项救治病种\n"
        f"{STRANGER},{CANARY}户主,2026-09-05,住院,2000.00,800.00,\n"
        f"{STRANGER},{CANARY}户主,2026-13-05,住院,2000.00,八百,\n"
        f"{WRONG_NUMBER},{CANARY}户主,2026-09-06,住院,2000.00,800.00,\n",
        encoding="utf-8",
    )
    delivery = exchange.import_file(feed)
    exchange.link_pending()
    assert (delivery.area_code, delivery.quarantined) == (NEXT_COUNTY, 2)
    exchange.suggest_pending()
    question = LinkQuestion.objects.get(area_code=NEXT_COUNTY)
    home = Household.objects.get(number="外H77").uuid
    decision = assessment.store_determination(None, home, "dibao_eligible", TODAY)
    change = value_from_text(selectors.book(), NEXT_COUNTY, "dibao_rural", "660元/月")
    simulated = assessment.simulate(cast.sheng, NEXT_COUNTY, TODAY, Reform((change,)))
    standard = assessment.draft_standard(cast.sheng, wanted(area_code=NEXT_COUNTY, source=CANARY + "民发"))
    return Foreign(alert.uuid, home, Person.objects.get(name=CANARY + "户主").uuid, delivery.uuid, decision.uuid, simulated.uuid, standard.uuid, question.uuid)  # fmt: skip


def addresses(held: Foreign) -> dict[str, list[str]]:
    """Return name → paths of every address, over the uuids given."""
    alert, delivery = f"/alerts/{held.alert}/", f"/deliveries/{held.delivery}/"
    simulation = f"/simulations/{held.simulation}/"
    verbs = {each.page_verb for each in TRANSITIONS} | {"reject_dismissal", "escalate", "no-such-verb"}
    why, forms_of_why = f"/households/{held.household}/why/", (("", "/"), ("_json", ".json"), ("_pdf", ".pdf"))
    return {
        "accounts:login": ["/login"],
        "accounts:logout": ["/logout"],
        "accounts:post": ["/post"],
        "monitoring:worklist": ["/"],
        "monitoring:assign": ["/alerts/assign"],
        "monitoring:alert": [alert],
        "monitoring:step": [f"{alert}{verb}" for verb in sorted(verbs)],
        "monitoring:coverage": ["/coverage/"],
        "monitoring:take_up": ["/coverage/take-up"],
        "monitoring:report": ["/report/"],
        "monitoring:quality": ["/quality/"],
        "dossier:household": [f"/households/{held.household}/"],
        **{
            f"dossier:why{name}": [f"{why}dibao_eligible{tail}", f"{why}no_such_rule{tail}"]
            for name, tail in forms_of_why
        },
        **{f"dossier:why_of_person{name}": [f"{why}counted_member/{held.person}{tail}"] for name, tail in forms_of_why},
        "dossier:store": [f"{why}dibao_eligible/store", f"{why}no_such_rule/store"],
        "dossier:store_of_person": [f"{why}counted_member/{held.person}/store"],
        **{
            f"dossier:decision{name}": [f"/households/{held.household}/decisions/{held.decision}{tail}"]
            for name, tail in (("", "/"), ("_json", ".json"), ("_pdf", ".pdf"))
        },
        "dossier:search": ["/people/search"],
        "dossier:reveal": [f"/people/{held.person}/identity"],
        "exchange:questions": ["/questions/"],
        "exchange:question": [f"/questions/{held.question}/"],
        "exchange:answer": [f"/questions/{held.question}/answer"],
        "exchange:deliveries": ["/deliveries/"],
        "exchange:upload": ["/deliveries/upload"],
        "exchange:delivery": [delivery],
        "exchange:release": [f"{delivery}release"],
        "exchange:withdraw": [f"{delivery}withdraw"],
        "exchange:receipt": [f"{delivery}receipt.json"],
        "exchange:fix_list": [f"{delivery}fix-list.xlsx"],
        "reports:dashboard": ["/dashboard/"],
        "reports:summary": ["/summary/", "/summary/?rule=no-such-rule"],
        "reports:summary_of": [f"/summary/{NEXT_COUNTY}/", "/summary/no-such-code/"],
        "assessment:simulations": ["/simulations/"],
        "assessment:simulation_new": ["/simulations/new/"],
        "assessment:simulation": [simulation],
        "assessment:simulation_progress": [f"{simulation}progress"],
        "assessment:simulation_cancel": [f"{simulation}cancel"],
        "assessment:simulation_table": [f"{simulation}table.csv"],
        "assessment:standards": ["/standards/"],
        "assessment:standard_history": ["/standards/history"],
        "assessment:draft_standard": ["/standards/draft"],
        "assessment:revise_standard": [f"/standards/{held.standard}/revise"],
        "assessment:adjustment": ["/standards/adjustment"],
        "assessment:upload_standards": ["/standards/upload"],
        "assessment:export_standards": ["/standards/export.csv"],
        "assessment:standard": [f"/standards/{held.standard}/"],
        "assessment:standard_step": [
            f"/standards/{held.standard}/{verb}" for verb in (*sorted(STANDARD_VERBS), "no-such-verb")
        ],
    }


def browser_of(actor: Actor | None) -> Client:
    browser = Client(raise_request_exception=False)
    return signed_in(actor, browser) if actor else browser


def said(answer: HttpResponse) -> str:
    """Return all that an answer tells: headers, body, and what stands inside a workbook."""
    body = answer.getvalue()
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    return f"{answer.headers}{body.decode(errors='replace')}"


def is_calm(answer: HttpResponse, where: str, *, wide: bool = False) -> None:
    """No server error; and whoever is out of range reads nothing of the next county."""
    assert answer.status_code < 500, where
    told = said(answer)
    for secret in (
        *(() if wide else (CANARY,)),
        CANARY + "户主",
        STRANGER,
        WRONG_NUMBER,
        PHONE,
        "<script>alert(1)",
        "Traceback",
    ):
        assert secret not in told, where


def test_every_address_is_walked(foreign: Foreign) -> None:
    assert set(address_names()) == set(addresses(foreign))


@pytest.mark.parametrize("who", [None, "cun", "zhen", "xian", "shi", "sheng"])
def test_garbage_in_every_field_is_answered_calmly(cast: Cast, foreign: Foreign, who: str | None) -> None:
    """City and province cover the next county: they may read its names masked, never a whole number."""
    actor, wide = getattr(cast, who) if who else None, who in {"shi", "sheng"}
    for paths in addresses(foreign).values():
        browser = browser_of(actor)
        for path in paths:
            for text in GARBAGE:
                if len(text) < 3000:
                    got = browser.get(path, dict.fromkeys(FIELDS, text))
                    is_calm(got, f"GET {path} as {who}: {text[:40]!r}", wide=wide)
            for text in ("", "\x00", "-1", "9" * 5000, "<script>alert(1)</script>", LONG):
                sent = browser.post(path, dict.fromkeys(FIELDS, text))
                is_calm(sent, f"POST {path} as {who}: {text[:40]!r}", wide=wide)


def forms(cast: Cast, foreign: Foreign) -> Iterator[tuple[str, Actor, dict[str, object]]]:
    """Yield every form with an address it is good for, somebody who may send it, and what is right in every field."""
    own = Alert.objects.get(rule="medical_spending_registered")
    found = {"difficulty": "illness", "note": "老人摔伤。", "uuid": uuid4()}
    outside = {"name": "赵大山", "place": "三组", "area_code": VILLAGE}
    yield "/post", cast.zhen, {"post": cast.zhen.post_id}
    yield "/people/search", cast.zhen, {"q": "测试"}
    yield f"/people/{own.person.uuid}/identity", cast.zhen, {"reason": "核对银行卡"}
    yield "/alerts/assign", cast.zhen, {"post": cast.cun.post_id, "alert": own.uuid, "back": "/"}
    yield f"/alerts/{own.uuid}/triage", cast.zhen, {"version": 0, "disposition": "may_qualify", "note": "属实。"}
    yield f"/alerts/{own.uuid}/dismiss", cast.zhen, {"version": 0, "note": "误报。"}
    yield "/report/", cast.cun, found | outside
    yield "/report/", cast.cun, found | {"household": own.household.uuid}
    yield "/report/", cast.cun, {"q": "测试"}
    yield f"/deliveries/{foreign.delivery}/withdraw", cast.xian, {"reason": "报送有误"}
    asked = {"area": COUNTY, "as_of": "2026-11-02", "item_1": "dibao_rural", "value_1": "660元/月"}
    yield "/simulations/new/", cast.xian, asked | {"version_1": "household_income@2012-12-12"}
    days = {"valid_from": "2027-01-01", "last_day": "2027-12-31", "last_confirmed": "2026-11-01", "version": 0}
    yield DRAFT_FORM, cast.xian, days | {"amount": "550", "per": "person-month", "source": "民发", "article": "一"}
    draft, step = draft_standard(cast.sheng, wanted()).uuid, {"version": 0, "note": "说明", "day": "2027-06-01"}
    yield f"/standards/{draft}/send_back", cast.shi, step
    yield f"/standards/{draft}/approve", cast.shi, step


def test_garbage_in_one_field_of_a_right_form_is_refused_in_words_or_kept_as_text(cast: Cast, foreign: Foreign) -> None:
    for path, actor, right in list(forms(cast, foreign)):
        browser = browser_of(actor)
        for wrong in right:
            for text in GARBAGE:
                point = transaction.savepoint()
                answer = browser.post(path, right | {wrong: text}, follow=True)
                is_calm(answer, f"{path} {wrong}={text[:40]!r}")
                assert "evil.example" not in str(answer.redirect_chain), (path, wrong)
                transaction.savepoint_rollback(point)


@pytest.mark.parametrize("hostile", ["<img src=x onerror=alert(1)>", "\u202etxt.exe", "=HYPERLINK(1)", "{{ 7*7 }}"])
def test_what_is_written_is_shown_as_text(cast: Cast, hostile: str) -> None:
    alert = reported(cast.zhen, name=hostile)
    browser = signed_in(cast.zhen)
    sent = {"version": 0, "disposition": "may_qualify", "note": hostile}
    assert browser.post(f"/alerts/{alert.uuid}/triage", sent).status_code == 302
    shown = browser.get(f"/alerts/{alert.uuid}/").content.decode()
    assert escape(hostile) in shown
    assert "<img" not in shown.split("<main")[1]


@pytest.mark.parametrize("who", ["cun", "zhen", "xian"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "head", "options"])
def test_foreign_and_absent_answer_word_for_word_alike(cast: Cast, foreign: Foreign, who: str, method: str) -> None:
    absent = Foreign(*(uuid4() for _ in range(8)))
    browser = browser_of(getattr(cast, who))
    sent = {"note": "核实属实。", "version": "0", "disposition": "may_qualify", "reason": "核对银行卡"}
    for name, paths in addresses(foreign).items():
        if name == "accounts:logout":
            continue
        for ours, theirs in zip(paths, addresses(absent)[name], strict=True):
            if ours == theirs:
                continue
            first, second = getattr(browser, method)(ours, sent), getattr(browser, method)(theirs, sent)
            assert (first.status_code, first.getvalue()) == (second.status_code, second.getvalue()), (ours, method)
            assert first.status_code in {404, 403, 405}, (ours, method, first.status_code)
    assert Alert.objects.get(uuid=foreign.alert).version == 0
    assert Delivery.objects.get(uuid=foreign.delivery).state == Delivery.State.LINKED
    assert LinkQuestion.objects.get(uuid=foreign.question).state == LinkQuestion.State.OPEN
    assert LocalStandard.objects.get(uuid=foreign.standard).version == 0


@pytest.mark.parametrize("who", ["cun", "zhen", "xian"])
def test_foreign_uuids_in_a_form_are_absent_too(cast: Cast, foreign: Foreign, who: str) -> None:
    browser = browser_of(getattr(cast, who))
    said_of = []
    for uuid in (foreign.household, uuid4()):
        asked = browser.get("/report/", {"household": uuid})
        sent = browser.post(
            "/report/", {"household": uuid, "uuid": uuid4(), "difficulty": "illness", "note": "老人摔伤。"}
        )
        said_of.append((asked.status_code, said(asked), sent.status_code, said(sent)))
    assert said_of[0] == said_of[1]
    assert said_of[0][0] == said_of[0][2] == 404


def test_posts_of_the_next_county_cannot_be_told_from_posts_that_are_not_there(cast: Cast, foreign: Foreign) -> None:
    own = Alert.objects.filter(area_code__startswith="990101").first()
    browser = browser_of(cast.zhen)
    answers = []
    for post in (cast.linxiang.post_id, cast.xian.post_id, 10**6):
        answer = browser.post("/alerts/assign", {"post": post, "alert": [own.uuid]}, follow=True)
        answers.append((answer.status_code, [str(message) for message in answer.context["messages"]]))
    assert answers[0] == answers[1] == answers[2]
    own.refresh_from_db()
    assert own.assignee_id is None


@pytest.mark.parametrize("who", ["cun", "zhen", "xian", "shi", "sheng"])
def test_wrong_level_cannot_take_a_step_by_a_form_of_its_own(cast: Cast, foreign: Foreign, who: str) -> None:
    """In the state the alert is in, only the duty's levels move it, whatever address is posted to."""
    actor = getattr(cast, who)
    own = Alert.objects.filter(rule="medical_spending_registered").first()
    may = {
        step.page_verb for step in steps_from(own.state, own.disposition) if may_take(step, actor.level, own.handling_level)
    }  # fmt: skip
    for path in addresses(Foreign(*[own.uuid] * 8))["monitoring:step"]:
        verb = path.rsplit("/", 1)[1]
        if verb in may or (verb == "triage" and "triage" in may):
            continue
        sent = {"version": own.version, "note": "越权办理。", "disposition": "may_qualify"}
        answer = browser_of(actor).post(path, sent)
        assert answer.status_code in {302, 403, 404, 409, 422}, (path, answer.status_code)
    own.refresh_from_db()
    assert (own.state, own.version) == ("open", 0)
