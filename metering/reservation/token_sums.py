"""Sums and differences of what calls are covered for: tokens, cost and steps."""

from metering.ledger.commands import Attempt, Bound


def plus(first: Bound, second: Bound) -> Bound:
    return Bound(
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        cost_nano_usd=first.cost_nano_usd + second.cost_nano_usd,
        steps=first.steps + second.steps,
    )


def minus(first: Bound, second: Bound | Attempt) -> Bound:
    """What is left of `first`, never below nothing: a vendor may report more than was held."""
    return Bound(
        input_tokens=max(0, first.input_tokens - second.input_tokens),
        output_tokens=max(0, first.output_tokens - second.output_tokens),
        cost_nano_usd=max(0, first.cost_nano_usd - second.cost_nano_usd),
        steps=max(0, first.steps - second.steps),
    )


def beyond(need: Bound, free: Bound) -> Bound | None:
    """What of `need` is not in `free`; None: it is all there."""
    missing = minus(need, free)
    return None if missing == Bound() else missing
