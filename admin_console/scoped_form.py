"""What the forms of rules and budgets share: for whom, and what happens once a limit is reached."""

from copy import deepcopy
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from admin_console.blast_radius import NOT_SURE
from admin_console.fields.amount import percent
from admin_console.fields.whom import FIELDS, TOLD, Missing, chosen_target, whom_fields
from admin_console.words import MODES
from metering.errors import MeteringError
from metering.models import Tenant
from metering.simulation.blast_radius import stops_everything
from metering.simulation.change import Change, change_of_row

AT_FAULT = frozenset(FIELDS)


class ScopedForm(forms.ModelForm):
    """For whom a row is, is asked once: a row that is there stays with whom it is for."""

    mode = forms.ChoiceField(
        label="Once it is reached",
        choices=list(MODES.items()),
        initial="enforce",
        widget=UnfoldAdminSelectWidget,
    )
    enforce_percent = percent(
        initial=100,
        label="For so many of a hundred people and tokens",
        help_text="For the others it is only noted. 100 %: for all.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.fields.update(whom_fields())
        self.initial.setdefault("enforce_percent", 100)

    only_asks = False
    """Whether only the effect is asked for, and nothing is saved."""

    def change(self) -> Change:
        """What saving the form would change. Only of a form that is valid."""
        row = deepcopy(self.instance)
        return change_of_row(row, lambda: _saved(row))

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        sure = self.data.get("sure") == "1" or self.only_asks
        if not self.errors and not sure and stops_everything(self.change()):
            self.add_error(None, NOT_SURE)

    @property
    def tenant(self) -> Tenant | None:
        """Whose row it is, once the form was cleaned."""
        return self.instance.tenant

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.instance._state.adding and "scope" in values:
            self._forgive_others(values["scope"])
            if not AT_FAULT & set(self.errors):
                self._place(values)
        return values

    def _forgive_others(self, scope: str) -> None:
        """What is wrong in fields that the scope does not need is not said."""
        needed = {scope, "scope", *(("tenant", "named") if scope in TOLD else ())}
        for name in AT_FAULT - needed:
            self.errors.pop(name, None)

    def _place(self, values: dict[str, Any]) -> None:
        try:
            target = chosen_target(values)
        except Missing as error:
            self.add_error(error.field, error.sentence)
        except MeteringError as error:
            self.add_error(error.param if error.param in self.fields else "named", error.message)
        else:
            self.instance.scope = target.scope.value
            self.instance.tenant, self.instance.scope_id = target.tenant, target.scope_id
            values["tenant"] = target.tenant

    def _get_validation_exclusions(self) -> set[str]:
        """Whom it is for belongs to what there may be once, though the form has other fields for it."""
        found: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return found - {"scope", "tenant", "scope_id", "per", "set_by"} if self.instance.scope else found


def _saved(row: Any) -> Any:
    row.save()
    return row
