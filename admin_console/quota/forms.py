"""What is asked for, what is answered, and what an override or a top-up adds."""

from typing import Any

from django import forms

from admin_console.budget_form import ledger_amount
from metering.models import Budget
from metering.policy.overrides.counter import MOST_WINDOWS, resets

AMOUNT_HELP = 'Such as "$5", "8,000" or "2k".'
FOR_WINDOWS, OPEN, GOOD = "windows", "open", "good"
WINDOW_WORDS = {"hour": "hours", "day": "days", "week": "weeks", "month": "months"}


class MoreForm(forms.Form):
    """An amount that is added to a budget, for a while."""

    amount = forms.CharField(max_length=40, label="How much more", help_text=AMOUNT_HELP)
    lasts = forms.ChoiceField(label="How long")
    windows = forms.IntegerField(required=False, min_value=1, max_value=MOST_WINDOWS, initial=1)

    def __init__(self, *args: Any, budget: Budget, may_be_for_good: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.budget = budget
        noun = WINDOW_WORDS.get(budget.window, "windows")
        choices = [(OPEN, "until somebody removes it")]
        if resets(budget):
            choices.insert(0, (FOR_WINDOWS, f"for some {noun}, this one first"))
        if may_be_for_good:
            choices.append((GOOD, "for good: the budget itself is raised"))
        self.fields["lasts"].choices = choices  # type: ignore[attr-defined]
        self.fields["windows"].label = f"How many {noun}"
        if not resets(budget):
            del self.fields["windows"]

    def clean_amount(self) -> int:
        """Return the amount in the ledger's units."""
        try:
            amount = ledger_amount(self.budget.dimension, self.cleaned_data["amount"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        if not amount:
            raise forms.ValidationError("More than nothing.")
        return amount

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("lasts") == FOR_WINDOWS and "windows" not in self.errors and not values.get("windows"):
            self.add_error("windows", "Say how many.")
        return values

    @property
    def window_count(self) -> int | None:
        """For how many windows; None: no end."""
        values = self.cleaned_data
        return values["windows"] if values["lasts"] == FOR_WINDOWS else None


class AskForm(MoreForm):
    reason = forms.CharField(
        max_length=500,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="An operator decides by it.",
    )


class AnswerForm(MoreForm):
    answer = forms.CharField(
        max_length=500, required=False, label="A sentence", widget=forms.Textarea(attrs={"rows": 3})
    )


class OverrideForm(MoreForm):
    reason = forms.CharField(max_length=500, required=False, label="Why")


class TopUpForm(forms.Form):
    amount = forms.CharField(max_length=40, label="What was paid", help_text=AMOUNT_HELP)
    reference = forms.CharField(
        max_length=64, label="Reference", help_text="The invoice or payment; each counts once."
    )
    reason = forms.CharField(max_length=500, required=False, label="Note")

    def __init__(self, *args: Any, budget: Budget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.budget = budget

    clean_amount = MoreForm.clean_amount
