"""The standing cast of users, and invented people to put into the register. Everything is made through the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.test import Client

from shouwang.apps.accounts import services as accounts
from shouwang.apps.accounts.access import Actor
from shouwang.apps.accounts.selectors import actor_by_username, user_by_username
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.services import RosterRow, load_roster
from shouwang.lib.clock import SHANGHAI
from shouwang.lib.identity import check_digit

TODAY = date(2026, 11, 2)
OFFICE_SINCE = date(2026, 1, 1)
PASSWORD = "shouwang-test-2026"
COUNTY, NEXT_COUNTY = "990101000000", "990102000000"
TOWNSHIP, OTHER_TOWNSHIP, NEXT_TOWNSHIP = "990101100000", "990101101000", "990102100000"
VILLAGE, OTHER_VILLAGE, NEXT_VILLAGE = "990101100201", "990101100202", "990102100201"
USERS = (
    ("cun", "王小满", "village", VILLAGE, "村级社会救助协理员"),
    ("zhen", "李秋实", "township", TOWNSHIP, "青坪镇民政办经办员"),
    ("xian", "赵明远", "county", COUNTY, "安禾县民政局审核员"),
    ("shi", "孙立群", "city", "990100000000", "示范市民政局业务科"),
    ("sheng", "周思源", "province", "990000000000", "示范省民政厅数据分析岗"),
    ("linxiang", "吴晓岚", "township", NEXT_TOWNSHIP, "临禾县南湾镇民政办经办员"),
)


@dataclass(frozen=True)
class Cast:
    """The six standing actors: 村 · 镇 · 县 · 市 · 省 and the next county's township clerk."""

    cun: Actor
    zhen: Actor
    xian: Actor
    shi: Actor
    sheng: Actor
    linxiang: Actor

    def all(self) -> tuple[Actor, ...]:
        return (self.cun, self.zhen, self.xian, self.shi, self.sheng, self.linxiang)


def make_cast() -> Cast:
    """Open the six accounts (without passwords: tests sign in with ``signed_in``) and fill their posts."""
    for username, name, level, area_code, title in USERS:
        user = accounts.create_user(None, username=username, name=name)
        accounts.assign_post(None, user=user, title=title, level=level, area_code=area_code, valid_from=OFFICE_SINCE)
    return Cast(*(actor_by_username(username, TODAY) for username, *_ in USERS))


def signed_in(actor: Actor, client: Client | None = None) -> Client:
    """Return a client signed in as an actor, in that actor's post."""
    browser = client or Client()
    username = next(username for username, name, *_ in USERS if name == actor.name)
    browser.force_login(user_by_username(username), backend="django.contrib.auth.backends.ModelBackend")
    session = browser.session
    session["post_id"] = actor.post_id
    session.save()
    return browser


def id_number(serial: int, born: date = date(1970, 5, 17), sex: int = 1) -> str:
    """Return a well-formed identity number nobody can hold (county code 990101); ``serial`` below 500."""
    order = serial * 2 + (sex % 2)
    first17 = f"990101{born:%Y%m%d}{order:03d}"
    return first17 + check_digit(first17)


def at(day: date = TODAY, hour: int = 9) -> datetime:
    """Return a moment of a day, Beijing time."""
    return datetime.combine(day, time(hour), SHANGHAI)


def member(
    serial: int,
    *,
    household: str = "H1",
    relation: str = "02",
    name: str = "",
    born: date = date(1970, 5, 17),
    sex: int = 1,
    area_code: str = VILLAGE,
    phone: str = "",
    category: str = "",
    category_from: date | None = None,
    facts: Mapping[str, int] | None = None,
) -> RosterRow:
    """Return a roster line of an invented person."""
    return RosterRow(
        household_number=household,
        relation=relation,
        name=name or f"测试{serial}",
        id_number=id_number(serial, born, sex),
        area_code=area_code,
        phone=phone,
        category=category,
        category_from=category_from,
        facts=facts or {},
    )


def register(
    *rows: RosterRow, as_of: date = date(2026, 1, 1), known_at: datetime | None = None, delivery: UUID | None = None
) -> list[registry.PersonRef]:
    """Load roster lines and return the people in their order."""
    load_roster(rows, delivery=delivery, known_at=known_at or at(as_of), as_of=as_of)
    return people_of(rows)


def people_of(rows: Sequence[RosterRow]) -> list[registry.PersonRef]:
    """Return the register's people behind roster lines, in their order."""
    indexes = [registry.index_of_id(row.id_number) for row in rows]
    found = registry.persons_by_index(indexes)
    return [found[index] for index in indexes]
