"""Why: one question of a household or a member, as page, JSON and PDF, with the same door, masks and audit as the dossier."""

from __future__ import annotations

import json
import re
import zlib
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.assessment.models import Determination, LocalStandard
from shouwang.apps.assessment.services import import_standards, store_determination
from shouwang.apps.audit.models import Event
from shouwang.apps.dossier.selectors.reasons import MOST_NEAR, MOST_UNTOLD
from shouwang.apps.registry.models import Household, Person
from shouwang.engine import paper
from tests.apps.scene import places, standards_file
from tests.cast import COUNTY, Cast, member, register, signed_in

pytestmark = pytest.mark.django_db

RULE = "dibao_eligible"
MEMBER_RULE = "counted_member"
QUESTION_OF_MEMBER = "living_subsidy_eligible"


@pytest.fixture
def standard(db: None, tmp_path: Path) -> None:
    rows = (
        "990101,dibao_unified,60000,person-month,2025-01-01,2026-07-01,,local,,\n"
        "990101,dibao_unified,65000,person-month,2026-07-01,,,local,,\n"
        "990101,employment_cost_percent,30,percent,2025-01-01,,,local,,\n"
    )
    import_standards(standards_file(tmp_path, rows, name="unified.csv"))


def path(household: Household, rule: str = RULE, tail: str = "/", person: Person | None = None) -> str:
    who = f"/{person.uuid}" if person else ""
    return f"/households/{household.uuid}/why/{rule}{who}{tail}"


def head_of(household: Household) -> Person:
    return Person.objects.get(name="陈守田")


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content.decode()


def test_the_dossier_leads_to_the_page_of_each_question(cast: Cast, household: Household) -> None:
    client = signed_in(cast.zhen)
    for address in set(
        re.findall(
            rf'href="(/households/{household.uuid}/why/[^"]+)"', text_of(client, f"/households/{household.uuid}/")
        )
    ):
        assert "理由" in text_of(client, address)
    assert path(household) in text_of(client, f"/households/{household.uuid}/")


def test_the_page_says_what_was_asked_the_answer_and_what_is_missing(cast: Cast, household: Household) -> None:
    text = text_of(signed_in(cast.zhen), path(household))
    for shown in (
        "是否符合低保条件？答复：现在还不能判断。",
        "农村低保标准",
        "社会救助暂行办法",
        "条件",
        "计算与事实",
        "依据",
        "共同生活家庭人数",
    ):
        assert shown in text


def test_the_page_shows_the_change_that_would_turn_it(cast: Cast, household: Household) -> None:
    """The head is 56: whatever rule of his age is refused, the page says at which age it would not be."""
    client, head = signed_in(cast.zhen), head_of(household)
    book = assessment.book()
    told = {
        rule: client.get(path(household, rule, person=head)).context["why"]
        for rule, version in book.versions_on(date(2026, 11, 2), COUNTY).items()
        if version.entity == "person" and version.unit == "bool" and "age" in version.arguments
    }
    turning = {rule: why for rule, why in told.items() if why.change}
    assert turning
    for rule, why in turning.items():
        assert why.change in text_of(client, path(household, rule, person=head))


def test_an_earlier_day_is_judged_by_the_law_and_standards_of_that_day(
    cast: Cast, household: Household, standard: None
) -> None:
    client, line = signed_in(cast.zhen), path(household, "dibao_line")
    before, now = (client.get(address).context["why"] for address in (f"{line}?on=2026-03-01", line))
    assert (before.on, before.answer.value, now.on, now.answer.value) == (
        date(2026, 3, 1),
        720_000,
        date(2026, 11, 2),
        780_000,
    )
    assert "2026-03-01" in text_of(client, f"{line}?on=2026-03-01")
    assert client.get(f"{line}?on=2013-01-01").status_code == 404
    assert client.get(f"{line}?on=0001-01-01").context["why"].on == date(2026, 11, 2)


