"""The form of a budget, in people's words: what is limited, per which time, to how much, for whom."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from admin_console.fields.amount import Unit, read_amount, shown_amount
from admin_console.fields.thresholds import ThresholdsField
from admin_console.scoped_form import ScopedForm
from admin_console.words import ON_EXPIRY, dimension_word, each_word, window_word
from metering.models import Budget
from metering.money import NANO_PER_USD, nano_from_usd, usd_from_nano
from metering.policy.edit.target import PolicyTarget
from metering.rules.budgets import DIMENSIONS, SUBJECTS, WINDOWS
from metering.types import MAX_AMOUNT, Dimension, Scope, SubjectType

NANO_DIGITS = 9
PER_CHOICES = [
    ("", "as usual: each tenant of a plan, else all together"),
    *((subject.value, each_word(subject)) for subject in SubjectType if subject in SUBJECTS),
]
HARDNESS = {"hard": "hard: calls that do not fit are refused", "soft": "soft: people are warned, calls go on"}


class HardField(forms.ChoiceField):
    """Whether a budget refuses calls, in words."""

    def __init__(self) -> None:
        super().__init__(
            label="Hard or soft",
            choices=list(HARDNESS.items()),
            initial="hard",
            widget=UnfoldAdminSelectWidget,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "hard", False: "soft"}.get(value, value) if isinstance(value, bool) else value

    def clean(self, value: Any) -> bool:
        return super().clean(self.prepare_value(value)) == "hard"

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


TWIN = "There is a budget of this kind for them already; change its amount instead (Budgets, under Advanced)."


class BudgetForm(ScopedForm):
    dimension = forms.ChoiceField(
        label="Limit",
        choices=[(name, dimension_word(name).capitalize()) for name in DIMENSIONS],
        widget=UnfoldAdminSelectWidget,
    )
    window = forms.ChoiceField(
        label="Per", choices=[(name, window_word(name)) for name in WINDOWS], widget=UnfoldAdminSelectWidget
    )
    amount = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text='Such as "$5" for cost; "8,000", "2k" or "1.5M" for everything else.',
    )
    per = forms.ChoiceField(
        required=False,
        label="Counted for",
        choices=PER_CHOICES,
        widget=UnfoldAdminSelectWidget(attrs={"data-whom-of": "plan global"}),
    )
    hard = HardField()
    thresholds = ThresholdsField()
    on_expiry = forms.ChoiceField(
        required=False,
        label="A call that vanished",
        choices=list(ON_EXPIRY.items()),
        widget=UnfoldAdminSelectWidget,
        help_text="Until it is known what it cost.",
    )

    class Meta:
        model = Budget
        fields = (
            "dimension", "window", "amount", "per", "task", "model_class", "hard", "thresholds", "mode",
            "enforce_percent", "on_expiry", "is_active",
        )  # fmt: skip
        labels = {"is_active": "In force", "model_class": "Models of the class"}
        error_messages = {NON_FIELD_ERRORS: {"unique_together": TWIN}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["amount"] = shown_budget(self.instance.dimension, self.instance.amount)
        for name, every in (("task", "every task"), ("model_class", "every class")):
            if name in self.fields:
                self.fields[name].empty_label = every  # type: ignore[attr-defined]

    def clean_on_expiry(self) -> str:
        return self.cleaned_data["on_expiry"] or next(iter(ON_EXPIRY))

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "per" in self.fields and self.instance.scope:
            values["per"] = self._counted(values.get("per") or "")
        dimension = values.get("dimension") or self.instance.dimension
        if dimension and values.get("amount") is not None:
            try:
                values["amount"] = ledger_amount(dimension, values["amount"])
            except ValueError as error:
                self.add_error("amount", str(error))
        return values

    def _counted(self, per: str) -> str:
        """Whose use is counted; of all but the gateway's and a plan's budgets it is the scope's own."""
        target = PolicyTarget(scope=Scope(self.instance.scope))
        return per if per and target.scope in (Scope.GLOBAL, Scope.PLAN) else target.per.value

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        # The row has the ledger's unit now; what people and the audit trail see is what was typed.
        if self.instance.dimension == Dimension.COST and isinstance(self.cleaned_data.get("amount"), int):
            self.cleaned_data["amount"] = usd_from_nano(self.cleaned_data["amount"])


def shown_budget(dimension: str, amount: int) -> str:
    """A budget's amount as a field shows it."""
    if dimension == Dimension.COST:
        return shown_amount(usd_from_nano(amount), Unit.DOLLARS)
    return shown_amount(amount, Unit.COUNT)


def ledger_amount(dimension: str, text: str) -> int:
    """An amount in the ledger's unit. Raises ValueError with a sentence."""
    is_cost = dimension == Dimension.COST
    amount = read_amount(text, Unit.DOLLARS if is_cost else Unit.COUNT)
    if amount < 0:
        raise ValueError("An amount is not below zero.")
    if not is_cost:
        if amount != amount.to_integral_value():
            raise ValueError(f"{dimension_word(dimension).capitalize()} are counted in whole numbers.")
        if amount > MAX_AMOUNT:
            raise ValueError(f"At most {MAX_AMOUNT:,}.")
        return int(amount)
    if amount > Decimal(MAX_AMOUNT) / NANO_PER_USD:
        raise ValueError("That is more money than the ledger can count.")
    if amount != round(amount, NANO_DIGITS):
        raise ValueError(f"At most {NANO_DIGITS} decimals.")
    return nano_from_usd(amount)
