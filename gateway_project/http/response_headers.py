"""The facts of a call as response headers (CONTRACTS)."""

import math
from collections.abc import Iterable

from starlette.responses import Response

from metering.calls.values import Facts
from metering.errors import RateBalance
from metering.money import usd_text
from metering.types import Dimension, EnforcementMode

JSON = (b"content-type", b"application/json")
REMAINING = {
    dimension: f"x-budget-remaining-{dimension.value.replace('_', '-')}" for dimension in Dimension
} | {Dimension.COST: "x-budget-remaining-usd"}
"""The header of what is left of the tightest budget of each dimension."""
REPLAYED = {"idempotent-replayed": "true"}
"""The answer is that of an earlier request under the same Idempotency-Key, and cost nothing now."""


Pairs = list[tuple[bytes, bytes]]
"""Header pairs in the form in which ASGI sends them."""


def encoded(headers: dict[str, str]) -> Pairs:
    """Lower-case names and their texts as ASGI wants them, in UTF-8."""
    return [(name.encode(), text.encode()) for name, text in headers.items()]


def fact_headers(facts: Facts) -> dict[str, str]:
    """For every metered answer, streamed or not; without who answers it where that is not known yet."""
    headers = {
        "x-gateway-reservation-id": str(facts.reservation_id),
        "x-gateway-enforcement": enforcement(facts),
        "x-gateway-overhead-ms": f"{facts.overhead_ms:.2f}",
    }
    if facts.waited_s:
        headers["x-gateway-waited-ms"] = f"{facts.waited_s * 1000:.0f}"
    if not facts.pending:
        headers["x-gateway-model"] = facts.model
        headers["x-gateway-provider"] = facts.provider_name
        headers["x-gateway-attempts"] = str(facts.attempts_begun)
    if facts.cache:
        headers["x-gateway-cache"] = facts.cache
    if facts.content:
        headers["x-gateway-content"] = facts.content
    if facts.age_s is not None:
        headers["age"] = str(facts.age_s)
    for dimension, left in facts.remaining.items():
        headers[REMAINING[dimension]] = usd_text(left) if dimension is Dimension.COST else str(left)
    if facts.replayed:
        headers |= REPLAYED
    if facts.rates:
        headers.update(rate_headers(facts.rates))
    return headers


def enforcement(facts: Facts) -> str:
    """The mode; a call that a limit in mode warn would have denied says which: `warn; would_deny="..."`."""
    if not facts.warnings:
        return facts.mode.value
    return "; ".join([EnforcementMode.WARN.value, *(f'would_deny="{name}"' for name in facts.warnings)])


def rate_headers(balances: Iterable[RateBalance]) -> dict[str, str]:
    """OpenAI's `x-ratelimit-*`, where `reset` is a duration such as `1s`, `6m0s` or `20ms`."""
    headers: dict[str, str] = {}
    for balance in balances:
        headers[f"x-ratelimit-limit-{balance.dimension}"] = str(balance.limit)
        headers[f"x-ratelimit-remaining-{balance.dimension}"] = str(balance.remaining)
        headers[f"x-ratelimit-reset-{balance.dimension}"] = duration(balance.reset_s)
    return headers


class WholeAnswer(Response):
    """A metered answer in JSON, with its facts. Starlette's own reads its headers twice before it sends them."""

    def __init__(self, body: bytes, facts: Facts) -> None:
        self.status_code = 200
        self.background = None
        self.body = body
        self.raw_headers = [
            (b"content-length", b"%d" % len(body)),
            JSON,
            *encoded(ending_headers(facts)),
        ]


def duration(seconds: float) -> str:
    """As OpenAI writes it: hours, minutes and seconds, milliseconds below a second."""
    milliseconds = math.ceil(seconds * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 1000:g}s"
    return f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}" if minutes else text


def ending_headers(facts: Facts) -> dict[str, str]:
    """For an answer that is whole: what it took and cost as well."""
    headers = fact_headers(facts)
    headers["x-gateway-cost-usd"] = usd_text(facts.cost_nano_usd)
    return headers
