"""Who lives with whom: households drawn to published sizes, ages and sexes. Vectorised by type of household."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shouwang.synth.calibration import HOUSEHOLD_SIZE_SHARES

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float64]

DAYS_PER_YEAR = 365.2425
YOUNGEST = 0.2
"""Years of age: nobody is born in the last ten weeks, so that the roster can be loaded before the first month of files."""

HEAD, SPOUSE, SON, DAUGHTER, GRANDSON, GRANDDAUGHTER, FATHER, MOTHER, OTHER = 2, 10, 20, 30, 41, 42, 51, 52, 97
"""与户主关系, GB/T 4761 two-digit codes."""


@dataclass(frozen=True, slots=True)
class Household:
    """A type of household: who is in it (see ``_ages``), the head's age from–to, how often it occurs among its size."""

    roles: str
    head: tuple[int, int]
    weight: float


# H head, S spouse, C child, A grown child, W grown child's spouse, P and Q the head's parents, G grandchild, O other
TYPES: dict[int, tuple[Household, ...]] = {
    1: (Household("H", (60, 91), 0.46), Household("H", (27, 60), 0.54)),
    2: (
        Household("HS", (60, 88), 0.41),
        Household("HS", (45, 60), 0.18),
        Household("HS", (23, 36), 0.06),
        Household("HA", (46, 72), 0.12),
        Household("HP", (30, 56), 0.11),
        Household("HG", (60, 76), 0.05),
        Household("HC", (28, 46), 0.07),
    ),
    3: (
        Household("HSC", (24, 46), 0.49),
        Household("HSA", (47, 64), 0.21),
        Household("HSP", (38, 60), 0.08),
        Household("HCC", (30, 45), 0.05),
        Household("HSG", (57, 72), 0.10),
        Household("HPQ", (25, 50), 0.07),
    ),
    4: (
        Household("HSCC", (27, 45), 0.52),
        Household("HSCP", (28, 48), 0.20),
        Household("HSAA", (48, 62), 0.11),
        Household("HSPQ", (32, 52), 0.05),
        Household("HSGG", (57, 71), 0.06),
        Household("HSAW", (50, 64), 0.06),
    ),
    5: (
        Household("HSCCP", (28, 46), 0.40),
        Household("HSCPQ", (28, 46), 0.20),
        Household("HSAWG", (50, 66), 0.30),
        Household("HSCCC", (29, 44), 0.10),
    ),
    6: (
        Household("HSCCPQ", (28, 45), 0.40),
        Household("HSAWGG", (52, 67), 0.50),
        Household("HSCCCP", (29, 44), 0.10),
    ),
    7: (Household("HSAWGGP", (50, 62), 0.5), Household("HSCCCPQ", (30, 44), 0.5)),
    8: (Household("HSAWGGPQ", (48, 60), 1.0),),
    9: (Household("HSAWGGGPQ", (48, 60), 1.0),),
    10: (Household("HSAWGGGPQO", (48, 60), 1.0),),
}


@dataclass(frozen=True, slots=True)
class People:
    """Persons sorted by household (n,): household number from 0, relation code, sex and day of birth (days since 1970)."""

    household: Int64
    relation: Int64
    male: Bool
    birth_day: Int64

    def __len__(self) -> int:
        return len(self.household)

    @property
    def households(self) -> int:
        """How many households there are."""
        return int(self.household[-1]) + 1 if len(self.household) else 0

    def sizes(self) -> Int64:
        """Members per household (households,)."""
        return np.bincount(self.household, minlength=self.households).astype(np.int64)

    def ages(self, on: int) -> Int64:
        """Full years of age (n,) on a day number, by the calendar."""
        return ages_on(self.birth_day, on)


def ages_on(birth_days: Int64, on: int) -> Int64:
    """Full years (周岁) of people born on these day numbers (n,); 29 February falls on 28 February in common years."""
    born = birth_days.astype("datetime64[D]")
    months = born.astype("datetime64[M]")
    years = born.astype("datetime64[Y]").astype(np.int64)
    month_day = (months.astype(np.int64) % 12 + 1) * 100 + (born - months).astype(np.int64) + 1
    today = np.datetime64(on, "D")
    year = int(today.astype("datetime64[Y]").astype(np.int64))
    month = int(today.astype("datetime64[M]").astype(np.int64)) % 12 + 1
    now = month * 100 + int((today - today.astype("datetime64[M]")).astype(np.int64)) + 1
    common = (year + 1970) % 4 != 0 or ((year + 1970) % 100 == 0 and (year + 1970) % 400 != 0)
    month_day = np.where((month_day == 229) & common, 228, month_day)
    ages: Int64 = year - years - (month_day > now)
    return ages


