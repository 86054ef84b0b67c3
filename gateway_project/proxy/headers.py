"""The facts of a call as response headers (CONTRACTS)."""

from metering.calls.values import Facts
from metering.money import usd_text
from metering.types import Dimension


def fact_headers(facts: Facts) -> dict[str, str]:
    """For every metered answer, streamed or not."""
    headers = {
        "x-gateway-reservation-id": str(facts.reservation_id),
        "x-gateway-model": facts.model,
        "x-gateway-provider": facts.provider_name,
        "x-gateway-enforcement": facts.mode.value,
        "x-gateway-overhead-ms": f"{facts.overhead_ms:.2f}",
    }
    for dimension, left in facts.remaining.items():
        if dimension is Dimension.COST:
            headers["x-budget-remaining-usd"] = usd_text(left)
        else:
            headers[f"x-budget-remaining-{dimension.value.replace('_', '-')}"] = str(left)
    return headers


def ending_headers(facts: Facts) -> dict[str, str]:
    """For an answer that is whole: what it took and cost as well."""
    return fact_headers(facts) | {
        "x-gateway-attempts": str(len(facts.attempts)),
        "x-gateway-cost-usd": usd_text(facts.cost_nano_usd),
    }
