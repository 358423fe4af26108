from __future__ import annotations

from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "shouwang.apps.areas"
    label = "areas"
    verbose_name = "区划"
