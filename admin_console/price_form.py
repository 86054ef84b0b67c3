"""Entering a price: from now on unless a later moment is named, never for the past."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.timezone import now

from admin_console.fields.parts import PartsField
from admin_console.fields.price_levers import TOKEN_LABELS, PriceLeversForm, price
from metering.models import ModelPrice
from metering.price import TOKEN_PRICES

AS = {
    "cached_input": "Empty: as input.",
    "cache_write": "Empty: as input.",
    "cache_write_1h": "Empty: not known.",
    "cache_write_12h": "Empty: not known.",
    "reasoning": "Empty: as output.",
}


class PriceForm(forms.ModelForm):
    modifiers = PartsField(PriceLeversForm, label="What moves the price besides tokens")

    class Meta:
        model = ModelPrice
        fields = ("model", "effective_from", *TOKEN_PRICES, "modifiers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and "effective_from" in self.fields:
            self.initial.pop("effective_from", None)
            moment = self.fields["effective_from"]
            moment.initial, moment.required, moment.help_text = None, False, "Empty: from now on."
        for name in TOKEN_PRICES:
            if name in self.fields:
                self.fields[name] = price(TOKEN_LABELS[name], help_text=AS.get(name, ""))
                self.fields[name].required = name not in AS

    def clean_effective_from(self) -> datetime:
        moment = self.cleaned_data["effective_from"]
        if moment is None:
            return now()
        if moment <= now():
            raise forms.ValidationError("A price cannot begin in the past; leave this empty for now.")
        return moment  # type: ignore[no-any-return]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        self.instance.is_listed = False  # a person's from now on, which no import replaces
        full: Decimal | None = values.get("input")
        for name in ("cached_input", "cache_write"):
            if values.get(name) is None:
                values[name] = full
        return values
