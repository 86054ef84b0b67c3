"""Calls under random faults over two processes: none is lost, none is doubled, and the books are the vendors' own.

`FAULTS_CALLS=10000 script/test tests/faults/routing/test_random_faults.py -s` makes more of them, and says how
they ended.
"""

import os
import time
from collections import Counter
from decimal import Decimal

import pytest

from tests.faults.callers import Callers
from tests.faults.routing.crowds import (
    LEAVING,
    ask_all,
    assert_meters_are_the_rows,
    until_nothing_is_held,
)
from tests.faults.routing.deployment import Routed
from tests.faults.routing.rows_of_calls import RowsOfCalls
from tests.faults.rows import assert_the_ledger_balances, query

CALLS = int(os.environ.get("FAULTS_CALLS", "1000"))
TIGHT_USD, FEWER_CALLS = "0.005", 200
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240 + CALLS // 10)]


async def test_under_random_faults_no_call_is_lost_and_none_is_doubled(
    routed: Routed, crowd: Callers
) -> None:
    began_s = time.monotonic()
    stayed, left = await ask_all(
        crowd, routed.urls, routed.tenant(), model="moody", calls=CALLS, leaving=LEAVING
    )
    took_s = time.monotonic() - began_s
    await until_nothing_is_held(routed.database)
    books = RowsOfCalls(routed, [told.request_id for told in (*stayed, *left)])
    books.assert_each_attempt_is_one_row()
    books.assert_charged_as_billed()
    books.assert_what_may_be_billed_is_not_asked_again()
    for told in stayed:
        books.assert_told_as_booked(told)
    assert books.provisional() == []
    assert_meters_are_the_rows(routed.database)
    assert_the_ledger_balances(routed.database, grace_s=0)
    print(
        f"{CALLS} calls in {took_s:.0f} s: {sum(told.whole for told in stayed)} whole, {len(left)} left,"
        f" {Counter(told.code for told in stayed if not told.whole)}; {len(books.rows)} attempts:"
        f" {Counter(row.outcome for row in books.rows)}"
    )


async def test_under_random_faults_a_budget_is_never_overspent(routed: Routed, crowd: Callers) -> None:
    """Attempts that may be billed take room from those that follow them, which are refused where there is none."""
    stayed, _ = await ask_all(
        crowd, routed.urls, routed.tenant(usd=TIGHT_USD), model="moody", calls=FEWER_CALLS
    )
    await until_nothing_is_held(routed.database)
    refused = [told for told in stayed if told.code in ("budget_exceeded", "budget_reserved")]
    assert 0 < len(refused) < FEWER_CALLS
    books = RowsOfCalls(routed, [told.request_id for told in stayed])
    books.assert_each_attempt_is_one_row()
    books.assert_charged_as_billed()
    books.assert_what_may_be_billed_is_not_asked_again()
    spent = sum(row.cost_nano_usd for row in books.rows)
    assert 0 < spent <= int(Decimal(TIGHT_USD) * 10**9)
    assert query(routed.database, "SELECT sum(overrun)::bigint FROM metering_usagemeter") == [(0,)]
    assert_meters_are_the_rows(routed.database)
    assert_the_ledger_balances(routed.database, grace_s=0)
