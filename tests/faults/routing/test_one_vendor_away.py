"""The first vendor is dead or flaps, the second one is well: no call over two processes fails."""

import time

import pytest

from tests.faults.callers import Callers
from tests.faults.routing.crowds import ask_all, until_nothing_is_held
from tests.faults.routing.deployment import Routed
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.waiting import gauge, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
CALLS, AT_ONCE = 500, 16
TOLD_WITHIN_S = 30.0
"""Many times what one process needs to hear that another one has opened a circuit."""
SHORTEST_COOL_DOWN_S = 5.0


async def asked(routed: Routed, crowd: Callers, model: str, *, calls: int = CALLS) -> None:
    """So many calls, of which none fails."""
    stayed, _ = await ask_all(crowd, routed.urls, routed.tenant(), model=model, calls=calls, at_once=AT_ONCE)
    assert [told for told in stayed if not told.whole] == []
    await until_nothing_is_held(routed.database)
    assert_the_ledger_balances(routed.database, grace_s=0)


async def test_while_the_first_vendor_flaps_no_call_fails(routed: Routed, crowd: Callers) -> None:
    await asked(routed, crowd, "flapping-first")
    assert len(routed.vendors["flapping"].log.calls) > 0
    assert len(routed.vendors["well"].log.calls) > 0


async def test_with_the_first_vendor_dead_no_call_fails_and_no_process_goes_on_asking_it(
    routed: Routed, crowd: Callers
) -> None:
    """From the moment that every process knows of the open circuit, only calls that try it go there: one in each
    cool-down. A process that Redis has not answered for a second, as on a busy machine, lets one of its own calls try.
    """
    await asked(routed, crowd, "dead-first", calls=60)
    assert routed.dead.connections > 0
    dead = f'provider="dead{routed.suffix}"'
    for url in routed.urls:
        await until(lambda url=url: gauge(url, "gateway_circuits_open", dead) > 0, within_s=TOLD_WITHIN_S)  # type: ignore[misc]
    before, began_s = routed.dead.connections, time.monotonic()
    await asked(routed, crowd, "dead-first", calls=300)
    cool_downs = 1 + (time.monotonic() - began_s) / SHORTEST_COOL_DOWN_S
    assert routed.dead.connections - before <= len(routed.urls) * cool_downs


async def test_where_the_first_vendor_refuses_connections_no_call_fails_and_nothing_is_booked_there(
    routed: Routed, crowd: Callers
) -> None:
    await asked(routed, crowd, "closed-first", calls=60)
    there = "SELECT count(*) FROM metering_usagelog WHERE provider_name = %s"
    assert query(routed.database, there, (f"closed{routed.suffix}",)) == [(0,)]
