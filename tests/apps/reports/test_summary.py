"""Summary counts come in whole, add up, and tell nobody more than the level of the post may know."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from shouwang.apps.accounts import services as accounts
from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.accounts.selectors import actor_by_username
from shouwang.apps.assessment import services as assessment
from shouwang.apps.audit.models import Event
from shouwang.apps.monitoring import services as monitoring
from shouwang.apps.reports import selectors, services
from shouwang.apps.reports.figures import MEASURES, rolled_up
from shouwang.apps.reports.models import Summary, SummaryLine
from shouwang.apps.reports.services import load_summary
from shouwang.apps.reports.summary_files import SummaryRefused
from shouwang.lib.disclosure import SMALLEST
from tests.apps.assessment.offices import wanted
from tests.apps.scene import places
from tests.cast import COUNTY, NEXT_COUNTY, OTHER_VILLAGE, TODAY, TOWNSHIP, VILLAGE, Cast, signed_in

pytestmark = pytest.mark.django_db

OCTOBER = date(2026, 10, 31)
ILL, DEAD = "medical_spending_registered", "paid_after_death"
FIGURES = {
    (VILLAGE, ILL): (40, 2, 3, 1),
    (OTHER_VILLAGE, ILL): (3, 0, 0, 0),
    (NEXT_COUNTY, ILL): (700, 9, 20, 30),
    ("980101000000", ILL): (5000, 0, 8, 9),
    (VILLAGE, DEAD): (2, 0, 0, 0),
    ("980101000000", DEAD): (60, 0, 0, 0),
}


def summary_file(folder: Path, figures: Mapping[tuple[str, str], tuple[int, ...]] = FIGURES, **about: str) -> Path:
    columns: dict[str, list[object]] = {
        "area_code": [area for area, _ in figures],
        "target": [target for _, target in figures],
    }
    for place, measure in enumerate(MEASURES):
        columns[measure] = [counts[place] for counts in figures.values()]
    about = {"as_of": "2026-10-31", "version": "7", **about}
    path = folder / f"summary-{about['version']}.parquet"
    pq.write_table(pa.table(columns).replace_schema_metadata(about), path)
    return path


@pytest.fixture
def loaded(tmp_path: Path) -> Summary:
    places(tmp_path)
    return load_summary(summary_file(tmp_path), source="示范省")


@pytest.fixture
def guo(cast: object) -> Actor:
    """Somebody in the nation's office."""
    user = accounts.create_user(None, username="guo", name="何定国")
    accounts.assign_post(
        None, user=user, title="司数据岗", level="nation", area_code="000000000000", valid_from=date(2026, 1, 1)
    )
    return actor_by_username("guo", TODAY)


def seen(actor: Actor, area_code: str | None = None, rule: str = ILL) -> selectors.SummaryPage:
    page = selectors.summary_page(actor, area_code, rule)
    assert page is not None
    return page


def test_counts_add_up_from_village_to_nation(loaded: Summary, xian: Actor, guo: Actor) -> None:
    assert seen(xian).chosen.figures == [43, 2, 3, 1]
    assert [(part.code, part.figures) for part in seen(xian, TOWNSHIP).parts] == [
        (VILLAGE, [40, 2, 3, 1]),
        (OTHER_VILLAGE, [3, 0, 0, 0]),
    ]
    nation = seen(guo)
    assert nation.chosen.figures[0] == 5743
    assert [part.code for part in nation.parts] == ["980000000000", "990000000000"]
    assert (nation.as_of, nation.version, nation.source) == (OCTOBER, 7, "示范省")


def test_counts_of_a_division_beside_those_of_its_parts_are_a_line_of_their_own(tmp_path: Path, xian: Actor) -> None:
    load_summary(summary_file(tmp_path, {(VILLAGE, ILL): (40, 0, 0, 0), (TOWNSHIP, ILL): (9, 0, 0, 0)}), source="甲")
    page = seen(xian, TOWNSHIP)
    assert [(part.label, part.figures[0], part.opens) for part in page.parts] == [
        ("本级", 9, False),
        (VILLAGE, 40, False),
    ]
    assert page.chosen.figures[0] == 49


