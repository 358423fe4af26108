from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "shouwang.apps.accounts"
    label = "accounts"
    verbose_name = "人员与岗位"
