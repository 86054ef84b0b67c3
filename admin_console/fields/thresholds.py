"""The percentages of a limit at which people are told, as one line: 80 %, 95 %, 100 %."""

import re
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from admin_console.fields.amount import Unit, read_amount
from metering.thresholds import DEFAULT_THRESHOLDS, VALID_THRESHOLDS, are_valid


class ThresholdsField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            initial=list(DEFAULT_THRESHOLDS),
            max_length=120,
            label="Tell people at",
            widget=UnfoldAdminTextInputWidget,
            help_text='Such as "80 %, 95 %, 100 %". Empty: nobody is told.',
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{percent} %" for percent in value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[int]:  # type: ignore[override]
        if isinstance(value, list):
            return value
        words = [word for word in re.split(r"[,;]", str(super().to_python(value))) if word.strip()]
        try:
            percentages = [read_amount(word, Unit.PERCENT) for word in words]
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if any(each != each.to_integral_value() for each in percentages) or not are_valid(
            list(map(int, percentages))
        ):
            raise forms.ValidationError(f"Name {VALID_THRESHOLDS}.")
        return sorted({int(each) for each in percentages})

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != sorted(initial or [])
        except forms.ValidationError:
            return True
