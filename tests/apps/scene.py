"""A small register with something to warn about, for tests of runs and alerts. Everything through the services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from shouwang.apps.accounts.access import Actor
from shouwang.apps.areas.services import import_local
from shouwang.apps.assessment import services as assessment
from shouwang.apps.assessment.models import Run
from shouwang.apps.exchange import services as exchange
from shouwang.apps.monitoring import services as monitoring
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.registry.selectors import PersonRef
from shouwang.apps.registry.services import NewFact, record_facts
from tests.apps.exchange.feed_files import feed_file, roster_line
from tests.cast import COUNTY, VILLAGE, at, id_number, member, register

OCTOBER = date(2026, 10, 31)
HEADER = "area_code,item,amount_fen,per,valid_from,valid_to,observed_on,source,article,last_confirmed\n"
LOCAL = (
    ("recent_days", 62, "days"),
    ("asset_recent_days", 92, "days"),
    ("authorisation_notice_days", 30, "days"),
    ("pension_tolerance", 0, "person-month"),
    ("alert_cooldown_days", 30, "days"),
)
YUAN = 100


def standards_file(folder: Path, rows: str = "", name: str = "standards.csv") -> Path:
    """Write a CSV of local standards: the county's warning settings, or the rows given."""
    path = folder / name
    usual = "".join(f"990101,{item},{value},{per},2026-01-01,,,demo-local,,\n" for item, value, per in LOCAL)
    path.write_text(HEADER + (rows or usual), encoding="utf-8")
    return path


def ill_person(serial: int = 1, *, yuan: int = 6000, area_code: str = VILLAGE, household: str = "") -> PersonRef:
    """Register somebody on 低保 who paid for hospital: medical_spending_registered holds from 5,000 元."""
    row = member(
        serial,
        household=household or f"H{serial}",
        area_code=area_code,
        category="dibao",
        category_from=date(2025, 1, 1),
    )
    person = register(row)[0]
    hospital_bill(person, yuan)
    return person


def hospital_bill(person: PersonRef, yuan: int, *, known_on: date = date(2026, 10, 1)) -> None:
    """Record (or correct) what a person paid in September."""
    fact = NewFact(
        person.id, None, "medical.inpatient_self_paid", "bill", yuan * YUAN, "", date(2026, 9, 3), date(2026, 9, 4)
    )
    record_facts([fact], source="medical", delivery=uuid4(), known_at=at(known_on))


def run_once(as_of: date = OCTOBER) -> Run:
    """Judge the county and open its alerts."""
    return monitoring.open_alerts(assessment.run_warnings(COUNTY, as_of))


def reported(actor: Actor, *, uuid: UUID | None = None, area_code: str = VILLAGE, name: str = "赵大山") -> Alert:
    """Report a household that is not in the register."""
    finding = monitoring.Finding(
        uuid=uuid or uuid4(),
        difficulty="illness",
        note="老人摔伤卧床，无人照料。",
        name=name,
        place="三组18号",
        area_code=area_code,
    )
    return monitoring.report_household(actor, finding)


def places(folder: Path) -> None:
    """Put the cast's township and villages on the map."""
    path = folder / "divisions.csv"
    path.write_text(
        "code,name,level,valid_from\n"
        "990000000000,示范省,province,2020-01-01\n"
        "990100000000,示范市,city,2020-01-01\n"
        "990101000000,安禾县,county,2020-01-01\n"
        "990101100000,青坪镇,township,2020-01-01\n"
        "990101100201,上河村,village,2020-01-01\n"
        "990101100202,下河村,village,2020-01-01\n",
        encoding="utf-8",
    )
    import_local(path)


@contextmanager
def refusing_log() -> Iterator[None]:
    """Let the audit log refuse every row meanwhile."""
    refuse, where = "BEGIN SELECT RAISE(ABORT, 'disk full'); END", ""
    if connection.vendor == "postgresql":
        refuse, where = "FOR EACH ROW EXECUTE FUNCTION audit_refuse()", " ON audit_event"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TRIGGER broken BEFORE INSERT ON audit_event {refuse}")
        yield
        cursor.execute(f"DROP TRIGGER broken{where}")


def address_names(resolver: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """Yield every named address of the site."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from address_names(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern) and entry.name:
            yield f"{space}{entry.name}"


def rostered(folder: Path, *rows: Mapping[str, str], feeds: Sequence[str] = ("death", "custody")) -> None:
    """Deliver the county's roster with what its families declare, and (empty of them) the feeds that leave members out."""
    stranger = {"身份证号": id_number(400), "姓名": "测试400"}
    empty = {
        "death": {**stranger, "死亡日期": "2026-09-10", "登记单位": "安禾县殡仪馆"},
        "custody": {**stranger, "类别": "服刑", "起始日期": "2026-09-01"},
    }
    files = [
        ("register_990101_2026-10.csv", list(rows)),
        *((f"{feed}_990101_2026-09.csv", [empty[feed]]) for feed in feeds),
    ]
    for name, lines in files:
        delivery = exchange.import_file(feed_file(folder, name, lines))
        assert delivery.quarantined == 0, [row.reasons for row in delivery.quarantined_rows.all()]
        exchange.link_delivery(delivery.uuid)


def family(
    serial: int, income: str, *, category: str = "无", village: str = VILLAGE, compliant: str = "是"
) -> dict[str, str]:
    """A roster line of somebody who lives alone on a declared net business income a year."""
    return roster_line(
        serial,
        household=f"H{serial}",
        救助类别=category,
        居住地代码=village,
        纳入日期="" if category == "无" else "2026-01-01",
        年工资性收入="0",
        年经营净收入=income,
        年财产净收入="0",
        年转移净收入="0",
        申报月养老金="0",
        财产是否符合规定=compliant,
    )