def test_post_sees_its_own_range_and_wide_posts_no_villages(
    loaded: Summary, xian: Actor, shi: Actor, sheng: Actor, cun: Actor
) -> None:
    assert selectors.summary_page(xian, NEXT_COUNTY) is None
    assert selectors.summary_page(xian, "990000000000") is None
    assert selectors.summary_page(sheng, "980000000000") is None
    assert selectors.summary_page(xian, "nonsense") is None
    assert seen(shi, COUNTY).parts[0].opens is False
    assert selectors.summary_page(shi, TOWNSHIP) is None
    assert seen(cun).chosen.figures == [40, 2, 3, 1]


def test_small_counts_are_withheld_from_wide_posts_and_with_them_what_tells_them(
    loaded: Summary, xian: Actor, shi: Actor, guo: Actor
) -> None:
    by_rule = {line.name: line.figures[0] for line in seen(shi).rules}
    assert by_rule == {ILL: 743, DEAD: None}
    assert [part.figures[0] for part in seen(guo, rule=DEAD).parts] == [None, None]
    assert seen(xian, rule=DEAD).chosen.figures[0] == 2


def test_nobody_can_work_out_a_small_count_from_what_any_wide_page_shows() -> None:
    """Sums of parts are known where the whole is told: what is left for the withheld ones must not fix a small count."""
    draw = random.Random(4)
    codes = sorted(
        {
            10**10 * draw.randint(11, 13)
            + 10**8 * draw.randint(1, 3)
            + 10**6 * draw.randint(1, 4)
            + 10**3 * draw.randint(1, 3)
            for _ in range(80)
        }
    )
    counts = np.array([[[draw.choice([0, 0, 1, 2, 4, 5, 30])] * len(MEASURES)] * 3 for _ in codes])
    rolled = rolled_up(np.array(codes), counts)
    whole = {
        code: row for row, (code, above) in enumerate(zip(rolled.codes, rolled.parents, strict=True)) if code != above
    }
    for code, row in whole.items():
        parts = np.flatnonzero(rolled.parents == code)
        if not len(parts):
            continue
        assert (rolled.counts[parts].sum(axis=0) == rolled.counts[row]).all()
        hidden, small = (
            rolled.withheld[parts, 0, 0],
            (rolled.counts[parts, 0, 0] > 0) & (rolled.counts[parts, 0, 0] < SMALLEST),
        )
        assert hidden[small].all()
        if rolled.withheld[row, 0, 0]:
            assert hidden.all()
        elif hidden.any():
            left = int(rolled.counts[parts, 0, 0][hidden].sum())
            assert hidden.all() or (hidden.sum() > 1 and left >= hidden.sum() + SMALLEST - 1)
    assert rolled.withheld.any()
    assert not rolled.withheld.all()


def test_same_file_again_changes_nothing_and_another_file_of_the_version_is_refused(
    tmp_path: Path, loaded: Summary
) -> None:
    again = load_summary(summary_file(tmp_path), source="示范省")
    assert (again.pk, Summary.objects.count()) == (loaded.pk, 1)
    with pytest.raises(SummaryRefused, match="新的版本号"):
        load_summary(summary_file(tmp_path, {(VILLAGE, ILL): (1, 0, 0, 0)}), source="示范省")
    assert Event.objects.filter(verb="summary.load").count() == 1


