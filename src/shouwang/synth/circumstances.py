"""What befalls people: disability, household income, and which households are on which programme."""

from __future__ import annotations

import numpy as np

from shouwang.synth.calibration import (
    DISABILITY_GRADE_SHARES,
    DISABILITY_KIND_WEIGHTS,
    LOW_INCOME_COMPOSITION,
    RURAL_QUINTILE_MEANS,
    TARGETS,
)
from shouwang.synth.households import Bool, Float, Int64, People

CLASSES = ("none", "dibao", "tekun", "dibao_marginal", "rigid_expenditure", "anti_poverty_monitored")
NONE, DIBAO, TEKUN, MARGINAL, RIGID, MONITORED = range(6)
ADULT, ELDER = 18, 60
SELDOM_ALONE = 0.72
POOREST = 1_200
"""Income per head, yuan a year, at which the lowest fifth is made to begin."""


def draw_disability(rng: np.random.Generator, ages: Int64, alone: Bool) -> tuple[Int64, Int64]:
    """Draw grade (0 none, 1–4) and kind (0, 1–7) of disability (n,), more frequent with age.

    Most of the gravest grades (1–2) that fall on people living alone change places with milder ones of people who do not.
    """
    risk = np.select([ages < 15, ages < 45, ages < 60, ages < 75], [0.016, 0.032, 0.058, 0.118], 0.20)
    risk = risk * TARGETS["disabled"].value / 0.0595
    disabled = rng.random(len(ages)) < risk
    kinds = np.array(DISABILITY_KIND_WEIGHTS) / sum(DISABILITY_KIND_WEIGHTS)
    shares = np.array(DISABILITY_GRADE_SHARES) / sum(DISABILITY_GRADE_SHARES)
    grade = np.where(disabled, rng.choice(4, len(ages), p=shares) + 1, 0)
    kind = np.where(disabled, rng.choice(7, len(ages), p=kinds) + 1, 0)
    grave = np.flatnonzero(alone & (grade > 0) & (grade <= 2) & (rng.random(len(ages)) < SELDOM_ALONE))
    milder = rng.permutation(np.flatnonzero(~alone & (grade > 2)))[: len(grave)]
    grave = grave[: len(milder)]
    grade[grave], grade[milder] = grade[milder], grade[grave]
    return grade, kind


def income_at(rank: Float) -> Int64:
    """Income per head in 分 a year at ranks 0–1 (n,): straight lines within the lower four fifths, an exponential tail above.

    Each fifth has its published mean.
    """
    means = [mean * 100 for mean in RURAL_QUINTILE_MEANS]
    knots = [POOREST * 100.0]
    for mean in means[:4]:
        knots.append(2 * mean - knots[-1])
    lower = np.interp(np.minimum(rank, 0.8), np.linspace(0, 0.8, 5), knots)
    above = np.clip((rank - 0.8) / 0.2, 0, 0.9999)
    tail = -np.log1p(-above) * (means[4] - knots[4])
    result: Int64 = np.where(rank < 0.8, lower, knots[4] + tail).astype(np.int64)
    return result


def draw_classes(rng: np.random.Generator, people: People, on: int, disabled: Bool, low_income: int) -> Int64:
    """Choose which households are on which programme until ``low_income`` people are: class per household (households,).

    低保 households are tilted to the published shares of women, elders, minors and disabled people and to their size;
    特困 are elders or severely disabled people living alone; the others are any households.
    """
    classes = np.zeros(people.households, dtype=np.int64)
    sizes = people.sizes()
    wanted = {name: round(low_income * share) for name, share in LOW_INCOME_COMPOSITION.items()}
    features = _features(people, on, disabled)
    targets = wanted["dibao"] * np.array(
        [1 / TARGETS["dibao_household_size"].value, 1.0]
        + [TARGETS[f"dibao_{name}"].value for name in ("female", "elderly", "minors", "disabled")]
    )
    chance = _tilted(features, targets)
    _take(classes, sizes, DIBAO, wanted["dibao"], np.argsort(rng.random(len(chance)) / np.maximum(chance, 1e-12)))
    ages = people.ages(on)
    alone = sizes == 1
    first = np.cumsum(sizes) - sizes
    elder = alone & (ages[first] >= ELDER)
    helpless = alone & disabled[first] & (ages[first] >= ADULT)
    order = np.argsort(rng.random(len(sizes)) - 0.2 * helpless + 10.0 * ~(elder | helpless))
    _take(classes, sizes, TEKUN, wanted["tekun"], order)
    for code, name in (
        (MARGINAL, "dibao_marginal"),
        (RIGID, "rigid_expenditure"),
        (MONITORED, "anti_poverty_monitored"),
    ):
        _take(classes, sizes, code, wanted[name], rng.permutation(len(sizes)))
    return classes


def _features(people: People, on: int, disabled: Bool) -> Float:
    """Per household: 1, members, women, elders, minors, disabled members (households, 6)."""
    ages = people.ages(on)
    columns = [np.ones(len(people)), ~people.male, ages >= ELDER, ages < ADULT, disabled]
    counts = [np.bincount(people.household, column, people.households) for column in columns]
    return np.column_stack([np.ones(people.households), *counts])


def _tilted(features: Float, targets: Float) -> Float:
    """Chance per household (logistic in its features) such that the expected totals are ``targets``: Newton's method."""
    weights = np.zeros(features.shape[1])
    weights[0] = np.log(targets[0] / len(features))
    for _ in range(60):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gap = targets - features.T @ chance
        if np.abs(gap).max() < 0.5:
            break
        curvature = (features * (chance * (1 - chance))[:, None]).T @ features
        step = np.linalg.solve(curvature + 1e-6 * np.eye(len(weights)), gap)
        weights += step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-9))
    result: Float = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
    return result


def _take(classes: Int64, sizes: Int64, code: int, people: int, order: Int64) -> None:
    """Give ``code`` to households in this order until they hold ``people`` persons; a household too large is passed over."""
    order = order[classes[order] == NONE]
    reached = np.cumsum(sizes[order])
    chosen = int(np.searchsorted(reached, people, side="right"))
    classes[order[:chosen]] = code
    missing = people - (int(reached[chosen - 1]) if chosen else 0)
    for household in order[chosen:]:
        if missing == 0:
            return
        if sizes[household] <= missing:
            classes[household] = code
            missing -= int(sizes[household])


def draw_incomes(rng: np.random.Generator, people: People, classes: Int64) -> Int64:
    """Draw income per head in 分 a year (households,) so that each fifth of *persons* has its published mean.

    Households on 低保 or 特困 stand lowest, then 低保边缘, then the other low-income classes among the lower 40 %.
    """
    count = people.households
    place = rng.random(count)
    place = np.select(
        [np.isin(classes, (DIBAO, TEKUN)), classes == MARGINAL, np.isin(classes, (RIGID, MONITORED))],
        [place * 0.09, 0.11 + place * 0.08, 0.10 + place * 0.30],
        place,
    )
    sizes = people.sizes()
    order = np.argsort(place, kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order] / 2
    rank = np.empty(count)
    rank[order] = before / len(people)
    return income_at(rank)
