"""What the client says to people, and what it counts."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from openai.types.chat import ChatCompletionMessage

from gateway_client import BudgetExceededError, BudgetStatus, ConfigurationError, LimitUsage
from gateway_client.budget import read_status, warning
from gateway_client.failures import failure_of
from gateway_client.messages import as_messages, openai_message, read_call, teams_message
from gateway_client.tokens import count_tokens
from gateway_client.values import ChatResponse, ToolCall, Usage
from providers.token_counting import count_tokens as gateways_count

RESETS = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def utc() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def exceeded(usage: LimitUsage | None, reset_at: datetime | None) -> BudgetExceededError:
    return BudgetExceededError("Used up.", usage, reset_at, status_code=429, code="budget_exceeded")


def test_a_used_up_budget_is_told_as_the_document_prints_it() -> None:
    usage = LimitUsage(current=Decimal("10.005"), limit=Decimal(10), period="daily")
    assert exceeded(usage, RESETS).display_message() == (
        "\n✗ Budget Exceeded\n\n"
        "You have reached your daily budget limit.\n\n"
        "Current usage: $10.01\n"
        "Limit: $10.00\n"
        "Resets at: 2026-12-01 00:00:00 UTC\n\n"
        "Contact your team administrator to increase your budget."
    )


def test_a_budget_that_is_no_money_is_told_in_its_unit_and_one_without_an_end_says_so() -> None:
    usage = LimitUsage(current=Decimal(1_200), limit=Decimal(1_000), period="monthly", unit="tokens")
    text = exceeded(usage, None).display_message()
    assert "Current usage: 1,200 tokens\nLimit: 1,000 tokens\nResets at: unknown" in text


def test_a_budget_that_tenants_share_is_told_without_figures() -> None:
    usage = LimitUsage(current=Decimal(0), limit=Decimal(0), period="daily", is_told=False)
    text = exceeded(usage, RESETS).display_message()
    assert "your daily budget limit" in text
    assert "$" not in text


def test_colours_are_for_terminals() -> None:
    usage = LimitUsage(current=Decimal(1), limit=Decimal(1), period="daily")
    assert "\x1b" not in exceeded(usage, RESETS).display_message()
    assert "\x1b[1;31m\n✗ Budget Exceeded\n\x1b[0m" in exceeded(usage, RESETS).display_message(colour=True)


@pytest.mark.parametrize(
    ("percent", "level"),
    [("79.99", "ok"), ("80", "warning"), ("94.9", "warning"), ("95", "critical"), ("120", "critical")],
)
def test_levels_are_percentages(percent: str, level: str) -> None:
    status = BudgetStatus(
        current=Decimal(8), limit=Decimal(10), remaining=Decimal(2), percent_used=Decimal(percent), period="weekly",
        reset_at=RESETS,
    )  # fmt: skip
    assert status.level == level
    assert (warning(status) is None) == (level == "ok")


def test_a_warning_says_used_remaining_and_resets() -> None:
    status = read_status(
        {
            "currentUsage": Decimal("9.6"), "limit": 10, "remaining": Decimal("0.4"), "percentUsed": 96,
            "period": "daily", "resetAt": 1_796_083_200_000,
        }
    )  # fmt: skip
    assert warning(status) == (
        "\n⚠️  CRITICAL: Budget almost exhausted!\n\n"
        "Used: $9.60 / $10.00\nRemaining: $0.40\nResets: 2026-12-01 00:00:00 UTC\n"
    )
    assert read_status({"limit": None}) is None


def test_an_answer_that_is_no_json_is_told_as_the_proxys() -> None:
    error = failure_of(400, {}, b"<h1>No</h1>")
    assert error.message == "LLM proxy error: <h1>No</h1> (HTTP 400)"


def test_tokens_are_counted_as_the_gateway_counts_them() -> None:
    for text in ("", "Hello, world!", "<|endoftext|>", "Ünïcödé 🙂 \ud800", "word " * 10_000):
        assert count_tokens(text) == gateways_count(text)


def test_a_tool_call_has_the_words_of_each_surface() -> None:
    call = ToolCall(id="c", name="read", arguments={"path": "a"})
    said = {"role": "assistant", "content": None, "tool_calls": [call]}
    theirs = openai_message(said)
    function = {"name": "read", "arguments": '{"path": "a"}'}
    assert theirs["tool_calls"] == [{"id": "c", "type": "function", "function": function}]
    assert teams_message(theirs)["toolCalls"] == [{"id": "c", "name": "read", "arguments": {"path": "a"}}]
    broken = {**theirs, "tool_calls": [{"id": "c", "function": {"name": "read", "arguments": "{"}}]}
    assert teams_message(broken)["toolCalls"][0]["arguments"] == {"INVALID_JSON": "{"}


def test_what_a_model_wants_back_with_its_tools_results_goes_along_over_both_surfaces() -> None:
    signed = {"google": {"thought_signature": "c2ln", "weight": 0.5}}
    function = {"name": "read", "arguments": "{}"}
    theirs = {"role": "assistant", "tool_calls": [{"id": "c", "function": function, "extra_content": signed}]}
    assert openai_message(theirs)["tool_calls"][0]["extra_content"] == signed
    [call] = teams_message(theirs)["toolCalls"]
    assert call["extraContent"] == signed
    assert read_call(call).extra_content == signed


def test_numbers_of_a_tool_call_can_be_sent_again() -> None:
    said = {"id": "c", "name": "read", "arguments": {"from": Decimal("1.5"), "all": [Decimal(2), {"x": 3}]}}
    again = teams_message({"role": "assistant", "tool_calls": [read_call(said)]})
    assert json.loads(json.dumps(again))["toolCalls"][0]["arguments"] == {"from": 1.5, "all": [2.0, {"x": 3}]}


def test_an_answer_and_the_sdks_message_stand_for_what_the_assistant_said() -> None:
    usage = Usage(input_tokens=1, output_tokens=1, total_tokens=2)
    call = ToolCall(id="c", name="read", arguments={})
    answer = ChatResponse(content="", tool_calls=(call,), usage=usage, model="m")
    plain = ChatResponse(content="hi", usage=usage, model="m")
    theirs = ChatCompletionMessage(role="assistant", content="ho")
    assert as_messages([answer, plain, theirs]) == [
        {"role": "assistant", "content": None, "tool_calls": (call,)},
        {"role": "assistant", "content": "hi"},
        {"role": "assistant", "content": "ho"},
    ]


@pytest.mark.parametrize(("given", "param"), [(None, "messages"), ([{"role": "user"}, 7], "messages[1]")])
def test_what_is_no_message_is_named(given: Any, param: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(param)) as caught:
        as_messages(given)
    assert caught.value.param == param
