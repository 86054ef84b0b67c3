"""A markup in percent: an empty field is none."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget


class MarkupField(forms.DecimalField):
    def __init__(self, help_text: str) -> None:
        super().__init__(
            max_digits=7,
            decimal_places=3,
            min_value=-100,
            max_value=1000,
            required=False,
            widget=UnfoldAdminDecimalFieldWidget,
            help_text=help_text,
        )

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return Decimal(0) if found is None else found
