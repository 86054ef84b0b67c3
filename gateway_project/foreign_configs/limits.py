"""`rate_limits` and `cost_budget` of the proxy mode: rules and budgets for the gateway as a whole."""

from gateway_project.foreign_configs.draft import Draft
from gateway_project.foreign_configs.reader import ForeignReader
from metering.catalog.read_budgets import NANO_PLACES
from metering.money import NANO_PER_USD
from metering.rules.registry import REGISTRY
from metering.types import MAX_AMOUNT, Window

RATES = ("requests_per_minute", "tokens_per_minute")
BUDGETS = {"hourly_limit": Window.HOUR, "daily_limit": Window.DAY}


def read_rate_limits(fields: ForeignReader, draft: Draft) -> None:
    """Each rate counts all calls of the gateway together."""
    for key in RATES:
        if fields.node(key) is not None:
            highest = REGISTRY[key].high or MAX_AMOUNT
            value = fields.integer(key, low=1, high=highest)
            draft.rules.append({"key": key, "value": value})
            fields.note("a rule for the gateway as a whole.", key=key)
    fields.tell_rest()


def read_cost_budget(fields: ForeignReader, draft: Draft) -> None:
    """Each limit is a hard budget of cost in US dollars that all calls of the gateway share."""
    for key, window in BUDGETS.items():
        if fields.node(key) is not None:
            amount = fields.decimal(key, places=NANO_PLACES, high=MAX_AMOUNT // NANO_PER_USD)
            draft.budgets.append({"dimension": "cost", "window": window.value, "amount": amount})
            fields.note("a hard budget of the gateway as a whole, in US dollars.", key=key)
    fields.tell_rest()
