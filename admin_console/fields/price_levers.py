"""What moves a price besides tokens, as controls: long contexts, service tiers, hours, fees."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from admin_console.fields.amount import AmountField, Bounds, Unit, dollars, whole
from admin_console.fields.conditions import DAYS, ClockField
from admin_console.fields.parts import PartsForm
from metering.price import TOKEN_PRICES, TOOLS
from metering.price_modifiers import FACTOR_PLACES, LARGEST, LARGEST_FACTOR, MAX_TOKENS, MOST, PLACES

TOKEN_LABELS = {
    "input": "Input",
    "output": "Output",
    "cached_input": "Cached input",
    "cache_write": "Cache write",
    "cache_write_1h": "Cache write, 1 hour",
    "cache_write_12h": "Cache write, longer",
    "reasoning": "Reasoning",
}
TOOL_LABELS = {
    "web_search": "A web search",
    "web_fetch": "A page fetched",
    "file_search": "A search in files",
    "code_execution": "A run of code",
}


def price(label: str, **kwargs: Any) -> AmountField:
    """Dollars, each or a million tokens."""
    return dollars(high=Decimal(LARGEST), places=PLACES, required=False, label=label, **kwargs)


def _factor(label: str) -> AmountField:
    return AmountField(
        Unit.COUNT, Bounds(high=Decimal(LARGEST_FACTOR), places=FACTOR_PLACES), required=False, label=label
    )


class PriceLeversForm(PartsForm):
    layout = "grid gap-3 sm:grid-cols-2 lg:grid-cols-4"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begin("Fees, in dollars each", {"per_call": price("A call"), "per_image": price("A picture")})
        self.fields |= {f"tool_{name}": price(TOOL_LABELS.get(name, name)) for name in TOOLS}
        self.tiers = self.rows_of("tier_name_{}", 1, MOST)
        for number in range(self.tiers):
            self._begin(
                "Service tiers: a name of the vendor's, and times what its tokens cost"
                if number == 0
                else "",
                {
                    f"tier_name_{number}": _text("Service tier", "such as flex"),
                    f"tier_factor_{number}": _factor("times"),
                },
            )
        self.hours = self.rows_of("hours_from_{}", 1, MOST)
        for number in range(self.hours):
            self._begin(
                "Hours, by the clock of UTC, at which tokens cost more or less" if number == 0 else "",
                {
                    f"hours_days_{number}": _days(),
                    f"hours_from_{number}": ClockField("From"),
                    f"hours_to_{number}": ClockField("to"),
                    f"hours_factor_{number}": _factor("times"),
                },
            )
        self.contexts = self.rows_of("above_{}", 1, MOST)
        for number in range(self.contexts):
            self._begin(
                "Long inputs: the whole call has these prices, in dollars per million tokens"
                if number == 0
                else "",
                {
                    f"above_{number}": whole(
                        low=1, high=MAX_TOKENS, required=False, label="Above so many tokens in"
                    ),
                    **{
                        f"above_{name}_{number}": price(TOKEN_LABELS.get(name, name)) for name in TOKEN_PRICES
                    },
                },
            )

    def _begin(self, heading: str, fields: Mapping[str, forms.Field]) -> None:
        next(iter(fields.values())).heading = heading  # type: ignore[attr-defined]
        self.fields |= fields

    @classmethod
    def parts_of(cls, value: Any) -> dict[str, Any]:
        levers: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        parts = {name: _number(levers.get(name)) for name in ("per_call", "per_image")}
        parts |= {f"tool_{name}": _number(fee) for name, fee in levers.get("tools", {}).items()}
        for number, (name, factor) in enumerate(levers.get("service_tiers", {}).items()):
            parts |= {f"tier_name_{number}": name, f"tier_factor_{number}": _number(factor)}
        for number, span in enumerate(levers.get("hours", [])):
            parts |= {
                f"hours_days_{number}": span.get("days", list(DAYS)),
                f"hours_from_{number}": span["from"],
                f"hours_to_{number}": span["to"],
                f"hours_factor_{number}": _number(span["factor"]),
            }
        for number, above in enumerate(levers.get("tiers", [])):
            parts[f"above_{number}"] = above["from_tokens"]
            parts |= {f"above_{name}_{number}": _number(above.get(name)) for name in TOKEN_PRICES}
        return parts

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for number in range(self.tiers):
            self._together(f"tier_name_{number}", f"tier_factor_{number}")
        for number in range(self.hours):
            self._together(f"hours_from_{number}", f"hours_to_{number}", f"hours_factor_{number}")
        for number in range(self.contexts):
            names = (f"above_{number}", f"above_input_{number}", f"above_output_{number}")
            self._together(*names, optional=[f"above_{name}_{number}" for name in TOKEN_PRICES])
        return values

    def whole(self) -> dict[str, Any]:
        """The modifiers of a price, as catalogs write them."""
        values = self.cleaned_data
        levers: dict[str, Any] = {
            "tiers": list(self._above()),
            "service_tiers": {
                values[f"tier_name_{number}"]: str(values[f"tier_factor_{number}"])
                for number in range(self.tiers)
                if values[f"tier_name_{number}"]
            },
            "hours": list(self._spans()),
            "per_call": _text_of(values["per_call"]),
            "per_image": _text_of(values["per_image"]),
            "tools": {name: str(fee) for name in TOOLS if (fee := values[f"tool_{name}"]) is not None},
        }
        return {name: value for name, value in levers.items() if value}

    def _above(self) -> Iterator[dict[str, Any]]:
        for number in range(self.contexts):
            if tokens := self.cleaned_data[f"above_{number}"]:
                amounts = {name: self.cleaned_data[f"above_{name}_{number}"] for name in TOKEN_PRICES}
                yield {
                    "from_tokens": tokens,
                    **{name: str(each) for name, each in amounts.items() if each is not None},
                }

    def _spans(self) -> Iterator[dict[str, Any]]:
        values = self.cleaned_data
        for number in range(self.hours):
            if values[f"hours_from_{number}"]:
                yield {
                    "days": [day for day in DAYS if day in values[f"hours_days_{number}"]] or list(DAYS),
                    "from": values[f"hours_from_{number}"],
                    "to": values[f"hours_to_{number}"],
                    "factor": str(values[f"hours_factor_{number}"]),
                }

    def _together(self, *needed: str, optional: list[str] | None = None) -> None:
        """Where one is filled in, all that are needed are."""
        given = {
            name for name in [*needed, *(optional or ())] if self.cleaned_data.get(name) not in ("", None)
        }
        for name in needed:
            if given and name not in given and name not in self.errors:
                self.add_error(name, "This is needed beside the others of its line.")


def _text(label: str, placeholder: str) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder})
    return forms.CharField(required=False, max_length=32, label=label, widget=widget)


def _days() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        required=False,
        label="Days (nothing ticked: every day)",
        choices=list(DAYS.items()),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _text_of(value: Decimal | None) -> str | None:
    return None if not value else str(value)
