"""How many calls may begin now, as far as the gateway's answers tell: they wait here rather than be refused there.

The gateway keeps token buckets, which fill up steadily within a minute, and says with every answer how much a bucket
holds when full and what was left in it (`x-ratelimit-limit-requests`, `-remaining-requests`, and the same of tokens).
In between the level is reckoned: less what calls that began since took, more what has flowed in since. Others may draw
from the same bucket; a call that is refused all the same says when to come back, and until then none begins.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway_client.errors import GatewayError

PER_MINUTE_S = 60.0
LEARNING = 0.2
"""The weight of the newest answer in what a call is expected to take."""
RATE_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True)
class Passage:
    """One call that was let through: which one, and when (seconds of the gate's clock)."""

    number: int
    begun_at: float


class RateGate:
    """The rates of one credential. Safe to use from several threads and tasks; nothing in it blocks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets = {"requests": _Bucket(each=1.0), "tokens": _Bucket(each=0.0, learns=True)}
        self._begun = 0
        self._closed_until = 0.0

    def enter(self, *, anyway: bool = False) -> Passage | float:
        """A passage, or for how many seconds there is none. `anyway`: there always is."""
        with self._lock:
            now = self._clock()
            waits = [bucket.wait_s(now) for bucket in self._buckets.values()]
            wait_s = max(self._closed_until - now, *waits)
            if wait_s > 0 and not anyway:
                return wait_s
            for bucket in self._buckets.values():
                bucket.draw(now)
            self._begun += 1
            return Passage(self._begun, now)

    def hear(self, passage: Passage, headers: Mapping[str, str]) -> None:
        """What an answer says of the rates."""
        with self._lock:
            now = self._clock()
            for name, bucket in self._buckets.items():
                limit = _number(headers.get(f"x-ratelimit-limit-{name}"))
                left = _number(headers.get(f"x-ratelimit-remaining-{name}"))
                if limit and left is not None:
                    bucket.hear(passage, limit, left, begun=self._begun, now=now)

    def refused(self, passage: Passage, error: GatewayError) -> None:
        """A call was refused for the caller's rate: until there is room again, as the gateway says, none begins."""
        if error.code != RATE_LIMITED:
            return
        self.hear(passage, error.headers)
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + (error.retry_after_s or 0.0))


class _Bucket:
    """One rate: its level when the newest answer's call began, reckoned on."""

    def __init__(self, *, each: float, learns: bool = False) -> None:
        """`each`: what a call takes; `learns`: it follows from the answers."""
        self.per_minute = 0.0
        self._each, self._learns = each, learns
        self._level, self._at = 0.0, 0.0
        self._told: tuple[Passage, float] | None = None

    def level_at(self, now: float) -> float:
        return min(self.per_minute, self._level + (now - self._at) * self.per_minute / PER_MINUTE_S)

    def wait_s(self, now: float) -> float:
        """Seconds until there is room for a call; one that is larger than the bucket waits until that is full."""
        if not self.per_minute:
            return 0.0
        lacking = min(self._each, self.per_minute) - self.level_at(now)
        return max(0.0, lacking * PER_MINUTE_S / self.per_minute)

    def draw(self, now: float) -> None:
        self._level, self._at = self.level_at(now) - self._each, now

    def hear(self, passage: Passage, limit: float, left: float, *, begun: int, now: float) -> None:
        """`left` remained after the call of `passage`. Answers to older calls than were heard of say nothing."""
        if self._told is not None and passage.number <= self._told[0].number:
            return
        first, self.per_minute = not self.per_minute, limit
        if self._learns and self._told is not None:
            self._learn(passage, left)
        self._told = (passage, left)
        flowed = (now - passage.begun_at) * limit / PER_MINUTE_S
        told = min(limit, left - self._each * (begun - passage.number) + flowed)
        # Calls overtake each other on their way, so an answer may not count some that were begun before it. What was
        # reckoned here counts them all; what it does not know is what others drew.
        self._level = told if first else min(self.level_at(now), told)
        self._at = now

    def _learn(self, passage: Passage, left: float) -> None:
        """From what is gone between two answers."""
        before, left_then = self._told or (passage, left)
        flowed = (passage.begun_at - before.begun_at) * self.per_minute / PER_MINUTE_S
        taken = min(self.per_minute, left_then + flowed) - left
        newest = max(0.0, taken / (passage.number - before.number))
        self._each = newest if not self._each else (1 - LEARNING) * self._each + LEARNING * newest


def _number(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None