def test_json_carries_the_paragraph_the_tree_and_what_made_it(cast: Cast, household: Household) -> None:
    answer = signed_in(cast.zhen).get(path(household, tail=".json"))
    assert answer["Content-Type"].startswith("application/json")
    told = json.loads(answer.content)
    assert told["plain"].startswith("按2026年11月2日掌握的情况，是否符合低保条件？")
    assert told["explanation"]["name"] == RULE
    assert told["explanation"]["missing"]
    assert told["members"] == ["陈守田", "陈小禾"]
    assert told["fingerprint"]["rules"] == assessment.book().fingerprint


def test_pdf_is_tagged_and_the_same_bytes_each_time(cast: Cast, household: Household) -> None:
    client = signed_in(cast.zhen)
    first, second = (client.get(path(household, tail=".pdf")) for _ in range(2))
    assert (first.status_code, first["Content-Type"]) == (200, "application/pdf")
    assert first.content == second.content
    assert first.content.startswith(b"%PDF-")
    assert b"/MarkInfo" in first.content or b"/MarkInfo" in inflated(first.content)


def inflated(body: bytes) -> bytes:
    found = b""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", body, re.DOTALL):
        try:
            found += zlib.decompress(stream)
        except zlib.error:
            continue
    return found


def test_a_names_signs_are_letters_on_paper(cast: Cast, household: Household) -> None:
    client = signed_in(cast.zhen)
    plain = client.get(path(household, tail=".pdf")).content
    head = head_of(household)
    for name in ("#panic()", "$x$ \\ *粗* _斜_", '"}] <a> @b `c` //', "= 甲\n- 乙", "\u202e倒\x01"):
        Person.objects.filter(pk=head.pk).update(name=name)
        answer = client.get(path(household, tail=".pdf"))
        assert answer.status_code == 200, name
        assert answer.content != plain


def test_without_a_chinese_font_the_page_says_so(
    cast: Cast, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "_fonts", lambda: (None, ()))
    answer = signed_in(cast.zhen).get(path(household, tail=".pdf"))
    assert answer.status_code == 409
    assert "需要中文字体" in answer.content.decode()


def test_a_character_no_font_shows_is_named_never_boxed(cast: Cast, household: Household) -> None:
    Person.objects.filter(pk=head_of(household).pk).update(name="陈\U0002ffff")
    answer = signed_in(cast.zhen).get(path(household, tail=".pdf"))
    assert answer.status_code == 409
    assert "这个字" in answer.content.decode()


def test_a_members_rule_is_told_of_that_member(cast: Cast, household: Household) -> None:
    client, head = signed_in(cast.zhen), head_of(household)
    text = text_of(client, path(household, MEMBER_RULE, person=head))
    assert "陈守田是否计入共同生活家庭成员？答复：" in text
    assert "陈小禾" not in text
    assert client.get(path(household, MEMBER_RULE, ".pdf", head)).status_code == 200


def test_overseeing_levels_read_masked_names_everywhere(cast: Cast, household: Household) -> None:
    client, head = signed_in(cast.sheng), head_of(household)
    for address in (path(household), path(household, tail=".json"), path(household, MEMBER_RULE, person=head)):
        said = text_of(client, address)
        assert "陈**" in said
        assert "陈守田" not in said
        assert "陈小禾" not in said


@pytest.mark.parametrize("tail", ["/", ".json", ".pdf"])
def test_out_of_range_is_absent(cast: Cast, household: Household, tail: str) -> None:
    client = signed_in(cast.linxiang)
    foreign = client.get(path(household, tail=tail))
    nowhere = client.get(f"/households/00000000-0000-4000-8000-000000000000/why/{RULE}{tail}")
    assert (foreign.status_code, foreign.content) == (404, nowhere.content)
    assert not Event.objects.filter(verb="view", actor_id=cast.linxiang.user_id).exists()


