"""The form that issues an ATI token."""

from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.utils.timezone import make_naive, now
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminTextInputWidget,
)

from metering.errors import MeteringError
from metering.identity.tokens.ceiling import Ceiling
from metering.identity.tokens.issue_token import issue_token
from metering.identity.tokens.secret import IssuedToken
from metering.models import ATIToken, LLMModel, Plan, Task
from metering.time_zones import placed


def _task_choices() -> list[tuple[str, str]]:
    return [(task.code, task.name) for task in Task.objects.all()]


def _model_choices() -> list[tuple[str, str]]:
    return [(name, name) for name in LLMModel.objects.filter(is_active=True).values_list("name", flat=True)]


class TokenForm(forms.ModelForm):
    """Calls the verb while it is validated: what the verb refuses is an error of the field at fault."""

    allowed_tasks = forms.MultipleChoiceField(
        choices=_task_choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Nothing chosen: all that the plan allows.",
    )
    allowed_models = forms.MultipleChoiceField(
        choices=_model_choices,
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Nothing chosen: all that the plan allows.",
    )
    allowed_networks = SimpleArrayField(
        forms.CharField(max_length=43),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Networks such as 192.0.2.0/24, separated by commas. Empty: from anywhere.",
    )
    actor = ""
    ceiling: Ceiling | None = None
    issued: IssuedToken | None = None

    class Meta:
        model = ATIToken
        exclude = ("prefix", "digest", "previous_digest")
        help_texts = {"expires_at": "In the tenant's time zone. Empty: never."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "plan_tier" in self.fields:
            self.fields["plan_tier"].queryset = Plan.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """An end is what was typed, on a clock in the tenant's zone; Django has read it as UTC."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        end, tenant = values.get("expires_at"), values.get("tenant")
        if end is not None and tenant is not None:
            try:
                values["expires_at"] = placed(make_naive(end), tenant.timezone, param="expires_at")
            except MeteringError as error:
                self.add_error("expires_at", error.message)
        return values

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not self.instance._state.adding:
            return
        values = self.cleaned_data
        try:
            self.issued = issue_token(
                tenant=values["tenant"],
                plan_code=values["plan_tier"].code,
                actor=self.actor,
                ceiling=self.ceiling,
                now=now(),
                name=values["name"],
                team=values["team"],
                user=values["user"],
                allowed_tasks=values["allowed_tasks"],
                allowed_models=values["allowed_models"],
                allowed_networks=values["allowed_networks"],
                signups_allowed=values["signups_allowed"],
                expires_at=values["expires_at"],
            )
        except MeteringError as error:
            field = {"plan": "plan_tier"}.get(error.param or "", error.param)
            self.add_error(field if field in self.fields else None, error.message)
