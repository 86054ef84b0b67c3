"""What tasks spend besides tokens: steps, search calls and files, each up to its limit and no further."""

import asyncio

import pytest

from metering.errors import BudgetExceeded, VendorError
from metering.ledger.commands import Extend
from metering.ports import AllowanceSpent, AttemptFailed
from metering.reservation.task_limits import TaskLimits
from metering.types import Dimension, Outcome
from tests.fakes.allowance import allowance_for, body
from tests.fakes.ledger import WatchedLedger
from tests.fakes.policy import line
from tests.fakes.vendors import FakeAnswer, FakeVendors

LIMITS = TaskLimits(steps=3, api_calls=3, files=2)
REFUSED = AttemptFailed("status 500", outcome=Outcome.ERROR, status=500)
UNREACHABLE = AttemptFailed("no route", outcome=Outcome.ERROR, sent=False)


class Broke(Exception):
    """The search service's connection broke."""


async def found() -> str:
    return "found"


async def broke() -> str:
    raise Broke


@pytest.mark.parametrize(
    ("numbers", "limits"),
    [
        ({}, TaskLimits(steps=1000, api_calls=0, files=0)),
        ({"agent_max_steps": 7, "max_api_calls": 9}, TaskLimits(steps=7, api_calls=9)),
        ({"agent_max_steps": 7, "max_steps": 5, "diagram_files_per_req": 2}, TaskLimits(steps=5, files=2)),
        ({"agent_max_steps": 4, "max_steps": 5}, TaskLimits(steps=4)),
    ],
)
def test_the_limits_are_those_of_the_rules(numbers: dict[str, int], limits: TaskLimits) -> None:
    assert TaskLimits.of(numbers) == limits


async def test_as_many_steps_are_made_as_there_may_be_and_no_more() -> None:
    vendors = FakeVendors()
    allowance, opening = await allowance_for(WatchedLedger(), vendors, limits=LIMITS)
    for _ in range(3):
        await allowance.complete(opening)
    with pytest.raises(AllowanceSpent):
        await allowance.complete(body("one more"))
    assert (len(vendors.calls), allowance.steps_left) == (3, 0)
    assert [attempt.steps for attempt in allowance.seal()] == [1, 1, 1]


async def test_a_failure_that_costs_nothing_is_none_of_the_steps_that_may_be_made() -> None:
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(REFUSED), limits=LIMITS)
    with pytest.raises(VendorError):
        await allowance.complete(opening)
    assert allowance.steps_left == 3


async def test_a_call_that_was_never_sent_is_none_of_them() -> None:
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(UNREACHABLE), limits=LIMITS)
    with pytest.raises(VendorError):
        await allowance.complete(opening)
    assert allowance.steps_left == 3


async def test_as_many_searches_are_sent_as_there_may_be_and_each_is_a_row() -> None:
    sent = []

    async def send() -> str:
        sent.append(1)
        return "found"

    allowance, _ = await allowance_for(WatchedLedger(), FakeVendors(), limits=LIMITS)
    answers = await asyncio.gather(
        *[allowance.call_api("openalex", send) for _ in range(5)], return_exceptions=True
    )
    assert [answer for answer in answers if answer == "found"] == ["found"] * 3
    assert [type(answer) for answer in answers[3:]] == [AllowanceSpent] * 2
    assert len(sent) == 3
    assert [
        (attempt.number, attempt.provider_name, attempt.api_calls, attempt.steps)
        for attempt in allowance.seal()
    ] == [(1, "openalex", 1, 0), (2, "openalex", 1, 0), (3, "openalex", 1, 0)]


async def test_a_search_that_fails_counts_because_the_service_counts_it() -> None:
    allowance, _ = await allowance_for(WatchedLedger(), FakeVendors(), limits=LIMITS)
    with pytest.raises(Broke):
        await allowance.call_api("uspto", broke)
    (attempt,) = allowance.seal()
    assert (attempt.outcome, attempt.api_calls) == (Outcome.ERROR, 1)


async def test_a_search_that_is_cut_off_counts() -> None:
    allowance, _ = await allowance_for(WatchedLedger(), FakeVendors(), limits=LIMITS)
    task = asyncio.create_task(allowance.call_api("uspto", asyncio.Event().wait))
    await asyncio.sleep(0.01)
    (attempt,) = allowance.seal()
    task.cancel()
    assert (attempt.outcome, attempt.api_calls) == (Outcome.CANCELLED, 1)


async def test_searches_are_held_one_by_one_within_the_budget() -> None:
    ledger = WatchedLedger()
    allowance, _ = await allowance_for(ledger, FakeVendors(), line(Dimension.API_CALLS, 2), limits=LIMITS)
    assert [await allowance.call_api("openalex", found) for _ in range(2)] == ["found"] * 2
    with pytest.raises(BudgetExceeded) as caught:
        await allowance.call_api("openalex", found)
    assert (caught.value.usage.dimension, caught.value.usage.limit) == ("api_calls", 2)
    assert [command.bound.api_calls for command in ledger.of_type(Extend)] == [1, 1, 1]
    assert sum(attempt.api_calls for attempt in allowance.seal()) == 2


async def test_files_are_counted_on_the_call_that_brought_them() -> None:
    allowance, opening = await allowance_for(
        WatchedLedger(), FakeVendors(FakeAnswer(), FakeAnswer()), limits=LIMITS
    )
    await allowance.complete(opening)
    await allowance.add_file()
    await allowance.complete(opening)
    await allowance.add_file()
    with pytest.raises(AllowanceSpent):
        await allowance.add_file()
    assert [attempt.files for attempt in allowance.seal()] == [1, 1]


async def test_a_file_needs_room_in_its_budget() -> None:
    allowance, opening = await allowance_for(
        WatchedLedger(), FakeVendors(), line(Dimension.FILES, 1), limits=LIMITS
    )
    await allowance.complete(opening)
    await allowance.add_file()
    with pytest.raises(BudgetExceeded) as caught:
        await allowance.add_file()
    assert caught.value.usage.dimension == "files"
    assert [attempt.files for attempt in allowance.seal()] == [1]


async def test_nothing_is_handed_out_once_the_allowance_is_sealed() -> None:
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(), limits=LIMITS)
    await allowance.complete(opening)
    allowance.seal()
    for spend in (allowance.call_api("openalex", found), allowance.add_file(), allowance.complete(opening)):
        with pytest.raises(Exception, match="spent"):
            await spend
