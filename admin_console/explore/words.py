"""How the figures of a report are written."""

from collections.abc import Callable
from decimal import Decimal

from admin_console.wording import NOTHING, count, duration, percent, usd
from metering.reports.metrics import METRICS, Unit

THOUSANDTHS = 1_000
"""A share is charted as so many whole numbers."""
MILLION, THOUSAND = 1_000_000, 1_000
SPACE = "\N{NO-BREAK SPACE}"


def written(metric: str, value: int | Decimal | None) -> str:
    """A value in the metric's unit."""
    if value is None:
        return NOTHING
    match METRICS[metric].unit:
        case Unit.NANO_USD:
            return usd(int(value))
        case Unit.MS:
            return duration(float(value) / 1_000)
        case Unit.SHARE:
            return percent(Decimal(value))
        case _:
            return count(int(value))


def charted(metric: str, value: int | Decimal | None) -> int:
    """A value as the chart draws it."""
    if value is None:
        return 0
    return int(value * THOUSANDTHS) if METRICS[metric].unit is Unit.SHARE else int(value)


def on_axis(metric: str) -> Callable[[int], str]:
    """Write a value that `charted` made, as an axis shows it."""
    if METRICS[metric].unit is Unit.SHARE:
        return lambda value: written(metric, Decimal(value) / THOUSANDTHS)
    return lambda value: written(metric, value)


def short(amount: int) -> str:
    """Large counts in lists: `10.11 M`, `632 k`."""
    if abs(amount) >= MILLION:
        return f"{amount / MILLION:.2f}{SPACE}M"
    return f"{amount / THOUSAND:.0f}{SPACE}k" if abs(amount) >= 10 * THOUSAND else count(amount)
