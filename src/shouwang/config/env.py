"""Typed readers of the environment, loud on nonsense."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

PREFIX = "SHOUWANG_"


class SettingError(Exception):
    """A setting that cannot be understood; the message names it and says what is allowed."""


def text(name: str, default: str = "") -> str:
    """Return the setting ``SHOUWANG_<name>`` as text."""
    return os.environ.get(PREFIX + name, default)


def flag(name: str, default: bool = False) -> bool:
    """Return a yes/no setting; anything but 1/0/true/false/yes/no is an error."""
    raw = text(name).strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes"}:
        return True
    if raw in {"0", "false", "no"}:
        return False
    raise SettingError(f"{PREFIX}{name}={raw!r}：只能写 1/0、true/false 或 yes/no")


def number(name: str, default: int) -> int:
    """Return a whole-number setting."""
    raw = text(name).strip()
    try:
        return int(raw) if raw else default
    except ValueError:
        raise SettingError(f"{PREFIX}{name}={raw!r}：应为整数") from None


def folder(name: str, default: Path) -> Path:
    """Return a folder setting as an absolute path."""
    raw = text(name)
    return Path(raw).expanduser().resolve() if raw else default.resolve()


def names(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Return a comma-separated setting as a list."""
    raw = text(name)
    return [part.strip() for part in raw.split(",") if part.strip()] if raw else list(default)


def day(name: str) -> date | None:
    """Return a date setting (ISO), or None where it is not set."""
    raw = text(name).strip()
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError:
        raise SettingError(f"{PREFIX}{name}={raw!r}：应为 YYYY-MM-DD 形式的日期") from None


def secret(name: str) -> str:
    """Return a secret from ``SHOUWANG_<name>`` or from the file named by ``SHOUWANG_<name>_FILE``."""
    path = text(f"{name}_FILE")
    return Path(path).read_text(encoding="utf-8").strip() if path else text(name)


def database(name: str, default: Path) -> dict[str, object]:
    """Return Django's database settings for ``sqlite:///path`` or ``postgresql://user:pw@host:port/name``.

    SQLite runs WAL with synchronous=FULL and immediate transactions: an acknowledged write is on disk and writers queue instead of failing.
    """
    url = text(name)
    if not url or url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///")) if url else default
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(path),
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA cache_size=-65536;",
            },
            "TEST": {"NAME": text("TEST_SQLITE") or None},
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise SettingError(f"{PREFIX}{name}：只支持 sqlite:///文件 或 postgresql://用户:口令@主机:端口/库名")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }
