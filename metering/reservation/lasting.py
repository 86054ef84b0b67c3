"""Which of several limits without room a caller is told of: the one that stays so longest, for it ends the wait."""

from datetime import datetime

from metering.types import Dimension

Lasting = tuple[int, float]
_UNTIL_A_CALL_ENDS, _UNTIL_A_RESET, _FOR_GOOD = range(3)


def lasting(dimension: Dimension, resets_at: datetime | None, *, is_only_held: bool = False) -> Lasting:
    """How long a limit stays without room; the larger, the longer.

    What calls under way hold may be free in a moment. What is used up is free when its window ends at `resets_at`;
    without an end (None) it stays used up until somebody raises the limit, which is longer than any window.
    """
    if is_only_held or dimension is Dimension.CONCURRENCY:
        return _UNTIL_A_CALL_ENDS, 0.0
    if resets_at is None:
        return _FOR_GOOD, 0.0
    return _UNTIL_A_RESET, resets_at.timestamp()
