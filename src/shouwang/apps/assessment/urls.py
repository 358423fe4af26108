from __future__ import annotations

from django.urls import path

from shouwang.apps.assessment.views import simulations

app_name = "assessment"
urlpatterns = [
    path("simulations/", simulations.show_simulations, name="simulations"),
    path("simulations/new/", simulations.new_simulation, name="simulation_new"),
    path("simulations/<uuid:uuid>/", simulations.show_simulation, name="simulation"),
    path("simulations/<uuid:uuid>/progress", simulations.show_progress, name="simulation_progress"),
    path("simulations/<uuid:uuid>/cancel", simulations.cancel_simulation, name="simulation_cancel"),
    path("simulations/<uuid:uuid>/table.csv", simulations.download_table, name="simulation_table"),
]
