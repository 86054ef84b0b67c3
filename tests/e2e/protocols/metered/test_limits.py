"""Budgets, rates and rules limit calls in each protocol."""

import threading

import pytest

from launcher.process import wait_until
from tests.e2e.protocols.asking import GatewayAndVendors, Told
from tests.e2e.protocols.metered.conftest import LONGEST
from tests.e2e.protocols.speaking import STREAMED, WAYS

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
WITHIN_S = 20


@pytest.mark.parametrize("name", WAYS)
def test_a_budget_is_told_as_held_and_then_as_used_up(gateway: GatewayAndVendors, name: str) -> None:
    """Its one request is under way, and then it is over."""
    caller, before, first = f"once {name}", len(gateway.calls()), list[Told]()
    under_way = threading.Thread(
        target=lambda: first.append(gateway.ask(name, "vendor:slow=0.4", as_=caller))
    )
    under_way.start()
    try:
        assert wait_until(lambda: len(gateway.calls()) > before, WITHIN_S)
        reserved = gateway.ask(name, as_=caller)
    finally:
        under_way.join()
    assert first[0].status == 200
    assert reserved.refusal == (429, "budget_reserved", None)
    assert (reserved.headers["retry-after"], reserved.headers.get("x-should-retry")) == ("1", None)
    exceeded = gateway.ask(name, as_=caller)
    assert exceeded.refusal == (429, "budget_exceeded", None)
    assert exceeded.headers["x-should-retry"] == "false"
    assert exceeded.error["usage"]["limit"] == 1
    assert exceeded.error["type"] == "rate_limit_error"
    assert (len(gateway.calls()) - before, exceeded.reservation) == (1, None)


@pytest.mark.parametrize("name", STREAMED)
def test_the_output_is_limited_to_what_is_held_under_the_name_that_the_vendor_knows(
    gateway: GatewayAndVendors, name: str
) -> None:
    way = WAYS[name]
    for asked in (5_000, "absent", 7):
        if asked == "absent" and "messages" in name:
            continue  # Anthropic's protocol demands it
        told = gateway.ask(name, as_="limited", **{way.speech.limit: asked})
        assert told.status == 200, told.text
        assert told.reservation is not None
        allowed = min(asked, LONGEST) if isinstance(asked, int) else LONGEST
        assert told.sent.body[way.sent.limit] == told.reservation.output_tokens == allowed
        assert not {"max_tokens", "max_completion_tokens", "max_output_tokens"} & (
            told.sent.body.keys() - {way.sent.limit}
        )


@pytest.mark.parametrize("name", WAYS)
def test_a_rate_refuses_the_second_call_and_says_when_to_come_back(
    gateway: GatewayAndVendors, name: str
) -> None:
    assert gateway.ask(name, as_="hasty").status == 200
    told = gateway.ask(name, as_="hasty")
    assert told.refusal == (429, "rate_limited", None)
    assert int(told.headers["retry-after"]) > 0
    assert told.headers["x-ratelimit-remaining-requests"] == "0"
    assert told.reservation is None


@pytest.mark.parametrize("name", WAYS)
def test_what_has_no_room_in_the_context_is_refused(gateway: GatewayAndVendors, name: str) -> None:
    told = gateway.ask(name, "many words " * 60_000, as_="free")
    assert told.refusal[:2] == (413, "input_too_large")
    assert told.reservation is None
