"""The order of candidates from figures alone: cost, then performance, then availability, by weight."""

import math
from collections.abc import Sequence

from msgspec import Struct

NEAR_COST = 1.05
"""Costs within this factor are equals."""
NEAR_SPEED = 2.0
"""Speeds within this factor are equals."""
SHARES = 10
"""Failure shares are told apart in tenths."""
MOST_COST_BANDS, MOST_SPEED_BANDS = 999, 30


class Weights(Struct, frozen=True, kw_only=True):
    """What a band of each counts. As they are, cost decides, then performance, then availability."""

    cost: int = 10_000
    performance: int = 100
    availability: int = 1


def scores(
    costs: Sequence[float],
    speeds: Sequence[tuple[float | None, float | None]],
    failure_shares: Sequence[float],
    weights: Weights,
) -> list[int]:
    """Of each candidate; the lowest is the best, and equals have the same."""
    by_cost = bands(costs, NEAR_COST, MOST_COST_BANDS)
    first_bytes, tokens = (
        bands([each[kind] for each in speeds], NEAR_SPEED, MOST_SPEED_BANDS) for kind in (0, 1)
    )
    return [
        weights.cost * cost
        + weights.performance * max(first_byte, token)
        + weights.availability * int(share * SHARES)
        for cost, first_byte, token, share in zip(by_cost, first_bytes, tokens, failure_shares, strict=True)
    ]


def bands(values: Sequence[float | None], near: float, most: int) -> list[int]:
    """How many times `near` each is above the least.

    What is not known is as good as the least; what costs nothing is below all others.
    """
    least = min((value for value in values if value), default=0.0)
    below = 1 if any(value == 0 for value in values) else 0
    return [
        min(most, below + int(math.log(value / least) / math.log(near) + 1e-9)) if value else 0
        for value in values
    ]