def draw_people(rng: np.random.Generator, count: int, on: int) -> People:
    """Draw exactly ``count`` people living in whole households, aged as of day number ``on``."""
    mean = float(np.dot(np.arange(1, 11), HOUSEHOLD_SIZE_SHARES) / sum(HOUSEHOLD_SIZE_SHARES))
    shares = np.array(HOUSEHOLD_SIZE_SHARES) / sum(HOUSEHOLD_SIZE_SHARES)
    sizes = rng.choice(np.arange(1, 11), int(count / mean * 1.05) + 20, p=shares)
    last = int(np.searchsorted(np.cumsum(sizes), count))
    sizes = sizes[: last + 1]
    sizes[-1] -= int(sizes.sum()) - count
    household = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.cumsum(sizes) - sizes
    ages = np.zeros(count)
    male = np.zeros(count, dtype=bool)
    relation = np.zeros(count, dtype=np.int64)
    for size, types in TYPES.items():
        of_size = np.flatnonzero(sizes == size)
        weights = np.array([each.weight for each in types])
        drawn = rng.choice(len(types), len(of_size), p=weights / weights.sum())
        for place, kind in enumerate(types):
            rows = starts[of_size[drawn == place]][:, None] + np.arange(size)
            ages[rows], male[rows] = _ages(rng, kind, len(rows))
            relation[rows] = _relations(kind.roles, male[rows])
    birth_day = on - np.floor(ages * DAYS_PER_YEAR).astype(np.int64)
    return People(household, relation, male, birth_day)


def _ages(rng: np.random.Generator, kind: Household, count: int) -> tuple[Float, Bool]:
    """Ages and sexes (count, members) of one type of household."""
    head = rng.uniform(*kind.head, count)
    if kind.roles == "H" and kind.head[0] >= 60:
        head = kind.head[0] + (kind.head[1] - kind.head[0]) * rng.beta(1.2, 1.8, count)
    couple = "S" in kind.roles
    alone_old = kind.roles == "H" and kind.head[0] >= 60
    head_male = rng.random(count) < (0.90 if couple else 0.46 if alone_old else 0.64)
    ages = np.empty((count, len(kind.roles)))
    male = np.empty((count, len(kind.roles)), dtype=bool)
    grown = head - rng.uniform(22, 30, count)
    for place, role in enumerate(kind.roles):
        match role:
            case "H":
                ages[:, place], male[:, place] = head, head_male
            case "S":
                ages[:, place] = _between(
                    rng, head - np.where(head_male, 1.8, -1.8) + rng.normal(0, 2.2, count), 20.5, 97
                )
                male[:, place] = ~head_male
            case "C":
                ages[:, place] = _between(rng, head - rng.uniform(21.5, 36, count), YOUNGEST, 26)
                male[:, place] = rng.random(count) < 0.535
            case "A":
                ages[:, place] = _between(rng, grown - rng.uniform(0, 4, count) * (place > 2), 16, 60)
                male[:, place] = rng.random(count) < (0.63 if "W" not in kind.roles else 0.82)
            case "W":
                ages[:, place] = _between(rng, grown + rng.normal(-1, 2, count), 20.2, 60)
                male[:, place] = ~male[:, place - 1]
            case "P" | "Q":
                ages[:, place] = _between(rng, head + rng.uniform(21, 31, count), 40, 97)
                male[:, place] = ~male[:, place - 1] if role == "Q" else rng.random(count) < 0.38
            case "G":
                ages[:, place] = _between(rng, head - rng.uniform(46, 58, count), YOUNGEST, 24)
                male[:, place] = rng.random(count) < 0.535
            case _:
                ages[:, place] = rng.uniform(20, 60, count)
                male[:, place] = rng.random(count) < 0.5
    return ages, male


def _between(rng: np.random.Generator, ages: Float, low: float, high: float) -> Float:
    """Ages with those outside drawn anew within five years of the bound, so that nobody piles up on one day of birth."""
    back = rng.uniform(0, 5, len(ages))
    return np.where(ages < low, low + back, np.where(ages > high, high - back, ages))


def _relations(roles: str, male: Bool) -> Int64:
    pairs = {
        "H": (HEAD, HEAD),
        "S": (SPOUSE, SPOUSE),
        "C": (SON, DAUGHTER),
        "A": (SON, DAUGHTER),
        "P": (FATHER, MOTHER),
        "Q": (FATHER, MOTHER),
        "G": (GRANDSON, GRANDDAUGHTER),
    }
    result = np.empty(male.shape, dtype=np.int64)
    for place, role in enumerate(roles):
        man, woman = pairs.get(role, (OTHER, OTHER))
        result[:, place] = np.where(male[:, place], man, woman)
    return result
