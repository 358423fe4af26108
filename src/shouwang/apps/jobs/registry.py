"""Which function does which job. An office's ``tasks.py`` registers its functions; the worker imports all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.module_loading import autodiscover_modules

Progress = Callable[[str, int, int], None]
Task = Callable[..., dict[str, Any]]

_TASKS: dict[str, Task] = {}


class JobFailed(Exception):
    """The job cannot be done; the message is Chinese and shown to whoever asked for it."""


def task(name: str) -> Callable[[Task], Task]:
    """Register ``function(progress, **arguments) -> result`` under a name. It may run more than once: it must be repeat-safe."""

    def register(function: Task) -> Task:
        if _TASKS.setdefault(name, function) is not function:
            raise ValueError(f"two tasks are named {name}")
        return function

    return register


def task_named(name: str) -> Task | None:
    """Return the function of a job, after every office's tasks are registered."""
    autodiscover_modules("tasks")
    return _TASKS.get(name)
