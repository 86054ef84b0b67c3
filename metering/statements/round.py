"""The one place where a statement rounds: the amount to pay, to the cent, half a cent away from zero."""

from decimal import ROUND_HALF_UP, Decimal

from metering.money import NANO_PER_USD


def cents(nano_usd: int) -> Decimal:
    rounded = (Decimal(nano_usd) / NANO_PER_USD).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)  # a credit below half a cent is 0.00, not -0.00


def cents_text(nano_usd: int) -> str:
    """Return nano-USD as dollars and cents: `1,234.57`, and below zero `-1,234.57`."""
    return f"{cents(nano_usd):,}"