def test_what_cannot_be_asked_is_absent(cast: Cast, household: Household) -> None:
    client, head = signed_in(cast.zhen), head_of(household)
    stranger = Person.objects.get(name="别村人")
    for address in (
        path(household, "no_such_rule"),
        path(household, MEMBER_RULE),
        path(household, RULE, person=head),
        path(household, MEMBER_RULE, person=stranger),
    ):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("tail", ["/", ".json", ".pdf"])
def test_each_look_leaves_one_row(cast: Cast, household: Household, tail: str) -> None:
    signed_in(cast.zhen).get(path(household, tail=tail))
    row = Event.objects.get(verb="view")
    assert (row.subject_kind, str(row.subject_uuid), row.actor_id) == (
        "household",
        str(household.uuid),
        cast.zhen.user_id,
    )


def test_a_person_page_shows_first_what_matters(cast: Cast, household: Household, standard: None) -> None:
    reasons = signed_in(cast.zhen).get(f"/households/{household.uuid}/").context["file"].reasons
    ranks = [{"yes": 0, "value": 0, "unknown": 1, "no": 2}[reason.verdict] for reason in reasons.first]
    assert ranks == sorted(ranks)
    assert all(reason.verdict == "no" for reason in reasons.rest)
    assert all(reason.verdict == "unknown" for reason in reasons.untold)
    assert sum(reason.verdict == "unknown" for reason in reasons.first) <= MOST_UNTOLD
    assert sum(reason.verdict == "no" for reason in reasons.first) <= MOST_NEAR
    assert len({reason.label for reason in reasons}) == len(list(reasons))


def test_a_stored_decision_is_shown_with_the_way_to_appeal(cast: Cast, household: Household, standard: None) -> None:
    made = store_determination(cast.xian, household.uuid, RULE, date(2026, 11, 2))
    LocalStandard.objects.update(amount_fen=1)
    client, home = signed_in(cast.zhen), f"/households/{household.uuid}/decisions/{made.uuid}"
    assert f'href="{home}/"' in text_of(client, f"/households/{household.uuid}/")
    text = text_of(client, f"{home}/")
    for shown in ("行政复议", "与存档一致", "是否符合低保条件？"):
        assert shown in text
    told = json.loads(client.get(f"{home}.json").content)
    assert told["fingerprint"]["explanation"] == made.digest
    assert told["explanation"] == json.loads(bytes(made.explanation))
    assert client.get(f"{home}.pdf").content.startswith(b"%PDF-")


def test_a_stored_decision_that_comes_out_otherwise_is_not_covered_up(cast: Cast, household: Household) -> None:
    made = store_determination(cast.xian, household.uuid, RULE, date(2026, 11, 2))
    Determination.objects.filter(pk=made.pk).update(explanation=b'{"value_text":"\xe6\x98\xaf"}')
    client, home = signed_in(cast.zhen), f"/households/{household.uuid}/decisions/{made.uuid}"
    assert "与存档不一致" in text_of(client, f"{home}/")
    assert json.loads(client.get(f"{home}.json").content)["stored"] == {"value_text": "是"}


def test_a_decision_opens_inside_the_range_and_under_its_household_only(cast: Cast, household: Household) -> None:
    made = store_determination(cast.xian, household.uuid, RULE, date(2026, 11, 2))
    register(member(4, household="H9", name="邻户"))
    other = Household.objects.get(number="H9")
    assert signed_in(cast.xian).get(f"/households/{other.uuid}/").status_code == 200
    for tail in ("/", ".json", ".pdf"):
        assert (
            signed_in(cast.linxiang).get(f"/households/{household.uuid}/decisions/{made.uuid}{tail}").status_code == 404
        )
        assert signed_in(cast.xian).get(f"/households/{other.uuid}/decisions/{made.uuid}{tail}").status_code == 404


