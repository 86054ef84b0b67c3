"""How a counter stands, in words and as a bar."""

from typing import Any

from admin_console.budgets.rows import bar_of, rows_link
from admin_console.budgets.words import filters_for, forecast_words, resets
from admin_console.quota.words import more
from metering.models import Budget
from metering.overview.budgets import BudgetLine

DAY_S = 86_400


def use_of(line: BudgetLine, budget: Budget, title: str, page: dict[str, Any]) -> dict[str, Any]:
    """Return how a budget is used, for the page's template."""
    status, now, zone = line.status, page["now"], page["zone"]
    forecast, when = forecast_words(line, now, zone)
    reset = resets(line, now, zone)
    if reset and status.reset_at is not None:
        is_soon = (status.reset_at - now).total_seconds() < DAY_S
        reset = f"resets in {reset}" if is_soon else f"resets on {reset}"
    return {
        "bar": bar_of(line, title),
        "used": more(budget, status.used),
        "calls_url": rows_link(line, filters_for([line]), now.astimezone(zone).date()),
        "held": more(budget, status.held),
        "left": more(budget, status.remaining),
        "limit": more(budget, status.limit.amount),
        "base": more(budget, status.base) if status.override else "",
        "override": more(budget, status.override) if status.override else "",
        "forecast": forecast,
        "when": when if when.startswith(("used up", "will be")) else "",
        "reset": reset,
        "is_bad": line.will_be_used_up or line.taken >= status.limit.amount,
    }
