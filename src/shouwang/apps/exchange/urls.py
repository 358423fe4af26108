from __future__ import annotations

from django.urls import path

from shouwang.apps.exchange import views

app_name = "exchange"
urlpatterns = [
    path("questions/", views.show_questions, name="questions"),
    path("questions/<uuid:uuid>/", views.show_question, name="question"),
    path("questions/<uuid:uuid>/answer", views.answer, name="answer"),
    path("deliveries/", views.show_deliveries, name="deliveries"),
    path("deliveries/upload", views.upload, name="upload"),
    path("deliveries/<uuid:uuid>/", views.show_delivery, name="delivery"),
    path("deliveries/<uuid:uuid>/release", views.release, name="release"),
    path("deliveries/<uuid:uuid>/withdraw", views.withdraw, name="withdraw"),
    path("deliveries/<uuid:uuid>/receipt.json", views.download_receipt, name="receipt"),
    path("deliveries/<uuid:uuid>/fix-list.xlsx", views.download_fix_list, name="fix_list"),
]
