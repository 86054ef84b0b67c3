"""The forms of a tenant's page: choices by name, zones from a list, amounts as people type them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms

from admin_console.fields.amount import Unit, read_amount
from admin_console.fields.named_rows import named_in, offered
from admin_console.tenant.limits_table import choices_of
from admin_console.words import TASKS, key_word
from metering.identity.tokens.ceiling import Ceiling
from metering.ids import END
from metering.models import Plan, Team, Tenant, User
from metering.rules.registry import REGISTRY

MOST_CHOICES = 500
NEVER, CUSTOM = "", "date"
ENDS = (("", "never"), ("30", "in 30 days"), ("90", "in 90 days"), ("365", "in a year"), (CUSTOM, "on a day"))


def plan_choices(first: str) -> list[tuple[str, str]]:
    return [("", first), *Plan.objects.filter(is_active=True).values_list("code", "name")]


class IssueForm(forms.Form):
    """A token of one tenant. Whoever has a ceiling passes the own plan on, and nothing wider."""

    name = forms.CharField(max_length=200, label="Name", help_text="What will use it.")
    plan = forms.ChoiceField(label="Plan", choices=())
    team = forms.ChoiceField(label="Team", required=False, choices=())
    user = forms.ChoiceField(
        label="Person", required=False, choices=(), help_text="Its use counts as theirs."
    )
    allowed_tasks = forms.MultipleChoiceField(
        label="Only for",
        required=False,
        choices=[(task, word) for task, word in TASKS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text="None: every task of the plan.",
    )
    ends = forms.ChoiceField(label="Ends", required=False, choices=ENDS)
    ends_on = forms.DateField(
        label="Last day", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: object, tenant: Tenant, ceiling: Ceiling | None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.tenant = tenant
        plans: Iterable[tuple[str, str]] = Plan.objects.filter(is_active=True).values_list("code", "name")
        if ceiling is not None:
            own = ceiling.token.plan_tier_id if ceiling.token is not None else ""
            plans = [(code, name) for code, name in plans if code == own]
        teams = offered(
            Team.objects.for_tenant(tenant).order_by("slug").values_list("slug", "name"),
            most=MOST_CHOICES,
            slug=named_in(self, "team"),
        )
        people = offered(
            User.objects.filter(tenant=tenant, is_active=True).order_by("email"),
            most=MOST_CHOICES,
            email=named_in(self, "user"),
        )
        emails = [(person.email, person.email) for person in people]
        self.fields["plan"].choices = list(plans)  # type: ignore[attr-defined]
        self.fields["team"].choices = [("", "any"), *teams]  # type: ignore[attr-defined]
        self.fields["user"].choices = [("", "nobody in particular"), *emails]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        values = super().clean() or self.cleaned_data
        if values.get("ends") == CUSTOM and "ends_on" not in self.errors:
            last = values.get("ends_on")
            if not isinstance(last, date):
                self.add_error("ends_on", "Choose the last day.")
            elif last.year >= END.year:
                self.add_error("ends_on", f"Choose a day before the year {END.year}, or “never”.")
        return values

    def expires_at(self, now: datetime) -> datetime | None:
        """The end of the last day, on the tenant's calendar."""
        zone, ends = ZoneInfo(self.tenant.timezone), self.cleaned_data.get("ends")
        if ends == CUSTOM:
            day = self.cleaned_data["ends_on"]
        elif ends:
            day = now.astimezone(zone).date() + timedelta(days=int(ends))
        else:
            return None
        return datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)


class PlanForm(forms.Form):
    plan = forms.ChoiceField(label="Plan", choices=lambda: plan_choices("choose"))


class LimitForm(forms.Form):
    """A tenant's own value of one limit."""

    key = forms.ChoiceField(label="Limit", choices=())
    value = forms.CharField(label="Value", max_length=40, widget=forms.TextInput(attrs={"autofocus": True}))
    task = forms.ChoiceField(label="Task", required=False, choices=())

    def __init__(self, *args: object, keys: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["key"].choices = [(key, key_word(key)) for key in keys]  # type: ignore[attr-defined]
        key = self.data.get("key") or self.initial.get("key")
        spec = REGISTRY.get(str(key))
        tasks = [(task, word) for task, word in TASKS.items() if spec is None or task in spec.tasks]
        self.fields["task"].choices = [("", "every task"), *tasks]  # type: ignore[attr-defined]
        if spec is not None and spec.choices:
            self.fields["value"] = forms.ChoiceField(label="Value", choices=choices_of(spec.name))
        elif spec is not None and not spec.is_keys:
            self.fields["value"].help_text = f"In {spec.unit}; 8,000 and 8k are both understood."

    def clean(self) -> dict[str, object]:
        values = super().clean() or self.cleaned_data
        spec = REGISTRY.get(str(values.get("key")))
        counts = spec is not None and not (spec.choices or spec.is_keys)
        if spec is not None and counts and values.get("value") is not None:
            try:
                amount = read_amount(
                    str(values["value"]), Unit.PERCENT if spec.unit == "percent" else Unit.COUNT
                )
            except ValueError as error:
                self.add_error("value", str(error))
            else:
                # What is no whole number is refused by the verb, in the words of every door.
                values["value"] = int(amount) if amount == int(amount) else str(amount)
        return values
