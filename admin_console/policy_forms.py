"""Forms of rules and budgets: values are checked by the registry, money is entered in dollars."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from admin_console.json_field import StrictJSONField
from metering.errors import MeteringError
from metering.models import Budget, PolicyRule
from metering.money import NANO_PER_USD, nano_from_usd, usd_from_nano
from metering.policy.edit.target import find_target
from metering.rules.budgets import DIMENSIONS, WINDOWS
from metering.rules.read_conditions import check_conditions
from metering.rules.registry import REGISTRY, check_rule
from metering.text import normal
from metering.types import MAX_AMOUNT, SCOPES_WITHOUT_ID, TENANT_SCOPES, Dimension, Scope

NANO_DIGITS = 9
WHOLE_NUMBER = re.compile(r"-?\d{1,20}", re.ASCII)


def scope_problems(scope: str, tenant: Any, scope_id: str) -> dict[str, str]:
    """Sentences for the fields that do not fit the scope; the table has the same as a constraint."""
    problems = {}
    if scope in TENANT_SCOPES and tenant is None:
        problems["tenant"] = f"The scope {scope} needs a tenant."
    if scope not in TENANT_SCOPES and tenant is not None:
        problems["tenant"] = f"The scope {scope} has no tenant."
    if scope in SCOPES_WITHOUT_ID and scope_id:
        problems["scope_id"] = f"The scope {scope} has no id."
    if scope not in SCOPES_WITHOUT_ID and not scope_id:
        problems["scope_id"] = f"Name the {scope}: its id, or the code of a plan, or the name of a provider."
    return problems


SCOPE_ID_HELP = (
    "Of a team, user or token its id, of a plan its code, of a provider or an agent its name; "
    "empty for the gateway and for a tenant."
)
CONDITIONS_HELP = 'Such as {"days": ["mon", "fri"], "hours": "09:00-17:00"}; {} is always.'


SCOPE_FIELDS = {"scope", "tenant", "scope_id"}


class ScopedForm(forms.ModelForm):
    def _get_validation_exclusions(self) -> set[str]:
        """Who set a row is not asked, but rows of others are no twins."""
        return super()._get_validation_exclusions() - {"set_by"}  # type: ignore[misc,no-any-return]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "scope_id" in values:
            values["scope_id"] = normal(values["scope_id"])
        if "scope" in self.fields and values.get("scope"):
            found = scope_problems(values["scope"], values.get("tenant"), values.get("scope_id", ""))
            for field, problem in found.items():
                self.add_error(field, problem)
            if not found and not self.errors:
                self._find_target(values)
        return values

    def _find_target(self, values: dict[str, Any]) -> None:
        """Whoever is named has to exist, as at every other door; a slug, address or prefix becomes the id."""
        if not self.instance._state.adding and not SCOPE_FIELDS & set(self.changed_data):
            return  # what was there before can be switched off, whatever became of it
        scope, tenant = values["scope"], values.get("tenant")
        words = {"tenant": tenant.slug} if tenant is not None else {}
        if scope not in SCOPES_WITHOUT_ID:
            words[scope] = values["scope_id"]
        try:
            values["scope_id"] = find_target(**words).scope_id
        except MeteringError as error:
            self.add_error("scope_id", error.message)


def key_choices(stored: str = "") -> list[tuple[str, str]]:
    """Every rule key that may be set, with its meaning, and the one that a rule has already."""
    return [
        (key.name, f"{key.name}: {key.meaning}")
        for key in REGISTRY.values()
        if key.is_read or key.name == stored
    ]


class RuleKeyField(forms.ChoiceField):
    """Offers the keys that may be set. Another one of the registry is refused by `check_rule`, which says why."""

    widget = UnfoldAdminSelectWidget

    def valid_value(self, value: Any) -> bool:
        return value in REGISTRY or super().valid_value(value)


class RuleValueField(forms.CharField):
    """A whole number or a word: the registry knows no other values, so nobody has to write JSON."""

    def to_python(self, value: Any) -> int | str:  # type: ignore[override]
        text = str(super().to_python(value)).strip('"')
        return int(text) if WHOLE_NUMBER.fullmatch(text) else text

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial) != str(data)


RULE_IDENTITY = ("scope", "tenant", "scope_id", "task", "key", "conditions", "priority", "mode")


class RuleForm(ScopedForm):
    key = RuleKeyField(choices=key_choices)
    value = RuleValueField(widget=UnfoldAdminTextInputWidget, help_text="A number such as 4000, or a word.")

    class Meta:
        model = PolicyRule
        fields = "__all__"
        field_classes = {"conditions": StrictJSONField}
        widgets = {"conditions": UnfoldAdminTextareaWidget(attrs={"rows": 3})}
        help_texts = {"scope_id": SCOPE_ID_HELP, "conditions": CONDITIONS_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].choices = key_choices(self.instance.key)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "key" in values and "value" in values and "scope" in values:
            task, scope = values.get("task"), Scope(values["scope"])
            try:
                check_rule(values["key"], values["value"], task.code if task else None, scope)
            except ValueError as error:
                self.add_error("value", str(error))
        if "conditions" in values:
            values["conditions"] = values["conditions"] or {}
            try:
                tenant = values.get("tenant")
                check_conditions(
                    values["conditions"], timezone=tenant.timezone if tenant is not None else "UTC"
                )
            except ValueError as error:
                self.add_error("conditions", str(error))
        if not self.errors and self._has_twin(values):
            self.add_error("key", "There is such a rule already: change its value instead.")
        return values

    def _has_twin(self, values: dict[str, Any]) -> bool:
        same = {name: values.get(name) for name in RULE_IDENTITY} | {"set_by": self.instance.set_by}
        return PolicyRule.objects.filter(**same).exclude(pk=self.instance.pk).exists()


class BudgetForm(ScopedForm):
    amount = forms.DecimalField(
        widget=UnfoldAdminTextInputWidget,
        min_value=0,
        help_text="US dollars for the dimension cost, a whole number for everything else.",
    )

    class Meta:
        model = Budget
        fields = "__all__"
        help_texts = {"scope_id": SCOPE_ID_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.dimension == Dimension.COST and "amount" in self.initial:
            self.initial["amount"] = usd_from_nano(self.initial["amount"])

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        for name, words in (("dimension", DIMENSIONS), ("window", WINDOWS)):
            if values.get(name, words[0]) not in words:
                self.add_error(name, "Calls at once have no budget: the rule max_concurrent limits them.")
        dimension = values.get("dimension") or self.instance.dimension
        if dimension and values.get("amount") is not None:
            try:
                values["amount"] = _ledger_amount(dimension, values["amount"])
            except ValueError as error:
                self.add_error("amount", str(error))
        return values

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        # The row has the ledger's unit now; what people and the audit trail see is what was typed.
        if self.instance.dimension == Dimension.COST and "amount" in self.cleaned_data:
            self.cleaned_data["amount"] = usd_from_nano(self.cleaned_data["amount"])


def _ledger_amount(dimension: str, amount: Decimal) -> int:
    """An amount in the ledger's unit. Raises ValueError with a sentence."""
    if dimension == Dimension.COST:
        if amount > Decimal(MAX_AMOUNT) / NANO_PER_USD:
            raise ValueError("That is more money than the ledger can count.")
        if amount != round(amount, NANO_DIGITS):
            raise ValueError(f"At most {NANO_DIGITS} decimals.")
        return nano_from_usd(amount)
    if amount != amount.to_integral_value():
        raise ValueError(f"{dimension} is counted in whole numbers.")
    if amount > MAX_AMOUNT:
        raise ValueError(f"At most {MAX_AMOUNT}.")
    return int(amount)
