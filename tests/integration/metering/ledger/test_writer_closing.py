"""Closing a writer whose connections are not equally busy."""

import asyncio
from time import monotonic

from metering.ids import uuid7
from metering.ledger.batch_connection import SPLIT_ABOVE
from metering.ledger.commands import Release
from metering.ledger.results import Ended
from metering.ledger.writer import LedgerWriter
from tests.support.build import ALDER

LATE = 2
DEADLINE_S = 5.0


async def test_what_was_too_little_for_an_idle_connection_is_carried_out_and_the_writer_closes_at_once(
    ledger: LedgerWriter,
) -> None:
    answers = [asyncio.create_task(_submit(ledger)) for _ in range(SPLIT_ABOVE)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert ledger._waiting.in_flight == SPLIT_ABOVE, "one connection has taken them all"
    answers += [asyncio.create_task(_submit(ledger)) for _ in range(LATE)]
    await asyncio.sleep(0)
    started = monotonic()
    await ledger.close(DEADLINE_S)
    assert monotonic() - started < DEADLINE_S / 2
    assert all(isinstance(answer, Ended) for answer in await asyncio.gather(*answers))


async def _submit(ledger: LedgerWriter) -> object:
    return await ledger.submit(Release(reservation_id=uuid7(), tenant_id=ALDER))
