"""The form of what a token may do. An empty field: whatever its plan allows."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from metering.errors import MeteringError
from metering.identity.tokens.change_token import TokenChanges
from metering.models import ATIToken, LLMModel, Task, Team
from metering.time_zones import placed

MIDNIGHT = time()


class NarrowForm(forms.Form):
    allowed_tasks = forms.MultipleChoiceField(
        required=False,
        label="Only these tasks",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Nothing chosen: all that its plan allows.",
    )
    allowed_models = forms.MultipleChoiceField(
        required=False,
        label="Only these models",
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Nothing chosen: all that its plan allows.",
    )
    team = forms.ModelChoiceField(
        queryset=Team.objects.none(),
        required=False,
        label="Only for the team",
        empty_label="any",
        widget=UnfoldAdminSelectWidget,
    )
    allowed_networks = forms.CharField(
        required=False,
        max_length=4_000,
        label="Only from these networks",
        widget=UnfoldAdminTextInputWidget,
        help_text="Such as 192.0.2.0/24, separated by commas. Empty: from anywhere.",
    )
    ends_on = forms.DateField(
        required=False,
        label="Ends on",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text="Empty: never.",
    )
    ends_at = forms.TimeField(
        required=False, label="at", widget=UnfoldAdminTextInputWidget(attrs={"type": "time"})
    )

    def __init__(self, data: Any, *, token: ATIToken, zone: Any) -> None:
        end = token.expires_at.astimezone(zone) if token.expires_at else None
        initial = {
            "allowed_tasks": token.allowed_tasks,
            "allowed_models": token.allowed_models,
            "team": token.team_id,
            "allowed_networks": ", ".join(token.allowed_networks),
            "ends_on": end.date() if end else None,
            "ends_at": end.time().replace(second=0, microsecond=0) if end else None,
        }
        super().__init__(data, initial=initial)
        self.token = token
        models = set(LLMModel.objects.filter(is_active=True).values_list("name", flat=True))
        choices: Any = {
            "allowed_tasks": [(task.code, task.name) for task in Task.objects.all()],
            "allowed_models": [(name, name) for name in sorted(models | set(token.allowed_models))],
        }
        for name, listed in choices.items():
            self.fields[name].choices = listed  # type: ignore[attr-defined]
        team: Any = self.fields["team"]
        team.queryset = Team.objects.for_tenant(token.tenant)
        team.label_from_instance = lambda row: row.name
        self.fields["ends_at"].help_text = f"Time of {token.tenant.timezone}."

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        day, at = values.get("ends_on"), values.get("ends_at")
        if at and not day:
            self.add_error("ends_on", "Name the day too.")
        elif "ends_on" in values and "ends_at" in values:
            try:
                values["expires_at"] = self._end(day, at)
            except MeteringError as error:
                self.add_error("ends_on", error.message)
        return values

    def _end(self, day: date | None, at: time | None) -> datetime | None:
        if not {"ends_on", "ends_at"} & set(self.changed_data):
            return self.token.expires_at  # to the second, as it was
        if day is None:
            return None
        return placed(datetime.combine(day, at or MIDNIGHT), self.token.tenant.timezone, param="ends_on")

    def changes(self) -> TokenChanges:
        """What differs from the token. Only of a form that is valid."""
        values = self.cleaned_data
        networks = [text for part in values["allowed_networks"].split(",") if (text := part.strip())]
        wanted: Any = {
            "allowed_tasks": values["allowed_tasks"],
            "allowed_models": values["allowed_models"],
            "team": values["team"],
            "allowed_networks": networks,
            "expires_at": values["expires_at"],
        }
        changes: TokenChanges = {
            name: value
            for name, value in wanted.items()
            if value != getattr(self.token, name)  # type: ignore[assignment]
        }
        return changes
