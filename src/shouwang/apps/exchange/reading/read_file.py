"""One delivered file, whatever it is: told by content, read by its kind, ended with a verdict."""

from __future__ import annotations

from datetime import date

from shouwang.apps.exchange.contract import Contract
from shouwang.apps.exchange.reading.container import XLSX, container_of
from shouwang.apps.exchange.reading.delivered import Delivered
from shouwang.apps.exchange.reading.outcome import ACCEPTED, QUARANTINED, Account, Sink

PARSER = "1"


def read_file(
    data: Delivered | bytes, extension: str, contract: Contract, sink: Sink, *, today: date, home: str
) -> Account:
    """Read a file into a sink and return its account; raises ``Refused`` for a file that goes back whole.

    ``home`` is the sender's 12-digit division, ``today`` the day births and deaths must not lie after.
    """
    if isinstance(data, bytes):
        data = Delivered(data)
    if container_of(data, extension) == XLSX:
        from shouwang.apps.exchange.reading.workbook import read_workbook  # openpyxl only when there is a workbook

        account = read_workbook(data.whole(), contract, sink, today=today, home=home)
    else:
        from shouwang.apps.exchange.reading.csv_file import read_csv

        account = read_csv(data, contract, sink, today=today, home=home)
    if not account.records[ACCEPTED] + account.records[QUARANTINED]:
        account.flag("no_records")
    if account.header.get("extra"):
        account.flag("extra_columns", len(account.header["extra"]))
    return account


def verdict_of(account: Account) -> str:
    """Return ``held``, ``partly`` or ``accepted`` for a file that was read."""
    if "total_mismatch" in account.flags:
        return "held"
    return "partly" if account.records[QUARANTINED] else "accepted"
