"""The forms of providers and models, which have traits. The rows themselves check what traits may hold."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from admin_console.json_field import StrictJSONField
from admin_console.markup_field import MarkupField
from metering.base_url import base_url_problem
from metering.models import LLMModel, Provider
from metering.traits import TRAITS

TRAITS_HELP = (
    'Such as {"stream_options": false}; {} adds nothing to what is known of the vendor. Traits: '
    + "; ".join(f"{trait.name}, {trait.meaning}" for trait in TRAITS.values())
)


class TraitsForm(forms.ModelForm):
    # Declared, because Django would compare with a hidden copy in the page, and the audit trail with it.
    traits = StrictJSONField(
        required=False,
        initial=dict,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=TRAITS_HELP,
    )

    def clean_traits(self) -> Any:
        """An emptied field means no traits; anything else is left to the row's own check."""
        traits = self.cleaned_data["traits"]
        return {} if traits is None else traits


class ProviderForm(TraitsForm):
    markup_percent = MarkupField("What its calls cost above its prices, in percent; below zero: less.")

    class Meta:
        model = Provider
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.base_url and base_url_problem(self.instance.base_url):
            self.initial["base_url"] = ""  # neither shown nor audited; a usable one has to be typed


class LLMModelForm(TraitsForm):
    class Meta:
        model = LLMModel
        fields = "__all__"
