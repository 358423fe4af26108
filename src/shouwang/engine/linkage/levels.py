"""The comparison levels, first that holds counts: each once as SQL for Splink and once as Python for the kept index.

The SQL is plain enough for DuckDB and Spark alike (``levenshtein``, ``substr``, ``LIKE``). A test holds both readings equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shouwang.engine.linkage.records import COLUMNS, Compared
from shouwang.lib.hanzi import CORNER_DIGITS

Holds = Callable[[Any, Any], bool]
MISSING = "missing"
MOST_CORNERS = 6
"""Four corners are compared for names of up to this many characters."""
MOST_EDITED = 8
"""A changed or lost character is looked for among the first so many."""


@dataclass(frozen=True)
class Level:
    """One level: its name, what a reader sees, its SQL over ``<column>_l`` and ``<column>_r``, and the same in Python."""

    name: str
    label: str
    sql: str
    holds: Holds


@dataclass(frozen=True)
class Comparison:
    """One thing compared. ``weighed_by`` names the column whose frequency in the register adjusts the first level."""

    name: str
    label: str
    missing: str
    missing_holds: Holds
    levels: tuple[Level, ...]
    weighed_by: str = ""

    def level_of(self, a: Any, b: Any) -> str:
        """Return the name of the first level that holds (``missing`` where one side does not say)."""
        if self.missing_holds(a, b):
            return MISSING
        return next(level.name for level in self.levels if level.holds(a, b))

    def labelled(self, level: str) -> str:
        """Return a level in the reader's words."""
        return next((each.label for each in self.levels if each.name == level), "一方未提供，不作判断")


def one_edit(a: str, b: str) -> bool:
    """Say whether two different texts become equal by changing or leaving out one of the first ``MOST_EDITED`` characters.

    >>> one_edit("张建国", "张国"), one_edit("王伟", "王玮"), one_edit("王伟", "李强")
    (True, True, False)
    """
    if len(a) == len(b):
        at = next((i for i, (one, two) in enumerate(zip(a, b, strict=True)) if one != two), MOST_EDITED)
        return at < MOST_EDITED and a[at + 1 :] == b[at + 1 :]
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    if len(longer) - len(shorter) != 1:
        return False
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(min(MOST_EDITED, len(longer))))


def _one_edit_sql(one: str, two: str) -> str:
    """The same in SQL: DuckDB's own ``levenshtein`` counts bytes, of which a Chinese character has three."""
    places = range(1, MOST_EDITED + 1)

    def left_out(longer: str, shorter: str) -> str:
        kept = (f"concat(substr({longer}, 1, {i - 1}), substr({longer}, {i + 1}, 60)) = {shorter}" for i in places)
        return f"(length({longer}) = length({shorter}) + 1 AND ({' OR '.join(kept)}))"

    changed = " OR ".join(
        f"(substr({one}, 1, {i - 1}) = substr({two}, 1, {i - 1}) AND substr({one}, {i + 1}, 60) = substr({two}, {i + 1}, 60))"
        for i in places
    )
    return f"((length({one}) = length({two}) AND ({changed})) OR {left_out(one, two)} OR {left_out(two, one)})"


def _one_digit(a: str, b: str) -> bool:
    return len(a) == len(b) and sum(one != two for one, two in zip(a, b, strict=True)) <= 1


def like(text: str, pattern: str) -> bool:
    """Say whether a text fits a pattern in which ``_`` stands for any one character (SQL ``LIKE``)."""
    return len(text) == len(pattern) and all(p in ("_", t) for t, p in zip(text, pattern, strict=True))


def _equal(column: str) -> tuple[str, Holds]:
    at = Compared._fields.index(column)
    return f"{column}_l = {column}_r", lambda a, b: a[at] is not None and a[at] == b[at]


def _corners_near(a: Compared, b: Compared) -> bool:
    one, two = a.corners, b.corners
    if one is None or two is None or len(one) != len(two) or len(one) > CORNER_DIGITS * MOST_CORNERS:
        return False
    pieces = range(0, len(one), CORNER_DIGITS)
    return all(_one_digit(one[i : i + CORNER_DIGITS], two[i : i + CORNER_DIGITS]) for i in pieces)


def _corners_sql() -> str:
    pieces = range(1, CORNER_DIGITS * MOST_CORNERS, CORNER_DIGITS)
    near = (
        f"levenshtein(substr(corners_l, {i}, {CORNER_DIGITS}), substr(corners_r, {i}, {CORNER_DIGITS})) <= 1"
        for i in pieces
    )
    short = f"length(corners_l) = length(corners_r) AND length(corners_l) <= {CORNER_DIGITS * MOST_CORNERS}"
    return f"{short} AND {' AND '.join(near)}"


def _placeholder(a: Compared, b: Compared) -> bool:
    if a.surname is None or a.surname != b.surname or a.wild is None or b.wild is None:
        return False
    return like(a.wild, b.wild) or like(b.wild, a.wild)


def _first_part(a: Compared, b: Compared) -> bool:
    one, two = a.first_part, b.first_part
    if one is not None and (one == two or (b.norm or "").startswith(one)):
        return True
    return two is not None and (a.norm or "").startswith(two)


def _one_edit(a: Compared, b: Compared) -> bool:
    return one_edit(a.norm or "", b.norm or "")


def _one_edit_of_three(a: Compared, b: Compared) -> bool:
    if a.surname is None or a.surname != b.surname:
        return False
    return max(len(a.norm or ""), len(b.norm or "")) > 2 and _one_edit(a, b)


_FIRST_OR_LAST = (
    "(length(norm_l) = 1 OR length(norm_r) = 1 OR substr(norm_l, 1, 1) = substr(norm_r, 1, 1) "
    "OR substr(norm_l, length(norm_l), 1) = substr(norm_r, length(norm_r), 1))"
)
"""Holds for every single edit, costs little, and spares most pairs the long condition."""

