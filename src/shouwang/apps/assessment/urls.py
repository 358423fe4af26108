from __future__ import annotations

from django.urls import path

from shouwang.apps.assessment.views import simulations, standards

app_name = "assessment"
urlpatterns = [
    path("standards/", standards.show_standards, name="standards"),
    path("standards/history", standards.show_history, name="standard_history"),
    path("standards/draft", standards.draft, name="draft_standard"),
    path("standards/adjustment", standards.show_adjustment, name="adjustment"),
    path("standards/upload", standards.upload, name="upload_standards"),
    path("standards/export.csv", standards.export, name="export_standards"),
    path("standards/<uuid:uuid>/", standards.show_standard, name="standard"),
    path("standards/<uuid:uuid>/revise", standards.revise, name="revise_standard"),
    path("standards/<uuid:uuid>/<slug:verb>", standards.take_step, name="standard_step"),
    path("simulations/", simulations.show_simulations, name="simulations"),
    path("simulations/new/", simulations.new_simulation, name="simulate"),
    path("simulations/<uuid:uuid>/", simulations.show_simulation, name="simulation"),
    path("simulations/<uuid:uuid>/progress", simulations.show_progress, name="simulation_progress"),
    path("simulations/<uuid:uuid>/cancel", simulations.cancel_simulation, name="simulation_cancel"),
    path("simulations/<uuid:uuid>/table.csv", simulations.download_table, name="simulation_table"),
]
