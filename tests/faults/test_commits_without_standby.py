"""A COMMIT that the standby never got is not answered, also where the primary shows it after a crash."""

import asyncio
from pathlib import Path

import pytest

from launcher.postgres import EmbeddedPostgres
from metering.errors import MeteringUnavailable
from metering.ledger.results import Granted
from metering.types import Dimension
from tests.faults.rows import assert_the_ledger_balances, states
from tests.faults.test_database_away import writing_to
from tests.faults.waiting import until
from tests.support.build import line, meter_key, reserve
from tests.support.replicas import ask, configure, follow, kill, promote, standby_of, url_of_both

TOKENS = meter_key(Dimension.TOKENS, subject_id="tokens")
LIMIT = 10**6
WITHIN_S = 60
WAITS = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'"
ENOUGH = 100
"""Commands for both connections of a writer."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def test_what_a_crashed_primary_shows_is_answered_once_its_standby_has_it(
    doomed_server: EmbeddedPostgres, doomed_database: str, tmp_path: Path
) -> None:
    primary = doomed_server
    try:
        with standby_of(primary, tmp_path / "standby", synchronous=True) as standby:
            both = url_of_both(doomed_database, primary, standby)
            async with writing_to(both) as ledger:
                await asyncio.gather(*[ledger.submit(reserve(line(TOKENS, 0, LIMIT))) for _ in range(ENOUGH)])
                await asyncio.to_thread(standby.stop, "immediate")
                hold = reserve(line(TOKENS, 1, LIMIT))
                first = asyncio.create_task(ledger.submit(hold))
                await until(lambda: ask(primary, WAITS) == [(True,)], within_s=WITHIN_S)
                await asyncio.to_thread(kill, primary)
                await asyncio.to_thread(primary.start)
                assert str(hold.reservation_id) in states(doomed_database)
                with pytest.raises(MeteringUnavailable):  # else a failover now would lose what was granted
                    await ledger.submit(hold)
                await asyncio.gather(first, return_exceptions=True)

                await asyncio.to_thread(standby.start)
                await asyncio.to_thread(follow, primary, synchronous=False)
                assert isinstance(await ledger.submit(hold), Granted)
                await asyncio.to_thread(kill, primary)
                await asyncio.to_thread(promote, standby)
            assert str(hold.reservation_id) in states(both)
            assert_the_ledger_balances(both)
    finally:
        primary.start()
        configure(primary, "synchronous_standby_names", "")
