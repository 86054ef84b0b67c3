"""The form of a rule, in people's words: which limit, to what value, for whom and when."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from admin_console.fields.amount import Unit, read_amount, shown_amount, whole
from admin_console.fields.conditions import ConditionsForm
from admin_console.fields.parts import PartsField
from admin_console.fields.suggested import SuggestedInput
from admin_console.scoped_form import ScopedForm
from admin_console.words import choice_word, key_word
from metering.models import PolicyRule
from metering.rules.read_conditions import check_conditions
from metering.rules.registry import REGISTRY, check_rule
from metering.rules.rule import MAX_PRIORITY
from metering.tags import read_keys
from metering.types import Scope


def key_choices(stored: str = "") -> list[tuple[str, str]]:
    """Every limit that may be set, by its name, and the one that a rule has already."""
    return [(key.name, key_word(key.name)) for key in REGISTRY.values() if key.is_read or key.name == stored]


class RuleKeyField(forms.ChoiceField):
    """Offers the keys that may be set. Another one of the registry is refused by `check_rule`, which says why."""

    widget = UnfoldAdminSelectWidget

    def valid_value(self, value: Any) -> bool:
        return value in REGISTRY or super().valid_value(value)


def read_value(key: str, text: str) -> int | str:
    """A rule's value as it was typed or chosen. Raises ValueError with a sentence."""
    spec, typed = REGISTRY.get(key), text.strip()
    if spec is None:
        return typed
    if spec.choices:
        words = {choice_word(key, choice): choice for choice in spec.choices}
        return words.get(typed, typed)
    if spec.is_keys:
        return ",".join(read_keys(typed))
    amount = read_amount(typed, Unit.PERCENT if spec.unit == "percent" else Unit.COUNT)
    if amount != amount.to_integral_value():
        raise ValueError("This is counted in whole numbers.")
    return int(amount)


def shown_value(key: str, value: Any) -> str:
    """A rule's value as a field shows it."""
    spec = REGISTRY.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return shown_amount(
            value, Unit.PERCENT if spec is not None and spec.unit == "percent" else Unit.COUNT
        )
    return choice_word(key, str(value))


def _words() -> list[tuple[str, str]]:
    """What limits without numbers may be set to, with the limits' names."""
    return [
        (choice_word(spec.name, choice), key_word(spec.name))
        for spec in REGISTRY.values()
        if spec.is_read
        for choice in spec.choices
    ]


RULE_IDENTITY = ("task", "key", "conditions", "priority", "mode")


class RuleForm(ScopedForm):
    key = RuleKeyField(label="Limit", choices=key_choices)
    value = forms.CharField(
        label="To",
        max_length=400,
        widget=SuggestedInput(suggest=_words),
        help_text='A number such as "8,000" or "2k"; a word that is suggested; of required tags their keys.',
    )
    conditions = PartsField(ConditionsForm, label="Only at these times")
    priority = whole(low=-MAX_PRIORITY, high=MAX_PRIORITY, required=False, initial=0, label="Priority")

    class Meta:
        model = PolicyRule
        fields = ("key", "value", "task", "conditions", "mode", "enforce_percent", "priority", "is_active")
        labels = {"is_active": "In force"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].choices = key_choices(self.instance.key)  # type: ignore[attr-defined]
        if not self.instance._state.adding:
            self.initial["value"] = shown_value(self.instance.key, self.instance.value)
        if "task" in self.fields:
            self.fields["task"].empty_label = "every task"  # type: ignore[attr-defined]
        for name, help_text in {
            "priority": "Where several rules say something, the larger number counts.",
        }.items():
            if name in self.fields:
                self.fields[name].help_text = help_text

    def clean_priority(self) -> int:
        return int(self.cleaned_data["priority"] or 0)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "key" in values and "value" in values and (scope := self.instance.scope):
            task = values.get("task")
            try:
                values["value"] = read_value(values["key"], values["value"])
                check_rule(values["key"], values["value"], task.code if task else None, Scope(scope))
            except ValueError as error:
                key = values["key"]
                is_read = key in REGISTRY and REGISTRY[key].is_read
                self.add_error("value", str(error).replace(key, key_word(key)) if is_read else str(error))
        if "conditions" in values:
            try:
                zone = self.tenant.timezone if self.tenant is not None else "UTC"
                check_conditions(values["conditions"], timezone=zone)
            except ValueError as error:
                self.add_error("conditions", str(error).replace("when.", ""))
        if not self.errors and self._has_twin(values):
            self.add_error("key", "There is such a rule already: change its value instead.")
        return values

    def _has_twin(self, values: dict[str, Any]) -> bool:
        row = self.instance
        same = {"scope": row.scope, "tenant": row.tenant, "scope_id": row.scope_id}
        same |= {name: values.get(name) for name in RULE_IDENTITY} | {"set_by": self.instance.set_by}
        return PolicyRule.objects.filter(**same).exclude(pk=row.pk).exists()
