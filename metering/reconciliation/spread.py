"""Divides an amount by weights, to the last nano-dollar. Pure."""

from collections.abc import Sequence


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of an amount, in proportion to the weights (none below zero), that add up to it.

    What rounding leaves goes to the largest remainders, the first of equal ones (Hamilton's method). Raises ValueError
    where all weights are zero.
    """
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("there is nothing to divide by")
    sign = -1 if amount < 0 else 1
    shares = [divmod(abs(amount) * weight, whole) for weight in weights]
    left = abs(amount) - sum(share for share, _ in shares)
    order = sorted(range(len(weights)), key=lambda place: -shares[place][1])
    parts = [share for share, _ in shares]
    for place in order[:left]:
        parts[place] += 1
    return [sign * part for part in parts]
