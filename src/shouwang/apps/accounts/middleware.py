"""Puts the acting post on each request as ``request.actor`` (None when nobody is signed in or no post is in force).

What a signed-in person is shown, refusals included, is never kept by the browser; what cannot be logged is not shown.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shouwang.apps.accounts.access import actors_of
from shouwang.apps.audit.record import AuditUnavailable
from shouwang.lib import clock

POST_KEY = "post_id"


class ActorMiddleware:
    """Looks the posts up anew on every request, so that a post that ended or a disabled account is out at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.posts = actors_of(request.user, clock.today()) if request.user.is_authenticated else []
        chosen = request.session.get(POST_KEY) if request.posts else None
        request.actor = next(
            (actor for actor in request.posts if actor.post_id == chosen), request.posts[0] if request.posts else None
        )
        signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if signed_in:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 with nothing of the file where the audit log cannot be written, signing in and out included."""
        if isinstance(exception, AuditUnavailable):
            return render(request, "accounts/no_audit.html", status=503)
        return None
