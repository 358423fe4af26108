"""Outside input of the pages of local standards."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms

from shouwang.apps.assessment.selectors.local_standards import Filters
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import Assertion
from shouwang.lib.halfwidth import to_halfwidth
from shouwang.lib.money import MoneyError, fen_from_yuan
from shouwang.lib.ratio import RatioError, ratio_from_text

TEXT = {"class": "form-control", "autocomplete": "off"}
SELECT = forms.Select(attrs={"class": "form-select"})
PICK = forms.Select(attrs={"class": "form-select", "data-autosubmit": ""})
CHECK = forms.CheckboxInput(attrs={"class": "form-check-input"})
DAY = forms.DateInput(format="%Y-%m-%d", attrs={"class": "form-control", "type": "date"})
EARLIEST, LATEST = date(1999, 10, 1), date(2100, 1, 1)
"""城市居民最低生活保障条例 came into force in October 1999: no standard of ours is older."""
PERIODS = {"month": "元/月", "year": "元/年"}
PLAIN_UNITS = {
    "percent": "百分之几，如 150",
    "permille": "千分之几，如 50",
    "days": "天数",
    "count": "数目",
    "code": "代码",
    "ratio": "比例，写成 1/3、130% 或 1.3",
}
_WHOLE = re.compile(r"\d{1,15}", re.ASCII)


class ListForm(forms.Form):
    """The list's filters, from the address line."""

    area = forms.ChoiceField(label="区划", required=False, widget=SELECT)
    on = forms.DateField(label="执行日期", required=False, widget=DAY)
    policy = forms.ChoiceField(label="政策", required=False, widget=SELECT)
    q = forms.CharField(
        label="标准名称", required=False, max_length=60, widget=forms.TextInput(attrs=TEXT | {"type": "search"})
    )
    unset = forms.BooleanField(label="只看未设定", required=False, widget=CHECK)
    national = forms.BooleanField(label="含全国统一的数值", required=False, widget=CHECK)

    def __init__(
        self, *args: Any, areas: list[tuple[str, str]], policies: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = areas
        self.fields["policy"].choices = [("", "全部"), *policies]

    def filters(self) -> Filters:
        """Return what was chosen; a field that does not fit is left out."""
        self.is_valid()
        chosen = self.cleaned_data
        return Filters(
            chosen.get("policy", ""), chosen.get("q", ""), chosen.get("unset", False), chosen.get("national", False)
        )

    def day(self, otherwise: date) -> date:
        """Return the day asked for."""
        self.is_valid()
        return self.cleaned_data.get("on") or otherwise


class PickForm(forms.Form):
    """Which standard of which division; choosing reloads the page, so that the value's own controls appear."""

    area = forms.ChoiceField(label="区划", widget=PICK)
    item = forms.ChoiceField(label="标准", widget=PICK)

    def __init__(self, *args: Any, areas: list[tuple[str, str]], items: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = areas
        self.fields["item"].choices = [("", "请选择"), *items]


class ValueForm(forms.Form):
    """A value in the unit of its parameter: money with its period, a ratio, a number, yes or no."""

    def __init__(self, *args: Any, spec: ParameterSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec
        if spec.unit == "bool":
            answers = [("", "请选择"), ("1", "是"), ("0", "否")]
            self.fields["amount"] = forms.ChoiceField(label="是否", choices=answers, widget=SELECT)
        else:
            hint = "" if spec.unit == "fen" else PLAIN_UNITS.get(spec.unit, "")
            self.fields["amount"] = forms.CharField(
                label="金额" if spec.unit == "fen" else "数值",
                max_length=40,
                help_text=hint or "按文件公布的数字填写，月标准、年标准不要自行换算。",
                widget=forms.TextInput(attrs=TEXT | {"inputmode": "decimal"}),
            )
        if spec.unit == "fen":
            self.fields["per"] = forms.ChoiceField(label="单位", choices=self.periods, widget=SELECT)
        self.order_fields(["amount", "per"])

    @property
    def periods(self) -> list[tuple[str, str]]:
        """What money may be per, the parameter's own period first."""
        whose, _, own = self.spec.per.rpartition("-")
        if own not in PERIODS:
            return [(self.spec.per or "fen", "元")]
        return [(f"{whose}-{period}", PERIODS[period]) for period in ("month", "year")]

    def clean_amount(self) -> int:
        """Return the whole number the text stands for; never rounds."""
        text = to_halfwidth(str(self.cleaned_data["amount"])).strip()
        try:
            if self.spec.unit == "fen":
                return fen_from_yuan(text)
            if self.spec.unit == "ratio":
                return ratio_from_text(text)
        except (MoneyError, RatioError) as error:
            raise forms.ValidationError(str(error)) from error
        plain = text.removesuffix({"percent": "%", "permille": "‰", "days": "天"}.get(self.spec.unit, "\n"))
        if _WHOLE.fullmatch(plain) is None:
            raise forms.ValidationError("请填写整数。")
        return int(plain)

    def assertion(self, area_code: str, *, source: str, valid_from: date, **others: Any) -> Assertion:
        """Return what the form says, the published figure and unit kept."""
        is_money = self.spec.unit == "fen"
        per = self.cleaned_data["per"] if is_money else self.spec.unit
        written = to_halfwidth(str(self.data.get(self.add_prefix("amount"), ""))).strip()
        return Assertion(
            item=self.spec.item,
            area_code=area_code,
            value=self.cleaned_data["amount"],
            per=per,
            valid_from=valid_from,
            source=source,
            published=written if is_money else "",
            published_unit=dict(self.periods)[per] if is_money else "",
            **others,
        )


class DraftForm(ValueForm):
    """拟定: the value, its days and the document."""

    valid_from = forms.DateField(label="执行之日（可早于今天）", widget=DAY)
    last_day = forms.DateField(
        label="最后执行日", required=False, widget=DAY, help_text="文件写明有效期的才填，含这一天。"
    )
    source = forms.CharField(
        label="文件（名称和文号）", max_length=120, widget=forms.TextInput(attrs=TEXT), help_text="公开的通知或公报。"
    )
    article = forms.CharField(label="条款", max_length=120, required=False, widget=forms.TextInput(attrs=TEXT))
    last_confirmed = forms.DateField(label="最近核对日", required=False, widget=DAY)
    version = forms.IntegerField(required=False, min_value=0, max_value=10**6, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """The days lie in a span a standard can have, in their order."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("valid_from"), cleaned.get("last_day")
        for name in ("valid_from", "last_day", "last_confirmed"):
            day = cleaned.get(name)
            if day is not None and not EARLIEST <= day <= LATEST:
                self.add_error(name, f"日期应在 {EARLIEST} 至 {LATEST} 之间。")
        if first and last and last < first:
            self.add_error("last_day", "最后执行日早于执行之日。")
        return cleaned

    def wanted(self, area_code: str) -> Assertion:
        """Return the standard the form proposes."""
        sent = self.cleaned_data
        last = sent["last_day"]
        return self.assertion(
            area_code,
            source=sent["source"].strip(),
            valid_from=sent["valid_from"],
            valid_to=date.fromordinal(last.toordinal() + 1) if last else None,
            article=sent["article"].strip(),
            last_confirmed=sent["last_confirmed"],
        )


class ProposalForm(ValueForm):
    """动态调整: a value thought of and the day it would begin; from the address line."""

    valid_from = forms.DateField(label="拟执行之日", widget=DAY)

    def clean_valid_from(self) -> date:
        """A day a standard can begin on."""
        day: date = self.cleaned_data["valid_from"]
        if not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(f"日期应在 {EARLIEST} 至 {LATEST} 之间。")
        return day


class StandardStepForm(forms.Form):
    """One step: what the actor saw (version), the words for it, and for an end its day."""

    version = forms.IntegerField(min_value=0, max_value=10**6, widget=forms.HiddenInput)
    note = forms.CharField(
        label="说明", max_length=500, required=False, widget=forms.Textarea(attrs={"class": "form-control", "rows": 2})
    )
    day = forms.DateField(
        label="从哪天起不再执行", required=False, widget=DAY, help_text="填执行之日或更早，表示从未执行过。"
    )

    def clean_day(self) -> date | None:
        """A day a standard can end on."""
        day: date | None = self.cleaned_data["day"]
        if day is not None and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(f"日期应在 {EARLIEST} 至 {LATEST} 之间。")
        return day


class StandardsUploadForm(forms.Form):
    """One CSV of standards, to be drafted."""

    file = forms.FileField(
        label="标准表（CSV）",
        help_text="本系统导出的版式，或公布标准的汇总表（area_code,…,scope,item,amount,unit,…）；UTF-8 或 GB18030。",
        max_length=200,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".csv"}),
    )
