"""From a settlement with impossible figures to the operators' alert."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from msgspec.structs import replace

from metering.alerts.raise_vendor_alerts import raise_vendor_alerts
from metering.ledger.writer import LedgerWriter
from metering.models import VendorAlert
from metering.types import EstimateReason
from tests.integration.metering.ledger import stored
from tests.support import build

REPORTED = '{"completion_tokens":1000000000000}'


@pytest.mark.django_db(transaction=True)  # an open transaction would keep the tables from being emptied
def test_what_is_settled_as_impossible_is_told_once(conninfo: str, database: psycopg.Connection) -> None:
    impossible = replace(
        build.attempt(output_tokens=10),
        estimated=True,
        estimate_reason=EstimateReason.IMPOSSIBLE,
        reported=REPORTED,
    )

    async def calls() -> None:
        writer = LedgerWriter(conninfo)
        await writer.start()
        ids = await stored.held(writer, build.line(build.meter_key(), 10, 1_000), count=6)
        for id_ in ids[:4]:
            await writer.submit(build.settle(id_, attempts=(impossible,)))
        for id_ in ids[4:]:
            await writer.submit(build.settle(id_, 3))
        await writer.close()

    asyncio.run(calls())
    assert raise_vendor_alerts(now=datetime.now(UTC), settled_for=timedelta(0)) == 4
    [alert] = VendorAlert.objects.all()
    assert (alert.provider_name, alert.model, alert.times_seen) == ("sandbox", "sandbox-small", 4)
    assert (alert.reported, alert.output_tokens, alert.tenant_id) == (REPORTED, 10, build.ALDER)
