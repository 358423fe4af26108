"""Loops written in Python and compiled by numba, kept on disk where there is a folder for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal


def compiled(
    function: Callable[..., Any], signature: Any = None, *, error_model: Literal["python", "numpy"] = "python"
) -> Any:
    """Compile a loop that does without the interpreter's lock, for the types given or those it is first called with.

    A service whose user may write neither beside the program nor in a home has no folder for what is compiled (numba
    raises RuntimeError): there it is compiled anew in every process.
    """
    from numba import njit  # importing it takes half a second

    try:
        return njit(signature, nogil=True, cache=True, error_model=error_model)(function)
    except RuntimeError:
        return njit(signature, nogil=True, error_model=error_model)(function)
