"""Money: integer nano-USD inside the ledger, Decimal US dollars at the edges."""

from decimal import ROUND_CEILING, Decimal

NANO_PER_USD = 1_000_000_000
TOKENS_PER_PRICE = 1_000_000


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
