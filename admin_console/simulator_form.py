"""What the simulator asks for: whose calls, of which days, and what is to be different."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.timezone import now
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from admin_console.fields.chosen import chosen
from admin_console.rule_form import RuleKeyField, key_choices, read_value
from admin_console.words import TASKS
from metering.models import Plan, Tenant, User
from metering.policy.source import LoadCatalog
from metering.rules.registry import check_rule
from metering.simulation.with_rule import with_rule
from metering.types import Scope

USUAL_PERIOD = timedelta(days=7)
AS_IT_IS = ("", "as it is")


class SimulatorForm(forms.Form):
    """A tenant's own administrators have no field for a tenant: it is theirs."""

    tenant = chosen(Tenant.objects.all(), required=False, help_text="Empty: all tenants.")
    since = forms.DateField(widget=UnfoldAdminSingleDateWidget, label="From")
    until = forms.DateField(
        widget=UnfoldAdminSingleDateWidget,
        label="To",
        help_text="Whole days, in the tenant's time zone (UTC for all tenants).",
    )
    plan = forms.ChoiceField(required=False, label="On the plan", widget=UnfoldAdminSelectWidget)
    key = RuleKeyField(required=False, label="With the limit")
    value = forms.CharField(
        required=False,
        max_length=64,
        label="Set to",
        widget=UnfoldAdminTextInputWidget,
        help_text='A number such as "8,000" or "2k", or a word.',
    )
    task = forms.ChoiceField(
        required=False,
        label="For the task",
        widget=UnfoldAdminSelectWidget,
        choices=[("", "every task"), *TASKS.items()],
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        today = now().date()
        kwargs.setdefault("initial", {"since": today - USUAL_PERIOD, "until": today})
        super().__init__(*args, **kwargs)
        self.user = user
        self.owner: Tenant | None = user.tenant
        self.fields["key"].choices = [AS_IT_IS, *key_choices()]  # type: ignore[attr-defined]
        if self.owner is not None:
            del self.fields["tenant"]
        plans = Plan.objects.filter(is_active=True).values_list("code", "name")
        self.fields["plan"].choices = [AS_IT_IS, *plans]  # type: ignore[attr-defined]

    def clean_tenant(self) -> Tenant | None:
        tenant: Tenant | None = self.cleaned_data["tenant"]
        self.owner = tenant
        return tenant

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        key, value = values.get("key"), values.get("value")
        if key and value is not None:
            try:
                value = values["value"] = read_value(key, value)
                check_rule(key, value, values.get("task") or None, self._scope)
            except ValueError as error:
                self.add_error("value", str(error))
        elif value not in ("", None):
            self.add_error("key", "Choose the rule that has this value.")
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day is before the first.")
        if until and until > now().date() + timedelta(days=1):  # somewhere it is tomorrow already
            self.add_error("until", "The last day is in the future.")
        return values

    def question(self) -> dict[str, Any]:
        """What `replay_at_once` takes. Only of a form that is valid."""
        values = self.cleaned_data
        zone = ZoneInfo(self.owner.timezone if self.owner is not None else "UTC")
        end = datetime.combine(values["until"] + timedelta(days=1), time.min, zone)
        return {
            "tenant": self.owner,
            "since": datetime.combine(values["since"], time.min, zone),
            "until": end,
            "plan": values["plan"] or None,
            "after": self._change() if values["key"] else None,
        }

    @property
    def _scope(self) -> Scope:
        """For whom the rule is tried."""
        return Scope.GLOBAL if self.owner is None else Scope.TENANT

    def _change(self) -> LoadCatalog:
        """Sets the rule; the simulator takes it back."""
        values = self.cleaned_data
        return with_rule(
            tenant=self.owner,
            key=values["key"],
            value=values["value"],
            task=values["task"] or None,
            now=now(),
        )
