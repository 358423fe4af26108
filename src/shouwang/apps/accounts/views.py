"""Sign in, sign out, switch posts; the pages of a lockout and of a stale form."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from shouwang.apps.accounts.access import actor_for
from shouwang.apps.accounts.decorators import acting
from shouwang.apps.accounts.forms import SignInForm, SwitchPostForm
from shouwang.apps.accounts.middleware import POST_KEY
from shouwang.apps.accounts.selectors import user_by_username
from shouwang.apps.accounts.services import note_refused_session, note_session
from shouwang.lib import clock


class SignIn(LoginView):
    """登录. The audit row is written before the page answers; if it cannot be, nobody is signed in."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:
        user = form.get_user()
        note_session(actor_for(user, clock.today()), user, "start")
        return super().form_valid(form)

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        note_refused_session(user_by_username(form.cleaned_data.get("username", "")))
        return super().form_invalid(form)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """退出登录. The session ends even where that cannot be logged, and browsers that can forget what they kept do."""
    try:
        if request.user.is_authenticated:
            note_session(request.actor, request.user, "end")
    finally:
        logout(request)
    response = redirect("accounts:login")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_POST
@acting
def switch_post(request: HttpRequest) -> HttpResponse:
    """切换岗位: one's own posts in force only; any other is as if it were not there."""
    form = SwitchPostForm(request.POST)
    wanted = form.cleaned_data["post"] if form.is_valid() else None
    actor = next((actor for actor in request.posts if actor.post_id == wanted), None)
    if actor is None:
        raise Http404
    note_session(actor, request.user, "switch")
    request.session[POST_KEY] = actor.post_id
    return redirect(settings.LOGIN_REDIRECT_URL)


def locked_out(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """Say that the sign-in name is locked and for how many minutes; every further try starts the time anew."""
    minutes = math.ceil(float(settings.AXES_COOLOFF_TIME) * 60)
    return render(request, "lockout.html", {"minutes": minutes}, status=429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was stale; nothing was saved."""
    return render(request, "403_csrf.html", status=403)
