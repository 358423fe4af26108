"""Where a code went: following lineage from one day to another through renamings, splits and mergers."""

from __future__ import annotations

from datetime import date

from shouwang.apps.areas.models import Division, Lineage
from shouwang.lib.area_codes import normalise_code


class UnknownDivision(Exception):
    """A code that was never recorded, or not yet in use on the day; the message is Chinese."""


def resolve(code: str, on: date, to: date, *, parts: bool = False) -> tuple[str, ...]:
    """Return the codes in force on ``to`` for what ``code`` meant on ``on``, in order of code.

    A code that continues, perhaps renamed, is its own answer, a merged one has one successor, a split one several: then only a person
    can say which. Empty: the code was abolished and the record does not say where it went. A code already abolished on
    ``on`` is followed from its last life, since files keep using old codes. ``parts`` adds those that took a part of the
    territory while the code itself lived on. Raises ``UnknownDivision``.
    """
    full = normalise_code(code)
    if to < on:
        raise ValueError("只能沿时间向后查找现行代码")
    life = _life_meant(full, on)
    found: set[str] = set()
    seen: set[tuple[str, date | None]] = set()
    open_ends: list[tuple[Division, date]] = [(life, on)]
    while open_ends:
        life, since = open_ends.pop()
        if (life.code, life.valid_from) in seen:
            continue
        seen.add((life.code, life.valid_from))
        ended = life.valid_to is not None and life.valid_to <= to
        if not ended:
            found.add(life.code)
        elif life.valid_to is not None:
            open_ends += [(again, life.valid_to) for again in _lives(life.code) if again.valid_from == life.valid_to]
        moves = Lineage.objects.filter(predecessor=life.code, on__lte=to)
        for move in moves:
            whole = move.on == life.valid_to
            if whole or (parts and since < move.on and (life.valid_to is None or move.on < life.valid_to)):
                open_ends += [(next_life, move.on) for next_life in _lives(move.successor) if _runs(next_life, move.on)]
    return tuple(sorted(found))


def _lives(code: str) -> list[Division]:
    lives = list(Division.objects.filter(code=code))
    return sorted(lives, key=lambda life: life.valid_from or date.min)


def _runs(life: Division, on: date) -> bool:
    return (life.valid_from is None or life.valid_from <= on) and (life.valid_to is None or life.valid_to > on)


def _life_meant(code: str, on: date) -> Division:
    """Return the life of the code on a day, else the one before, else one that began later in the same year.

    Spans of the history begin and end on 31 December because only the year is known.
    """
    lives = _lives(code)
    if not lives:
        raise UnknownDivision(f"区划代码 {code} 不在资料中")
    begun = [life for life in lives if life.valid_from is None or life.valid_from <= on]
    if begun:
        running = [life for life in begun if _runs(life, on)]
        return (running or begun)[-1]
    if lives[0].valid_from is not None and lives[0].valid_from.year == on.year:
        return lives[0]
    raise UnknownDivision(f"区划代码 {code} 在 {on.isoformat()} 尚未启用")
