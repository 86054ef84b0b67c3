"""kill -9 of one of two gateways under random faults: its holds are swept, and the other's calls are not touched."""

import asyncio

import pytest

from tests.faults.callers import Callers
from tests.faults.routing.crowds import ask_all, assert_meters_are_the_rows, until_nothing_is_held
from tests.faults.routing.deployment import Routed
from tests.faults.routing.rows_of_calls import RowsOfCalls
from tests.faults.rows import assert_the_ledger_balances
from tests.faults.waiting import until

CALLS = 300
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def test_the_calls_of_a_killed_gateway_are_swept_and_those_of_the_other_are_booked_once(
    routed: Routed, crowd: Callers
) -> None:
    token, survivor = routed.tenant(), routed.urls[0]
    with routed.one_more() as doomed:
        both = asyncio.create_task(
            ask_all(crowd, [survivor, doomed.url], token, model="moody", calls=CALLS, leaving=0.0)
        )
        await until(lambda: sum(_seen(routed)) > CALLS // 3, within_s=60)
        doomed.kill()
        told, _ = await both
    await until_nothing_is_held(routed.database)
    books = RowsOfCalls(routed, [each.request_id for each in told])
    books.assert_each_attempt_is_one_row()
    books.assert_charged_as_billed()
    broken = {each.request_id for each in told if not each.whole and not each.error}
    provisional = {row.request_id for row in books.provisional()}
    assert provisional, "the kill met no call"
    assert provisional <= broken
    for each in told:
        if each.request_id not in broken:
            books.assert_told_as_booked(each)
    assert_meters_are_the_rows(routed.database)
    assert_the_ledger_balances(routed.database, grace_s=0)


def _seen(routed: Routed) -> list[int]:
    return [len(vendor.log.calls) for vendor in routed.vendors.values()]
