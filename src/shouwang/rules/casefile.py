"""Worked cases a civil-affairs officer can read and write: persons, facts, and what the rules must say of them.

A fact, parameter or rule may be called by its 汉字 label or by its name in code. Money is exact. ``tests/rules/README.md``
shows the form. Whatever is wrong with a file is said in Chinese, in the result; nothing is skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shouwang.engine.book import Book
from shouwang.engine.call import Outcome, evaluate
from shouwang.engine.wording import value_text
from shouwang.rules.worked_case import CaseFileError, Value, WorkedCase, read_case_file

__all__ = ["CaseFileError", "CaseResult", "WorkedCase", "read_case_file", "run_case_file", "shown"]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One worked case, and where the rules differ from it (empty: it passed)."""

    file: str
    name: str
    differences: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the rules say what the case says."""
        return not self.differences

    def line(self) -> str:
        """One line for a screen."""
        if self.passed:
            return f"通过  {self.file}  {self.name}"
        return f"不符  {self.file}  {self.name}：{'；'.join(self.differences)}"


def run_case_file(path: Path, book: Book, *, file: str | None = None) -> list[CaseResult]:
    """Compute every case of a file and compare. A file or case that cannot be read is a result that did not pass.

    ``file`` is how the file is called in the results (None: by its name).
    """
    file = file or path.name
    try:
        worked = read_case_file(path, book)
    except CaseFileError as error:
        return [CaseResult(file, "（文件）", (str(error),))]
    return [CaseResult(file, each.name, tuple(_differences(each, book))) for each in worked]


def _differences(worked: WorkedCase, book: Book) -> list[str]:
    asked = dict.fromkeys(name for names in (worked.expected, *worked.expected_of, worked.missing) for name in names)
    outcome = evaluate(book, worked.case, worked.as_of, worked.parameters, asked)
    found = _compared(worked, book, "", worked.expected, outcome.household)
    for who, wanted, results in zip(worked.who, worked.expected_of, outcome.persons, strict=True):
        found += _compared(worked, book, f"{who}的", wanted, results)
    found += [_lacking(book, outcome, name, labels) for name, labels in worked.missing.items()]
    return [each for each in found if each]


def _compared(
    worked: WorkedCase, book: Book, whose: str, wanted: Mapping[str, Value], results: Mapping[str, Value]
) -> list[str]:
    found = []
    in_force = book.versions_on(worked.as_of, worked.case.area_code)
    for name, value in wanted.items():
        label, unit = whose + book.label_of(name), book.unit_of(name)
        if name not in in_force:
            found.append(f"{label} 在 {worked.as_of.isoformat()} 没有施行的规则")
        elif results[name] != value:
            found.append(f"{label} 应为 {shown(value, unit)}，算得 {shown(results[name], unit)}")
    return found


def _lacking(book: Book, outcome: Outcome, name: str, labels: tuple[str, ...]) -> str:
    got = {book.label_of(each) for each in outcome.missing.get(name, ())}
    absent = [label for label in labels if label not in got]
    if not absent:
        return ""
    return f"{book.label_of(name)} 应指出缺少 {'、'.join(absent)}，实际指出 {'、'.join(sorted(got)) or '无'}"


def shown(value: Value, unit: str) -> str:
    """A value as an officer reads it."""
    return value_text(int(value) if unit == "date" and value is not None else value, unit)
