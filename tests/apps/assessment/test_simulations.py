"""模拟测算 in the office: who may, what comes out, what is withheld, what is logged, what runs as a job."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.assessment import selectors, services
from shouwang.apps.assessment.models import Simulation
from shouwang.apps.assessment.selectors import simulations as results
from shouwang.apps.assessment.services import simulating
from shouwang.apps.audit.models import Event
from shouwang.apps.exchange.models import Delivery
from shouwang.apps.jobs import services as jobs
from shouwang.apps.jobs.models import Job
from shouwang.engine.reform import Reform
from shouwang.engine.reform_text import change_from_text, version_from_text
from shouwang.lib.disclosure import WITHHELD
from tests.apps.scene import places, standards_file
from tests.cast import (
    COUNTY,
    NEXT_COUNTY,
    NEXT_VILLAGE,
    OTHER_VILLAGE,
    TODAY,
    TOWNSHIP,
    VILLAGE,
    Cast,
    at,
    member,
    register,
    signed_in,
)

pytestmark = pytest.mark.django_db

ROWS = (
    "990000,dibao_rural,60000,person-month,2025-01-01,,,demo-local,,\n"
    "990000,employment_cost_percent,30,percent,2025-01-01,,,demo-local,,\n"
    "990000,exempt_basic_pension,1,bool,2026-01-01,,,demo-local,,\n"
)
INCOME = ("income.wage_year", "income.business_net_year", "income.property_net_year")


def home(serial: int, yuan: int | None, *, village: str = VILLAGE, born: date = date(1970, 5, 17)) -> None:
    """Register a household of one with a yearly income (None: nobody investigated it)."""
    facts = {"property.compliant": 1}
    if yuan is not None:
        facts |= dict.fromkeys(INCOME, 0) | {"income.transfer_net_year": yuan * 100, "pension.declared_monthly": 0}
    register(member(serial, household=f"H{serial}", area_code=village, facts=facts, born=born))


def delivered(area: str) -> None:
    """Every feed is in for a county: there, no record means none."""
    for feed in {item.feed for item in selectors.book().items.values()}:
        Delivery.objects.create(
            feed=feed, period="2026-10", area_code=area, file_name=f"{feed}.csv", size=0, sm3="0" * 64, state="linked", received_at=at()
        )  # fmt: skip


def reform(text: str = "dibao_rural=660元/月", area: str = COUNTY) -> Reform:
    return Reform((change_from_text(selectors.book(), area, text),))


@pytest.fixture
def county(cast: Cast, tmp_path: Path) -> Cast:
    """Six households below the line, one between 7,200 and 7,920, one far above, one not investigated, one next door."""
    places(tmp_path)
    services.import_standards(standards_file(tmp_path, ROWS))
    for area in (COUNTY, NEXT_COUNTY):
        delivered(area)
    for serial in range(1, 7):
        home(serial, 6000, village=VILLAGE if serial < 4 else OTHER_VILLAGE)
    home(7, 7500)
    home(8, 30_000)
    home(9, None)
    home(10, 6000, village=NEXT_VILLAGE)
    return cast


def test_county_sees_who_gains_and_what_it_costs(county: Cast) -> None:
    made = services.simulate(county.xian, COUNTY, TODAY, reform())
    total = made.summary["total"]
    assert made.state == "done"
    assert {name: total[name] for name in ("all", "gain", "lose", "same", "untold", "newly", "exits")} == {
        "all": 9, "gain": 7, "lose": 0, "same": 1, "untold": 1, "newly": 1, "exits": 0,
    }  # fmt: skip
    assert (total["before"], total["after"]) == (6 * 10_000, 6 * 16_000 + 3_500)
    assert sum(line["after"] for line in made.summary["areas"].values()) == total["after"]
    assert set(made.summary["areas"]) == {TOWNSHIP}
    assert made.fingerprint["rules"] == selectors.book().fingerprint
    assert selectors.simulation_summary(made.uuid)["total"] == total
    assert selectors.simulation_summary(uuid4()) is None
    event = Event.objects.get(verb="simulation.run")
    assert (event.subject_uuid, event.details["reform"]["changes"][0]["value"]) == (str(made.uuid), 66_000)


def test_same_question_again_gives_the_same_figures(county: Cast) -> None:
    first, second = (services.simulate(county.xian, COUNTY, TODAY, reform()) for _ in range(2))
    assert (first.summary, first.fingerprint) == (second.summary, second.fingerprint)


def test_past_day_is_judged_by_the_law_and_the_register_of_that_day(county: Cast) -> None:
    before_register = services.simulate(county.xian, COUNTY, date(2025, 6, 1), reform())
    assert before_register.summary["total"]["all"] == 0
    older = Reform(versions=(version_from_text(selectors.book(), "household_income@2012-12-12"),))
    made = services.simulate(county.xian, COUNTY, TODAY, older)
    assert made.state == "done"
    assert made.summary["total"]["all"] == 9


def test_future_day_bad_value_and_lower_posts_are_refused(county: Cast) -> None:
    with pytest.raises(services.SimulationRefused, match="不能晚于今天"):
        services.simulate(county.xian, COUNTY, date(2027, 1, 1), reform())
    with pytest.raises(services.SimulationRefused, match="没有值"):
        services.simulate(county.xian, COUNTY, TODAY, reform("dibao_urban=+10%"))
    for actor in (county.cun, county.zhen):
        with pytest.raises(NotPermitted):
            services.simulate(actor, TOWNSHIP, TODAY, reform())
    assert not Simulation.objects.exists()


def test_larger_division_becomes_a_job_that_ends_the_same(county: Cast) -> None:
    waiting = services.simulate(county.xian, COUNTY, TODAY, reform(), at_once=3)
    assert (waiting.state, Job.objects.get().post_id) == ("waiting", county.xian.post_id)
    page = signed_in(county.xian).get(f"/simulations/{waiting.uuid}/progress")
    assert "排队中" in page.content.decode()
    assert "HX-Refresh" not in page.headers
    assert jobs.run_one().state == "done"
    waiting.refresh_from_db()
    at_once = services.simulate(county.xian, COUNTY, TODAY, reform())
    assert waiting.summary == at_once.summary
    assert signed_in(county.xian).get(f"/simulations/{waiting.uuid}/progress").headers["HX-Refresh"] == "true"
    before = waiting.finished_at
    simulating.compute(waiting.uuid)
    waiting.refresh_from_db()
    assert waiting.finished_at == before


def test_wide_division_is_read_county_by_county(county: Cast) -> None:
    made = services.simulate(county.sheng, "990000000000", TODAY, reform(area="990000000000"))
    assert set(made.summary["areas"]) == {COUNTY, "990102000000"}
    assert made.summary["total"]["all"] == 10


def test_towns_right_under_a_city_are_read_once() -> None:
    town, village, city = "990200100000", "990201100201", "990200000000"
    assert simulating._chunks("990000000000", [town, village, VILLAGE]) == {city: [town, village], COUNTY: [VILLAGE]}
    assert simulating._chunks(COUNTY, [VILLAGE]) == {COUNTY: [VILLAGE]}
    assert simulating._chunks(COUNTY, []) == {}


def test_cancelled_and_failed_jobs_are_told(county: Cast) -> None:
    browser = signed_in(county.xian)
    made = services.simulate(county.xian, COUNTY, TODAY, reform(), at_once=3)
    browser.post(f"/simulations/{made.uuid}/cancel")
    assert "已由提交岗位取消" in browser.get(f"/simulations/{made.uuid}/").content.decode()
    assert jobs.run_one() is None
    assert Event.objects.filter(verb="simulation.cancel").count() == 1
    broken = services.simulate(county.xian, COUNTY, TODAY, reform(), at_once=3)
    Job.objects.filter(uuid=broken.job).update(state="failed", error="磁盘已满。")
    assert "磁盘已满" in browser.get(f"/simulations/{broken.uuid}/").content.decode()


@pytest.mark.parametrize("who", ["cun", "zhen"])
def test_posts_below_the_county_read_nothing_of_it(county: Cast, who: str) -> None:
    made = services.simulate(county.xian, COUNTY, TODAY, reform())
    browser = signed_in(getattr(county, who))
    for path in (
        "/simulations/",
        "/simulations/new/",
        f"/simulations/{made.uuid}/",
        f"/simulations/{made.uuid}/table.csv",
    ):
        answer = browser.get(path)
        assert answer.status_code == 403, path
        assert "660" not in answer.content.decode()
    assert "模拟测算" not in browser.get("/").content.decode()


def test_simulation_of_another_county_is_as_if_it_were_not_there(county: Cast) -> None:
    foreign = services.simulate(county.sheng, "990102000000", TODAY, reform(area="990102000000"))
    browser = signed_in(county.xian)
    for tail in ("", "progress", "table.csv"):
        answers = [browser.get(f"/simulations/{uuid}/{tail}") for uuid in (foreign.uuid, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert str(foreign.uuid) not in browser.get("/simulations/").content.decode()
    asked = browser.post("/simulations/new/", fields(area="990102000000"))
    assert asked.status_code == 422
    assert Simulation.objects.count() == 1


def fields(**changes: str) -> dict[str, str]:
    return {"area": COUNTY, "as_of": TODAY.isoformat(), "item_1": "dibao_rural", "value_1": "660元/月"} | changes


def test_form_asks_computes_and_shows(county: Cast) -> None:
    browser = signed_in(county.xian)
    assert "农村低保标准" in browser.get("/simulations/new/").content.decode()
    answer = browser.post("/simulations/new/", fields(), follow=True)
    shown = answer.content.decode()
    assert answer.status_code == 200
    for text in (
        "安禾县“农村低保标准”改为 660.00元/月",
        "7,200.00元/年（600.00元/月）",
        "+395.00",
        "青坪镇",
        "<svg",
        "无法判断",
    ):
        assert text in shown, text
    assert "示范省示范市安禾县" in browser.get("/simulations/").content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value_1": "660"}, "应写明期间"),
        ({"value_1": "六百元/月"}, "读不出"),
        ({"value_1": ""}, "要一起填"),
        ({"item_1": "", "value_1": ""}, "请至少改一个参数"),
        ({"as_of": "2027-01-01"}, "不能晚于今天"),
        ({"item_2": "dibao_rural", "value_2": "+5%"}, "改了两次"),
    ],
)
def test_form_says_what_is_wrong(county: Cast, changes: dict[str, str], said: str) -> None:
    answer = signed_in(county.xian).post("/simulations/new/", fields(**changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Simulation.objects.exists()


def test_link_fills_the_form_in(county: Cast) -> None:
    link = f"/simulations/new/?item=dibao_rural&amount=660&per=person-month&from=2027-01-01&area={TOWNSHIP}"
    shown = signed_in(county.xian).get(link).content.decode()
    assert 'value="660.00元/月"' in shown
    assert re.search(rf'<option value="{TOWNSHIP}" selected>', shown)
    assert re.search(r'<option value="dibao_rural" selected>', shown)
    assert f'value="{TODAY.isoformat()}"' in shown


def test_proposal_page_of_standards_leads_to_the_filled_form(county: Cast) -> None:
    browser = signed_in(county.xian)
    proposal = browser.get("/standards/adjustment?item=dibao_rural&amount=660&per=person-month&valid_from=2026-11-02")
    link = re.search(r'href="(/simulations/new/[^"]+)"', proposal.content.decode())
    shown = browser.get(link[1].replace("&amp;", "&")).content.decode()
    assert re.search(r'<option value="dibao_rural" selected>', shown)
    assert re.search(r'value="660(\.00)?(元)?/月"', shown)


def test_download_is_safe_for_spreadsheets_and_logged(county: Cast) -> None:
    made = services.simulate(county.xian, COUNTY, TODAY, reform())
    answer = signed_in(county.xian).get(f"/simulations/{made.uuid}/table.csv")
    body = answer.content
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert rows[0][:4] == ["分组", "项", "单位", "受益"]
    assert rows[-1] == ["合计", "全部", "户", "7", "0", "1", "0", "1", "600.00", "995.00", "395.00"]
    event = Event.objects.get(verb="simulation.export")
    assert (event.subject_uuid, event.details["lines"]) == (str(made.uuid), len(rows) - 1)


def test_small_cells_are_withheld_from_the_city_and_shown_to_the_county(county: Cast) -> None:
    made = services.simulate(county.shi, COUNTY, TODAY, reform())
    for actor, hidden in ((county.xian, False), (county.shi, True), (county.sheng, True)):
        result = results.result_for(actor, made)
        ages = next(table for table in result.groups if table.key == "age")
        untold = {line.label: line.figures["untold"] for line in ages.lines}
        assert (None in untold.values()) == hidden
        assert (result.total["untold"], result.withheld) == ((None, True) if hidden else (1, False))
        shown = signed_in(actor).get(f"/simulations/{made.uuid}/").content.decode()
        assert (f">{WITHHELD}<" in shown) == hidden


def test_money_stands_only_where_the_counts_beside_it_do(county: Cast) -> None:
    for serial in range(20, 26):
        home(serial, 6000, village="990101101201")
    made = services.simulate(county.shi, COUNTY, TODAY, reform())
    result = results.result_for(county.shi, made)
    for table in (result.areas, result.benefits, *result.groups):
        for line in table.lines:
            counts = [line.figures[name] for name in ("gain", "lose", "newly", "exits")]
            assert line.figures.get("more") is None or None not in counts


def test_pages_ask_the_database_little(county: Cast) -> None:
    made = services.simulate(county.xian, COUNTY, TODAY, reform())
    browser = signed_in(county.xian)
    for path, most in ((f"/simulations/{made.uuid}/", 16), ("/simulations/", 16), ("/simulations/new/", 14)):
        browser.get(path)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(path).status_code == 200
        assert len(queries) <= most, (path, len(queries))


def test_list_does_not_call_a_simulation_running_whose_job_has_ended(county: Cast) -> None:
    services.simulate(county.xian, COUNTY, TODAY, reform(), at_once=3)
    browser = signed_in(county.xian)
    assert "测算中" in browser.get("/simulations/").content.decode()
    Job.objects.update(state="failed")
    shown = browser.get("/simulations/").content.decode()
    assert "测算中" not in shown
    assert "未完成" in shown
