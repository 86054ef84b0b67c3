"""When a rule counts, as controls: weekdays, hours, a zone, the days of its validity, use of a budget."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from admin_console.fields.amount import percent
from admin_console.fields.parts import PartsForm
from admin_console.words import dimension_word, plain, scope_word
from metering.rules.budgets import DIMENSIONS, WINDOWS
from metering.rules.read_conditions import MAX_HOURS
from metering.time_zones import time_zones
from metering.types import TOLD_BY_CALL, Scope

DAYS = {
    "mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun",
}  # fmt: skip
SPARE_HOURS = 2
HEADINGS = {
    "valid_from": "Only between these moments",
    "use_percent": "Only once so much of a budget is used",
}
ENDS = ("valid_from", "valid_until")
OFFSET = r"^[+-]\d{4}$"
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d\d))?", re.ASCII)
_USAGE = ("use_percent", "use_scope", "use_dimension", "use_window")


def zone_choices() -> list[tuple[str, str]]:
    """Every zone by name."""
    return [(zone, zone.replace("_", " ")) for zone in sorted(time_zones())]


class ClockField(forms.CharField):
    """A time of day such as 9, 9:30 or 24:00."""

    def __init__(self, label: str) -> None:
        super().__init__(
            required=False,
            label=label,
            max_length=5,
            widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "such as 9:00", "size": 5}),
        )

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        found = _CLOCK.fullmatch(text) if text else None
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
        if text and (found is None or minute > 59 or hour * 60 + minute > 24 * 60):
            raise forms.ValidationError(f"“{text}” is no time of day. Write it as 9, 9:30 or 17:00.")
        return f"{hour:02}:{minute:02}" if found else ""


class ConditionsForm(PartsForm):
    layout = "grid gap-3 sm:grid-cols-2 lg:grid-cols-4"
    days = forms.MultipleChoiceField(
        required=False,
        label="Days",
        choices=list(DAYS.items()),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Nothing ticked: every day.",
    )
    timezone = forms.ChoiceField(
        required=False,
        label="Clock of",
        widget=UnfoldAdminSelect2Widget,
        help_text="Empty: the tenant's zone.",
    )
    valid_from = forms.DateField(
        required=False, label="From the day", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )
    valid_from_at = forms.TimeField(
        required=False, label="at", widget=UnfoldAdminTextInputWidget(attrs={"type": "time"})
    )
    valid_until = forms.DateField(
        required=False,
        label="until the day, not included",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    valid_until_at = forms.TimeField(
        required=False, label="at", widget=UnfoldAdminTextInputWidget(attrs={"type": "time"})
    )
    # A moment that was set with an offset from UTC, by another door, keeps it.
    valid_from_offset = forms.RegexField(OFFSET, required=False, widget=forms.HiddenInput)
    valid_until_offset = forms.RegexField(OFFSET, required=False, widget=forms.HiddenInput)
    use_percent = percent(low=1, required=False, label="From", help_text='Such as "80 %".')
    use_scope = forms.ChoiceField(required=False, label="of the budget of", widget=UnfoldAdminSelectWidget)
    use_dimension = forms.ChoiceField(required=False, label="for its", widget=UnfoldAdminSelectWidget)
    use_window = forms.ChoiceField(required=False, label="of a", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = {
            "timezone": [("", "the tenant's"), *zone_choices()],
            "use_scope": [
                ("", "whoever is nearest to the limit"),
                *((scope.value, scope_word(scope)) for scope in Scope if scope not in TOLD_BY_CALL),
            ],
            "use_dimension": [("", ""), *((name, dimension_word(name)) for name in DIMENSIONS)],
            "use_window": [("", ""), *((name, plain(name)) for name in WINDOWS)],
        }
        for name, listed in choices.items():
            self.fields[name].choices = listed  # type: ignore[attr-defined]
        self.spans = self.rows_of("from_{}", SPARE_HOURS, MAX_HOURS)
        for number in range(self.spans):
            more = "" if number == 0 else f" ({number + 1})"
            self.fields[f"from_{number}"] = ClockField(f"From{more}")
            self.fields[f"to_{number}"] = ClockField(f"to{more}")
        hours = [f"{end}_{number}" for number in range(self.spans) for end in ("from", "to")]
        self.order_fields(["days", "timezone", *hours])
        self.fields["days"].spans = "lg:col-span-3"  # type: ignore[attr-defined]
        for name, heading in HEADINGS.items():
            self.fields[name].heading = heading  # type: ignore[attr-defined]

    @classmethod
    def parts_of(cls, value: Any) -> dict[str, Any]:
        when: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        hours = when.get("hours", [])
        parts: dict[str, Any] = {"days": when.get("days", []), "timezone": when.get("timezone", "")}
        for number, span in enumerate([hours] if isinstance(hours, str) else hours):
            parts[f"from_{number}"], _, parts[f"to_{number}"] = span.partition("-")
        for end in ENDS:
            if text := when.get(end):
                moment = datetime.fromisoformat(text)
                if moment.tzinfo is not None and parts["timezone"]:
                    moment = moment.astimezone(ZoneInfo(parts["timezone"])).replace(tzinfo=None)
                parts[end] = moment.date()
                parts[f"{end}_at"] = moment.time() if "T" in text else None
                if moment.tzinfo is not None:
                    parts[f"{end}_offset"] = f"{moment:%z}"
        if usage := when.get("usage"):
            scope, _, budget = usage["budget"].rpartition(" ")
            dimension, _, window = budget.partition("/")
            parts |= dict(zip(_USAGE, (usage["from_percent"], scope, dimension, window), strict=True))
        return parts

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for number in range(self.spans):
            if bool(values.get(f"from_{number}")) != bool(values.get(f"to_{number}")):
                self.add_error(f"to_{number}", "Hours need a beginning and an end.")
        for end in ENDS:
            if values.get(f"{end}_at") and not values.get(end):
                self.add_error(end, "Name the day too.")
        if any(values.get(name) for name in _USAGE):
            for name in ("use_percent", "use_dimension", "use_window"):
                if not values.get(name) and name not in self.errors:
                    self.add_error(
                        name, "A share of a budget needs the percentage, what is counted, and how long."
                    )
        return values

    def whole(self) -> dict[str, Any]:
        """The `when` of a rule, without what is left open."""
        values = self.cleaned_data
        hours = [
            f"{values[f'from_{number}']}-{values[f'to_{number}']}"
            for number in range(self.spans)
            if values[f"from_{number}"]
        ]
        when: dict[str, Any] = {
            "days": [day for day in DAYS if day in values["days"]],
            "hours": hours[0] if len(hours) == 1 else hours,
            "timezone": values["timezone"],
            **{end: _moment(values[end], values[f"{end}_at"], values[f"{end}_offset"]) for end in ENDS},
            "usage": self._usage(),
        }
        return {name: value for name, value in when.items() if value}

    def _usage(self) -> dict[str, Any] | None:
        share, scope, dimension, window = (self.cleaned_data[name] for name in _USAGE)
        budget = f"{scope} {dimension}/{window}".strip()
        return {"budget": budget, "from_percent": share} if share else None


def _moment(day: date | None, at: time | None, offset: str) -> str:
    if day is None:
        return ""
    if at is None:
        return day.isoformat()
    clock = at.isoformat("auto" if at.second or at.microsecond else "minutes")
    return f"{day.isoformat()}T{clock}{offset}"
