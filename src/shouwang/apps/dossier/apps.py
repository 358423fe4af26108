from __future__ import annotations

from django.apps import AppConfig


class DossierConfig(AppConfig):
    name = "shouwang.apps.dossier"
    label = "dossier"
    verbose_name = "一户一档"
