"""A delivered fact file, linked once: its rows by slot and day, immutable; what nobody in the register has is kept apart.

Read in batches; the rows of a batch go to partitions of slots, and each partition is sorted in memory. So the memory needed
does not grow with the file. Rows in = linked + unmatched + refused, always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.backends import arrays
from shouwang.engine.compare import store_files
from shouwang.engine.compare.column_files import Columns, ColumnsWriter
from shouwang.engine.compare.covering import cadence_of
from shouwang.engine.compare.number_files import NumberFiles
from shouwang.engine.compare.periods import LAST_YEAR, MONTHS_HEARD
from shouwang.engine.compare.rosters import Progress, is_whole, numbers_of
from shouwang.engine.compare.spilling import Rows
from shouwang.engine.compare.store_files import StoreError
from shouwang.engine.frame import OPEN, Array
from shouwang.engine.inputs import ItemSpec
from shouwang.engine.packed import KINDS, untold
from shouwang.engine.rule import Entity
from shouwang.lib.area_codes import AreaCodeError, normalise_code
from shouwang.lib.halfwidth import excerpt

_BATCH = 2_000_000
_PARTITION = 4_000_000
_EARLIEST, _LATEST = -719_162, 2_932_896
"""The day numbers of 0001-01-01 and 9999-12-31."""
NUMBER_COLUMNS = {"key": Entity.PERSON, "person_id": Entity.PERSON, "household_id": Entity.HOUSEHOLD}
_OWN_COLUMNS = {*NUMBER_COLUMNS, "true_from", "true_to"}

REASONS = (
    "没有标识（key、person_id 或 household_id 为空）",
    "没有起始日（true_from 为空）",
    "日期超出历法",
    "止日不晚于起日",
    "各项目都为空",
    "数值超出 64 位整数可表示的范围",
)


SAYS_NOTHING = 1 + REASONS.index("各项目都为空")
"""The reason of a row in which none of the items that are read has a value."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery's rows: ``rows`` = ``linked`` + ``unmatched`` + ``refused``; ``doubled`` of the unmatched
    have a key that two registered persons share; ``refusals`` by reason."""

    delivery: str
    feed: str
    rows: int
    linked: int
    unmatched: int
    refused: int
    doubled: int
    refusals: Mapping[str, int]
    already: bool = False


@dataclass(frozen=True, slots=True)
class FactFile:
    """A fact file and what its metadata says."""

    path: Path
    delivery: str
    feed: str
    period: str
    area_code: str
    cadence: str
    number: str
    items: tuple[str, ...]
    ends: bool
    rows: int

    @property
    def subject(self) -> Entity:
        """Whose facts these are."""
        return NUMBER_COLUMNS[self.number]


def read_fact_file(path: Path, items: Mapping[str, ItemSpec] | None = None) -> FactFile:
    """Read what a fact file is. ``items``: what may be asserted. Raises StoreError (中文) that says what is wrong."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(f"读不了 {path.name}：不是 Parquet 文件，或没有写完") from error
    with file:
        schema, rows = file.schema_arrow, int(file.metadata.num_rows)
    about = {
        key.decode(errors="replace"): value.decode(errors="replace") for key, value in (schema.metadata or {}).items()
    }
    lacking = [name for name in ("feed", "period", "area_code", "delivery") if not about.get(name)]
    if lacking:
        raise StoreError(f"{path.name} 的文件元数据缺少 {'、'.join(lacking)}：请按数据交付格式重新生成")
    number, found, ends = columns_of(path, schema, items)
    if items is not None:
        others = sorted({items[name].feed for name in found} - {about["feed"]})
        if others:
            raise StoreError(f"{path.name} 标明来自 {about['feed']}，却有 {'、'.join(others)} 的项目，请按来源分开交付")
    cadence = about.get("cadence") or cadence_of(about["period"])
    try:
        area_code = normalise_code(about["area_code"])
        period_is_right = (
            cadence in MONTHS_HEARD
            and 1 <= int(about["period"][5:7] or 1) <= 12
            and 0 < int(about["period"][:4]) <= LAST_YEAR
        )
    except AreaCodeError as error:
        raise StoreError(f"{path.name}：{error}") from error
    except ValueError:
        period_is_right = False
    if not period_is_right:
        raise StoreError(f"{path.name} 的所属期“{excerpt(about['period'])}”应写成 2026-10 或 2026")
    return FactFile(
        path,
        about["delivery"],
        about["feed"],
        about["period"],
        area_code,
        cadence,
        number,
        found,
        ends,
        rows,
    )


