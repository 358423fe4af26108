"""What is typed on the dossier's pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from shouwang.apps.registry.access import LONGEST_NAME, SHORTEST_REASON

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


class SearchForm(forms.Form):
    """An identity number or part of a name."""

    q = forms.CharField(
        label="身份证号或姓名",
        max_length=LONGEST_NAME,
        error_messages={
            "required": "请输入完整的身份证号，或至少两个字的姓名。",
            "max_length": f"最多输入 {LONGEST_NAME} 个字，请输入完整的身份证号或姓名。",
            "null_characters_not_allowed": "其中有不能识别的字符，请重新输入。",
        },
    )


class DayForm(forms.Form):
    """The day a question is put for; today where none, or none that can be read, is given."""

    on = forms.DateField(label="判定日", required=False)

    def day(self, today: date) -> date:
        """The day typed, if it lies within the span of the law this house holds."""
        typed: date | None = self.cleaned_data.get("on") if self.is_valid() else None
        return typed if typed is not None and FIRST_DAY <= typed <= LAST_DAY else today


class DecisionDayForm(forms.Form):
    """The day of the answer to keep: it must be typed, and lie neither before the law this house holds nor ahead."""

    on = forms.DateField(
        label="判定日",
        error_messages={"required": "请写明判定日。", "invalid": "判定日不是有效的日期，请重新选择后再存档。"},
    )

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_on(self) -> date:
        """The day, if an answer of that day can be kept."""
        typed: date = self.cleaned_data["on"]
        if not FIRST_DAY <= typed <= self.today:
            raise forms.ValidationError("判定日不能晚于今天，也不能早于2000年。请改判定日重算后再存档。")
        return typed


class RevealForm(forms.Form):
    """Why the whole identity number is needed. The reason is kept in the log, which holds no numbers."""

    reason = forms.CharField(
        label="查看原因",
        min_length=SHORTEST_REASON,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={
            "required": f"请写明查看原因（至少 {SHORTEST_REASON} 个字）。",
            "min_length": f"请写明查看原因（至少 {SHORTEST_REASON} 个字）。",
            "max_length": "查看原因最多 200 字。",
            "null_characters_not_allowed": "其中有不能保存的字符，请重新填写。",
        },
        validators=[RegexValidator(r"\d{14}", "原因中请勿填写身份证号。", inverse_match=True)],
    )
