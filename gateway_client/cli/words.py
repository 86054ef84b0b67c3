"""How amounts, moments and spans read in tables."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise

WIDTH = 40
"""Of a bar, in characters."""
YELLOW_FROM, RED_FROM = 80, 95
"""Percent of a limit."""
SPANS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
CENT, HUNDREDTH, MILLIONTH = Decimal("0.01"), Decimal("0.0001"), Decimal("0.000001")


def number(value: object) -> Decimal:
    """What the API says as text or number; 0 for what is none."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def money(value: object) -> str:
    """`$1,234.50`; below a dollar four decimals, below a hundredth of a cent six, as single calls cost so little."""
    amount = number(value)
    places = CENT
    if 0 < abs(amount) < 1 and amount % CENT:
        places = HUNDREDTH if abs(amount) >= HUNDREDTH else MILLIONTH
    return f"${amount.quantize(places):,}"


def in_unit(value: object, unit: str) -> str:
    """Money as money, everything else as a whole number."""
    return money(value) if unit.lower() == "usd" else f"{number(value):,.0f}"


def bar(percent: float, width: int = WIDTH) -> str:
    """So many blocks, of which as many are full as the share reaches whole; more than all is full."""
    full = max(0, min(width, int(percent * width / 100)))
    return "█" * full + "░" * (width - full)


def style_of(percent: float) -> str:
    """The colour for so much of a limit."""
    if percent >= RED_FROM:
        return "red"
    return "yellow" if percent >= YELLOW_FROM else "green"


def moment(text: object) -> datetime | None:
    """What the API writes; None for what is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def when(text: object) -> str:
    """`2026-11-30 14:05` in this machine's zone."""
    found = moment(text)
    return f"{found.astimezone():%Y-%m-%d %H:%M}" if found else ""


def span_until(text: object, now: datetime) -> str:
    """`3h 12m` until a moment: its largest unit and the next one; `now` once it is over."""
    found = moment(text)
    if found is None:
        return ""
    seconds = int((found - now).total_seconds())
    for (unit, size), (next_unit, next_size) in pairwise(SPANS):
        if seconds >= size:
            rest = seconds % size // next_size
            return f"{seconds // size}{unit}" + (f" {rest}{next_unit}" if rest else "")
    return f"{seconds}s" if seconds > 0 else "now"
