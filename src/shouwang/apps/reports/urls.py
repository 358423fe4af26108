from __future__ import annotations

from django.urls import path

from shouwang.apps.reports import views

app_name = "reports"
urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("summary/", views.summary, name="summary"),
    path("summary/<str:area_code>/", views.summary, name="summary_of"),
]
