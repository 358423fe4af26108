from __future__ import annotations

from django.urls import path

from shouwang.apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login", views.SignIn.as_view(), name="login"),
    path("logout", views.sign_out, name="logout"),
    path("post", views.switch_post, name="post"),
]
