"""Which office answers which address; each app's ``urls`` holds its full paths."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

OFFICES = ("accounts", "monitoring", "dossier", "exchange", "reports")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(f"shouwang.apps.{office}.urls")) for office in OFFICES if find_spec(f"shouwang.apps.{office}.urls")
]
