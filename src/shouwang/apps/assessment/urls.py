from __future__ import annotations

from django.urls import path

from shouwang.apps.assessment import views

app_name = "assessment"
urlpatterns = [
    path("standards/", views.show_standards, name="standards"),
    path("standards/history", views.show_history, name="standard_history"),
    path("standards/draft", views.draft, name="draft_standard"),
    path("standards/adjustment", views.show_adjustment, name="adjustment"),
    path("standards/upload", views.upload, name="upload_standards"),
    path("standards/export.csv", views.export, name="export_standards"),
    path("standards/<uuid:uuid>/", views.show_standard, name="standard"),
    path("standards/<uuid:uuid>/revise", views.revise, name="revise_standard"),
    path("standards/<uuid:uuid>/<slug:verb>", views.take_step, name="standard_step"),
]
