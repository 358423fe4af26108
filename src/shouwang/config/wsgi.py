"""The door for gunicorn: ``shouwang.config.wsgi:application``."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shouwang.config.settings")  # noqa: TID251 — the wiring itself
application = get_wsgi_application()
