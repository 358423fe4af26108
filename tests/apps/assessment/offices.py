"""People and values for tests of local standards: a second reviewer in the county, drafts, a provincial floor."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from shouwang.apps.accounts import services as accounts
from shouwang.apps.accounts.access import Actor
from shouwang.apps.accounts.selectors import actor_by_username
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.assessment.services import approve_standard, draft_standard, import_standards
from shouwang.engine.parameters import Assertion
from tests.apps.scene import standards_file
from tests.cast import COUNTY, OFFICE_SINCE, TODAY

FLOOR = "99,dibao_rural_floor,48000,person-month,2026-01-01,,,示范省民发〔2025〕9号,二,\n"
LINE = "990101,dibao_rural,50000,person-month,2026-01-01,,,安禾民发〔2025〕30号,一,\n"
MARGINAL = 150


def second_reviewer(username: str = "xian2", name: str = "钱文静") -> Actor:
    """Fill a second post of the county."""
    user = accounts.create_user(None, username=username, name=name)
    accounts.assign_post(
        None, user=user, title="安禾县民政局复核员", level="county", area_code=COUNTY, valid_from=OFFICE_SINCE
    )
    return actor_by_username(username, TODAY)


def wanted(
    amount: int = 55000,
    *,
    item: str = "dibao_rural",
    area_code: str = COUNTY,
    per: str = "person-month",
    since: date = date(2027, 1, 1),
    until: date | None = None,
    source: str = "安禾民发〔2026〕31号",
) -> Assertion:
    """Return a standard somebody wants: 550 元 a month from the new year on."""
    return Assertion(
        item=item,
        area_code=area_code,
        value=amount,
        per=per,
        valid_from=since,
        valid_to=until,
        source=source,
        article="一",
        published=f"{amount // 100}",
        published_unit="元/月",
    )


def county_with_line(folder: Path) -> None:
    """A county with a rural line of 500 元 a month and a provincial floor of 480."""
    import_standards(standards_file(folder, FLOOR + LINE, name="lines.csv"))


def approved(maker: Actor, checker: Actor, assertion: Assertion | None = None) -> LocalStandard:
    """Draft and approve a standard by two people."""
    row = draft_standard(maker, assertion or wanted())
    return approve_standard(checker, row.uuid, version=row.version)
