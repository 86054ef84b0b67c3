"""In what a vendor's endpoint or a model differs, as controls: what is left open is as known of the vendor."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from admin_console.fields.amount import AmountField, Bounds, Unit, whole
from admin_console.fields.parts import PartsForm
from metering.traits import (
    AUTHORIZATIONS,
    LEAST_SECONDS,
    LIMIT_NAMES,
    MAX_PICTURES,
    MAX_RETRIES,
    MOST_PER_MINUTE,
    MOST_SECONDS,
    TOKENIZERS,
    TRAITS,
    trait_problem,
)

AS_KNOWN = ("", "as known of the vendor")
NONE = "none"
LABELS = {
    "limit_names": "Names of the output limit",
    "stream_options": "Takes stream options",
    "service_tier": "Plain service tier",
    "responses": "Speaks OpenAI's Responses",
    "reasoning": "May think unseen",
    "takes_thoughts": "Takes thoughts back",
    "runs_anywhere": "May run anywhere",
    "pictures": "Pictures cost as with",
    "tokenizer": "Tokenizer",
    "authorization": "How the key is sent",
    "retries": "Asked again",
    "first_byte_s": "Seconds for the first token",
    "total_s": "Seconds in all",
    "requests_per_minute": "Calls a minute",
    "tokens_per_minute": "Tokens a minute",
}
_AUTHORIZATION_WORDS = {"bearer": "as it is", "zhipu_jwt": "as a token signed with it (GLM)"}


def _choice(choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, choices=[AS_KNOWN, *choices], widget=UnfoldAdminSelectWidget)


def _text(most: int) -> forms.CharField:
    return forms.CharField(required=False, max_length=most, widget=UnfoldAdminTextInputWidget)


def _seconds() -> AmountField:
    bounds = Bounds(low=Decimal(str(LEAST_SECONDS)), high=Decimal(MOST_SECONDS), places=3)
    return AmountField(Unit.COUNT, bounds, required=False)


def _controls() -> dict[str, forms.Field]:
    yes_or_no = [("yes", "yes"), ("no", "no")]
    orders = [*LIMIT_NAMES, ", ".join(LIMIT_NAMES), ", ".join(reversed(LIMIT_NAMES))]
    return {
        "limit_names": _choice([(order, order) for order in orders]),
        "stream_options": _choice(yes_or_no),
        "service_tier": _text(32),
        "responses": _choice(yes_or_no),
        "reasoning": _choice(yes_or_no),
        "takes_thoughts": _choice(yes_or_no),
        "runs_anywhere": _choice(yes_or_no),
        "pictures": _text(MAX_PICTURES),
        "tokenizer": _choice([(name, name) for name in TOKENIZERS]),
        "authorization": _choice([(name, _AUTHORIZATION_WORDS.get(name, name)) for name in AUTHORIZATIONS]),
        "retries": whole(high=MAX_RETRIES, required=False),
        "first_byte_s": _seconds(),
        "total_s": _seconds(),
        "requests_per_minute": whole(low=1, high=MOST_PER_MINUTE, required=False),
        "tokens_per_minute": whole(low=1, high=MOST_PER_MINUTE, required=False),
    }


class TraitsPartsForm(PartsForm):
    """One control for each trait of the registry."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, control in _controls().items():
            control.label = LABELS[name]
            control.help_text = _help(name)
            self.fields[name] = control

    @classmethod
    def parts_of(cls, value: Any) -> dict[str, Any]:
        traits: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        return {name: _shown(each) for name, each in traits.items()}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name, value in self._traits(values).items():
            if problem := trait_problem(name, value):
                self.add_error(name, f"This {problem}.")
        return values

    def whole(self) -> dict[str, Any]:
        return self._traits(self.cleaned_data)

    def _traits(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _read(name, values[name]) for name in TRAITS if values.get(name) not in ("", None)}


def _help(name: str) -> str:
    said = f"{TRAITS[name].meaning[:1].upper()}{TRAITS[name].meaning[1:]}."
    return f"{said} “{NONE}” for that." if name in {"service_tier", "pictures"} else said


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return Decimal(str(value))
    return ", ".join(value) if isinstance(value, list) else (NONE if value == "" else value)


def _read(name: str, value: Any) -> Any:
    if name in {"stream_options", "responses", "reasoning", "takes_thoughts", "runs_anywhere"}:
        return bool(value == "yes")
    if name in {"service_tier", "pictures"}:
        return "" if value == NONE else value
    if name == "limit_names":
        return str(value).split(", ")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
