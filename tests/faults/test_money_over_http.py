"""500 calls at once over four gateway processes, streamed and not, at a limit: never a call or a cent beyond it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.callers import Callers, Told
from tests.faults.deployment import AT_ONCE, Deployment, billed, running_deployment
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.simultaneous_calls import CALLS, SimultaneousCalls, meter_of

REQUESTS = 100
NANO = 10**9
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def _deployment(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running_deployment(shared_database, tmp_path_factory.mktemp("deployment"), places=4) as deployment:
        yield deployment


@pytest.fixture
def deployment(_deployment: Deployment) -> Iterator[Deployment]:
    """Its vendor has seen nothing yet, and the books balance afterwards."""
    _deployment.vendor.clear()
    yield _deployment
    _deployment.vendor.open()
    assert query(_deployment.database, "SELECT count(*) FROM metering_usagereservation WHERE state = 0") == [
        (0,)
    ]
    assert query(_deployment.database, "SELECT count(*) FROM metering_usagemeter WHERE held <> 0") == [(0,)]
    assert_the_ledger_balances(_deployment.database)


def amount(value: Any, dimension: str) -> int:
    """In the ledger's units."""
    return int(Decimal(value) * NANO) if dimension == "cost" else int(value)


def assert_names_the_limit(denied: list[Told], dimension: str, limit: int) -> None:
    for told in denied:
        usage = told.error["usage"]
        assert usage["budget"] == f"tenant {dimension}/day"
        assert (usage["scope"], usage["dimension"], usage["period"]) == ("tenant", dimension, "day")
        assert amount(usage["limit"], dimension) == limit
        current, held, requested = (
            amount(usage[name], dimension) for name in ("current", "held", "requested")
        )
        assert current + held <= limit < current + held + requested
        assert told.error["reset_at"].endswith("Z")
        assert 0 < int(told.headers["retry-after"]) <= 86_400
        only_held = current + requested <= limit
        assert told.code == ("budget_reserved" if only_held else "budget_exceeded")
        assert told.headers.get("x-should-retry") == (None if only_held else "false")


def assert_the_vendors_bill_is_the_ledger(deployment: Deployment, admitted: list[Told]) -> dict[str, int]:
    """Exactly the admitted calls were sent, and each is one row with what the vendor bills. The sums."""
    calls, rows = deployment.vendor.log()["calls"], deployment.rows()
    assert len(calls) == len(admitted)
    sent = [rows[call["attempt_id"]] for call in calls]
    assert {row["request_id"] for row in sent} == {told.request_id for told in admitted}
    for row, call in zip(sent, calls, strict=True):
        assert {name: row[name] for name in billed(call)} == billed(call)
    sums = {
        name: sum(row[name] for row in sent) for name in ("input_tokens", "output_tokens", "cost_nano_usd")
    }
    return {
        "requests": len(sent),
        "tokens": sums["input_tokens"] + sums["output_tokens"],
        "cost": sums["cost_nano_usd"],
    }


@pytest.mark.parametrize(("dimension", "limit"), [("tokens", 30_000), ("cost", 35_000_000)])
async def test_what_is_held_fills_a_budget_to_the_last_call_that_fits(
    deployment: Deployment, crowd: Callers, dimension: str, limit: int
) -> None:
    shown = Decimal(limit) / NANO if dimension == "cost" else limit
    token = deployment.tenant(dimension=dimension, window="day", amount=shown)
    together = SimultaneousCalls(deployment, crowd, token)
    admitted, denied = await together.run()

    smallest = min(amount(told.error["usage"]["requested"], dimension) for told in denied)
    assert together.held <= limit < together.held + smallest
    assert len(admitted) >= limit // max(
        amount(told.error["usage"]["requested"], dimension) for told in denied
    )
    assert_names_the_limit(denied, dimension, limit)
    charged = assert_the_vendors_bill_is_the_ledger(deployment, admitted)[dimension]
    assert meter_of(deployment, token) == (charged, 0, 0)
    assert 0 < charged <= limit


@pytest.mark.parametrize(("dimension", "limit"), [("tokens", 2_000), ("cost", 3_000_000)])
async def test_a_budget_is_never_passed_while_settlements_give_room_back(
    deployment: Deployment, crowd: Callers, dimension: str, limit: int
) -> None:
    shown = Decimal(limit) / NANO if dimension == "cost" else limit
    token = deployment.tenant(dimension=dimension, window="day", amount=shown)
    told = await crowd.ask_many(deployment.gateways.urls, token, CALLS)
    admitted, denied = [each for each in told if each.whole], [each for each in told if each.status == 429]

    assert len(admitted) + len(denied) == CALLS
    assert len(admitted) > 0
    assert_names_the_limit(denied, dimension, limit)
    charged = assert_the_vendors_bill_is_the_ledger(deployment, admitted)[dimension]
    assert meter_of(deployment, token) == (charged, 0, 0)
    assert charged <= limit


async def test_exactly_as_many_requests_pass_as_the_budget_says(
    deployment: Deployment, crowd: Callers
) -> None:
    token = deployment.tenant(dimension="requests", window="day", amount=REQUESTS)
    told = await crowd.ask_many(deployment.gateways.urls, token, CALLS)
    admitted, denied = [each for each in told if each.whole], [each for each in told if each.status == 429]

    assert (len(admitted), len(denied)) == (REQUESTS, CALLS - REQUESTS)
    assert_names_the_limit(denied, "requests", REQUESTS)
    assert assert_the_vendors_bill_is_the_ledger(deployment, admitted)["requests"] == REQUESTS
    assert meter_of(deployment, token) == (REQUESTS, 0, 0)


async def test_the_vendor_never_sees_more_calls_at_once_than_the_plan_allows(
    deployment: Deployment, crowd: Callers
) -> None:
    token = deployment.tenant(plan="NARROW")
    together = SimultaneousCalls(deployment, crowd, token)
    admitted, denied = await together.run()

    assert (together.held, len(admitted), deployment.vendor.log()["most_at_once"]) == (
        AT_ONCE,
        AT_ONCE,
        AT_ONCE,
    )
    assert {told.code for told in denied} == {"concurrency_exceeded"}
    usage = denied[0].error["usage"]
    assert (usage["budget"], usage["limit"], usage["requested"]) == ("plan max_concurrent", AT_ONCE, 1)
    assert (usage["unit"], usage["period"], denied[0].error["reset_at"]) == ("calls", "none", None)
    again = await crowd.ask_many(deployment.gateways.urls, token, CALLS)
    assert sum(told.whole for told in again) >= AT_ONCE, "a place did not become free"
    assert deployment.vendor.log()["most_at_once"] == AT_ONCE
    assert meter_of(deployment, token) == (0, 0, 0)
    assert_the_vendors_bill_is_the_ledger(deployment, admitted + [told for told in again if told.whole])
