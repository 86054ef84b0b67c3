"""Money: integer nano-USD inside the ledger, Decimal US dollars at the edges."""

from decimal import ROUND_CEILING, Decimal

NANO_PER_USD = 1_000_000_000
TOKENS_PER_PRICE = 1_000_000


NO_MARKUP = 1_000_000
"""Markups are whole millionths of the price: a tenth more is 1,100,000."""


def markup_of(percent: Decimal) -> int:
    """Millionths of the price, of a markup in percent; below zero it is a discount."""
    return int((100 + percent) * NO_MARKUP / 100)


def marked_up(nano_usd: int, *markups: int) -> int:
    """An amount after markups, rounded up."""
    for markup in markups:
        if markup != NO_MARKUP:
            nano_usd = -(-nano_usd * markup // NO_MARKUP)
    return nano_usd


def without_markup(nano_usd: int, *markups: int) -> int:
    """About the amount that becomes this after markups; of one that became nothing, itself."""
    for markup in markups:
        if markup not in (NO_MARKUP, 0):
            nano_usd = nano_usd * NO_MARKUP // markup
    return nano_usd


def nano_from_usd(usd: Decimal) -> int:
    """Nano-USD of a Decimal amount of dollars, rounded up."""
    return int((usd * NANO_PER_USD).to_integral_value(rounding=ROUND_CEILING))


def usd_from_nano(nano_usd: int) -> Decimal:
    """Decimal dollars of nano-USD: exact, normalised to plain notation without trailing zeros."""
    usd = (Decimal(nano_usd) / NANO_PER_USD).normalize()
    return usd.quantize(Decimal(1)) if usd == usd.to_integral_value() else usd


def usd_text(nano_usd: int) -> str:
    """Dollars in plain notation without trailing zeros, for JSON and headers."""
    whole, nano = divmod(abs(nano_usd), NANO_PER_USD)
    fraction = f".{nano:09d}".rstrip("0") if nano else ""
    return f"{'-' if nano_usd < 0 else ''}{whole}{fraction}"
