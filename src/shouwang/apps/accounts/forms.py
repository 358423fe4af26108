"""The sign-in form in the house's widgets and words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.validators import MaxLengthValidator

from shouwang.apps.accounts.models import User

LONGEST = {"username": User._meta.get_field("username").max_length, "password": 200}


class SignInForm(AuthenticationForm):
    """Sign-in name and password; one answer for an unknown name, a wrong password and a disabled account.

    Django only tells the browser how long a name may be; what is longer must not reach the lockout's table.
    """

    error_messages = {
        "invalid_login": "登录名或口令不对。连续输错五次，该登录名将锁定十五分钟。",
        "inactive": "登录名或口令不对。连续输错五次，该登录名将锁定十五分钟。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "登录名"
        self.fields["password"].label = "口令"
        for name, longest in LONGEST.items():
            told = MaxLengthValidator(longest, self.error_messages["invalid_login"])
            self.fields[name].validators.append(told)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


class SwitchPostForm(forms.Form):
    """The post to go on in."""

    post = forms.IntegerField(min_value=1)
