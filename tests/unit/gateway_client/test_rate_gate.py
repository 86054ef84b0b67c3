"""The gate against a bucket as the gateway keeps one, on a clock of the test's own."""

import heapq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_client.errors import RateLimitedError
from gateway_client.rate_gate import Passage, RateGate

CALLS = 80


class Bucket:
    """The gateway's: full at first but for `drawn`."""

    def __init__(self, per_minute: int, drawn: int) -> None:
        self.per_minute, self.used, self.at = per_minute, float(drawn), 0.0

    def take(self, now: float) -> dict[str, str] | None:
        """The headers of an answer, or None for a refusal."""
        self.used = max(0.0, self.used - (now - self.at) * self.per_minute / 60)
        self.at = now
        if self.used + 1 > self.per_minute:
            return None
        self.used += 1
        return {
            "x-ratelimit-limit-requests": str(self.per_minute),
            "x-ratelimit-remaining-requests": str(int(self.per_minute - self.used)),
        }


def simulated(per_minute: int, drawn: int, calls: int, delays: list[float]) -> tuple[int, float]:
    """So many calls as fast as the gate lets them: how many were refused, and when the last one was answered (s).

    Each call reaches the bucket after its delay, and its answer comes after as long again.
    """
    now = 0.0
    gate, bucket = RateGate(clock=lambda: now), Bucket(per_minute, drawn)
    todo, refused, number, is_informed = calls, 0, 0, False
    events: list[tuple[float, int, Passage, dict[str, str] | None, bool]] = []
    while todo or events:
        entry = gate.enter() if todo and (is_informed or not events) else 60.0
        if isinstance(entry, Passage):
            todo, number = todo - 1, number + 1
            heapq.heappush(events, (now + delays[number % len(delays)], number, entry, None, False))
            continue
        if events and events[0][0] <= now + entry:
            now, order, passage, headers, arrived = heapq.heappop(events)
            if not arrived:
                told = bucket.take(now)
                heapq.heappush(events, (now + delays[order % len(delays)], order, passage, told, True))
            elif headers is None:
                refused, todo = refused + 1, todo + 1
                gate.refused(passage, RateLimitedError("full", code="rate_limited", retry_after_s=1))
            else:
                gate.hear(passage, headers)
                is_informed = True
        else:
            now += max(entry, 0.001)
    return refused, now


@settings(max_examples=60)
@given(
    per_minute=st.sampled_from([60, 600]),
    part=st.floats(0, 1),
    delays=st.lists(st.floats(0.001, 3), min_size=1, max_size=20),
)
def test_calls_wait_here_rather_than_be_refused_there(
    per_minute: int, part: float, delays: list[float]
) -> None:
    drawn = int((per_minute - 1) * part)
    refused, ended_at = simulated(per_minute, drawn, CALLS, delays)
    assert refused <= 2, "the levels that headers tell are rounded down"
    assert ended_at <= 60 * max(0, drawn + CALLS - per_minute) / per_minute + 4 * max(delays) + 20, (
        "and it does not wait for nothing"
    )


def test_without_headers_nobody_waits() -> None:
    gate = RateGate(clock=lambda: 0.0)
    assert all(isinstance(gate.enter(), Passage) for _ in range(1_000))


def test_after_a_refusal_none_begins_until_the_gateway_says() -> None:
    now = 0.0
    gate = RateGate(clock=lambda: now)
    passage = gate.enter()
    assert isinstance(passage, Passage)
    gate.refused(passage, RateLimitedError("full", code="rate_limited", retry_after_s=3))
    assert gate.enter() == pytest.approx(3)
    now = 3.0
    assert isinstance(gate.enter(), Passage)


def test_tokens_are_waited_for_by_what_calls_have_taken() -> None:
    """1,000 tokens a minute, and 300 a call: the fourth call waits until the rest has flowed in."""
    now = 0.0
    gate = RateGate(clock=lambda: now)
    for left in (700, 400, 100):
        passage = gate.enter()
        assert isinstance(passage, Passage)
        told = {"x-ratelimit-limit-tokens": "1000", "x-ratelimit-remaining-tokens": str(left)}
        gate.hear(passage, told)
    assert gate.enter() == pytest.approx(200 * 60 / 1000, abs=0.1)
