from __future__ import annotations

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "shouwang.apps.monitoring"
    label = "monitoring"
    verbose_name = "监测预警"
