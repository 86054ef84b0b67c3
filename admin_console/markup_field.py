"""A markup in percent: an empty field is none."""

from decimal import Decimal
from typing import Any

from admin_console.fields.amount import AmountField, Bounds, Unit


class MarkupField(AmountField):
    """Shown and typed as `12.5 %`; below zero: less."""

    def __init__(self, help_text: str) -> None:
        bounds = Bounds(low=Decimal(-100), high=Decimal(1000), places=3)
        super().__init__(Unit.PERCENT, bounds, required=False, label="Markup", help_text=help_text)

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return Decimal(0) if found is None else found
