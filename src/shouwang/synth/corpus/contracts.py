"""The four feeds the corpus imitates, as their senders were told to write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "name", "text", "date", "month", "amount", "wan", "code", "uscc"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a feed: its header, what it holds, whether a value (and the column itself) may be missing."""

    header: str
    kind: Kind
    required: bool = True
    optional: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with its columns in the agreed order."""

    name: str
    columns: tuple[Column, ...]

    @property
    def headers(self) -> list[str]:
        """The agreed header row."""
        return [column.header for column in self.columns]

    def first(self, *kinds: Kind) -> Column | None:
        """The first column of one of these kinds, or None."""
        return next((column for column in self.columns if column.kind in kinds), None)

    def place(self, header: str) -> int:
        """Position of a column, from 0."""
        return self.headers.index(header)


MEDICAL = Feed(
    "medical",
    (
        Column("身份证号", "id"),
        Column("姓名", "name"),
        Column("结算日期", "date"),
        Column("就诊类型", "code", labels=("住院", "门诊统筹", "门诊慢特病")),
        Column("总费用(元)", "amount"),
        Column("个人自付(元)", "amount"),
        Column("大病专项救治病种", "text", required=False, optional=True),
    ),
)
PENSION = Feed(
    "pension",
    (
        Column("身份证号", "id"),
        Column("姓名", "name"),
        Column("发放月份", "month"),
        Column("养老金类型", "code", labels=("城乡居民", "城镇职工")),
        Column("发放金额(元)", "amount"),
    ),
)
DEATH = Feed(
    "death",
    (
        Column("身份证号", "id"),
        Column("姓名", "name"),
        Column("死亡日期", "date"),
        Column("火化日期", "date", required=False, optional=True),
        Column("登记单位", "text", required=False, optional=True),
    ),
)
MARKET = Feed(
    "market",
    (
        Column("法定代表人身份证号", "id"),
        Column("法定代表人姓名", "name"),
        Column("统一社会信用代码", "uscc"),
        Column("主体名称", "text", required=False),
        Column("成立日期", "date"),
        Column("注册资本(万元)", "wan", required=False, optional=True),
        Column("登记状态", "code", labels=("存续", "注销")),
        Column("注销日期", "date", required=False, optional=True),
    ),
)
FEEDS = (MEDICAL, PENSION, DEATH, MARKET)
