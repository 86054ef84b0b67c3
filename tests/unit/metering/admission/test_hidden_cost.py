"""What of a request in another protocol may be billed without being seen is refused, or held, under a hard budget."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from metering.admission.bound import BoundedRequest, bound_request
from metering.admission.forms.by_protocol import FORMS
from metering.admission.forms.messages import within_hard_budget
from metering.errors import UnpriceableRequest
from metering.price import Price
from metering.types import WireProtocol
from providers.token_counting import count_tokens
from tests.fakes.policy import model, policy, price

MESSAGES, RESPONSES, EMBEDDINGS = WireProtocol.MESSAGES, WireProtocol.RESPONSES, WireProtocol.EMBEDDINGS
ASKED = {"role": "user", "content": "go"}
SEARCH = {"type": "web_search_20260101", "name": "web_search"}


def bounded(protocol: WireProtocol, *, at: Price | None = None, **body: Any) -> BoundedRequest:
    """The request at a model of this price, under a hard budget."""
    return bound_request(
        body,
        (model(context_tokens=100_000, max_output_tokens=5_000, price=at or price(1, 2)),),
        policy(),
        count_tokens=count_tokens,
        hard=True,
        form=FORMS[protocol],
    )


@pytest.mark.parametrize(
    ("protocol", "body", "param"),
    [
        (
            MESSAGES,
            {"messages": [{"role": "user", "content": [{"type": "tool_addition", "tools": [SEARCH]}]}]},
            "messages",
        ),
        (
            RESPONSES,
            {"input": [ASKED, {"type": "tool_search_output", "tools": [{"type": "web_search"}]}]},
            "input",
        ),
        (
            RESPONSES,
            {"input": "go", "tools": [{"type": "namespace", "name": "n", "tools": [{"type": "mcp"}]}]},
            "tools",
        ),
    ],
)
def test_a_tool_that_a_vendor_runs_is_found_wherever_it_is_offered(
    protocol: WireProtocol, body: dict[str, Any], param: str
) -> None:
    with pytest.raises(UnpriceableRequest) as caught:
        bounded(protocol, max_tokens=9, **body) if protocol is MESSAGES else bounded(protocol, **body)
    assert caught.value.param == param


def test_of_a_conversation_it_is_said_what_in_it_may_be_left_out() -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    with pytest.raises(UnpriceableRequest, match=r"of this `messages` .*Leave out what in it .*sound"):
        bounded(WireProtocol.CHAT, messages=[{"role": "user", "content": [sound]}])


def test_a_cache_mark_on_a_part_is_found() -> None:
    part = {"type": "input_text", "text": "go", "prompt_cache_breakpoint": {"ttl": "12h"}}
    with pytest.raises(UnpriceableRequest):  # the model's price has no cache of 12 hours
        bounded(RESPONSES, input=[{"role": "user", "content": [part]}])


def test_a_cache_mark_inside_a_search_result_is_found() -> None:
    text = {"type": "text", "text": "go", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    found = {"type": "search_result", "source": "s", "title": "t", "content": [text]}
    with pytest.raises(UnpriceableRequest):
        bounded(MESSAGES, max_tokens=9, messages=[{"role": "user", "content": [found]}])


def test_a_budget_for_thinking_keeps_within_the_limit_that_is_held() -> None:
    call = bounded(
        MESSAGES,
        messages=[ASKED],
        max_tokens=32_000,
        thinking={"type": "enabled", "budget_tokens": 31_999},
    )
    assert call.calls[0].body["max_tokens"] == 5_000
    assert call.calls[0].body["thinking"]["budget_tokens"] == 4_999


LEVERS = {"fast": Decimal(6), "us": Decimal("1.1"), "priority": Decimal(2)}


@pytest.mark.parametrize(
    ("asked", "factor"),
    [
        ({"speed": "standard", "inference_geo": "global", "service_tier": "auto"}, 1),
        ({"speed": "fast"}, 6),
        ({"inference_geo": "us"}, Decimal("1.1")),
        ({"speed": "fast", "inference_geo": "us", "service_tier": "priority"}, Decimal("13.2")),
    ],
)
def test_a_speed_and_a_place_with_prices_are_held(asked: dict[str, str], factor: Decimal) -> None:
    dear = replace(price(1, 2), service_tiers=LEVERS)
    plain = replace(price(1, 2), service_tiers=dict.fromkeys(LEVERS, Decimal(1)))
    request = {"messages": [ASKED], "max_tokens": 1_000, **asked}
    call, same = bounded(MESSAGES, at=dear, **request), bounded(MESSAGES, at=plain, **request)
    assert call.bound.cost_nano_usd == same.bound.cost_nano_usd * factor
    assert not call.calls[0].partly_priced


@pytest.mark.parametrize("asked", [{"speed": "slow"}, {"speed": 7}, {"inference_geo": ["us"]}])
def test_a_speed_or_place_without_a_price_is_refused_by_name(asked: dict[str, Any]) -> None:
    with pytest.raises(UnpriceableRequest) as caught:
        bounded(
            MESSAGES,
            at=replace(price(1, 2), service_tiers=LEVERS),
            messages=[ASKED],
            max_tokens=9,
            **asked,
        )
    assert caught.value.param in asked


def test_betas_that_may_let_more_be_billed_are_left_out() -> None:
    headers = {
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "context-1m-2025-08-07, effort-2025-11-24",
    }
    assert within_hard_budget(headers) == {
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "effort-2025-11-24",
    }
    assert within_hard_budget({"anthropic-beta": "context-1m-2025-08-07"}) == {}


def test_each_input_of_an_embedding_may_fill_the_context() -> None:
    call = bounded(EMBEDDINGS, input=["a"] * 30, stream=False)
    assert call.calls[0].inputs == 30
