from __future__ import annotations

from django.urls import path

from shouwang.apps.reports import views

app_name = "reports"
urlpatterns = [path("dashboard/", views.dashboard, name="dashboard")]
