"""What is typed on the dossier's pages."""

from __future__ import annotations

from django import forms

LONGEST_SEARCH = 60


class SearchForm(forms.Form):
    """An identity number or part of a name."""

    q = forms.CharField(label="身份证号或姓名", max_length=LONGEST_SEARCH, required=False, strip=True)


class RevealForm(forms.Form):
    """Why the whole identity number is needed."""

    reason = forms.CharField(label="查看原因", max_length=200, strip=True)
