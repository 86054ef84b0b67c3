"""Entering a price: from now on unless a later moment is named, never for the past."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.timezone import now
from unfold.widgets import UnfoldAdminTextareaWidget

from admin_console.json_field import StrictJSONField
from metering.models import ModelPrice
from metering.price import TOKEN_PRICES

MODIFIERS_HELP = (
    'Such as {"tiers": [{"from_tokens": 272000, "input": 4, "output": 12}], "service_tiers": {"flex": 0.5}, "hours": '
    '[{"days": ["mon"], "from": "01:00", "to": "04:00", "factor": 2}], "per_call": 0.01, "per_image": 0.002, '
    '"tools": {"web_search": 0.01}}; {} is nothing.'
)


class PriceForm(forms.ModelForm):
    modifiers = StrictJSONField(
        required=False,
        initial=dict,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=MODIFIERS_HELP,
    )

    class Meta:
        model = ModelPrice
        fields = ("model", "effective_from", *TOKEN_PRICES, "modifiers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and "effective_from" in self.fields:
            self.initial.pop("effective_from", None)
            moment = self.fields["effective_from"]
            moment.initial, moment.required, moment.help_text = None, False, "Empty: from now on."
        for name in ("cached_input", "cache_write"):
            if name in self.fields:
                self.fields[name].required = False
                self.fields[name].help_text = "Empty: as input."

    def clean_effective_from(self) -> datetime:
        moment = self.cleaned_data["effective_from"]
        if moment is None:
            return now()
        if moment <= now():
            raise forms.ValidationError("A price cannot begin in the past; leave this empty for now.")
        return moment  # type: ignore[no-any-return]

    def clean_modifiers(self) -> Any:
        """An emptied field means none; anything else is left to the row's own check."""
        modifiers = self.cleaned_data["modifiers"]
        return {} if modifiers is None else modifiers

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        self.instance.is_listed = False  # a person's from now on, which no import replaces
        full: Decimal | None = values.get("input")
        for name in ("cached_input", "cache_write"):
            if values.get(name) is None:
                values[name] = full
        return values
