"""Thresholds: the percentages of a limit at which people are told. Every figure about them is here."""

from collections.abc import Collection
from functools import lru_cache

WARNING_PERCENT, CRITICAL_PERCENT, EXCEEDED_PERCENT = 80, 95, 100
"""Where each level of alert begins."""
DEFAULT_THRESHOLDS = (WARNING_PERCENT, CRITICAL_PERCENT, EXCEEDED_PERCENT)
"""Of a budget that names none."""
CONCURRENCY_THRESHOLDS = (90,)
"""Of a limit on calls at once."""
MAX_THRESHOLDS = 10
MAX_PERCENT = 1_000
VALID_THRESHOLDS = f"at most {MAX_THRESHOLDS} percentages from 1 to {MAX_PERCENT}"
"""For messages."""


def are_valid(thresholds: Collection[int]) -> bool:
    """Return whether a budget may have these thresholds."""
    return len(thresholds) <= MAX_THRESHOLDS and all(1 <= percent <= MAX_PERCENT for percent in thresholds)


def thresholds_text(thresholds: Collection[int]) -> str:
    """Write them as the ledger stores them, such as `80,95,100`."""
    return ",".join(map(str, sorted(set(thresholds))))


@lru_cache(maxsize=1024)
def percentages(text: str) -> tuple[int, ...]:
    """Read what `thresholds_text` wrote. Raises ValueError for any other text."""
    return tuple(int(word) for word in text.split(",")) if text else ()
