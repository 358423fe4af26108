"""Which office answers which address; each app's ``urls`` holds its full paths."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("shouwang.apps.accounts.urls")),
    path("", include("shouwang.apps.monitoring.urls")),
    path("", include("shouwang.apps.dossier.urls")),
    path("", include("shouwang.apps.exchange.urls")),
    path("", include("shouwang.apps.assessment.urls")),
    path("", include("shouwang.apps.reports.urls")),
]
