"""The national store: the whole country's register, linked deliveries, folded state and verdicts in one folder, by version.

Verbs that write take the store's lock, write whole new files beside what is there, and at the end make a new version the
current one. Whoever reads keeps the version he opened. Decision 0012 says why it is built so.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.compare import store_files
from shouwang.engine.compare.at_once import at_once
from shouwang.engine.compare.linking import FactFile, Receipt, link_file, read_fact_file
from shouwang.engine.compare.number_files import NumberFiles
from shouwang.engine.compare.registering import Registering, RegisterReceipt
from shouwang.engine.compare.rosters import PART, Progress, RegisterFolder
from shouwang.engine.compare.running import Run, RunReport
from shouwang.engine.compare.store_files import StoreError, only_writer
from shouwang.engine.compare.versions import Entry, Manifests, State, areas_of, kept_entries
from shouwang.engine.compare.view import View
from shouwang.engine.inputs import ItemSpec
from shouwang.engine.parameter_csv import read_assertions
from shouwang.engine.parameters import COLUMNS, Assertion, ParameterTable
from shouwang.engine.rule import Entity
from shouwang.lib.area_codes import contains
from shouwang.lib.in_turn import in_turn

_OF_REGISTER = re.compile(r"register-(\d{12})_")
"""How a register folder names the deliveries it brings itself: by county, feed and kind, then by what they say."""
NORMAL, LOW = 4 << 30, 1 << 30
"""Budgets of memory in bytes: the usual one, and the one for a small machine."""
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
"""The days that can be judged: windows before and after them stay within the calendar."""

__all__ = ["LOW", "NORMAL", "Receipt", "RegisterReceipt", "RunReport", "Store", "StoreError", "View", "open_store"]


def open_store(folder: Path, *, create: bool = False) -> Store:
    """Open a national store. Raises StoreError where there is none (and ``create`` is not asked for)."""
    if create:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise store_files.told(error, folder) from error
    elif not (folder / "CURRENT").exists():
        raise StoreError(f"{folder} 里还没有全国库：请先执行 shouwang nation open {folder} --register 登记册文件夹")
    return Store(folder)


class Store:
    """One folder. Every verb is one version; a verb that fails or is killed leaves the last one as it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = Manifests(folder)

    # ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def register_people(
        self, register: Path, *, budget: int = NORMAL, progress: Progress | None = None
    ) -> RegisterReceipt:
        """Take in a register folder: the first makes the store, a later one brings new, changed and gone households.

        What nobody had of earlier deliveries is tried again against the new register.
        """
        with self._writing("open") as (version, manifest):
            folder = RegisterFolder(version_of(register))
            registering = Registering(self.folder, version, manifest, folder, budget=budget, progress=progress)
            changed = registering.perform()
            if changed:
                self._commit(version, manifest, "open", **changed)
            return registering.receipt

    def link(
        self,
        path: Path,
        *,
        items: Mapping[str, ItemSpec] | None = None,
        replaces: str | None = None,
        budget: int = NORMAL,
        threads: int = 2,
        progress: Progress | None = None,
    ) -> Receipt:
        """Link a delivery; it counts from the next run on. ``replaces`` withdraws another in the same version.

        A delivery that is linked already is not linked twice. Raises StoreError (中文).
        """
        wanted = [(path, replaces)]
        return self.link_all(wanted, items=items, budget=budget, threads=threads, progress=progress)[0]

    def link_all(
        self,
        wanted: Sequence[tuple[Path, str | None]],
        *,
        gone: Callable[[str], bool] | None = None,
        named_by_content: bool = False,
        items: Mapping[str, ItemSpec] | None = None,
        budget: int = NORMAL,
        threads: int = 2,
        progress: Progress | None = None,
    ) -> list[Receipt]:
        """Link deliveries in one version, each with the delivery it replaces (None: none), and withdraw those that are ``gone``.

        Deliveries that are linked already stay; unless they are ``named_by_content`` their bytes are looked at, so that
        another file of the same name is not taken for one. Raises StoreError (中文), and then nothing has happened.
        """
        with self._writing("link") as (version, manifest):
            self._need_register(manifest)
            kept = {each["delivery"]: each for each in manifest["deliveries"]}
            withdrawn = list(manifest["withdrawn"])
            indexes: dict[str, NumberFiles] = {}
            receipts: dict[int, Receipt] = {}
            waiting: dict[str, tuple[int, FactFile]] = {}

            def link(one: tuple[int, FactFile], several: int) -> tuple[int, FactFile, Receipt, list[str], str]:
                number, file = one
                slots = manifest["homes"] if file.subject is Entity.HOUSEHOLD else manifest["slots"]
                target = self.folder / "linked" / f"{version}-{number}"
                share, own = budget // several, threads // several
                digest = _digest_of(file.path)
                index = indexes[file.number]
                shown = progress if several == 1 else None
                receipt, files = link_file(file, index, slots, target, budget=share, threads=own, progress=shown)
                return number, file, receipt, files, digest

            def link_waiting() -> None:
                # two large files at once: sorting and searching leave Python's lock alone
                total, done = sum(file.rows for _, file in waiting.values()), 0
                several = min(threads, at_once(len(waiting), total, budget))
                with in_turn(lambda one: link(one, several), list(waiting.values()), several) as found:
                    for number, file, receipt, files, digest in found:
                        kept[file.delivery] = _delivery(file, receipt, files, digest)
                        receipts[number] = receipt
                        done += file.rows
                        if progress and several > 1:
                            progress("关联", done, total)
                waiting.clear()

            for number, (path, replaces) in enumerate(wanted):
                file = read_fact_file(path, items)
                if file.delivery in waiting or replaces in waiting:
                    link_waiting()
                already = self._already(kept, file, replaces, withdrawn, named_by_content=named_by_content)
                if already is not None:
                    receipts[number] = already
                    continue
                if replaces is not None:
                    kept.pop(replaces, None)
                    withdrawn.append(replaces)
                if file.number not in indexes:
                    indexes[file.number] = NumberFiles(self.folder / manifest["indexes"][file.number])
                waiting[file.delivery] = number, file
            link_waiting()
            withdrawn += [each for each in list(kept) if gone and gone(each) and kept.pop(each)]
            deliveries = list(kept.values())
            if deliveries != manifest["deliveries"]:
                withdrawn = [each for each in dict.fromkeys(withdrawn) if each not in kept]
                self._commit(version, manifest, "link", deliveries=deliveries, withdrawn=withdrawn)
            return [receipts[number] for number in sorted(receipts)]

    def link_register(
        self,
        register: Path,
        *,
        items: Mapping[str, ItemSpec] | None = None,
        budget: int = NORMAL,
        progress: Progress | None = None,
    ) -> list[Receipt]:
        """Link the facts that a register folder brings beside its people, as its ``manifest.json`` lists them, in one version.

        What earlier versions of the folder brought and this one does not list is withdrawn, whichever of them were
        linked here: a version between may never have been.
        """
        folder = version_of(register)
        try:
            listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            files = [(name, each) for county in listed["counties"].values() for name, each in county["files"].items()]
            wanted = [(folder / name, None) for name, _ in sorted(files, key=lambda pair: pair[0])]
            standing = {each["delivery"] for _, each in files}
            area = listed["area"]
        except FileNotFoundError as error:
            raise StoreError(f"{folder} 里没有 manifest.json：它不是带事实的登记册文件夹") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"{folder} 的 manifest.json 不是登记册导出的清单，或没有写完：请重新导出登记册") from error

        def gone(delivery: str) -> bool:
            found = None if delivery in standing else _OF_REGISTER.match(delivery)
            return found is not None and contains(area, found[1])

        return self.link_all(wanted, gone=gone, named_by_content=True, items=items, budget=budget, progress=progress)

    def _already(
        self,
        kept: Mapping[str, Any],
        file: FactFile,
        replaces: str | None,
        withdrawn: Collection[str],
        *,
        named_by_content: bool,
    ) -> Receipt | None:
        """The receipt of a delivery that is linked already. Raises StoreError where another one has its name."""
        if replaces is not None and replaces not in kept and replaces not in withdrawn and file.delivery not in kept:
            raise StoreError(f"没有交付 {replaces}，不能更正它；已关联的交付见 shouwang nation status")
        each = kept.get(file.delivery)
        if each is None or replaces == file.delivery:
            return None
        same = (each["feed"], each["period"], each["rows"]) == (file.feed, file.period, file.rows)
        if not same or not (named_by_content or each.get("digest") in {None, _digest_of(file.path)}):
            raise StoreError(
                f"交付 {file.delivery} 已关联，而 {file.path.name} 与它不同：更正请用 --replaces {file.delivery}"
            )
        return Receipt(**{**each["receipt"], "already": True})

    def withdraw(self, delivery: str) -> None:
        """Take a delivery back; from the next run on it never was. Raises StoreError where there is none of that name."""
        with self._writing("withdraw") as (version, manifest):
            kept = [each for each in manifest["deliveries"] if each["delivery"] != delivery]
            if len(kept) == len(manifest["deliveries"]) and delivery in manifest["withdrawn"]:
                return
            if len(kept) == len(manifest["deliveries"]):
                raise StoreError(f"没有交付 {delivery}；已关联的交付见 shouwang nation status")
            self._commit(version, manifest, "withdraw", deliveries=kept, withdrawn=[*manifest["withdrawn"], delivery])

    def run(
        self,
        book: Book,
        as_of: date,
        parameters: ParameterTable | None,
        targets: Sequence[str],
        *,
        old_book: Book | None = None,
        budget: int = NORMAL,
        compiled: bool | None = None,
        progress: Progress | None = None,
    ) -> RunReport:
        """Fold what is new, judge what may have changed, and write what did, as one version.

        ``parameters`` None: those of the last run. ``old_book``: the book of the last run, where the law has changed and
        is still at hand: then only what the change reaches is judged again, else everything is.
        """
        if not EARLIEST <= as_of <= LATEST:
            raise StoreError(f"判定日 {as_of} 超出可以计算的范围（{EARLIEST} 至 {LATEST}），请核对")
        with self._writing("run") as (version, manifest):
            self._need_register(manifest)
            table, name = self._parameters(version, manifest, book, parameters)
            last = manifest["run"]
            same_law = last and old_book is None and last["parameters"] == name
            run = Run(
                self.folder,
                version,
                manifest,
                self.versions.read(last["state"]) if last else None,
                book=book,
                old_book=old_book,
                as_of=as_of,
                parameters=table,
                old_parameters=table if same_law or not last else self._kept_parameters(manifest, old_book or book),
                parameter_file=name,
                targets=tuple(targets),
                budget=budget,
                compiled=compiled,
                progress=progress,
            )
            report = run.perform()
            if report.already:
                return report
            self._commit(version, manifest, "run", entries=kept_entries(run.entries), gone=run.gone, run=run.kept())
            return report

    def compact(self, *, keep: int = 30, progress: Progress | None = None) -> int:
        """Write the live households as one new base, and remove what only versions older than ``keep`` runs need.

        Returns how many files were removed. Raises StoreError while households wait for a run.
        """
        with self._writing("compact") as (version, manifest):
            self._need_register(manifest)
            unfinished = any(each["columns"] is None or each["words"] is None for each in manifest["entries"])
            if not manifest["run"] or unfinished or self._waiting_gone(manifest):
                raise StoreError("有住户等待折算：请先执行 shouwang nation run，再执行 compact")
            if manifest["verb"] == "compact":  # cut off while it removed files, or nothing has happened since
                return self.versions.sweep(self._runs_kept(keep))
            state = State(self.folder, manifest)
            entries = list(self._rewritten(version, state, progress))
            run = {**manifest["run"], "state": version}
            self._commit(version, manifest, "compact", entries=kept_entries(entries), gone=None, run=run)
            return self.versions.sweep(self._runs_kept(keep))

    def _waiting_gone(self, manifest: Mapping[str, Any]) -> bool:
        """Whether the register has let households go, or taken some back, since the last run."""
        run = manifest["run"]
        return bool(run) and manifest["gone"] != self.versions.read(run["state"])["gone"]

    def _runs_kept(self, keep: int) -> list[int]:
        runs = [each for each in self.versions.kept() if self.versions.read(each)["verb"] == "run"]
        return runs[-keep:] if keep > 0 else []

    @contextmanager
    def _writing(self, verb: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Hold the lock; the number of the version to be made and a copy of the newest manifest."""
        with only_writer(self.folder, verb):
            current = self.versions.current()
            manifest = self.versions.read(current) if current else _empty()
            yield current + 1, manifest

    def _need_register(self, manifest: Mapping[str, Any]) -> None:
        if not manifest["register"]:
            raise StoreError("库里还没有登记册：请先执行 shouwang nation open … --register 登记册文件夹")

    def _commit(self, version: int, manifest: Mapping[str, Any], verb: str, **changed: object) -> None:
        self.versions.commit(version, {**manifest, **changed, "verb": verb})
        self.versions.tidy(version)

    def _parameters(
        self, version: int, manifest: Mapping[str, Any], book: Book, given: ParameterTable | None
    ) -> tuple[ParameterTable, str | None]:
        """The table of a run and the file that keeps what it adds to the book's own."""
        kept = manifest["run"]["parameters"] if manifest["run"] else None
        if given is None:
            return self._kept_parameters(manifest, book), kept
        own = set(book.parameters.assertions())
        rows = [row for row in given.assertions() if row not in own]
        if kept is not None and _rows_text(rows) == (self.folder / kept).read_bytes():
            return given, kept
        name = f"parameters/{version}.csv"
        with store_files.written(self.folder / name) as file:
            store_files.write(file, _rows_text(rows))
        return given, name

    def _kept_parameters(self, manifest: Mapping[str, Any], book: Book) -> ParameterTable:
        kept = manifest["run"]["parameters"] if manifest["run"] else None
        return book.table(read_assertions(self.folder / kept)) if kept else book.parameters

    def _rewritten(self, version: int, state: State, progress: Progress | None) -> Iterator[Entry]:
        """Live households by division and number, as new parts with their columns and words."""
        from shouwang.engine.compare.regrouping import regroup

        live = [np.flatnonzero(state.live(place)) for place in range(len(state.entries))]
        part = np.repeat(np.arange(len(live)), [len(each) for each in live])
        row = np.concatenate([*live, np.empty(0, dtype=np.int64)]).astype(np.int64)
        area = np.concatenate([state.roster(each).area[rows] for each, rows in enumerate(live)] or [row])
        ids = np.concatenate([state.roster(each).household_ids[rows] for each, rows in enumerate(live)] or [row])
        rank = np.argsort(np.argsort(np.array(areas_of(self.folder, state.manifest), dtype="<U12")))
        order = np.lexsort((ids, rank[area])) if len(row) else row
        for number, first in enumerate(range(0, len(order), PART)):
            chosen = order[first : first + PART]
            yield regroup(self.folder, state, part[chosen], row[chosen], f"{version}-{number}")
            if progress:
                progress("整理", min(first + PART, len(order)), len(order))

    # ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────

    def view(self, version: int | None = None, as_of: date | None = None) -> View:
        """The last run's version, that of another run, or of the last run that judged a day not after ``as_of``."""
        current = self.versions.current()
        if not current:
            raise StoreError(f"{self.folder} 里还没有全国库")
        if version is None and as_of is not None:
            day = as_of.isoformat()
            for each in reversed(self.versions.kept()):
                manifest = self.versions.read(each)
                if manifest["verb"] == "run" and manifest["run"]["as_of"] <= day:
                    return View(self.folder, each)
            raise StoreError(f"没有保留 {day} 或以前的比对结果；现有版本见 shouwang nation status")
        if version is None:
            run = self.versions.read(current)["run"]
            if not run:
                raise StoreError("还没有比对过：请先执行 shouwang nation run")
            version = int(run["state"])
        return View(self.folder, version)

    def status(self) -> dict[str, Any]:
        """What the store holds now, as plain values."""
        current = self.versions.current()
        manifest = self.versions.read(current)
        applied = set(manifest["run"]["applied"]) if manifest["run"] else set()
        linked = {name for each in manifest["deliveries"] for name in each["linked"]}
        runs = []
        for version in self.versions.kept():
            each = self.versions.read(version)
            if each["verb"] == "run":
                runs.append({"version": version, "as_of": each["run"]["as_of"]})
        return {
            "version": current,
            "register": manifest["register"],
            "persons": sum(each["persons"] for each in manifest["entries"]),
            "parts": len(manifest["entries"]),
            "deliveries": manifest["deliveries"],
            "waiting": {
                "linked": sorted(linked - applied),
                "withdrawn": sorted(applied - linked),
                "rosters": sum(each["columns"] is None for each in manifest["entries"]),
                "gone": self._waiting_gone(manifest),
            },
            "run": manifest["run"],
            "runs": runs,
            "bytes": _bytes_in(self.folder),
        }


def _empty() -> dict[str, Any]:
    return {
        "areas": None,
        "slots": 0,
        "homes": 0,
        "indexes": {},
        "register": None,
        "deliveries": [],
        "withdrawn": [],
        "entries": [],
        "gone": None,
        "run": None,
    }


def version_of(register: Path) -> Path:
    """The register folder itself: the version that a folder of versions names in its CURRENT."""
    pointer = register / "CURRENT"
    return register / pointer.read_text(encoding="utf-8").strip() if pointer.exists() else register


def _bytes_in(folder: Path) -> int:
    """How many bytes a folder holds, though somebody writes in it and files come and go."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _digest_of(path: Path) -> str:
    """The SHA-256 of a delivered file: whether a second one of its name is the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _delivery(file: FactFile, receipt: Receipt, files: Sequence[str], digest: str) -> dict[str, Any]:
    """A delivery as a manifest keeps it."""
    return {
        "digest": digest,
        "delivery": file.delivery,
        "feed": file.feed,
        "period": file.period,
        "area_code": file.area_code,
        "cadence": file.cadence,
        "number": file.number,
        "rows": file.rows,
        "linked": [f"linked/{name}" for name in files if name.endswith(".linked")],
        "unmatched": next((f"linked/{name}" for name in files if name.endswith(".unmatched")), None),
        "refused": next((f"linked/{name}" for name in files if name.endswith(".parquet")), None),
        "receipt": {each.name: getattr(receipt, each.name) for each in fields(Receipt)},
    }


def _rows_text(rows: Sequence[Assertion]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(row.as_row() for row in rows)
    return text.getvalue().encode("utf-8-sig")
