"""A process that cannot keep its lease stops its call, and says what it may have cost."""

import asyncio
from typing import Any

import pytest
from django.conf import settings

from metering.errors import MeteringUnavailable
from metering.identity.principal import Principal
from metering.ledger.audit.verify import verify_ledger
from metering.ledger.commands import Command, Extend
from metering.ledger.results import Result
from metering.ledger.sweep import sweep_reservations
from metering.ledger.writer import LedgerWriter
from metering.models import UsageLog, UsageReservation
from metering.types import ReservationState
from tests.factories import BudgetFactory
from tests.fakes.vendors import FakeVendors
from tests.integration.metering.gateway.conftest import Gateways


class WithoutRenewals:
    """The real ledger, whose renewals get lost; endings wait for `open`."""

    def __init__(self, writer: LedgerWriter) -> None:
        self.writer = writer
        self.open = asyncio.Event()

    async def submit(self, command: Command) -> Result:
        if isinstance(command, Extend):
            raise MeteringUnavailable("lost")
        if type(command).__name__ == "Settle":
            await self.open.wait()
        return await self.writer.submit(command)


async def test_the_call_is_stopped_and_trued_up_after_the_sweeper_charged_it(
    gateway_with: Gateways,
    writer: LedgerWriter,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
) -> None:
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    ledger = WithoutRenewals(writer)
    gateway = gateway_with(ledger=ledger, lease_s=1)
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, request_for()))
    await vendors.called.wait()
    await asyncio.sleep(1.2)
    assert vendors.in_flight == 0
    assert (await sweep_reservations(settings.LEDGER_DATABASE_URL)).expired == 1
    ledger.open.set()
    with pytest.raises(MeteringUnavailable, match="outlived its reservation"):
        await running
    await gateway.close(5)
    reservation, row = await rows(UsageReservation.objects.get), await rows(UsageLog.objects.get)
    assert (reservation.state, reservation.provisional) == (ReservationState.EXPIRED, False)
    assert (row.outcome, row.estimated) == ("cancelled", True)
    assert await rows(lambda: verify_ledger(settings.LEDGER_DATABASE_URL)) == []
