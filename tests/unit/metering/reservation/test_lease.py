import asyncio
import time

import pytest

from metering.errors import MeteringUnavailable
from metering.ledger.commands import Extend
from metering.reservation.lease import LeaseKeeper
from metering.types import ReservationState
from tests.fakes.allowance import hold_for
from tests.fakes.ledger import FakeLedger


async def test_a_long_call_renews_its_lease() -> None:
    ledger = FakeLedger()
    keeper = LeaseKeeper(ledger)
    hold = await hold_for(ledger, lease_s=1)
    with keeper.keep(hold, granted_s=time.monotonic()) as lease:
        await asyncio.sleep(1.5)
        assert not lease.lost
    await keeper.close()
    assert len(ledger.of_type(Extend)) >= 2
    assert keeper.kept == 0


async def test_a_call_whose_lease_was_taken_is_stopped() -> None:
    ledger = FakeLedger()
    keeper = LeaseKeeper(ledger)
    hold = await hold_for(ledger, lease_s=1)
    ledger.states[hold.reservation_id] = ReservationState.EXPIRED
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError), keeper.keep(hold, granted_s=started) as lease:
        await asyncio.sleep(3)
    assert lease.lost
    assert time.monotonic() - started < 0.7  # at the refused renewal, long before the lease's own end
    await keeper.close()


async def test_a_call_is_stopped_before_a_lease_that_cannot_be_renewed_ends() -> None:
    ledger = FakeLedger()
    keeper = LeaseKeeper(ledger)
    hold = await hold_for(ledger, lease_s=1)
    ledger.fail_next = [MeteringUnavailable("away")] * 100
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError), keeper.keep(hold, granted_s=started) as lease:
        await asyncio.sleep(3)
    assert lease.lost
    assert 0.8 < time.monotonic() - started < 1.0
    await keeper.close()


async def test_a_short_call_costs_no_command() -> None:
    ledger = FakeLedger()
    keeper = LeaseKeeper(ledger)
    hold = await hold_for(ledger)
    with keeper.keep(hold, granted_s=time.monotonic()):
        await asyncio.sleep(0)
    await keeper.close()
    assert ledger.of_type(Extend) == []
