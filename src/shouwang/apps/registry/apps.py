from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "shouwang.apps.registry"
    label = "registry"
    verbose_name = "登记册"
