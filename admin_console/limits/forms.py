"""The two forms: a budget, and a rule. Amounts are typed as people write them."""

from decimal import Decimal
from typing import Any

from django import forms

from admin_console.fields.amount import DOLLAR_PLACES, Unit, read_amount
from admin_console.fields.thresholds import ThresholdsField
from admin_console.limits.whom import NAMED, WhomForm
from admin_console.rule_form import read_value
from admin_console.words import TASKS, dimension_word, key_word, window_word
from metering.models import ModelClass
from metering.policy.edit.may_edit import OPERATOR, TENANTS_KEYS
from metering.rules.budgets import DIMENSIONS, WINDOWS
from metering.rules.registry import REGISTRY, check_rule
from metering.types import Dimension, EnforcementMode, Scope

EVERY_TASK = ("", "Every task")
ONCE_REACHED = [("hard", "refuse calls"), ("soft", "let calls pass and warn")]


class BudgetLimitForm(WhomForm):
    dimension = forms.ChoiceField(
        label="Of", choices=[(word, dimension_word(word).capitalize()) for word in DIMENSIONS]
    )
    amount = forms.CharField(label="At most", max_length=40, help_text='Such as "$5", "8,000" or "2k".')
    window = forms.ChoiceField(label="In", choices=[(word, window_word(word)) for word in WINDOWS])
    task = forms.ChoiceField(required=False, label="Task", choices=[EVERY_TASK, *TASKS.items()])
    model_class = forms.ChoiceField(required=False, label="With models of")
    once_reached = forms.ChoiceField(label="Once it is reached", choices=ONCE_REACHED, initial="hard")
    thresholds = ThresholdsField()
    field_order = (
        *("whom", *NAMED, "amount", "dimension", "window", "task", "model_class"),
        *("once_reached", "thresholds"),
    )

    identity = (*WhomForm.identity, "dimension", "window", "model_class")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        classes = ModelClass.objects.order_by("rank").values_list("code", "name")
        self.fields["model_class"].choices = [("", "every class"), *classes]  # type: ignore[attr-defined]
        self.initial.setdefault("dimension", Dimension.COST.value)
        self.initial.setdefault("window", "day")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("amount") and values.get("dimension"):
            try:
                values["amount"] = _exact(values["amount"], values["dimension"])
            except ValueError as error:
                self.add_error("amount", str(error))
        return values

    def facts(self) -> dict[str, Any]:
        """Return what was typed, as `set_budget` takes it."""
        values = self.cleaned_data
        return {
            "dimension": values["dimension"],
            "window": values["window"],
            "amount": f"{values['amount']:f}",
            "task": values["task"] or None,
            "model_class": values["model_class"] or None,
            "soft": values["once_reached"] == "soft",
            "thresholds": values["thresholds"] if "thresholds" in self.data else None,
            "editor": self.editor,
        }


class RuleLimitForm(WhomForm):
    key = forms.ChoiceField(label="Limit")
    value = forms.CharField(label="To", max_length=64, help_text="See below what it takes.")
    task = forms.ChoiceField(required=False, label="Task", choices=[EVERY_TASK, *TASKS.items()])
    mode = forms.ChoiceField(
        label="Once it is reached",
        choices=[
            (EnforcementMode.ENFORCE.value, "refuse calls"),
            (EnforcementMode.WARN.value, "let calls pass and warn"),
            (EnforcementMode.OBSERVE.value, "only note it"),
        ],
        initial=EnforcementMode.ENFORCE.value,
    )
    field_order = ("whom", *NAMED, "key", "value", "task", "mode")

    identity = (*WhomForm.identity, "key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = TENANTS_KEYS if self.editor != OPERATOR else sorted(k for k in REGISTRY if REGISTRY[k].is_read)
        choices = sorted(((key, key_word(key)) for key in keys), key=lambda pair: pair[1])
        self.fields["key"].choices = [("", "Choose"), *choices]  # type: ignore[attr-defined]
        self.fields[
            "value"
        ].help_text = 'A number such as "8,000" or "2k"; classes of models: PRO_M and so on.'

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("key") and values.get("value") is not None:
            try:
                values["value"] = read_value(values["key"], values["value"])
                check_rule(values["key"], values["value"], values.get("task") or None, self._scope(values))
            except ValueError as error:
                self.add_error("value", str(error))
        return values

    def facts(self) -> dict[str, Any]:
        """Return what was typed, as `set_rule` takes it."""
        values = self.cleaned_data
        return {
            "key": values["key"],
            "value": values["value"],
            "task": values["task"] or None,
            "mode": values["mode"],
            "editor": self.editor,
        }

    @staticmethod
    def _scope(values: dict[str, Any]) -> Scope:
        return Scope(str(values.get("whom") or "team").partition(":")[0])


def _exact(text: str, dimension: str) -> Decimal:
    """The amount in dollars, or a whole count. Raises ValueError with a sentence."""
    is_cost = dimension == Dimension.COST
    amount = read_amount(text, Unit.DOLLARS if is_cost else Unit.COUNT)
    if amount < 0:
        raise ValueError("The amount is 0 or more.")
    places = DOLLAR_PLACES if is_cost else 0
    if -int(amount.normalize().as_tuple().exponent) > places:
        raise ValueError(f"At most {places} decimals." if places else "This is counted in whole numbers.")
    return amount
