"""The form of a vendor's key: it is typed in, and never shown again."""

from typing import Any

from django import forms
from django.utils.timezone import now
from unfold.widgets import UnfoldAdminPasswordWidget

from metering.api_key import MAX_CHARACTERS
from metering.catalog.provider_keys.set_key import set_provider_key, switch_provider_key
from metering.errors import MeteringError
from metering.models import ProviderKey


class ProviderKeyForm(forms.ModelForm):
    """Calls the verbs while it is validated: what they refuse is an error of the field at fault."""

    key = forms.CharField(
        max_length=MAX_CHARACTERS,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted, and never shown again.",
    )
    actor = ""
    saved: ProviderKey | None = None

    class Meta:
        model = ProviderKey
        fields = ("provider", "tenant", "label", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["key"].required = False
            self.fields["key"].help_text = "Empty: the key stays as it is."

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        row, key, wanted = self.instance, self.cleaned_data["key"], self.cleaned_data["is_active"]
        try:
            if key:
                row = set_provider_key(
                    provider=row.provider,
                    tenant=row.tenant,
                    label=row.label,
                    key=key,
                    actor=self.actor,
                    now=now(),
                )
            switch_provider_key(row=row, is_active=wanted, actor=self.actor, now=now())
        except MeteringError as error:
            self.add_error(error.param if error.param in self.fields else None, error.message)
        else:
            self.saved = row
