"""What is typed on the dossier's pages."""

from __future__ import annotations

from django import forms

LONGEST_SEARCH = 60


class SearchForm(forms.Form):
    """An identity number or part of a name."""

    q = forms.CharField(
        label="身份证号或姓名",
        max_length=LONGEST_SEARCH,
        error_messages={
            "required": "请输入完整的身份证号，或至少两个字的姓名。",
            "max_length": f"最多输入 {LONGEST_SEARCH} 个字，请输入完整的身份证号或姓名。",
            "null_characters_not_allowed": "其中有不能识别的字符，请重新输入。",
        },
    )


class RevealForm(forms.Form):
    """Why the whole identity number is needed."""

    reason = forms.CharField(label="查看原因", max_length=200, strip=True)