def test_load_that_was_killed_is_never_shown_and_starts_over(
    tmp_path: Path, loaded: Summary, xian: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = summary_file(tmp_path, {(VILLAGE, ILL): (99, 0, 0, 0)}, version="8")
    with monkeypatch.context() as patch:
        patch.setattr(services, "record", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            load_summary(path, source="示范省")
    assert seen(xian).version == 7
    assert SummaryLine.objects.exclude(summary=loaded).exists()
    load_summary(path, source="示范省")
    assert seen(xian).chosen.figures[0] == 99
    load_summary(summary_file(tmp_path, version="9"), source="示范省")
    assert sorted(Summary.objects.values_list("version", flat=True)) == [8, 9]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ({"area_code": ["99"]}, "12位"),
        ({"holds": [-1]}, "负数"),
        ({"holds": [2**40]}, "过大"),
        ({"holds": ["1"]}, "整数"),
        ({"target": [None]}, "每行都有"),
    ],
)
def test_file_that_is_no_summary_is_refused(tmp_path: Path, harm: dict[str, list[object]], said: str) -> None:
    columns = {"area_code": [VILLAGE], "target": [ILL], "holds": [1], "untold": [0], **harm}
    pq.write_table(pa.table(columns), tmp_path / "s.parquet")
    with pytest.raises(SummaryRefused, match=said):
        load_summary(tmp_path / "s.parquet", source="甲", as_of=OCTOBER, version=1)
    assert not Summary.objects.exists()


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"source": " "}, "由谁作出"),
        ({"source": "省" * 81}, "80"),
        ({"as_of": date(2027, 10, 31)}, "晚于今天"),
    ],
)
def test_summary_of_nobody_or_of_a_day_to_come_is_refused(tmp_path: Path, about: dict[str, object], said: str) -> None:
    with pytest.raises(SummaryRefused, match=said):
        load_summary(summary_file(tmp_path), **{"source": "示范省", **about})
    assert not Summary.objects.exists()


def test_file_without_columns_day_or_form_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"area_code": [VILLAGE]}), tmp_path / "s.parquet")
    with pytest.raises(SummaryRefused, match="缺少列 target"):
        load_summary(tmp_path / "s.parquet", source="甲")
    (tmp_path / "t.parquet").write_bytes(b"text")
    with pytest.raises(SummaryRefused, match="不是 Parquet"):
        load_summary(tmp_path / "t.parquet", source="甲")
    pq.write_table(
        pa.table({"area_code": [VILLAGE], "target": [ILL], "holds": [1], "untold": [0]}), tmp_path / "u.parquet"
    )
    with pytest.raises(SummaryRefused, match="--as-of"):
        load_summary(tmp_path / "u.parquet", source="甲")


def test_page_of_any_size_takes_few_queries(loaded: Summary, sheng: Actor, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(4):
        selectors.summary_page(sheng)


@pytest.mark.parametrize("who", ["zhen", "xian", "shi", "sheng", "guo"])
def test_pages_open_for_every_level(loaded: Summary, who: str, request: pytest.FixtureRequest) -> None:
    actor = request.getfixturevalue(who)
    client = signed_in(actor) if who != "guo" else signed_in_as("guo")
    text = client.get(reverse("reports:summary")).content.decode()
    assert "判定日 2026-10-31" in text
    assert "示范省第 7 版" in text
    for name in ("reports:dashboard", "monitoring:worklist", "dossier:search"):
        assert client.get(reverse(name)).status_code == 200, name
    assert client.get(reverse("reports:summary_of", args=["980000000000"])).status_code == (
        200 if who == "guo" else 404
    )


def signed_in_as(username: str) -> object:
    from django.test import Client

    from shouwang.apps.accounts.selectors import user_by_username

    browser = Client()
    browser.force_login(user_by_username(username), backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_page_without_a_summary_says_so(xian: Actor) -> None:
    assert "还没有装入比对汇总" in signed_in(xian).get(reverse("reports:summary")).content.decode()
    assert signed_in(xian).get(reverse("reports:summary_of", args=[COUNTY])).status_code == 404


def test_nation_post_that_acts_is_refused_in_words(cast: Cast, guo: Actor) -> None:
    with pytest.raises(NotPermitted, match="国家级岗位不能分派预警"):
        monitoring.assign(guo, [], cast.cun)
    with pytest.raises(NotPermitted, match="国家级岗位只能查看地方标准"):
        assessment.draft_standard(guo, wanted())
