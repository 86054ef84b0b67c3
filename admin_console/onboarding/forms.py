"""The form of a new customer. A name is enough; the rest is proposed, or may come later."""

import re
from typing import Any
from unicodedata import normalize

from django import forms

from admin_console.fields.amount import dollars
from admin_console.onboarding.plans_shown import plans_shown
from metering.time_zones import time_zones
from metering.types import Window

SLUG = 63
NO_PLAN = ""
WINDOWS = ((Window.MONTH.value, "a month"), (Window.DAY.value, "a day"), (Window.TOTAL.value, "in all"))


def proposed_slug(name: str) -> str:
    """`Cedar & Söhne` → `cedar-sohne`: for an address, from a name."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG].strip("-")


def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Zones by continent, UTC in front."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(time_zones()):
        continent, _, place = name.partition("/")
        if place and continent not in {"Etc", "SystemV", "US"}:
            groups.setdefault(continent, []).append((name, name.replace("_", " ")))
    return [("", [("UTC", "UTC")]), *groups.items()]


class NewTenantForm(forms.Form):
    name = forms.CharField(max_length=200, label="Name", widget=forms.TextInput(attrs={"autofocus": True}))
    slug = forms.SlugField(
        max_length=SLUG,
        required=False,
        label="Short name",
        help_text="For addresses and filters; it stays. Left empty: from the name.",
        widget=forms.TextInput(attrs={"data-slug-of": "id_name"}),
    )
    timezone = forms.ChoiceField(
        label="Time zone", choices=zone_choices, initial="UTC", help_text="Its days and months begin there."
    )
    plan = forms.ChoiceField(label="Plan", required=False, choices=())
    budget = dollars(label="Budget", required=False, help_text="Calls above it are refused. Empty: none yet.")
    window = forms.ChoiceField(label="For", required=False, choices=WINDOWS, initial=Window.MONTH.value)
    email = forms.EmailField(
        max_length=254,
        required=False,
        label="First administrator's e-mail address",
        help_text="Gets a mail with a link that works once, for a week. Empty: nobody yet.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plans = plans_shown()
        choices = [(NO_PLAN, "none yet"), *((plan.code, plan.name) for plan in self.plans)]
        self.fields["plan"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        values = super().clean() or self.cleaned_data
        if values.get("name") and not values.get("slug") and "slug" not in self.errors:
            values["slug"] = proposed_slug(values["name"])
            if not values["slug"]:
                self.add_error("slug", "Choose one: the name has no letter that an address can have.")
        return values
