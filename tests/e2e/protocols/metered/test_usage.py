"""What a call is charged in each protocol is what the vendor counted, whole and streamed, and the caller is told so."""

from decimal import Decimal

import pytest

from tests.e2e.protocols.asking import GatewayAndVendors, Told
from tests.e2e.protocols.speaking import STREAMED, WAYS, cost_of, figures_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CASES = [(name, False) for name in WAYS] + [(name, True) for name in STREAMED]


def assert_charged_as_billed(told: Told) -> None:
    billed = told.sent.usage
    assert billed is not None
    assert told.tokens == figures_of(billed) == figures_of(told.usage)
    assert (told.row.outcome, told.row.estimated) == ("ok", False)
    assert told.reservation is not None
    assert told.reservation.input_tokens >= told.row.input_tokens
    assert told.reservation.cost_nano_usd >= told.row.cost_nano_usd == sum(told.tokens) * 1_000


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_usage_is_the_vendors_own_to_the_token(gateway: GatewayAndVendors, name: str, stream: bool) -> None:
    told = gateway.ask(name, "some words to count", as_="capped", **({"stream": True} if stream else {}))
    assert told.status == 200, told.text
    assert told.said
    assert_charged_as_billed(told)
    cost = cost_of(told.usage) if stream else Decimal(told.headers["x-gateway-cost-usd"])
    assert cost == Decimal(told.row.cost_nano_usd) / 10**9
    if stream:
        assert told.ending == WAYS[name].speech.last


@pytest.mark.parametrize("name", STREAMED)
def test_cached_input_is_counted_apart_and_not_twice(gateway: GatewayAndVendors, name: str) -> None:
    for stream in (False, True):
        told = gateway.ask(name, "one two three four vendor:cached=2", as_="capped", stream=stream)
        assert told.row.cached_input_tokens == 2
        assert_charged_as_billed(told)


@pytest.mark.parametrize("name", STREAMED)
def test_an_answer_that_its_limit_cuts_says_so(gateway: GatewayAndVendors, name: str) -> None:
    way = WAYS[name]
    told = gateway.ask(name, **{way.speech.limit: 3})
    assert way.speech.stop(told.answer) == way.full
    assert told.row.output_tokens == 3


@pytest.mark.parametrize("name", STREAMED)
def test_a_vendor_that_reports_no_usage_is_estimated_and_marked(
    gateway: GatewayAndVendors, name: str
) -> None:
    for stream in (False, True):
        told = gateway.ask(name, "vendor:no-usage", as_="capped", stream=stream)
        assert (told.status, told.row.outcome, told.row.estimate_reason) == (200, "ok", "missing")
        assert min(told.tokens) > 0
        if not WAYS[name].is_native:  # a vendor's own answer passes as it came
            assert figures_of(told.usage) == told.tokens


def test_embeddings_without_usage_are_estimated_and_marked(gateway: GatewayAndVendors) -> None:
    told = gateway.ask("embeddings", "some words vendor:no-usage", as_="capped")
    assert (told.status, told.row.estimate_reason, told.row.output_tokens) == (200, "missing", 0)
    assert told.row.input_tokens > 0
