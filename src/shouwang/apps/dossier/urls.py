from __future__ import annotations

from django.urls import path

from shouwang.apps.dossier import views

app_name = "dossier"
urlpatterns = [
    path("households/<uuid:uuid>/", views.show_household, name="household"),
    path("households/<uuid:uuid>/why/<slug:rule>/", views.show_why, name="why"),
    path("households/<uuid:uuid>/why/<slug:rule>.json", views.why_json, name="why_json"),
    path("households/<uuid:uuid>/why/<slug:rule>.pdf", views.why_pdf, name="why_pdf"),
    path("households/<uuid:uuid>/why/<slug:rule>/store", views.store_decision, name="store"),
    path("households/<uuid:uuid>/why/<slug:rule>/<uuid:person>/store", views.store_decision, name="store_of_person"),
    path("households/<uuid:uuid>/why/<slug:rule>/<uuid:person>/", views.show_why, name="why_of_person"),
    path("households/<uuid:uuid>/why/<slug:rule>/<uuid:person>.json", views.why_json, name="why_of_person_json"),
    path("households/<uuid:uuid>/why/<slug:rule>/<uuid:person>.pdf", views.why_pdf, name="why_of_person_pdf"),
    path("households/<uuid:uuid>/decisions/<uuid:decision>/", views.show_decision, name="decision"),
    path("households/<uuid:uuid>/decisions/<uuid:decision>.json", views.decision_json, name="decision_json"),
    path("households/<uuid:uuid>/decisions/<uuid:decision>.pdf", views.decision_pdf, name="decision_pdf"),
    path("people/search", views.search, name="search"),
    path("people/<uuid:uuid>/identity", views.reveal, name="reveal"),
]
