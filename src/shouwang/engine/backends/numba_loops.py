"""Loops written in Python and compiled by numba, kept on disk where there is a folder for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Literal


def compiled(
    function: Callable[..., Any], signature: Any = None, *, error_model: Literal["python", "numpy"] = "python"
) -> Any:
    """Compile a loop that does without the interpreter's lock, for the types given or those it is first called with.

    A service whose user may write neither beside the program nor in a home has no folder for what is compiled (numba
    raises RuntimeError): there it is compiled anew in every process.
    """
    from numba import njit  # importing it takes half a second

    loop: Any = njit(nogil=True, error_model=error_model)(function)
    with suppress(RuntimeError):
        loop._cache = _keeping()(function)
    if signature is not None:
        loop.compile(signature)
        loop.disable_compile()
    return loop


@cache
def _keeping() -> Any:
    """How numba keeps code, but that a spoilt file or a full disk is no error: the code is compiled then.

    numba writes beside and renames, yet syncs nothing: a power cut may leave an empty file, over which it would stop each time.
    """
    from numba.core.caching import FunctionCache

    class Keeping(FunctionCache):
        @contextmanager
        def _guard_against_spurious_io_errors(self) -> Iterator[None]:  # around each reading and writing
            try:
                yield
            except Exception:  # noqa: BLE001 - what a spoilt pickle may raise has no bounds
                with suppress(OSError):
                    self.flush()  # type: ignore[no-untyped-call]

    return Keeping
