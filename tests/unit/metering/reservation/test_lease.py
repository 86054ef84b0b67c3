"""Leases on a clock that the test moves, so that no busy machine decides what is seen."""

import asyncio
from uuid import UUID

import pytest
from structlog.contextvars import bound_contextvars

from metering.errors import MeteringUnavailable
from metering.ledger.commands import Extend, Release
from metering.policy.values import EffectivePolicy, Setting
from metering.reservation.lease import LeaseKeeper
from metering.types import EnforcementMode, Scope
from tests.fakes.allowance import hold_for
from tests.fakes.ledger import WatchedLedger
from tests.log_lines import caught_lines

LEASE_S = 1
TO_RENEW_S, NEARLY_OVER_S, TO_STOP_S = 0.4, 0.94, 0.951
WITHIN_S = 20
OPEN = EffectivePolicy(
    task="LLM0_CHAT",
    mode=EnforcementMode.ENFORCE,
    limits=(),
    by_provider={},
    by_agent={},
    each_provider=(),
    each_agent=(),
    settings={"on_metering_failure": Setting(value="open", scope=Scope.GLOBAL, rule_id=UUID(int=1))},
)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def renewals_asked(ledger: WatchedLedger, count: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while len(ledger.of_type(Extend)) < count:  # noqa: ASYNC110 - the keeper looks in its own time
            await asyncio.sleep(0.01)


async def test_a_long_call_renews_its_lease(clock: Clock) -> None:
    ledger = WatchedLedger()
    keeper = LeaseKeeper(ledger, clock=clock)
    hold = await hold_for(ledger, lease_s=LEASE_S)
    with keeper.keep(hold, granted_s=0) as lease:
        for count in (1, 2, 3):
            clock.now_s += TO_RENEW_S
            await renewals_asked(ledger, count)
        assert clock.now_s > LEASE_S
        assert not lease.lost
    await keeper.close()
    assert keeper.kept == 0


async def test_a_call_whose_lease_was_taken_is_stopped_at_the_refused_renewal(clock: Clock) -> None:
    ledger = WatchedLedger()
    keeper = LeaseKeeper(ledger, clock=clock)
    hold = await hold_for(ledger, lease_s=LEASE_S)
    await ledger.submit(Release(reservation_id=hold.reservation_id, tenant_id=hold.tenant_id))
    clock.now_s = TO_RENEW_S
    with pytest.raises(asyncio.CancelledError), keeper.keep(hold, granted_s=0) as lease:
        await asyncio.sleep(WITHIN_S)
    assert lease.lost
    await keeper.close()


async def test_a_call_is_stopped_before_a_lease_that_cannot_be_renewed_ends(clock: Clock) -> None:
    ledger = WatchedLedger()
    keeper = LeaseKeeper(ledger, clock=clock)
    hold = await hold_for(ledger, lease_s=LEASE_S)
    ledger.fail_next = [MeteringUnavailable("away")] * 1000
    clock.now_s = NEARLY_OVER_S

    async def call() -> None:
        with keeper.keep(hold, granted_s=0):
            await asyncio.sleep(WITHIN_S)

    running = asyncio.create_task(call())
    await renewals_asked(ledger, 2)
    assert not running.done()
    clock.now_s = TO_STOP_S
    with pytest.raises(asyncio.CancelledError):
        await running
    await keeper.close()


async def test_where_a_rule_says_open_a_call_outlives_a_lease_that_only_an_absent_ledger_ends(
    clock: Clock,
) -> None:
    ledger = WatchedLedger()
    keeper = LeaseKeeper(ledger, clock=clock)
    hold = await hold_for(ledger, lease_s=LEASE_S)
    ledger.fail_next = [MeteringUnavailable("away")] * 3
    clock.now_s = NEARLY_OVER_S
    over = asyncio.Event()

    async def call() -> None:
        with keeper.keep(hold, granted_s=0, policy=OPEN):
            await over.wait()

    running = asyncio.create_task(call())
    await renewals_asked(ledger, 2)
    clock.now_s = 5 * LEASE_S
    await renewals_asked(ledger, 3)
    await ledger.submit(Release(reservation_id=hold.reservation_id, tenant_id=hold.tenant_id))
    await renewals_asked(ledger, 4)
    assert not running.done()
    over.set()
    await running
    await keeper.close()


async def test_where_a_rule_says_open_a_lease_that_was_taken_stops_the_call_all_the_same(
    clock: Clock,
) -> None:
    ledger = WatchedLedger()
    keeper = LeaseKeeper(ledger, clock=clock)
    hold = await hold_for(ledger, lease_s=LEASE_S)
    await ledger.submit(Release(reservation_id=hold.reservation_id, tenant_id=hold.tenant_id))
    clock.now_s = TO_RENEW_S
    with pytest.raises(asyncio.CancelledError), keeper.keep(hold, granted_s=0, policy=OPEN):
        await asyncio.sleep(WITHIN_S)
    await keeper.close()


async def test_a_short_call_costs_no_command(clock: Clock) -> None:
    ledger = WatchedLedger()
    keeper = LeaseKeeper(ledger, clock=clock)
    hold = await hold_for(ledger)
    with keeper.keep(hold, granted_s=0):
        await asyncio.sleep(0)
    await keeper.close()
    assert ledger.of_type(Extend) == []


async def test_a_lost_lease_is_logged_with_its_own_requests_id_not_with_the_first_ones(clock: Clock) -> None:
    ledger = WatchedLedger()
    keeper = LeaseKeeper(ledger, clock=clock)
    both_kept, over = asyncio.Barrier(2), asyncio.Event()

    async def call(request_id: str, lease_s: int) -> None:
        with bound_contextvars(request_id=request_id):
            hold = await hold_for(ledger, lease_s=lease_s)
            with keeper.keep(hold, granted_s=0):
                await both_kept.wait()
                await over.wait()

    with caught_lines() as caught:
        first = asyncio.create_task(call("r-1", LEASE_S * 60))
        await asyncio.sleep(0)
        second = asyncio.create_task(call("r-2", LEASE_S))
        clock.now_s = TO_STOP_S
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(second, WITHIN_S)
        over.set()
        await first
        await keeper.close()
    assert [line["request_id"] for line in caught.of("reservation.lease_lost")] == ["r-2"]
