"""How amounts, times and colours look where the client speaks to a person."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

BOLD_RED, BOLD_YELLOW, RED, YELLOW, GREEN, CYAN = "1;31", "1;33", "31", "33", "32", "36"
"""ANSI's codes of the styles that the texts use."""
CENT = Decimal("0.01")


def styled(text: str, style: str, colour: bool) -> str:
    """The text in an ANSI style, or as it is where there is no terminal."""
    return f"\x1b[{style}m{text}\x1b[0m" if colour else text


def amount(value: Decimal, unit: str) -> str:
    """`$1.50` for money, else the number with its unit: `1,200 tokens`."""
    if unit == "usd":
        return f"${value.quantize(CENT, ROUND_HALF_UP):,}"
    return f"{value.normalize():,f} {unit}"


def local_time(moment: datetime) -> str:
    """In this machine's zone, to the second."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}".rstrip()