def columns_of(path: Path, schema: Any, items: Mapping[str, ItemSpec] | None) -> tuple[str, tuple[str, ...], bool]:
    """The columns of a fact file: whose numbers it names, its items, and whether it says when a fact ends.

    One of ``NUMBER_COLUMNS``, ``true_from``, optional ``true_to`` (excluded; null: open), and for each item a column of
    whole numbers, null where a row does not speak of it. ``items``: what may be asserted. Raises StoreError (中文).
    """
    numbered = [name for name in NUMBER_COLUMNS if name in schema.names]
    if len(numbered) != 1 or "true_from" not in schema.names:
        raise StoreError(f"{path.name} 应当有 true_from 列，并在 key、person_id、household_id 中恰有一列")
    found = tuple(name for name in schema.names if name not in _OWN_COLUMNS)
    wrong = [name for name in schema.names if not is_whole(schema.field(name).type) and name in {*found, *_OWN_COLUMNS}]
    if wrong:
        raise StoreError(
            f"{path.name} 的列 {'、'.join(wrong)} 不是整数（金额以分为单位，日期为日数；不能是无符号 64 位）"
        )
    if not found:
        raise StoreError(f"{path.name} 没有项目列")
    subject = NUMBER_COLUMNS[numbered[0]]
    strange = (
        [] if items is None else [name for name in found if name not in items or items[name].subject is not subject]
    )
    if strange:
        whose = "个人" if subject is Entity.PERSON else "家庭"
        raise StoreError(f"{path.name} 的列 {'、'.join(strange)} 不是规则包里的{whose}项目，请核对列名")
    return numbered[0], found, "true_to" in schema.names


class FactRows:
    """Rows of a fact file as arrays. ``number`` names the column of their subjects, ``items`` those of what they say,
    ``ends`` tells of ``true_to``.
    """

    def __init__(self, batch: Any, number: str, items: Sequence[str], *, ends: bool) -> None:
        self.number, self._numbered = numbers_of(batch.column(number))
        self.start, self._begun = numbers_of(batch.column("true_from"))
        self.end = np.full(len(self.start), OPEN, dtype=np.int64)
        if ends:
            given, ended = numbers_of(batch.column("true_to"))
            self.end = np.where(ended & (given < OPEN), given, self.end)
        self.values, self.speaks = [], []
        for item in items:
            value, spoken = numbers_of(batch.column(item))
            self.values.append(value)
            self.speaks.append(spoken)

    @cached_property
    def reason(self) -> Array:
        """Per row 0, or which of ``REASONS`` (from 1) it is refused for, int8."""
        start, end = self.start, self.end
        spoken_of = np.logical_or.reduce(self.speaks)
        too_far = np.logical_or.reduce([each == np.iinfo(np.int64).min for each in self.values])
        wild = (start < _EARLIEST) | (start > _LATEST) | ((end != OPEN) & ((end < _EARLIEST) | (end > _LATEST)))
        wrong = [~self._numbered, ~self._begun, wild, end <= start, ~spoken_of, too_far]
        return np.select(wrong, range(1, len(REASONS) + 1), 0).astype(np.int8)

    def taken(self, rows: Array, first: Array) -> list[Array]:
        """Columns of these rows: ``first``, start, end, then value and whether it speaks for each item."""
        found = [first, self.start[rows].astype(np.int32), self.end[rows].astype(np.int32)]
        for value, speaks in zip(self.values, self.speaks, strict=True):
            found += [value[rows], speaks[rows]]
        return found


