"""Limits in shadow: drawn from with the call, in the same answer, and never denying it."""

from datetime import UTC, datetime

import pytest

from metering.admission.denial import too_few_error
from metering.errors import RateLimited
from metering.policy.values import Limits, RateLimit
from metering.rates.port import Draw
from metering.rates.process_buckets import ProcessBuckets
from metering.rates.take import RateGrant, TooFew, take_rates
from metering.types import Dimension, EnforcementMode, Scope
from tests.fakes.buckets import CountedBuckets

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def buckets() -> CountedBuckets:
    return CountedBuckets()


def limit(name: str, per_minute: int, mode: EnforcementMode = EnforcementMode.OBSERVE) -> RateLimit:
    return RateLimit(
        key=name, dimension=Dimension.TOKENS, per_minute=per_minute, scope=Scope.TENANT, name=name, mode=mode
    )


async def take(buckets: ProcessBuckets, *, limits: Limits = (), shadow_limits: Limits = ()) -> RateGrant:
    grant = await take_rates(buckets=buckets, limits=limits, shadow_limits=shadow_limits, tokens=100)
    if isinstance(grant, TooFew):
        raise too_few_error(grant, NOW)
    return grant


def denying(grant: RateGrant) -> list[tuple[str, str]]:
    return [(short.limits[0].name, too_few_error(short, NOW).code) for short in grant.too_few_in_shadow]


async def test_each_is_asked_by_itself_and_those_with_too_little_say_so(buckets: CountedBuckets) -> None:
    shadow = (limit("wide", 1_000), limit("narrow", 150), limit("tiny", 10))
    first, second = await take(buckets, shadow_limits=shadow), await take(buckets, shadow_limits=shadow)
    assert denying(first) == [("tiny", "over_rate_capacity")]
    assert denying(second) == [("narrow", "rate_limited"), ("tiny", "over_rate_capacity")]


async def test_whatever_is_enforced_and_in_shadow_is_asked_in_one_go(buckets: CountedBuckets) -> None:
    await take(buckets, limits=(limit("real", 1_000),), shadow_limits=(limit("one", 1_000), limit("two", 10)))
    assert buckets.asked == 1


async def test_what_can_never_fit_is_not_asked_about(buckets: CountedBuckets) -> None:
    grant = await take(buckets, shadow_limits=(limit("tiny", 10),))
    assert (denying(grant), buckets.asked) == ([("tiny", "over_rate_capacity")], 0)


async def test_a_call_that_is_denied_draws_nothing_from_limits_in_shadow(buckets: CountedBuckets) -> None:
    real, shadow = limit("real", 100), limit("shadow", 100)
    await take(buckets, limits=(real,))
    with pytest.raises(RateLimited):
        await take(buckets, limits=(real,), shadow_limits=(shadow,))
    assert denying(await take(buckets, shadow_limits=(shadow,))) == []


async def test_what_would_have_been_denied_takes_nothing(buckets: CountedBuckets) -> None:
    shadow = limit("shadow", 150)
    await take(buckets, shadow_limits=(shadow,))
    await take(buckets, shadow_limits=(shadow,))
    [level] = buckets.take_now((Draw("shadow", 0, 150),)).levels
    assert level.remaining == 50


async def test_the_caller_is_not_told_what_is_left_of_what_is_in_shadow(buckets: CountedBuckets) -> None:
    grant = await take(buckets, limits=(limit("real", 1_000),), shadow_limits=(limit("shadow", 150),))
    assert [(balance.limit, balance.remaining) for balance in grant.balances] == [(1_000, 900)]


@pytest.mark.parametrize("ending", ["true up", "give back"])
async def test_what_was_drawn_ends_with_the_call(buckets: CountedBuckets, ending: str) -> None:
    real, shadow = (limit("real", 100),), (limit("one", 100), limit("two", 100))
    grant = await take(buckets, limits=real, shadow_limits=shadow)
    grant.true_up(tokens=0) if ending == "true up" else grant.give_back()
    assert denying(await take(buckets, limits=real, shadow_limits=shadow)) == []
