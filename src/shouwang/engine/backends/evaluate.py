"""The door of everything that evaluates many households: compiled rules where that pays, else NumPy, the results the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

from shouwang.engine.backends import native
from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.compiled import FEW, evaluate_compiled
from shouwang.engine.book import Book
from shouwang.engine.frame import Frame
from shouwang.engine.parameters import ParameterTable


def evaluate_many(
    book: Book,
    frame: Frame,
    as_of: date,
    parameters: ParameterTable,
    targets: Collection[str] | None = None,
    *,
    compiled: bool | None = None,
    folder: Path | None = None,
) -> Frame:
    """Evaluate ``targets`` (None: every rule) for every household of the frame on a day.

    ``compiled`` True: by machine code, False: by NumPy, None: by machine code if it is installed and ``compiled.pays``.
    A small frame never waits for the compiler, nor looks for its work. Raises KeyError for a target that is no rule,
    NoCompilerError for ``compiled=True`` without the compiler.
    """
    if compiled is None and (frame.persons < FEW or not native.is_installed()):
        compiled = False
    if compiled is False:
        return evaluate_columns(book, frame, as_of, parameters, targets)
    return evaluate_compiled(book, frame, as_of, parameters, targets, folder=folder, only_if_it_pays=compiled is None)
