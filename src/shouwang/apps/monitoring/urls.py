from __future__ import annotations

from django.urls import path

from shouwang.apps.monitoring import views

app_name = "monitoring"
urlpatterns = [
    path("", views.show_worklist, name="worklist"),
    path("alerts/assign", views.assign_alerts, name="assign"),
    path("alerts/<uuid:uuid>/", views.show_alert, name="alert"),
    path("alerts/<uuid:uuid>/<slug:verb>", views.take_step, name="step"),
    path("coverage/", views.show_coverage, name="coverage"),
    path("coverage/take-up", views.take_up_findings, name="take_up"),
    path("report/", views.report, name="report"),
    path("quality/", views.show_quality, name="quality"),
]
