"""What is typed on the dossier's pages."""

from __future__ import annotations

from datetime import date

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
