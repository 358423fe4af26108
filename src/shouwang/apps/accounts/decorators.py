"""What a page needs before it opens: a signed-in person in a post in force."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shouwang.apps.accounts.access import NotPermitted

View = Callable[..., HttpResponse]


def acting(view: View) -> View:
    """Open a view only to a person acting in a post; ``request.actor`` is then set.

    Not signed in: to the sign-in page. No post in force, or the view raises NotPermitted: 403 with the reason.
    Where the audit log cannot be written, the middleware answers.
    """

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.actor is None:
            return render(
                request, "403.html", {"message": "您目前没有在任岗位，不能使用系统。请联系县级管理员。"}, status=403
            )
        try:
            return view(request, *args, **kwargs)
        except NotPermitted as refusal:
            return render(request, "403.html", {"message": str(refusal)}, status=403)

    return opened
