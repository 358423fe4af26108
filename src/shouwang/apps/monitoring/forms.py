"""Outside input of the alert pages, parsed and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.selectors.coverage import CoverageFilters
from shouwang.apps.monitoring.selectors.listing import ANY, UNFINISHED, Filters
from shouwang.lib.area_codes import AreaCodeError, level_of

SELECT = forms.Select(attrs={"class": "form-select", "data-autosubmit": ""})
CHECK = forms.CheckboxInput(attrs={"class": "form-check-input", "data-autosubmit": ""})


class CoverageForm(forms.Form):
    """The filters of 应保尽保, from the address line; anything unreadable counts as not chosen."""

    scheme = forms.ChoiceField(label="救助项目", required=False, widget=SELECT)
    verdict = forms.ChoiceField(label="情形", required=False, widget=SELECT)
    area = forms.ChoiceField(label="下级区划", required=False, widget=SELECT)

    def __init__(
        self,
        *args: Any,
        schemes: Sequence[tuple[str, str]],
        verdicts: Sequence[tuple[int, str]],
        areas: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scheme"].choices = [("", "全部"), *schemes]
        self.fields["verdict"].choices = [("", "全部"), *((str(code), text) for code, text in verdicts)]
        self.fields["area"].choices = [("", "全部"), *areas]

    @property
    def selects(self) -> list[forms.BoundField]:
        """The drop-downs, in their order."""
        return [
            self[name] for name in ("scheme", "verdict", *(("area",) if len(self.fields["area"].choices) > 1 else ()))
        ]

    def filters(self) -> CoverageFilters:
        """Return what was chosen; a field that does not fit is left out."""
        self.is_valid()
        sent = self.cleaned_data
        return CoverageFilters(sent.get("scheme", ""), int(sent.get("verdict") or 0), sent.get("area", ""))


class TakeUpForm(forms.Form):
    """The findings chosen for the worklist."""

    finding = forms.TypedMultipleChoiceField(coerce=UUID, required=True)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["finding"].choices = [(value, value) for value in data.getlist("finding")]


class FilterForm(forms.Form):
    """The worklist's filters, from the address line; anything unreadable counts as not chosen."""

    level = forms.ChoiceField(label="等级", required=False, choices=[("", "全部"), *states.ALERT_LEVELS], widget=SELECT)
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[(UNFINISHED, "未办结"), *states.CHOICES, (ANY, "全部")],
        widget=SELECT,
    )
    direction = forms.ChoiceField(
        label="方向", required=False, choices=[("", "全部"), *states.DIRECTIONS], widget=SELECT
    )
    rule = forms.ChoiceField(label="规则", required=False, widget=SELECT)
    area = forms.ChoiceField(label="乡镇（村）", required=False, widget=SELECT)
    q = forms.CharField(
        label="姓名或户编号",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    overdue = forms.BooleanField(label="只看超期", required=False, widget=CHECK)
    mine = forms.BooleanField(label="待我办理", required=False, widget=CHECK)

    def __init__(self, *args: Any, rules: list[tuple[str, str]], areas: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [("", "全部"), *rules]
        self.fields["area"].choices = [("", "全部"), *areas]

    @property
    def selects(self) -> list[forms.BoundField]:
        """The drop-downs, in their order."""
        shown = ("level", "state", "direction", "rule", *(("area",) if len(self.fields["area"].choices) > 1 else ()))
        return [self[name] for name in shown]

    @property
    def ticks(self) -> list[forms.BoundField]:
        """The boxes to tick."""
        return [self["overdue"], self["mine"]]

    def filters(self) -> Filters:
        """Return what was chosen; a field that does not fit is left out."""
        self.is_valid()
        chosen = self.cleaned_data
        return Filters(
            level=chosen.get("level", ""),
            state=chosen.get("state") or UNFINISHED,
            rule=chosen.get("rule", ""),
            direction=chosen.get("direction", ""),
            area=chosen.get("area", ""),
            text=chosen.get("q", ""),
            overdue=chosen.get("overdue", False),
            mine=chosen.get("mine", False),
        )


class AssignForm(forms.Form):
    """Which alerts go to which post."""

    post = forms.IntegerField(min_value=1)
    back = forms.RegexField(regex=r"^/(?!/)[^\\]*$", required=False)
    alert = forms.TypedMultipleChoiceField(coerce=UUID, choices=())

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["alert"].choices = [(each, each) for each in data.getlist("alert")]


class StepForm(forms.Form):
    """One step: what the actor saw (version), what was found (outcome) and the words for it."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    disposition = forms.ChoiceField(required=False, choices=[("", ""), *states.DISPOSITIONS])
    note = forms.CharField(
        label="说明",
        max_length=1000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
        error_messages={"required": "请填写说明。"},
    )


class ReportForm(forms.Form):
    """主动发现 from the phone: a household of the register, or name, place and village of one that is not in it."""

    uuid = forms.UUIDField(
        widget=forms.HiddenInput(attrs={"data-fresh-uuid": ""}),
        error_messages={"required": "页面没有准备好，请刷新后重填。", "invalid": "页面没有准备好，请刷新后重填。"},
    )
    household = forms.UUIDField(required=False, widget=forms.HiddenInput)
    area_code = forms.ChoiceField(label="所在村", required=False, widget=forms.Select(attrs={"class": "form-select"}))
    name = forms.CharField(
        label="户主姓名",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    place = forms.CharField(
        label="住址",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    difficulty = forms.ChoiceField(
        label="困难情形", choices=states.DIFFICULTIES, error_messages={"required": "请选择困难情形。"}
    )
    note = forms.CharField(
        label="情况说明",
        max_length=1000,
        help_text="写清看到了什么、急需什么。请勿填写身份证号。",
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4}),
        error_messages={"required": "请填写情况说明。"},
    )

    def __init__(self, *args: Any, villages: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        only = len(villages) == 1
        self.fields["area_code"].choices = villages if only else [("", "请选择"), *villages]

    def clean(self) -> dict[str, Any]:
        """Without a household of the register, name, place and village are needed."""
        cleaned = super().clean() or {}
        if not cleaned.get("household"):
            for name, message in (
                ("area_code", "请选择所在村。"),
                ("name", "请填写户主姓名。"),
                ("place", "请填写住址，以便上门。"),
            ):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, message)
        return cleaned

    def clean_area_code(self) -> str:
        """Only a village can be named."""
        code = self.cleaned_data["area_code"]
        try:
            if code and level_of(code) != "village":
                raise forms.ValidationError("请选择所在村。")
        except AreaCodeError as error:
            raise forms.ValidationError(str(error)) from error
        return str(code)
