from datetime import UTC, datetime, timedelta

import pytest

from metering.admission.denial import too_few_error
from metering.errors import OverRateCapacity, RateLimited
from metering.policy.values import RateLimit
from metering.rates.port import Draw
from metering.rates.process_buckets import ProcessBuckets
from metering.rates.take import RateGrant, TooFew, take_rates
from metering.types import Dimension, Scope

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def limit(dimension: Dimension, per_minute: int, scope: Scope = Scope.TENANT) -> RateLimit:
    return RateLimit(
        key=f"{scope}-{dimension}",
        dimension=dimension,
        per_minute=per_minute,
        scope=scope,
        name=f"{scope} {dimension}/minute",
    )


REQUESTS = limit(Dimension.REQUESTS, 3)
TOKENS = limit(Dimension.TOKENS, 1_000)


@pytest.fixture
def buckets() -> ProcessBuckets:
    """At a moment that does not pass."""
    return ProcessBuckets(clock=lambda: 1_000.0)


async def take(buckets: ProcessBuckets, *limits: RateLimit, tokens: int = 100) -> RateGrant:
    grant = await take_rates(buckets=buckets, limits=limits, tokens=tokens)
    if isinstance(grant, TooFew):
        raise too_few_error(grant, NOW)
    return grant


def left(grant: RateGrant) -> dict[str, int]:
    return {balance.dimension: balance.remaining for balance in grant.balances}


async def test_a_policy_without_rates_asks_nobody(buckets: ProcessBuckets) -> None:
    assert (await take(buckets)).balances == ()


async def test_the_tightest_bucket_of_each_dimension_is_told(buckets: ProcessBuckets) -> None:
    own = limit(Dimension.REQUESTS, 2, Scope.TOKEN)
    assert left(await take(buckets, REQUESTS, own, TOKENS)) == {"requests": 1, "tokens": 900}


async def test_a_denial_names_limit_use_request_and_end(buckets: ProcessBuckets) -> None:
    await take(buckets, TOKENS, tokens=800)
    with pytest.raises(RateLimited) as caught:
        await take(buckets, REQUESTS, TOKENS, tokens=500)
    usage = caught.value.usage
    assert (usage.budget, usage.dimension, usage.period) == ("tenant tokens/minute", "tokens", "minute")
    assert (usage.current, usage.requested, usage.limit) == (800, 500, 1_000)
    assert caught.value.reset_at == NOW + timedelta(seconds=18)
    assert caught.value.retry_after_s == 18
    assert {balance.dimension: balance.remaining for balance in caught.value.balances} == {
        "requests": 3,
        "tokens": 200,
    }


async def test_what_is_left_of_a_bucket_that_tenants_share_is_told_to_none(buckets: ProcessBuckets) -> None:
    shared = limit(Dimension.TOKENS, 1_000, Scope.PROVIDER)
    assert left(await take(buckets, REQUESTS, shared, tokens=777)) == {"requests": 2}
    with pytest.raises(RateLimited) as caught:
        await take(buckets, REQUESTS, shared, tokens=777)
    error = caught.value
    assert error.usage.shared
    assert "provider tokens/minute, which tenants share, has too little" in error.message
    assert "223" not in error.message
    assert [balance.dimension for balance in error.balances] == ["requests"]


async def test_a_call_larger_than_a_bucket_is_not_told_to_wait(buckets: ProcessBuckets) -> None:
    with pytest.raises(OverRateCapacity, match="Waiting does not help"):
        await take(buckets, REQUESTS, TOKENS, tokens=1_001)
    with pytest.raises(OverRateCapacity):
        await take(buckets, limit(Dimension.REQUESTS, 0))
    assert left(await take(buckets, REQUESTS, TOKENS, tokens=1_000)) == {"requests": 2, "tokens": 0}


async def test_what_the_ledger_denies_is_given_back_once(buckets: ProcessBuckets) -> None:
    grant = await take(buckets, REQUESTS, TOKENS)
    grant.give_back()
    grant.give_back()
    grant.true_up(tokens=5)
    assert left(await take(buckets, REQUESTS, TOKENS, tokens=0)) == {"requests": 2, "tokens": 1_000}


async def test_of_two_calls_one_gives_back_its_own_part_only(buckets: ProcessBuckets) -> None:
    grant, _ = await take(buckets, REQUESTS, TOKENS), await take(buckets, REQUESTS, TOKENS)
    grant.give_back()
    grant.give_back()
    assert left(await take(buckets, REQUESTS, TOKENS, tokens=0)) == {"requests": 1, "tokens": 900}


@pytest.mark.parametrize(("used", "remaining"), [(30, 970), (100, 900), (400, 600)])
async def test_tokens_are_trued_up_both_ways_and_requests_stay(
    buckets: ProcessBuckets, used: int, remaining: int
) -> None:
    (await take(buckets, REQUESTS, TOKENS, tokens=100)).true_up(tokens=used)
    assert left(await take(buckets, REQUESTS, TOKENS, tokens=0)) == {"requests": 1, "tokens": remaining}


async def test_a_call_that_reports_a_million_times_its_estimate_holds_the_next_one_up_for_two_minutes_at_most(
    buckets: ProcessBuckets,
) -> None:
    (await take(buckets, REQUESTS, TOKENS, tokens=1_000)).true_up(tokens=10**12)
    with pytest.raises(RateLimited) as caught:
        await take(buckets, REQUESTS, TOKENS, tokens=1_000)
    assert caught.value.retry_after_s == 120
    assert {balance.dimension: balance.remaining for balance in caught.value.balances}["tokens"] == 0


class Recorded(ProcessBuckets):
    """Remembers the last corrections."""

    def correct(self, draws: tuple[Draw, ...], *, shared: bool = False) -> None:
        self.corrections = draws


async def test_no_correction_is_larger_than_a_bucket_can_take() -> None:
    buckets = Recorded(clock=lambda: 1_000.0)
    (await take(buckets, TOKENS, tokens=1)).true_up(tokens=10**30)
    assert [draw.units for draw in buckets.corrections] == [2_000]
