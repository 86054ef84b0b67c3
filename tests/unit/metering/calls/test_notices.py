"""Limits that are only tried draw from buckets of their own, which end with the call like every other."""

from datetime import UTC, datetime

import pytest

from metering.calls.notices import try_rates
from metering.decisions.decision import Verdict
from metering.policy.rate_limit import RateLimit
from metering.rates.process_buckets import ProcessBuckets
from metering.rates.take import take_rates
from metering.types import Dimension, EnforcementMode, Scope

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def tried(name: str, per_minute: int, mode: EnforcementMode = EnforcementMode.OBSERVE) -> RateLimit:
    return RateLimit(
        key=name, dimension=Dimension.TOKENS, per_minute=per_minute, scope=Scope.TENANT, name=name, mode=mode
    )


@pytest.fixture
def buckets() -> ProcessBuckets:
    """At a moment that does not pass."""
    return ProcessBuckets(clock=lambda: 1_000.0)


async def test_each_limit_is_asked_by_itself_and_those_with_too_little_say_so(
    buckets: ProcessBuckets,
) -> None:
    limits = (tried("wide", 1_000), tried("narrow", 150, EnforcementMode.WARN), tried("tiny", 10))
    _, first = await try_rates(buckets=buckets, limits=limits, tokens=100, now=NOW)
    _, second = await try_rates(buckets=buckets, limits=limits, tokens=100, now=NOW)
    assert [(notice.rule, notice.verdict, notice.code) for notice in first] == [
        ("tiny", Verdict.OBSERVED, "over_rate_capacity")
    ]
    assert [(notice.rule, notice.verdict, notice.code) for notice in second] == [
        ("narrow", Verdict.WARNED, "rate_limited"),
        ("tiny", Verdict.OBSERVED, "over_rate_capacity"),
    ]


@pytest.mark.parametrize("ending", ["true up", "give back"])
async def test_what_was_drawn_ends_with_the_call(buckets: ProcessBuckets, ending: str) -> None:
    limits = (tried("one", 100), tried("two", 100))
    grant = await take_rates(buckets=buckets, limits=(), tokens=100, now=NOW)
    grant.tried, _ = await try_rates(buckets=buckets, limits=limits, tokens=100, now=NOW)
    grant.true_up(tokens=0) if ending == "true up" else grant.give_back()
    _, notices = await try_rates(buckets=buckets, limits=limits, tokens=100, now=NOW)
    assert notices == []
