"""Callers that go away, and a writer that is closed under load: no command is left in between."""

import asyncio
import random

import pytest

from metering.errors import MeteringUnavailable
from metering.ledger.results import Ended, Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, ReservationState
from tests.faults.rows import assert_the_ledger_balances, meter_row, states
from tests.support.build import line, meter_key, release, reserve

TOKENS = meter_key(Dimension.TOKENS, subject_id="tokens")
LIMIT = 10**9
CALLERS = 1_500
WITHIN_S = 30
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


async def test_callers_that_leave_while_they_wait_can_always_release(database: str) -> None:
    dice = random.Random(2)
    ledger = LedgerWriter(database)
    await ledger.start()
    holds = [reserve(line(TOKENS, 1, LIMIT)) for _ in range(CALLERS)]
    callers = [asyncio.create_task(ledger.submit(hold)) for hold in holds]
    for caller in dice.sample(callers, CALLERS // 2):
        await asyncio.sleep(0)
        caller.cancel()
    answers = await asyncio.wait_for(asyncio.gather(*callers, return_exceptions=True), WITHIN_S)
    assert sum(isinstance(answer, asyncio.CancelledError) for answer in answers) > CALLERS / 4
    assert all(isinstance(answer, Granted | asyncio.CancelledError) for answer in answers)

    ends = [ledger.submit(release(hold.reservation_id)) for hold in holds]
    answers = await asyncio.wait_for(asyncio.gather(*ends), WITHIN_S)
    await ledger.close()
    assert all(isinstance(answer, Ended) for answer in answers)
    assert set(states(database).values()) == {ReservationState.RELEASED}
    assert meter_row(database, TOKENS).held == 0
    assert_the_ledger_balances(database)


async def test_a_writer_that_is_closed_first_carries_out_what_waits(database: str) -> None:
    ledger = LedgerWriter(database)
    await ledger.start()
    callers = [asyncio.create_task(ledger.submit(reserve(line(TOKENS, 1, LIMIT)))) for _ in range(CALLERS)]
    await asyncio.sleep(0)
    await asyncio.wait_for(ledger.close(), WITHIN_S)
    assert all(isinstance(answer, Granted) for answer in await asyncio.gather(*callers))
    with pytest.raises(MeteringUnavailable):
        await ledger.submit(reserve(line(TOKENS, 1, LIMIT)))
    assert meter_row(database, TOKENS).held == CALLERS
    assert_the_ledger_balances(database)
