"""Outside input of the exchange pages."""

from __future__ import annotations

from django import forms

from shouwang.apps.exchange.contract import feeds, load_contract
from shouwang.apps.exchange.models import Delivery, LinkQuestion

_SELECT = forms.Select(attrs={"class": "form-select", "data-autosubmit": ""})


def _feed_choices() -> list[tuple[str, str]]:
    return [("", "全部"), *((feed, load_contract(feed).title) for feed in feeds())]


class FilterForm(forms.Form):
    """The list's filters, from the address line; anything unreadable counts as not chosen."""

    feed = forms.ChoiceField(label="数据类别", required=False, choices=_feed_choices, widget=_SELECT)
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部"), *Delivery.State.choices], widget=_SELECT
    )

    def chosen(self) -> dict[str, str]:
        """Return what was chosen; a field that does not fit is left out."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in ("feed", "state")}


class QuestionFilterForm(forms.Form):
    """Which questions the queue shows; anything unreadable counts as those that wait."""

    state = forms.ChoiceField(label="状态", required=False, choices=LinkQuestion.State.choices, widget=_SELECT)

    def chosen(self) -> str:
        """Return the state chosen."""
        return (self.cleaned_data.get("state") if self.is_valid() else "") or LinkQuestion.State.OPEN


class AnswerForm(forms.Form):
    """A person's answer to a question: which of the three, about whom, and why."""

    answer = forms.CharField(max_length=10)
    person = forms.CharField(max_length=36, required=False)
    reason = forms.CharField(
        label="理由",
        min_length=4,
        max_length=200,
        help_text="写明核对了什么，例如“与本人户口簿核对”。会留痕。",
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )


class UploadForm(forms.Form):
    """One file from a county post; its name says feed, county and period."""

    file = forms.FileField(
        label="数据文件",
        help_text="CSV 或 XLSX，文件名形如 medical_990101_2026-09.csv（类别_县区划6位_所属期）",
        max_length=200,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".csv,.xlsx"}),
    )


class WithdrawForm(forms.Form):
    """Why a delivery is taken back."""

    reason = forms.CharField(
        label="撤回原因",
        min_length=4,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