def test_the_county_keeps_an_answer_and_the_page_leads_to_it(cast: Cast, household: Household, standard: None) -> None:
    client = signed_in(cast.xian)
    assert f'action="{path(household, tail="/store")}"' in text_of(client, path(household))
    answer = client.post(path(household, tail="/store"), {"on": "2026-06-01"})
    made = Determination.objects.get()
    home = f"/households/{household.uuid}/decisions/{made.uuid}/"
    assert (answer.status_code, answer["Location"]) == (302, home)
    assert (made.as_of, made.target, made.made_by) == (date(2026, 6, 1), RULE, cast.xian.post_id)
    assert Event.objects.filter(verb="determination.store", subject_uuid=household.uuid).count() == 1
    assert "已存档" in text_of(client, home)
    assert f'href="{home}"' in text_of(client, path(household))
    assert f'href="{home}"' not in text_of(client, path(household, "dibao_line"))


def test_the_county_keeps_an_answer_about_a_member(cast: Cast, household: Household) -> None:
    client, head = signed_in(cast.xian), head_of(household)
    where = path(household, QUESTION_OF_MEMBER, person=head)
    assert f'action="{path(household, QUESTION_OF_MEMBER, "/store", head)}"' in text_of(client, where)
    assert client.post(path(household, QUESTION_OF_MEMBER, "/store", head), {"on": "2026-11-02"}).status_code == 302
    made = Determination.objects.get()
    assert made.person_id == head.pk
    assert str(made.uuid) in text_of(client, where)


def test_a_step_on_the_way_is_no_decision_to_keep(cast: Cast, household: Household) -> None:
    client = signed_in(cast.xian)
    assert "存档这一答复" not in text_of(client, path(household, "dibao_line"))
    answer = client.post(path(household, "dibao_line", "/store"), {"on": "2026-11-02"})
    assert answer.status_code == 422
    assert "不能单独存档" in answer.content.decode()
    assert not Determination.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("cun", 403), ("zhen", 403), ("shi", 403), ("sheng", 403), ("linxiang", 403)]
)
def test_nobody_but_the_county_keeps_an_answer(cast: Cast, household: Household, who: str, status: int) -> None:
    client = signed_in(getattr(cast, who))
    assert client.post(path(household, tail="/store"), {"on": "2026-11-02"}).status_code == status
    assert not Determination.objects.exists()
    if who != "linxiang":
        assert "存档这一答复" not in text_of(client, path(household))


def test_a_county_keeps_nothing_of_another(cast: Cast) -> None:
    register(member(5, household="外H5", name="外户主", area_code="990102100201"))
    home = Household.objects.get(number="外H5")
    assert signed_in(cast.xian).post(path(home, tail="/store"), {"on": "2026-11-02"}).status_code == 404
    assert not Determination.objects.exists()


@pytest.mark.parametrize("day", ["", "明天", "2027-01-01", "1999-12-31", "2026-02-30"])
def test_a_day_that_cannot_be_kept_is_refused_in_words(cast: Cast, household: Household, day: str) -> None:
    answer = signed_in(cast.xian).post(path(household, tail="/store"), {"on": day})
    assert (answer.status_code, Determination.objects.count()) == (422, 0)
    assert "判定日" in answer.content.decode().split('role="alert"')[1][:80]


def test_a_look_keeps_nothing(cast: Cast, household: Household) -> None:
    client = signed_in(cast.xian)
    assert client.get(path(household, tail="/store")).status_code == 405
    assert client.post(path(household, "no_such_rule", "/store"), {"on": "2026-11-02"}).status_code == 404
    assert not Determination.objects.exists()


def test_a_standard_is_said_to_be_set_by_a_place_not_a_code(
    cast: Cast, household: Household, standard: None, tmp_path: Path
) -> None:
    assert "县（990101000000）规定" in text_of(signed_in(cast.xian), path(household))
    places(tmp_path)
    client = signed_in(cast.xian)
    text = text_of(client, path(household))
    assert "安禾县规定" in text
    assert "990101000000）规定" not in text
    assert "990101000000）规定" not in text_of(client, f"/households/{household.uuid}/")
