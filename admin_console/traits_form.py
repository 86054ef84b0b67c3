"""The forms of providers and models, which have traits. The rows themselves check what traits may hold."""

from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from unfold.widgets import UnfoldAdminTextInputWidget

from admin_console.fields.amount import whole
from admin_console.fields.parts import PartsField
from admin_console.fields.traits import TraitsPartsForm
from admin_console.markup_field import MarkupField
from metering.base_url import base_url_problem
from metering.models import LLMModel, Provider


class TraitsForm(forms.ModelForm):
    traits = PartsField(
        TraitsPartsForm,
        label="Differs from the vendor",
        help_text="What is left open is as it is known of the vendor.",
    )


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
    context_tokens = whole(
        low=1, high=2**31 - 1, label="Context", help_text='Tokens, such as "128k" or "200,000".'
    )
    max_output_tokens = whole(
        low=1, high=2**31 - 1, label="Longest output", help_text='Tokens, such as "8,192".'
    )
    aliases = SimpleArrayField(
        forms.CharField(max_length=128),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Other names for it, separated by commas.",
    )

    class Meta:
        model = LLMModel
        fields = "__all__"
