"""Summary counts of a comparison made elsewhere come in: whole or not at all, each version once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice
from pathlib import Path

from django.db import connection, transaction

from shouwang.apps.audit.record import record
from shouwang.apps.reports.figures import packed, rolled_up
from shouwang.apps.reports.models import Summary, SummaryLine
from shouwang.apps.reports.summary_files import SummaryRefused, read_summary
from shouwang.lib import clock
from shouwang.lib.crypto import sm3_file

Progress = Callable[[str, int, int], None]
KEPT, LONGEST_SOURCE = 2, 80
BATCH_SECONDS, FIRST_BATCH, LARGEST_BATCH = 0.2, 500, 5_000


def load_summary(
    path: Path,
    *,
    source: str,
    as_of: date | None = None,
    version: int | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Load a summary file (``summary_files.read_summary``) and return the summary, shown from then on if it is the newest.

    Day and version come from the file where they are not given. Lines are written in batches that keep nobody waiting and
    are shown all at once when the last one stands; a load that was killed starts over. The same file again changes
    nothing. The last two summaries of a source are kept. Raises SummaryRefused, also for another file of a version
    that is loaded.
    """
    digest = sm3_file(path) if path.is_file() else ""
    file = read_summary(path)
    as_of, version = as_of or file.as_of, file.version if version is None else version
    if as_of is None or version is None:
        raise SummaryRefused("文件没有写明判定日或版本，请用 --as-of 和 --version 写明。")
    source = source.strip()
    if not 0 < len(source) <= LONGEST_SOURCE:
        raise SummaryRefused(f"请用 --source 写明汇总由谁作出，不超过 {LONGEST_SOURCE} 个字。")
    if as_of > clock.today():
        raise SummaryRefused(f"判定日 {as_of} 晚于今天，请核对：装入后它会一直排在最新。")
    there = Summary.objects.filter(source=source, version=version).first()
    if there is not None and there.ready:
        if there.digest != digest:
            raise SummaryRefused(f"“{source}”第 {version} 版已经装入，内容与这个文件不同；请以新的版本号装入。")
        return there
    if there is not None:
        _remove(there)
    summary = Summary.objects.create(
        source=source,
        version=version,
        as_of=as_of,
        digest=digest,
        targets=list(file.targets),
        loaded_at=clock.now(),
    )
    rolled = rolled_up(file.codes, file.counts)
    summary.divisions = _write_lines(summary, packed(rolled), len(rolled.codes), progress)
    with transaction.atomic():
        summary.ready = True
        summary.save(update_fields=["ready", "divisions"])
        record(
            None,
            "summary.load",
            subject_kind="summary",
            subject_uuid=summary.pk,
            details={"source": source, "version": version, "as_of": as_of.isoformat(), "digest": digest},
        )
    newest = Summary.objects.filter(source=source, ready=True).order_by("-as_of", "-version")
    for old in list(newest[KEPT:]):
        _remove(old)
    return summary


def _write_lines(
    summary: Summary, lines: Iterable[tuple[str, str, bytes, bytes]], total: int, progress: Progress | None
) -> int:
    rows, done, size = iter(lines), 0, FIRST_BATCH if connection.vendor == "sqlite" else LARGEST_BATCH
    while batch := list(islice(rows, size)):
        began = time.perf_counter()
        SummaryLine.objects.bulk_create(
            [
                SummaryLine(summary=summary, area_code=code, parent_code=above, figures=figures, withheld=withheld)
                for code, above, figures, withheld in batch
            ]
        )
        done += len(batch)
        if connection.vendor == "sqlite":  # one writer at a time: the others wait no longer than a batch
            size = max(100, min(LARGEST_BATCH, int(size * BATCH_SECONDS / max(time.perf_counter() - began, 0.001))))
        if progress:
            progress("装入汇总", done, total)
    return done


def _remove(summary: Summary) -> None:
    """Remove a summary nobody is shown any more, in batches."""
    Summary.objects.filter(pk=summary.pk).update(ready=False)
    while ids := list(SummaryLine.objects.filter(summary=summary).values_list("pk", flat=True)[:LARGEST_BATCH]):
        SummaryLine.objects.filter(pk__in=ids).delete()
    summary.delete()
