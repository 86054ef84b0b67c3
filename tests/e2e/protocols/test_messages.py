"""The official Anthropic SDK against the gateway, in front of a vendor that speaks chat."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import anthropic
import pytest
from anthropic.types import MessageParam

from metering.models import UsageLog
from tests.e2e.server import Server
from tests.factories import BudgetFactory

pytestmark = pytest.mark.slow
HELLO: list[MessageParam] = [{"role": "user", "content": "hello"}]


@pytest.fixture
def claude(server: Server, token: str) -> Iterator[anthropic.Anthropic]:
    """The official SDK, as an application would use it."""
    with anthropic.Anthropic(base_url=server.url, api_key=token, max_retries=0) as client:
        yield client


def test_a_message(claude: anthropic.Anthropic) -> None:
    raw = claude.messages.with_raw_response.create(model="sandbox-small", messages=HELLO, max_tokens=9)
    answer = raw.parse()
    row = UsageLog.objects.get()
    assert answer.stop_reason == "max_tokens"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (row.input_tokens, 9)
    assert answer.content[0].type == "text"
    assert raw.headers["request-id"] == row.request_id == answer._request_id
    assert Decimal(raw.headers["x-gateway-cost-usd"]) == Decimal(row.cost_nano_usd) / 10**9 > 0


def test_a_stream_says_what_the_whole_answer_says(claude: anthropic.Anthropic) -> None:
    whole = claude.messages.create(model="sandbox-small", messages=HELLO, max_tokens=50)
    with claude.messages.stream(model="sandbox-small", messages=HELLO, max_tokens=50) as stream:
        streamed = stream.get_final_message()
    assert [block.to_dict() for block in streamed.content] == [block.to_dict() for block in whole.content]
    assert streamed.stop_reason == whole.stop_reason == "max_tokens"
    assert streamed.usage.input_tokens == whole.usage.input_tokens


def test_a_stream_says_what_it_costs(claude: anthropic.Anthropic) -> None:
    events = claude.messages.create(model="sandbox-small", messages=HELLO, max_tokens=9, stream=True)
    [usage] = [event.usage for event in events if event.type == "message_delta"]
    cost = Decimal((usage.model_extra or {})["cost_usd"])
    assert cost == Decimal(UsageLog.objects.get().cost_nano_usd) / 10**9 > 0


def test_tokens_are_counted_and_nothing_is_charged(claude: anthropic.Anthropic) -> None:
    BudgetFactory(dimension="requests", amount=1)
    counted = claude.messages.count_tokens(model="sandbox-small", messages=HELLO)
    assert counted.input_tokens > 0
    assert not UsageLog.objects.exists()


def test_the_list_of_models_has_the_requests_id_where_the_sdk_looks_for_it(
    claude: anthropic.Anthropic,
) -> None:
    listed = claude.models.with_raw_response.list()
    assert listed.headers["request-id"] == listed.headers["x-request-id"]
    assert claude.models.retrieve("sandbox-small")._request_id


@anthropic.beta_tool
def weather(city: str) -> str:
    """Says the weather.

    Args:
        city: Where.
    """
    return f"sun in {city}"


CALLING: list[Any] = [{"role": "user", "content": 'sandbox:tool=weather {"city": "Oslo"}'}]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_sdks_tool_runner_goes_on_without_a_conversation_that_the_vendor_holds(
    claude: anthropic.Anthropic, streamed: bool
) -> None:
    runner: Any = claude.beta.messages.tool_runner(
        model="sandbox-small", max_tokens=100, messages=CALLING, tools=[weather], stream=streamed
    )
    turns = [turn.get_final_message() if streamed else turn for turn in runner]
    assert [turn.stop_reason for turn in turns] == ["tool_use", "end_turn"]
    assert turns[-1].content[0].text == "[sandbox] The tool said: sun in Oslo"
    assert UsageLog.objects.count() == 2, "what was refused costs nothing"


def test_a_conversation_that_the_vendor_holds_is_refused_in_the_vendors_words(
    claude: anthropic.Anthropic,
) -> None:
    with pytest.raises(anthropic.BadRequestError) as error:
        claude.beta.messages.create(
            model="sandbox-small", messages=CALLING, max_tokens=9, thread={"type": "create"}
        )
    body: Any = error.value.body
    assert (body["error"]["param"], body["error"]["details"]["error_code"]) == (
        "thread",
        "thread_unsupported_request",
    )


def test_errors_are_typed(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as error:
        claude.messages.create(model="none", messages=HELLO, max_tokens=9)
    body = error.value.body
    assert isinstance(body, dict)
    assert (body["type"], body["error"]["type"], body["error"]["code"]) == (
        "error",
        "not_found_error",
        "model_not_found",
    )
    assert error.value.request_id == body["request_id"]
