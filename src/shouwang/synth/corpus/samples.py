"""Clean records of the four feeds: the raw texts a tidy sender writes and the values they must become."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from shouwang.synth import names
from shouwang.synth.corpus.contracts import Feed
from shouwang.synth.corpus.manifest import Values
from shouwang.synth.identity_numbers import PREFIX, credit_code, first_seventeen, with_check_digit

FIRST_DAY = date(2026, 9, 1)
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Sample:
    """One record: ``cells`` as written, ``values`` as they must arrive."""

    cells: dict[str, str]
    values: Values

    def changed(self, header: str, text: str, value: str | int | None) -> Sample:
        """The same record with one cell written as ``text``, which must arrive as ``value``."""
        return replace(self, cells={**self.cells, header: text}, values={**self.values, header: value})


def identity_number(
    rng: np.random.Generator, *, first: date = date(1930, 1, 1), last: date = date(2015, 12, 31)
) -> str:
    """A valid invented identity number of someone born between two days."""
    day = int(rng.integers((first - EPOCH).days, (last - EPOCH).days + 1))
    seventeen = first_seventeen(int(PREFIX), np.array([day]), rng.integers(0, 1000, 1))
    return str(with_check_digit(seventeen)[0])


def person_name(rng: np.random.Generator) -> str:
    """A common two- or three-character name that every Chinese encoding can hold."""
    family = names.SURNAMES[int(rng.integers(0, 40))]
    given = names.MALE[int(rng.integers(0, len(names.MALE)))] + names.FEMALE[int(rng.integers(0, len(names.FEMALE)))]
    return family + given[: int(rng.integers(1, 3))]


def yuan_text(fen: int) -> str:
    """Plain decimal text of an amount in 分."""
    return f"{fen // 100}.{fen % 100:02d}"


def sample(feed: Feed, rng: np.random.Generator) -> Sample:
    """Draw one clean record."""
    cells: dict[str, str] = {}
    values: Values = {}
    total = int(rng.integers(10_000, 2_000_000))
    for column in feed.columns:
        text: str
        value: str | int | None
        match column.kind:
            case "id":
                text = value = identity_number(rng)
            case "name":
                text = value = person_name(rng)
            case "date":
                text = value = (FIRST_DAY + timedelta(days=int(rng.integers(0, 30)))).isoformat()
            case "month":
                text = value = "2026-09"
            case "amount":
                value = total if column.header == "总费用(元)" else total // 3
                text = yuan_text(value)
            case "wan":
                wan = int(rng.integers(1, 500))
                text, value = str(wan), wan * 1_000_000
            case "code":
                text = value = column.labels[int(rng.integers(0, len(column.labels)))]
            case "uscc":
                text = value = credit_code(int(rng.integers(0, 100_000_000)))
            case "text":
                text = value = {"主体名称": "安禾县" + person_name(rng) + "百货店", "登记单位": "安禾县殡仪馆"}.get(
                    column.header, "终末期肾病"
                )
        if not column.required and column.kind in ("date", "text") and rng.random() < 0.5:
            text, value = "", None
        cells[column.header] = text
        values[column.header] = value
    return Sample(cells, values)
