"""A budget as a bar: used, held (hatched), left; a tick where it will stand at its reset."""

from collections.abc import Callable
from dataclasses import dataclass

from metering.thresholds import CRITICAL_PERCENT, WARNING_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetBar:
    """Lengths in percent of the limit."""

    sentence: str
    used: str
    held: str
    tone: str
    """`near` from 80 % used, `full` from 95 %; else empty."""
    forecast: str = ""
    is_over: bool = False
    """Whether the forecast passes the limit."""
    base: str = ""
    """Where the limit would be without its override."""


def budget_bar(
    *,
    title: str,
    used: int,
    held: int,
    limit: int,
    amount: Callable[[int], str],
    forecast: int | None = None,
    base: int | None = None,
    holds: bool = False,
) -> BudgetBar:
    """`amount` writes a number as people read it (`usd`, `count`). With `holds` (calls at once) what is held counts."""
    taken = held if holds else used
    percent = 100 * taken / limit if limit else 100.0
    used_part = min(_percent(used, limit), 100.0)
    held_part = min(_percent(held, limit), 100.0 - used_part) if limit else 0.0
    is_over = forecast is not None and forecast > limit
    return BudgetBar(
        sentence=_sentence(title, used, held, limit, amount, forecast, base),
        used=f"{used_part:.1f}%",
        held=f"{held_part:.1f}%",
        tone="full" if percent >= CRITICAL_PERCENT else "near" if percent >= WARNING_PERCENT else "",
        forecast="" if forecast is None or is_over else f"{_percent(forecast, limit):.1f}%",
        is_over=is_over,
        base="" if base is None or base >= limit else f"{_percent(base, limit):.1f}%",
    )


def _percent(amount: int, limit: int) -> float:
    return 100 * amount / limit if limit else 100.0


def _sentence(
    title: str,
    used: int,
    held: int,
    limit: int,
    amount: Callable[[int], str],
    forecast: int | None,
    base: int | None,
) -> str:
    left = max(0, limit - used - held)
    said = f"{title}: {amount(used)} used, {amount(held)} held, {amount(left)} left of {amount(limit)}"
    if base is not None and base < limit:
        said += f", {amount(base)} without its override"
    return said if forecast is None else f"{said}; forecast at its reset {amount(forecast)}"
