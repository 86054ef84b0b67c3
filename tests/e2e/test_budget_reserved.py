"""A budget that calls under way hold is not told as used up."""

import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from metering.models import UsageReservation
from tests.e2e.server import Server
from tests.factories import BudgetFactory, make_token
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
ROOM_FOR_ONE_AND_A_HALF = 400_000
"""Nano-USD, for calls that hold about 270,000 and use 14,000."""


@pytest.fixture
def client(front: Server) -> Iterator[openai.OpenAI]:
    BudgetFactory(dimension="cost", amount=ROOM_FOR_ONE_AND_A_HALF, window="month")
    with openai.OpenAI(base_url=f"{front.url}/v1", api_key=make_token().secret, max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, **options: Any) -> Any:
    return client.with_options(**options).chat.completions.create(
        model="small", messages=[{"role": "user", "content": "hello"}], max_tokens=50
    )


@pytest.fixture
def slow_call(client: openai.OpenAI, vendor: RunningVendor) -> Iterator[threading.Thread]:
    """A call that holds most of the budget until the vendor's gate is opened."""
    vendor.hold()
    thread = threading.Thread(target=ask, args=(client,))
    thread.start()
    while not vendor.log.at_once:
        thread.join(0.01)
    yield thread
    vendor.open()
    thread.join()


def test_a_call_that_waits_for_another_is_told_to_come_back_in_a_moment(
    client: openai.OpenAI, slow_call: threading.Thread
) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client)
    error, headers = caught.value, caught.value.response.headers
    assert (error.code, headers["retry-after"]) == ("budget_reserved", "1")
    assert "x-should-retry" not in headers
    usage = error.body["usage"]  # type: ignore[index]
    assert usage["current"] == "0"
    assert float(usage["held"]) > 0


def test_the_official_sdk_gets_through_once_the_other_has_ended(
    client: openai.OpenAI, vendor: RunningVendor, slow_call: threading.Thread
) -> None:
    threading.Timer(0.2, vendor.open).start()
    assert ask(client, max_retries=5).usage.completion_tokens == 8
    assert UsageReservation.objects.filter(state=1).count() == 2


def test_a_budget_that_is_used_up_is_not_retryable(client: openai.OpenAI, vendor: RunningVendor) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        [ask(client) for _ in range(100)]
    error, headers = caught.value, caught.value.response.headers
    assert (error.code, headers["x-should-retry"]) == ("budget_exceeded", "false")
    assert int(headers["retry-after"]) > 1
