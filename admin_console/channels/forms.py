"""The form of a channel: each kind says in a sentence where its URL comes from."""

from typing import Any

from django import forms

from admin_console.channels.words import EVENTS
from metering.alerts.endpoints.rotate_secret import MAX_OVERLAP_H, OVERLAP_H
from metering.models import WebhookEndpoint
from metering.models.webhooks import NAME_LENGTH
from metering.types import OPERATORS_TYPES, TENANTS_TYPES
from metering.webhook_url import MAX_LENGTH

Kind = WebhookEndpoint.Kind
HELP = {
    Kind.WEBHOOK: "Of a program of yours that takes POST requests over https. They are signed by Standard Webhooks.",
    Kind.SLACK: "In Slack: your app, Incoming Webhooks, Add New Webhook. It begins with https://hooks.slack.com/services/.",
    Kind.TEAMS: "In Teams: Workflows beside the channel, “Send webhook alerts to a channel”; it is shown at the end.",
}
UNCHANGED = "Empty: it stays as it is."


class ChannelForm(forms.Form):
    name = forms.CharField(max_length=NAME_LENGTH, label="Name", help_text="Tells channels apart.")
    url = forms.CharField(
        max_length=MAX_LENGTH, label="URL", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(
        self, *args: Any, kind: str, is_of_tenant: bool, row: WebhookEndpoint | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        others = OPERATORS_TYPES if is_of_tenant else TENANTS_TYPES
        # One that was chosen by the API stays in view: without it an empty choice would come to mean all.
        hidden = others - set(row.events if row is not None else ())
        choices = [(type_, words) for type_, words in EVENTS.items() if type_ not in hidden]
        self.fields["events"] = forms.MultipleChoiceField(
            choices=choices,
            required=False,
            label="Events",
            widget=forms.CheckboxSelectMultiple,
            help_text="None: all.",
        )
        self.fields["url"].help_text = HELP[Kind(kind)] if row is None else f"{HELP[Kind(kind)]} {UNCHANGED}"
        self.fields["url"].required = row is None


class RotateForm(forms.Form):
    overlap_h = forms.IntegerField(
        min_value=0,
        max_value=MAX_OVERLAP_H,
        initial=OVERLAP_H,
        label="Hours of overlap",
        help_text="So long the secret before signs as well.",
    )
