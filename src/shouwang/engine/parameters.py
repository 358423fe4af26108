"""Parameters: dated, cited integers that hold for a division and all below it; the nearest division's wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from shouwang.engine.fingerprint import fingerprint_of
from shouwang.engine.graph import Leaf, Plan
from shouwang.engine.meaning import Value, within
from shouwang.engine.parameter_spec import WHOLE, ParameterSpec
from shouwang.engine.rule import UNITS
from shouwang.lib.area_codes import NATION, ancestors_of

COLUMNS = (
    "area_code",
    "item",
    "amount_fen",
    "per",
    "valid_from",
    "valid_to",
    "observed_on",
    "source",
    "article",
    "last_confirmed",
    "published",
    "published_unit",
)
GIVEN = "given"
"""The source of a value assumed for one calculation (a case file, a simulation): it has no document and no first day."""

_REMEMBERED = 200_000
_REMEMBERED_PLANS = 5_000


class ParameterError(ValueError):
    """A parameter row cannot stand; the message is Chinese and names the row."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One source's word on one parameter: an integer (分 for money) in a division.

    It holds from ``valid_from`` until before ``valid_to``.
    ``per`` is what a money amount is per ("person-month"), else the unit itself (percent, permille, count, days, bool).
    A row without ``valid_from`` holds from ``observed_on``: earlier its truth is not known.
    """

    item: str
    area_code: str
    value: int
    per: str
    valid_from: date | None
    valid_to: date | None = None
    source: str = ""
    article: str = ""
    last_confirmed: date | None = None
    observed_on: str = ""
    published: str = ""
    published_unit: str = ""

    def __post_init__(self) -> None:
        if self.start is None:
            raise ParameterError(f"{self.title}：没有生效日，也没有见于日期")
        if self.valid_to is not None and self.valid_to <= self.start:
            raise ParameterError(f"{self.title}：失效日不晚于生效日")

    @property
    def title(self) -> str:
        """Division and item, for messages."""
        return f"{self.area_code} {self.item}"

    @property
    def unit(self) -> str:
        """The unit of ``value``."""
        return self.per if self.per in UNITS else "fen"

    @property
    def start(self) -> date | None:
        """The first day the value is known to hold."""
        if self.valid_from is not None:
            return self.valid_from
        text = self.observed_on
        if not text:
            return None
        try:
            return date.fromisoformat(text + "-01-01"[(len(text) - 4) :])
        except ValueError as error:
            raise ParameterError(f"{self.title}：见于日期“{text}”不是日期") from error

    def in_force(self, as_of: date) -> bool:
        """Whether the value holds on a day."""
        start = self.start
        return start is not None and start <= as_of and (self.valid_to is None or as_of < self.valid_to)

    def as_row(self) -> dict[str, str]:
        """The row of the CSV layout."""
        values = (
            self.area_code,
            self.item,
            str(self.value),
            self.per,
            self.valid_from.isoformat() if self.valid_from else "",
            self.valid_to.isoformat() if self.valid_to else "",
            self.observed_on,
            self.source,
            self.article,
            self.last_confirmed.isoformat() if self.last_confirmed else "",
            self.published,
            self.published_unit,
        )
        return dict(zip(COLUMNS, values, strict=True))


@dataclass(frozen=True, slots=True)
class Found:
    """The value that holds, in the parameter's own period, and the assertion it was taken from.

    ``item`` is the parameter that was set: another than the one asked for where one line stands for both.
    ``of`` and ``ratio``: the two values a derived one was made of; ``assertion`` is then the ratio's.
    """

    value: int
    assertion: Assertion
    item: str
    of: Found | None = None
    ratio: Found | None = None

    @property
    def assertions(self) -> tuple[Assertion, ...]:
        """Every assertion the value rests on."""
        if self.of is None or self.ratio is None:
            return (self.assertion,)
        return (*self.of.assertions, *self.ratio.assertions)


class ParameterTable:
    """Assertions indexed for look-up. A table may lie over another: for one division, the upper one is asked first.

    Of two values of one division the later replaces the earlier from its first day on, unless the earlier names a last
    day after that. ``specs`` says what stands in for a parameter nobody set.
    """

    def __init__(
        self,
        assertions: Iterable[Assertion] = (),
        under: ParameterTable | None = None,
        specs: Mapping[str, ParameterSpec] | None = None,
    ) -> None:
        self._under = under
        self._specs: Mapping[str, ParameterSpec] = specs or {}
        self._rows: dict[tuple[str, str], list[Assertion]] = {}
        for assertion in assertions:
            self._rows.setdefault((assertion.item, assertion.area_code), []).append(assertion)
        for rows in self._rows.values():
            rows.sort(key=lambda row: row.start or date.min)
            for earlier, later in pairwise(rows):
                if later.start == earlier.start or (
                    earlier.valid_to is not None and later.start is not None and later.start < earlier.valid_to
                ):
                    raise ParameterError(f"{later.title}：{later.start} 起的值与 {earlier.start} 起的值时间重叠")
        self._remembered: dict[tuple[str, str, date], Found | None] = {}
        self._areas = frozenset(area for _, area in self._rows)
        self._places: dict[str, str] = {}
        self._taken: dict[tuple[Plan, str, date], tuple[Value, ...]] = {}
        self._fingerprint: str | None = None

    def values_of(self, plan: Plan, area_code: str, as_of: date) -> tuple[Value, ...]:
        """What a plan's parameters are worth in a division on a day, in its order; None for what nobody set."""
        place = self._place(area_code)
        key = (plan, place, as_of)
        found = self._taken.get(key)
        if found is None:
            if len(self._taken) > _REMEMBERED_PLANS:
                self._taken.clear()
            found = tuple(self.worth(leaf, place, as_of) for leaf in plan.parameters)
            self._taken[key] = found
        return found

    def worth(self, leaf: Leaf, area_code: str, as_of: date) -> Value:
        """What a rule reads of a parameter: None where nobody set it, and for one outside 64 bits, as for a fact."""
        found = self.lookup(leaf.name, area_code, as_of)
        return None if found is None else bool(found.value) if leaf.truth else within(found.value)

    def lookup(self, item: str, area_code: str, as_of: date) -> Found | None:
        """The value in force for a division on a day: the nearest ancestor's that has one. None: nobody set it."""
        place = self._place(area_code)
        key = (item, place, as_of)
        try:
            return self._remembered[key]
        except KeyError:
            pass
        if len(self._remembered) > _REMEMBERED:
            self._remembered.clear()
        spec = self._specs.get(item)
        found = None
        for code in ancestors_of(place):
            found = self._set_in(item, spec, code, place, as_of)
            if found is not None:
                break
        self._remembered[key] = found
        return found

    def _place(self, area_code: str) -> str:
        """The nearest division that sets anything at all: all that lies below it shares its values."""
        try:
            return self._places[area_code]
        except KeyError:
            pass
        if len(self._places) > _REMEMBERED:
            self._places.clear()
        found = next((code for code in ancestors_of(area_code) if self._speaks(code)), NATION)
        self._places[area_code] = found
        return found

    def _speaks(self, code: str) -> bool:
        return code in self._areas or (self._under is not None and self._under._speaks(code))

    def _set_in(self, item: str, spec: ParameterSpec | None, code: str, area_code: str, as_of: date) -> Found | None:
        """What one division says of a parameter: its own value, one that stands in for it, or a ratio of another."""
        own = self._found(item, code, as_of)
        if own is not None or spec is None:
            return own
        for other in spec.instead:
            if (found := self._found(other, code, as_of)) is not None:
                return found
        if spec.derived is not None and (ratio := self._found(spec.derived.ratio, code, as_of)) is not None:
            of = self.lookup(spec.derived.of, area_code, as_of)
            if of is not None:
                whole = WHOLE[self._specs[spec.derived.ratio].unit]
                return Found(-(-of.value * ratio.value // whole), ratio.assertion, item, of, ratio)
        return None

    def _found(self, item: str, code: str, as_of: date) -> Found | None:
        assertion = self._at(item, code, as_of)
        if assertion is None:
            return None
        spec = self._specs.get(item)
        value = assertion.value if spec is None else spec.amount(assertion.value, assertion.per)
        return None if value is None else Found(value, assertion, item)

    def _at(self, item: str, code: str, as_of: date) -> Assertion | None:
        for assertion in reversed(self._rows.get((item, code), ())):
            if assertion.start is not None and assertion.start <= as_of:
                if assertion.in_force(as_of):
                    return assertion
                break
        return self._under._at(item, code, as_of) if self._under else None

    def overlaid(self, assertions: Iterable[Assertion]) -> ParameterTable:
        """A table in which ``assertions`` win over this one's for the same division and day."""
        return ParameterTable(assertions, under=self, specs=self._specs)

    def assertions(self) -> list[Assertion]:
        """Every assertion, the lowest table's first."""
        below = self._under.assertions() if self._under else []
        return below + [row for key in sorted(self._rows) for row in self._rows[key]]

    def divisions_setting(self, items: Iterable[str]) -> frozenset[str]:
        """The divisions with a row, of any day, that a look-up of one of ``items`` could rest on."""
        asked, waiting = set(), list(items)
        while waiting:
            item = waiting.pop()
            if item in asked:
                continue
            asked.add(item)
            spec = self._specs.get(item)
            if spec is not None:
                waiting += [*spec.instead, *((spec.derived.of, spec.derived.ratio) if spec.derived else ())]
        return self._divisions(asked)

    def _divisions(self, items: set[str]) -> frozenset[str]:
        own = frozenset(area for item, area in self._rows if item in items)
        return own | self._under._divisions(items) if self._under else own

    @property
    def fingerprint(self) -> str:
        """SM3 hex of every assertion in the table and those below it."""
        if self._fingerprint is None:
            named = [
                ("", repr(tuple(row.as_row().values())).encode())
                for key in sorted(self._rows)
                for row in self._rows[key]
            ]
            below = self._under.fingerprint if self._under else ""
            self._fingerprint = fingerprint_of([("under", below.encode()), *named])
        return self._fingerprint
