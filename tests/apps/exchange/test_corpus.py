"""The corpus of malformed files: nothing silently lost, nothing changed, no crash, every file ends with a receipt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from shouwang.apps.exchange import services
from shouwang.apps.exchange.contract import Contract, feeds, load_contract
from shouwang.apps.exchange.models import Delivery
from shouwang.apps.exchange.reading.container import read_name
from shouwang.apps.exchange.reading.read_file import read_file, verdict_of
from shouwang.apps.exchange.reading.reasons import Refused
from shouwang.apps.exchange.reading.receipt import receipt_of_read, receipt_of_refusal
from shouwang.synth.corpus import cases, write_corpus
from shouwang.synth.corpus.manifest import Case
from tests.apps.exchange.feed_files import Collected
from tests.cast import TODAY

SEED = 7
HOME = "990101000000"


def corpus() -> Iterator[Case]:
    yield from cases(SEED, "commit")


def as_in_manifest(contract: Contract, values: dict[str, Any]) -> dict[str, Any]:
    """Values in the manifest's form: by header, dates and months as text, codes as labels."""
    shown = {}
    for column in contract.columns:
        value = values[column.name]
        if isinstance(value, date):
            value = f"{value:%Y-%m}" if column.type == "month" else value.isoformat()
        elif column.type == "code" and value is not None:
            value = column.label(value)
        shown[column.header] = value
    return shown


def outcome(case: Case) -> tuple[str, Collected, dict[str, Any]]:
    """Verdict, what was handed out, and the receipt."""
    sink = Collected()
    try:
        named = read_name(case.declared_name or Path(case.path).name, feeds())
        account = read_file(case.content, named.extension, load_contract(named.feed), sink, today=TODAY, home=HOME)
    except Refused as refused:  # what was read so far goes with the refused file's temporary folder
        return "refused", Collected(), receipt_of_refusal(refused)
    container = "xlsx" if account.sheets else "csv"
    receipt = receipt_of_read(account, container)
    if container == "csv":
        assert sum(receipt["bytes"].values()) == len(case.content)
    return verdict_of(account), sink, receipt


def check(case: Case) -> None:
    verdict, sink, receipt = outcome(case)
    assert verdict == case.verdict
    assert json.loads(json.dumps(receipt)) == receipt
    assert receipt["records"] == receipt["accepted"] + receipt["quarantined"]
    if verdict == "refused":
        assert receipt["refusal"]["advice"]
        return
    contract, values = load_contract(case.feed), sink.values()
    found = {(where.sheet, where.line): (kind, where.lines) for kind, where in sink.places()}
    for record in case.records:
        place = (record.sheet or "", record.line if record.sheet is None else record.row)
        kind, lines = found.pop(place, ("blank", 1))  # a workbook does not store blank rows
        assert kind == record.disposition, place
        if record.sheet is None:
            assert lines == record.lines
        if record.values is not None:
            shown = as_in_manifest(contract, values[place])
            assert {header: shown[header] for header in record.values} == record.values
    assert found == {}


def test_every_file_ends_as_the_manifest_says() -> None:
    wrong, count = [], 0
    for case in corpus():
        count += 1
        try:
            check(case)
        except AssertionError as error:
            wrong.append((case.path, case.family_name, case.variant, str(error)[:200]))
    assert count >= 200
    assert wrong == []


def test_the_check_itself_notices_a_swallowed_line() -> None:
    case = next(
        case for case in corpus() if case.verdict == "accepted" and len(case.records) > 3 and case.path.endswith("csv")
    )
    dropped = case.records.pop()
    with pytest.raises(AssertionError):
        check(case)
    case.records.append(dropped)
    dropped.values[next(iter(dropped.values))] = "changed"
    with pytest.raises(AssertionError):
        check(case)


@pytest.mark.django_db
def test_a_refused_file_leaves_nothing_in_the_lake(tmp_path: Path) -> None:
    broken = next(case for case in corpus() if case.variant == "broken_xml")
    path = tmp_path / Path(broken.path).name
    path.write_bytes(broken.content)
    delivery = services.import_file(path)
    assert (delivery.state, delivery.accepted) == (Delivery.State.REFUSED, 0)
    assert [each for each in settings.LAKE_DIR.rglob("*") if delivery.sm3 in each.name] == []


@pytest.mark.django_db
def test_files_taken_in_twice_in_other_order_leave_one_state(tmp_path: Path) -> None:
    """Through the whole door: child process, lake, delivery, receipt; a sample of every verdict."""
    manifest = json.loads(write_corpus(tmp_path, SEED, "commit").read_text(encoding="utf-8"))
    chosen: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in manifest["files"]:
        kind = (entry["verdict"], entry["reason"] or entry["path"].rsplit(".", 1)[-1])
        chosen.setdefault(kind, entry)
    entries = list(chosen.values())[:24]
    for entry in entries:
        delivery = services.import_file(tmp_path / entry["path"], name=entry["declared_name"])
        assert delivery.receipt["seal"]
        assert delivery.receipt["verdict"] == entry["verdict"]
        assert (delivery.state == Delivery.State.REFUSED) == (entry["verdict"] == "refused")
        accepted = sum(record["disposition"] == "accepted" for record in entry["records"])
        assert delivery.accepted == accepted
        assert delivery.quarantined_rows.count() == delivery.quarantined
    before = list(Delivery.objects.order_by("uuid").values())
    for entry in reversed(entries):
        services.import_file(tmp_path / entry["path"], name=entry["declared_name"])
    assert list(Delivery.objects.order_by("uuid").values()) == before
