"""What of a request in another protocol may be billed without being seen is refused, or held, under a hard budget."""

from typing import Any

import pytest

from metering.admission.bound import BoundedRequest, bound_request
from metering.admission.forms.by_protocol import FORMS
from metering.admission.forms.messages import within_hard_budget
from metering.errors import UnpriceableRequest
from metering.types import WireProtocol
from providers.token_counting import count_tokens
from tests.fakes.policy import model, policy

MESSAGES, RESPONSES, EMBEDDINGS = WireProtocol.MESSAGES, WireProtocol.RESPONSES, WireProtocol.EMBEDDINGS
ASKED = {"role": "user", "content": "go"}
SEARCH = {"type": "web_search_20260101", "name": "web_search"}


def bounded(protocol: WireProtocol, **body: Any) -> BoundedRequest:
    return bound_request(
        body,
        (model(context_tokens=100_000, max_output_tokens=5_000),),
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
