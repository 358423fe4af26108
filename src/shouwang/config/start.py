"""Starts Django for the command line, or says what is not installed."""

from __future__ import annotations

import os
from importlib.util import find_spec


class WebNotInstalled(Exception):
    """The base install has no Django; the message says what to install."""


def start(**overrides: object) -> None:
    """Set ``SHOUWANG_<NAME>`` for each override that is not None and set Django up.

    Raises WebNotInstalled on a base install.
    """
    if find_spec("django") is None:
        raise WebNotInstalled("这个命令需要网站部分：请先执行 pip install 'shouwang[web]'")
    for name, value in overrides.items():
        if value is not None:
            os.environ[f"SHOUWANG_{name.upper()}"] = str(value)  # noqa: TID251 — the wiring itself
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shouwang.config.settings")  # noqa: TID251
    import django

    django.setup()