NAME = Comparison(
    "name",
    "姓名",
    "norm_l IS NULL OR norm_r IS NULL",
    lambda a, b: a.norm is None or b.norm is None,
    (
        Level("same", "姓名相同（繁简、间隔号、空格不计）", *_equal("norm")),
        Level("pinyin", "读音相同", *_equal("pinyin")),
        Level("fuzzy", "读音相近（平翘舌、前后鼻音、n/l 不分）", *_equal("fuzzy")),
        Level("corners", "字形相近（四角号码每字至多差一位）", _corners_sql(), _corners_near),
        Level(
            "placeholder",
            "有生僻字以占位符或拼音代替，其余相同",
            "surname_l = surname_r AND (wild_l LIKE wild_r OR wild_r LIKE wild_l)",
            _placeholder,
        ),
        Level(
            "first_part",
            "带间隔号姓名的首段相同",
            "first_part_l = first_part_r OR substr(norm_r, 1, length(first_part_l)) = first_part_l "
            "OR substr(norm_l, 1, length(first_part_r)) = first_part_r",
            _first_part,
        ),
        Level(
            "one_edit",
            "同姓，名字只差一个字（或漏一个字）",
            "surname_l = surname_r AND (length(norm_l) > 2 OR length(norm_r) > 2) "
            f"AND {_one_edit_sql('norm_l', 'norm_r')}",
            _one_edit_of_three,
        ),
        Level("one_character", "只差一个字", f"{_FIRST_OR_LAST} AND {_one_edit_sql('norm_l', 'norm_r')}", _one_edit),
        Level("other", "姓名不同", "ELSE", lambda a, b: True),
    ),
    weighed_by="norm",
)


def _swapped(a: Compared, b: Compared) -> bool:
    one, two = a.birth or "", b.birth or ""
    return one[:4] == two[:4] and one[4:6] == two[6:] and one[6:] == two[4:6]


def _year_near(a: Compared, b: Compared) -> bool:
    return a.month_day == b.month_day and abs((a.birth_year or 0) - (b.birth_year or 0)) <= 1


BIRTH = Comparison(
    "birth",
    "出生日期",
    "birth_l IS NULL OR birth_r IS NULL",
    lambda a, b: a.birth is None or b.birth is None,
    (
        Level("same", "出生日期相同", *_equal("birth")),
        Level(
            "swapped",
            "月、日颠倒",
            "substr(birth_l, 1, 4) = substr(birth_r, 1, 4) AND substr(birth_l, 5, 2) = substr(birth_r, 7, 2) "
            "AND substr(birth_l, 7, 2) = substr(birth_r, 5, 2)",
            _swapped,
        ),
        Level(
            "one_digit",
            "只差一位数字",
            "levenshtein(birth_l, birth_r) <= 1",
            lambda a, b: _one_digit(a.birth or "", b.birth or ""),
        ),
        Level(
            "year_near",
            "月日相同，年份差一年",
            "month_day_l = month_day_r AND abs(birth_year_l - birth_year_r) <= 1",
            _year_near,
        ),
        Level("month", "同年同月，日不同", *_equal("birth_month")),
        Level("month_day", "月日相同，年份不同", *_equal("month_day")),
        Level(
            "year",
            "年份相差不超过一年",
            "abs(birth_year_l - birth_year_r) <= 1",
            lambda a, b: abs((a.birth_year or 0) - (b.birth_year or 0)) <= 1,
        ),
        Level("other", "出生日期不同", "ELSE", lambda a, b: True),
    ),
)
SEX = Comparison(
    "sex",
    "性别",
    "sex_l IS NULL OR sex_r IS NULL",
    lambda a, b: a.sex is None or b.sex is None,
    (
        Level("same", "性别相同", *_equal("sex")),
        Level("other", "性别不同", "ELSE", lambda a, b: True),
    ),
)
AREA = Comparison(
    "area",
    "地区",
    "prefecture_l IS NULL OR prefecture_r IS NULL",
    lambda a, b: a.prefecture is None or b.prefecture is None,
    (
        Level("village", "同村（社区）", *_equal("village")),
        Level("township", "同乡镇（街道）", *_equal("township")),
        Level("county", "同县（市、区）", *_equal("county")),
        Level("prefecture", "同市（州）", *_equal("prefecture")),
        Level("other", "不在同一市（州）", "ELSE", lambda a, b: True),
    ),
)
BLOCKS: tuple[tuple[str, ...], ...] = (
    ("birth", "sex"),
    ("pinyin", "birth_month"),
    ("pinyin", "county"),
    ("surname", "month_day", "prefecture"),
    ("surname", "birth_month", "county"),
    ("fuzzy", "month_day"),
    ("first_part", "birth_month"),
)
"""Two records are compared at all where one of these agrees in every column."""


@dataclass(frozen=True)
class Scheme:
    """What is compared of a kind of records, and which pairs are compared at all. Records are tuples of ``columns``.

    ``trained_on`` are the blocks within which the weights are learned; what a block holds fixed it says nothing about.
    ``sure`` is the SQL of agreement that few pairs of two people reach; ``recall`` how many pairs of one person do.
    """

    columns: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    blocks: tuple[tuple[str, ...], ...]
    trained_on: tuple[tuple[str, ...], ...]
    sure: str
    recall: float


PEOPLE = Scheme(
    columns=COLUMNS,
    comparisons=(NAME, BIRTH, SEX, AREA),
    blocks=BLOCKS,
    trained_on=(("birth", "sex"), ("norm",), ("pinyin", "county")),
    sure="l.norm = r.norm AND l.birth = r.birth AND l.sex = r.sex",
    recall=0.6,
)
