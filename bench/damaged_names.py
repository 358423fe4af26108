"""Invented people, and records about them with damage of known truth: the names as one office wrote them, as another did."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from functools import cache

import numpy as np

from shouwang.engine.linkage.records import Whom
from shouwang.lib.hanzi import plain_reading, plain_readings
from shouwang.lib.person_names import DOT, fuzzy_reading, name_forms
from shouwang.synth import names as synth

NAMES_DAMAGED, BIRTHS_DAMAGED, AREAS_DAMAGED, STRANGERS = 0.4, 0.15, 0.2, 0.2
COMMON = 2_800
PLACEHOLDERS = "?？□*○"
DOTS = ("•", "・", "．", ".", " ", "")
KINDS = ("homophone", "near", "alike", "traditional", "placeholder", "lost", "dot")


@cache
def common_characters() -> tuple[str, ...]:
    """The commonest characters, and every one of the invented names."""
    from char_similar_z.path_config import get_dict

    frequency = get_dict("frequency")
    own = {*synth.SURNAMES, *synth.MALE, *synth.FEMALE, *synth.YOUNG_MALE, *synth.YOUNG_FEMALE}
    ranked = sorted(frequency, key=lambda each: (-frequency[each], each))
    usual = [each for each in ranked if len(each) == 1 and plain_reading(each) and "\u4e00" <= each <= "\u9fa5"][
        :COMMON
    ]
    return tuple(sorted({*own, *usual}))


@cache
def _sounding() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    same, near = defaultdict(list), defaultdict(list)
    for each in common_characters():
        for reading in plain_readings(each)[:2]:
            same[reading].append(each)
        near[fuzzy_reading(plain_reading(each))].append(each)
    return same, near


@cache
def _looking() -> dict[str, list[str]]:
    """Characters whose strokes in order differ by one at most, of six strokes or more: not the code our levels use."""
    from char_similar_z.path_config import get_dict

    order = get_dict("order")
    buckets: dict[str, list[str]] = defaultdict(list)
    for each in common_characters():
        strokes = "".join(order.get(each, ""))
        if len(strokes) > 5:
            buckets[strokes].append(each)
            for at in range(len(strokes)):
                buckets[strokes[:at] + "_" + strokes[at + 1 :]].append(each)
                buckets[strokes[:at] + strokes[at + 1 :]].append(each)
    alike: dict[str, set[str]] = defaultdict(set)
    for near in buckets.values():
        for each in near:
            alike[each].update(near)
    return {each: sorted(found - {each}) for each, found in alike.items() if len(found) > 1}


@cache
def _traditional() -> dict[str, str]:
    from opencc import OpenCC

    convert = OpenCC("s2t").convert
    return {each: changed for each in common_characters() if (changed := convert(each)) != each and len(changed) == 1}


def people(count: int, seed: int) -> list[Whom]:
    """Draw people: name, birth, sex, village."""
    rng = np.random.default_rng(seed)
    male = rng.random(count) < 0.52
    ages = np.minimum(95, np.abs(rng.normal(48, 22, count)).astype(np.int64))
    drawn = synth.full_names(rng, synth.surnames(rng, count), male, ages, rng.random(count) < 0.04)
    pool = np.array(common_characters(), dtype=object)
    seldom = rng.random(count) < 0.45
    other = pool[rng.integers(0, len(pool), count)]
    days = ages * 365 + rng.integers(0, 365, count)
    places = _places(rng, count)
    today = dt.date(2026, 11, 2).toordinal()
    found = []
    for at in range(count):
        name = drawn[at]
        if seldom[at] and DOT not in name and len(name) > 1:
            name = name[:-1] + other[at]
        birth = dt.date.fromordinal(today - int(days[at])).strftime("%Y%m%d")
        found.append(Whom(name, birth, 1 if male[at] else 2, places[at]))
    return found


def _places(rng: np.random.Generator, count: int) -> list[str]:
    parts = (rng.integers(1, high, count) for high in (9, 10, 21, 13))
    return [f"52{a:02d}{b:02d}{c:03d}{d:03d}" for a, b, c, d in zip(*parts, strict=True)]


def records_about(register: list[Whom], count: int, seed: int) -> tuple[list[Whom], list[int]]:
    """Return records, and for each the place of its person in the register (-1: a stranger)."""
    rng = np.random.default_rng(seed + 1)
    strangers = people(int(count * STRANGERS) + 1, seed + 2)
    chosen = rng.permutation(len(register))[:count]
    is_stranger = rng.random(count) < STRANGERS
    records, truth = [], []
    for at in range(count):
        stranger = bool(is_stranger[at]) and bool(strangers)
        whom = strangers.pop() if stranger else register[chosen[at]]
        truth.append(-1 if stranger else int(chosen[at]))
        records.append(damaged(whom, rng))
    return records, truth


def damaged(whom: Whom, rng: np.random.Generator) -> Whom:
    """Write one person down again, as another office might."""
    name, birth, _, area = whom
    if rng.random() < NAMES_DAMAGED:
        name = _name(name, rng)
    if rng.random() < BIRTHS_DAMAGED:
        birth = _birth(birth, rng)
    if rng.random() < AREAS_DAMAGED:
        near = rng.random()
        other = _places(rng, 1)[0]
        kept = 6 if near < 0.5 else 4 if near < 0.75 else 2
        area = area[:kept] + other[kept:]
    return Whom(name, birth, whom.sex, area)


def _name(name: str, rng: np.random.Generator) -> str:
    for kind in rng.permutation(KINDS):
        changed = _change(name, "dot" if DOT in name and rng.random() < 0.7 else str(kind), rng)
        if changed != name:
            return changed
    return name


def _change(name: str, kind: str, rng: np.random.Generator) -> str:
    if kind == "dot":
        return name.replace(DOT, DOTS[rng.integers(len(DOTS))])
    if kind == "traditional":
        return "".join(_traditional().get(each, each) for each in name)
    if kind == "lost":
        if DOT in name:
            return name.split(DOT, maxsplit=1)[0]
        at = int(rng.integers(1, len(name))) if len(name) > 2 else -1
        return name if at < 0 else name[:at] + name[at + 1 :]
    at = int(rng.integers(0 if kind != "placeholder" and rng.random() < 0.2 else min(1, len(name) - 1), len(name)))
    each = name[at]
    if each == DOT:
        return name
    if kind == "placeholder":
        sign = plain_reading(each) if rng.random() < 0.4 else PLACEHOLDERS[rng.integers(len(PLACEHOLDERS))]
        return name[:at] + sign + name[at + 1 :]
    same, near = _sounding()
    choices = {
        "homophone": same.get(plain_reading(each), []),
        "near": near.get(fuzzy_reading(plain_reading(each)), []),
        "alike": _looking().get(each, []),
    }[kind]
    others = [other for other in choices if other != each]
    return name[:at] + others[rng.integers(len(others))] + name[at + 1 :] if others else name


def _birth(birth: str, rng: np.random.Generator) -> str:
    for _ in range(20):
        kind = rng.integers(4)
        if kind == 0:
            changed = birth[:4] + birth[6:] + birth[4:6]
        elif kind == 1:
            at = int(rng.integers(2, 8))
            changed = birth[:at] + str(rng.integers(10)) + birth[at + 1 :]
        elif kind == 2:
            changed = str(int(birth[:4]) + (1 if rng.random() < 0.5 else -1)) + birth[4:]
        else:
            changed = birth[:6] + f"{rng.integers(1, 29):02d}"
        if changed != birth and _real(changed):
            return changed
    return birth


def _real(birth: str) -> bool:
    try:
        dt.date(int(birth[:4]), int(birth[4:6]), int(birth[6:]))
    except ValueError:
        return False
    return int(birth) < 20261102


def keyed(records: list[Whom], form: str) -> list[tuple[str, str, int]]:
    """Return name (``raw``, or one of its forms), birth and sex of records, to be compared as they stand."""
    return [
        (each.name if form == "raw" else getattr(name_forms(each.name), form), each.birth, each.sex) for each in records
    ]