class _Linking:
    """Where the rows of one file go."""

    def __init__(
        self,
        items: Sequence[str],
        work: Path,
        slots: int,
        budget: int,
        stack: ExitStack,
    ) -> None:
        self.items = items
        self.partitions = max(1, -(-slots // _PARTITION))
        self.width = max(1, -(-slots // self.partitions))
        kinds = [np.int32, np.int32, np.int32] + [np.int64, np.bool_] * len(items)
        self.rows = stack.enter_context(Rows(work.with_suffix(".rows"), kinds, self.partitions, budget // 3))
        self.rest = stack.enter_context(Rows(work.with_suffix(".rest"), [np.int64, *kinds[1:]], 1, budget // 8))

    def add(self, found: Array, known: Array, columns: Callable[[Array, Array], list[Array]], number: Array) -> None:
        """Put rows with a slot into their partitions and the others (of ``known``) aside."""
        linked = np.flatnonzero(found >= 0)
        if self.partitions == 1:
            self.rows.add(0, columns(linked, found[linked]))
        else:
            place = (found[linked] // self.width).astype(np.uint16)
            order = linked[np.argsort(place, kind="stable")]
            bounds = np.searchsorted(found[order] // self.width, np.arange(self.partitions + 1))
            for partition in range(self.partitions):
                rows = order[bounds[partition] : bounds[partition + 1]]
                self.rows.add(partition, columns(rows, found[rows]))
        others = np.flatnonzero(known & (found < 0))
        self.rest.add(0, columns(others, number[others]))

    def write(self, path: Path, about: Mapping[str, Any], progress: Progress | None) -> dict[str, Any] | None:
        """Write the linked rows sorted; None if there are none."""
        total = sum(self.rows.counts)
        if not total:
            return None
        kinds, whole, ends = self._kinds()
        with store_files.written(path) as file:
            writer = ColumnsWriter(file)
            writer.reserve("slots", np.int32, total)
            writer.reserve("start", np.int32, total)
            if ends:
                writer.reserve("end", np.int32, total)
            for item, kind in kinds.items():
                writer.reserve(f"item/{item}", kind, total)
            row = 0
            days: list[set[int]] = [set(), set()]
            for partition in range(self.partitions):
                slots, start, end, *values = self.rows.take(partition)
                order = arrays.order_of(slots, start, partition * self.width, self.width)
                writer.place("slots", row, slots[order])
                writer.place("start", row, start[order])
                if ends:
                    writer.place("end", row, end[order])
                    days[1].update(np.unique(end).tolist())
                days[0].update(np.unique(start).tolist())
                for place, item in enumerate(self.items):
                    if item not in kinds:
                        continue
                    kind = kinds[item]
                    value, speaks = values[2 * place], values[2 * place + 1]
                    stored = np.where(speaks, value, untold(kind)).astype(kind)
                    writer.place(f"item/{item}", row, stored[order])
                row += len(slots)
                if progress:
                    progress("排序写入", row, total)
            told = {
                **about,
                "items": [item for item in self.items if item in kinds],
                "whole": sorted(whole),
                "starts": sorted(days[0]),
                "ends": sorted(days[1] - {int(OPEN)}),
            }
            writer.finish(told)
        return {"rows": total}

    def _kinds(self) -> tuple[dict[str, Any], set[str], bool]:
        """Of each item the narrowest kind of its values, which items every row speaks of, and whether any fact ends."""
        kinds: dict[str, Any] = {}
        whole = set(self.items)
        low, high, ends = [0] * len(self.items), [0] * len(self.items), False
        spoken: set[str] = set()
        for partition in range(self.partitions):
            for piece in self.rows.pieces(partition):
                ends = ends or bool((piece[2] != OPEN).any())
                for place, item in enumerate(self.items):
                    value, speaks = piece[3 + 2 * place], piece[4 + 2 * place]
                    if not speaks.all():
                        whole.discard(item)
                        value = value[speaks]
                    if len(value):
                        spoken.add(item)
                        low[place] = min(low[place], int(value.min()))
                        high[place] = max(high[place], int(value.max()))
        for place, item in enumerate(self.items):
            if item in spoken:
                kinds[item] = next(
                    kind for kind in KINDS if untold(kind) < low[place] and high[place] <= np.iinfo(kind).max
                )
        return kinds, whole & spoken, ends

    def write_rest(self, path: Path) -> int:
        """Write the rows nobody has, by number as they came; returns how many."""
        total = self.rest.counts[0]
        if total:
            with store_files.written(path) as file:
                writer = ColumnsWriter(file)
                names = ["number", "start", "end"] + [
                    f"{part}/{item}" for item in self.items for part in ("item", "speaks")
                ]
                for place, name in enumerate(names):
                    writer.begin(name, self.rest.kind(place), total)
                    for piece in self.rest.pieces(0):
                        writer.more(piece[place])
                writer.finish({"items": list(self.items)})
        return total


def link_file(
    file: FactFile,
    index: NumberFiles,
    slots: int,
    target: Path,
    *,
    budget: int,
    threads: int = 2,
    progress: Progress | None = None,
) -> tuple[Receipt, list[str]]:
    """Link a delivery against an index of ``slots`` slots. Files ``target``.linked, .unmatched, .refused.parquet appear.

    Returns what became of the rows, and the names of the files that were needed.
    """
    import pyarrow.parquet as pq

    refusals: dict[str, int] = {}
    doubled, done = 0, 0
    batch_rows = max(100_000, min(_BATCH, budget // (60 * (3 + 2 * len(file.items)))))
    with ExitStack() as stack:
        linking = _Linking(file.items, target, slots, budget, stack)
        refused = stack.enter_context(_Refusals(target.with_name(target.name + ".refused.parquet"), file))
        source = stack.enter_context(pq.ParquetFile(file.path))
        names = [file.number, "true_from", *(["true_to"] if file.ends else []), *file.items]
        pieces = source.iter_batches(batch_rows, columns=names)
        while (piece := _next_of(pieces, file)) is not None:
            batch = FactRows(piece, file.number, file.items, ends=file.ends)
            fine = batch.reason == 0
            found = index.slots_of(batch.number, threads)
            found[~fine] = arrays.ABSENT
            linking.add(found, fine, batch.taken, batch.number)
            if len(index.doubled):
                doubled += int(np.isin(batch.number[fine & (found < 0)], index.doubled).sum())
            if not fine.all():
                refused.add(batch.reason, done, piece)
                for reason, count in enumerate(np.bincount(batch.reason, minlength=len(REASONS) + 1)[1:].tolist()):
                    if count:
                        refusals[REASONS[reason]] = refusals.get(REASONS[reason], 0) + count
            done += len(batch.number)
            if progress:
                progress("关联", done, file.rows)
        about = {"subject": file.subject.value, "feed": file.feed}
        linked_file = target.with_name(target.name + ".linked")
        rest_file = target.with_name(target.name + ".unmatched")
        written = linking.write(linked_file, about, progress)
        rest = linking.write_rest(rest_file)
    linked = written["rows"] if written else 0
    receipt = Receipt(file.delivery, file.feed, done, linked, rest, sum(refusals.values()), doubled, refusals)
    if receipt.rows != receipt.linked + receipt.unmatched + receipt.refused:
        raise AssertionError(f"{file.path.name}: {receipt} does not add up")
    named = [(linked_file, linked), (rest_file, rest), (refused.path, receipt.refused)]
    return receipt, [path.name for path, count in named if count]


def _next_of(pieces: Iterator[Any], file: FactFile) -> Any:
    """The next batch, None after the last. Raises StoreError where the file is spoilt."""
    try:
        return next(pieces, None)
    except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
        raise StoreError(f"读不了 {file.path.name}：文件已损坏，请重新传输或请对方重新生成") from error


def link_rest(
    unmatched: Path, subject: Entity, feed: str, *, index: NumberFiles, slots: int, target: Path, budget: int
) -> tuple[int, int]:
    """Try rows that nobody had against a newer index. Returns how many are linked now (``target``.linked), and how many not.

    Where none is, nothing is written.
    """
    columns = Columns(unmatched)
    items = list(columns.about["items"])
    number = columns["number"]
    found = index.slots_of(number)
    if not (found >= 0).any():
        return 0, len(number)
    kept = [columns["start"], columns["end"]]
    for item in items:
        kept += [columns[f"item/{item}"], columns[f"speaks/{item}"]]
    with ExitStack() as stack:
        linking = _Linking(items, target, slots, budget, stack)
        linking.add(
            found,
            np.ones(len(number), dtype=bool),
            lambda rows, first: [first, *(each[rows] for each in kept)],
            number,
        )
        linking.write(target.with_name(target.name + ".linked"), {"subject": subject.value, "feed": feed}, None)
        rest = linking.write_rest(target.with_name(target.name + ".unmatched"))
    return len(number) - rest, rest


class _Refusals:
    """Keeps refused rows as they came, with the row's number in the file (from 1) and the reason."""

    def __init__(self, path: Path, file: FactFile) -> None:
        self.path, self._file = path, file
        self._stack = ExitStack()
        self._writer: Any = None

    def __enter__(self) -> _Refusals:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    def add(self, reason: Array, before: int, batch: Any) -> None:
        """Keep the refused rows of a batch that begins after ``before`` rows."""
        import pyarrow as pa

        rows = np.flatnonzero(reason)
        kept = batch.take(pa.array(rows))
        table = pa.table(
            {
                "row": pa.array(rows + before + 1, type=pa.int64()),
                "reason": pa.array([REASONS[each - 1] for each in reason[rows].tolist()]),
                **{name: kept.column(name) for name in batch.schema.names},
            }
        )
        if self._writer is None:
            self._writer = self._stack.enter_context(store_files.written_table(self.path, table.schema))
        self._writer.write_table(table)
