"""Outside input of the simulation page, parsed and checked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from django import forms
from django.forms.utils import ErrorList

from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.selectors.simulations import parameters_to_change, versions_to_choose
from shouwang.engine.reform import Change, Reform, ReformError, Version
from shouwang.engine.reform_text import NO, YES, text_of_amount, value_from_text, version_from_text
from shouwang.lib.area_codes import NATION
from shouwang.lib.dates import DateError, parse_date

SELECT = {"class": "form-select"}
INPUT = {"class": "form-control", "autocomplete": "off"}
CHANGES, VERSIONS = (1, 2, 3), (1, 2)
LONGEST = 30


class SimulationForm(forms.Form):
    """Where, on which day, and what would be otherwise: up to three parameters and two versions of rules."""

    area = forms.ChoiceField(label="范围", widget=forms.Select(SELECT))
    as_of = forms.DateField(
        label="判定日",
        widget=forms.DateInput(INPUT | {"type": "date"}, format="%Y-%m-%d"),
        help_text="可以是过去的任何一天：按当时的住户、事实和规则算",
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], latest: date, also: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.latest = latest
        self.fields["area"].choices = places
        self.fields["as_of"].widget.attrs["max"] = latest.isoformat()
        items: list[Any] = [("", "不改"), *parameters_to_change()]
        book = selectors.book()
        if also and also not in {name for _, group in parameters_to_change() for name, _ in group}:
            items.append((also, book.label_of(also)))
        for number in CHANGES:
            self.fields[f"item_{number}"] = forms.ChoiceField(
                label=f"参数 {number}", required=False, choices=items, widget=forms.Select(SELECT)
            )
            self.fields[f"value_{number}"] = forms.CharField(
                label="改为",
                required=False,
                max_length=LONGEST,
                widget=forms.TextInput(INPUT | {"placeholder": "660元/月、+10%、30%、是"}),
            )
        for number in VERSIONS:
            self.fields[f"version_{number}"] = forms.ChoiceField(
                label=f"规则 {number}",
                required=False,
                choices=[("", "不改"), *versions_to_choose()],
                widget=forms.Select(SELECT),
            )

    @property
    def changes(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The pairs of parameter and value."""
        return [(self[f"item_{number}"], self[f"value_{number}"]) for number in CHANGES]

    @property
    def versions(self) -> list[forms.BoundField]:
        """The choices of versions; empty where no rule has more than one."""
        return [self[f"version_{number}"] for number in VERSIONS] if versions_to_choose() else []

    def clean_as_of(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["as_of"]
        if day > self.latest:
            raise forms.ValidationError("判定日不能晚于今天。")
        return day

    def reform(self) -> Reform | None:
        """Return the reform asked for, or None with the errors beside the fields."""
        changes: list[Change] = []
        versions: list[Version] = []
        for number in CHANGES:
            item, value = self.cleaned_data.get(f"item_{number}"), self.cleaned_data.get(f"value_{number}")
            if item and value and not (any(sign.isdigit() for sign in value) or value in (*YES, *NO)):
                self._refuse(f"value_{number}", f"“{value}”读不出：请写如 660元/月、+10%、30%，是否类写 是 或 否。")
            elif item and value:
                try:
                    changes.append(value_from_text(selectors.book(), self.cleaned_data["area"], item, value))
                except ReformError as error:
                    self._refuse(f"value_{number}", str(error))
            elif item or value:
                self._refuse(f"value_{number}", "参数和新的值要一起填。")
        for number in VERSIONS:
            chosen = self.cleaned_data.get(f"version_{number}")
            if chosen:
                versions.append(version_from_text(selectors.book(), chosen))
        if len({each.name for each in versions}) < len(versions):
            self._refuse(f"version_{VERSIONS[-1]}", "同一条规则只能选一个版本。")
        if not changes and not versions and not self.errors:
            self._refuse("value_1", "请至少改一个参数，或另选一个规则版本。")
        return None if self.errors else Reform(tuple(changes), tuple(versions))

    def refuse(self, message: str) -> None:
        """Show why the whole cannot be computed."""
        self._refuse("value_1", message)

    def _refuse(self, field: str, message: str) -> None:
        self.errors.setdefault(field, ErrorList()).append(message)


def prefilled(given: Mapping[str, str], *, latest: date) -> dict[str, str]:
    """Return initial values from a link: ``item``, ``amount`` as it would be published (yuan for money), ``per``, ``from``.

    What does not fit is left out. A day to come becomes today: the register holds no future.
    """
    found = {"as_of": latest.isoformat()}
    item, amount = given.get("item", ""), given.get("amount", "")
    spec = selectors.book().parameter_specs.get(item)
    if spec is not None:
        found["item_1"] = item
        period = {"month": "/月", "year": "/年"}.get(given.get("per", "").rpartition("-")[2], "")
        with suppress(ReformError):
            change = value_from_text(selectors.book(), NATION, item, f"{amount}{period}")
            if change.value is not None:
                found["value_1"] = text_of_amount(spec, change.value, change.per)
    with suppress(DateError):
        found["as_of"] = min(parse_date(given.get("from", "")), latest).isoformat()
    return found
