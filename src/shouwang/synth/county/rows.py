"""One record of each department feed, before anyone formats it. ``person`` is a row number of ``Residents``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple


class Medical(NamedTuple):
    """A settlement. ``visit`` 住院 / 门诊统筹 / 门诊慢特病; amounts in 分."""

    person: int
    day: date
    visit: str
    total: int
    paid: int
    illness: str = ""


class Disability(NamedTuple):
    """A certificate: kind 1–7, grade 1–4."""

    person: int
    kind: int
    grade: int
    issued: date
    cancelled: bool = False


class Death(NamedTuple):
    """A death; ``office`` is where it was registered."""

    person: int
    day: date
    office: str = "安禾县殡仪馆"


class Pension(NamedTuple):
    """A monthly payment in 分; ``month`` is its first day."""

    person: int
    month: date
    scheme: str
    amount: int


class School(NamedTuple):
    """A school roll entry: stage 1–7, status 1–4, own cost of the school year in 分 (None = not reported)."""

    person: int
    school: str
    stage: int
    status: int
    day: date
    paid: int | None


class Asset(NamedTuple):
    """A vehicle, a property unit or a firm: ``number`` is plate, unit number or credit code."""

    person: int
    number: str
    kind: str
    day: date
    ended: date | None = None
    size: int = 0


class Employment(NamedTuple):
    """An employment (1) or unemployment (2) registration; wage in 分 a month."""

    person: int
    status: int
    day: date
    employer: str = ""
    wage: int | None = None


class Custody(NamedTuple):
    """Imprisonment (1) or compulsory isolation for detoxification (2); the last day is included."""

    person: int
    kind: int
    day: date
    last: date | None = None


class Disaster(NamedTuple):
    """A loss of the household whose head is ``person``; in 分."""

    person: int
    kind: str
    day: date
    housing: str
    loss: int


class Benefit(NamedTuple):
    """A monthly payment of a programme; ``returned`` holds the reason when the bank sent it back."""

    person: int
    programme: str
    month: date
    amount: int
    returned: str = ""
    place: str = "990101"


Row = Medical | Disability | Death | Pension | School | Asset | Employment | Custody | Disaster | Benefit


@dataclass(slots=True)
class Feeds:
    """All records by feed and by the month (its first day) in whose file they are delivered."""

    files: dict[tuple[str, date], list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, feed: str, month: date, row: Row) -> None:
        """Append a record to the delivery of a month."""
        self.files[feed, month].append(row)

    def rows(self, feed: str) -> list[Row]:
        """Every record of a feed, months in order."""
        return [
            row
            for (name, _), rows in sorted(self.files.items(), key=lambda item: item[0])
            if name == feed
            for row in rows
        ]
