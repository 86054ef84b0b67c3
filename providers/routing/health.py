"""When a circuit opens, and for how long: the rule, with nothing around it."""

from collections import deque

IN_A_ROW = 5
RECENT = 20
RECENT_S = 30.0
SHARE_OF_RECENT = 0.5
FIRST_COOL_S = 5.0
MOST_COOL_S = 60.0
MOST_RETRY_AFTER_S = 300.0
"""Longer than this no vendor keeps its circuit open by its word."""
OBSERVED_S = 300.0
"""What happened before says nothing of now."""


class Health:
    """How the last calls at one place ended."""

    __slots__ = ("_ends", "_from_s", "_in_a_row")

    def __init__(self) -> None:
        self._ends: deque[tuple[float, bool]] = deque(maxlen=RECENT)
        self._in_a_row = 0
        self._from_s = 0.0

    def succeeded(self, now_s: float) -> None:
        self._in_a_row = 0
        self._ends.append((now_s, False))

    def failed(self, now_s: float) -> bool:
        """Note a failure; returns whether the circuit opens by it."""
        self._in_a_row += 1
        self._ends.append((now_s, True))
        since_s = max(self._from_s, now_s - RECENT_S)
        failures = sum(1 for at_s, has_failed in self._ends if has_failed and at_s >= since_s)
        return self._in_a_row >= IN_A_ROW or failures >= RECENT * SHARE_OF_RECENT

    def begin_anew(self, now_s: float) -> None:
        """The circuit has opened: what led to it does not open it again."""
        self._in_a_row, self._from_s = 0, now_s

    def failure_share(self, now_s: float) -> float:
        """The share of the last calls that failed; 0 where there were none."""
        ends = [has_failed for at_s, has_failed in self._ends if at_s >= now_s - OBSERVED_S]
        return sum(ends) / len(ends) if ends else 0.0


def cool_down_s(times: int, retry_after_s: float | None) -> float:
    """How long a circuit stays open that has opened so many times in a row."""
    doubled = FIRST_COOL_S * 2.0 ** min(times - 1, 10)
    asked_for = min(retry_after_s or 0.0, MOST_RETRY_AFTER_S)
    return max(min(doubled, MOST_COOL_S), asked_for)
