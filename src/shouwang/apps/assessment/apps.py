from __future__ import annotations

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    name = "shouwang.apps.assessment"
    label = "assessment"
    verbose_name = "研算"
