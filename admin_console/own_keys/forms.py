"""A vendor's key: typed in, and never shown again."""

from typing import Any

from django import forms

from metering.api_key import MAX_CHARACTERS
from metering.catalog.provider_keys.set_key import DEFAULT_LABEL
from metering.models.provider_keys import LABEL_LENGTH


class OwnKeyForm(forms.Form):
    provider = forms.ChoiceField(label="Vendor")
    label = forms.CharField(
        max_length=LABEL_LENGTH,
        initial=DEFAULT_LABEL,
        label="Label",
        help_text="Tells keys of one vendor apart. The same label again replaces its key.",
    )
    key = forms.CharField(
        max_length=MAX_CHARACTERS,
        label="Key",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted, and never shown again.",
    )

    def __init__(self, *args: Any, providers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].choices = [(name, name) for name in providers]  # type: ignore[attr-defined]
