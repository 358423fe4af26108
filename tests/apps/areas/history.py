"""The sourced extract of the history, for the tests that need divisions over time."""

from __future__ import annotations

from pathlib import Path

EXTRACT = Path(__file__).parents[2] / "data" / "areacodes_extract.csv"
HEADER = "code,province,prefecture,name,level,status,start_year,end_year,successors"


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return path
