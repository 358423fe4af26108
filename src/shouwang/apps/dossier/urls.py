from __future__ import annotations

from django.urls import path

from shouwang.apps.dossier import views

app_name = "dossier"
urlpatterns = [
    path("households/<uuid:uuid>/", views.show_household, name="household"),
    path("people/search", views.search, name="search"),
    path("people/<uuid:uuid>/identity", views.reveal, name="reveal"),
]
