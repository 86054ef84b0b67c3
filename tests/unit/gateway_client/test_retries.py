"""What is tried again, when, and at which model: over real HTTP, with waits of milliseconds."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from gateway_client import (
    AsyncGatewayClient,
    AuthenticationError,
    BudgetExceededError,
    ChatResponse,
    ConcurrencyExceededError,
    FixedToken,
    GatewayApi,
    GatewayClient,
    GatewayError,
    GatewayUnavailableError,
    InvalidRequestError,
    ParallelRunner,
    ProxiedLLMProvider,
    ProxyConfig,
    RateLimitedError,
    RetryPolicy,
    Settings,
    ToolCall,
)
from tests.unit.gateway_client.scripted import Answer, Scripted, good, refusal, scripted, stream

QUICK = RetryPolicy(retries=2, first_wait_s=0.01, most_wait_s=0.02, patience_s=3)
CUT = Answer(cut=True)
PIECE = {
    "id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m",
    "choices": [{"index": 0, "delta": {"content": "hel"}}],
}  # fmt: skip
END = {**PIECE, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


@contextmanager
def asking(
    *answers: Answer, policy: RetryPolicy = QUICK, **facts: Any
) -> Iterator[tuple[GatewayClient, Scripted]]:
    with scripted(*answers) as script:
        settings = Settings(base_url=script.url, api_key="ati_secret", model="first")
        with GatewayClient(settings, policy=policy, **facts) as client:
            yield client, script


@pytest.mark.parametrize(
    ("answer", "kind", "requests"),
    [
        (refusal(429, "budget_exceeded", retry="false"), BudgetExceededError, 1),
        (refusal(429, "budget_exceeded", retry_after=1), BudgetExceededError, 1),
        (refusal(502, "vendor_error", retry="false"), GatewayUnavailableError, 1),
        (refusal(502, "vendor_error"), GatewayUnavailableError, 3),
        (refusal(503, "overloaded"), GatewayUnavailableError, 3),
        (refusal(503, "metering_unavailable", retry="false"), GatewayUnavailableError, 1),
        (refusal(409, "idempotency_answer_lost", retry="false"), GatewayUnavailableError, 1),
        (refusal(429, "rate_limited", retry_after=60), RateLimitedError, 1),
        (refusal(429, "concurrency_exceeded", retry="false"), ConcurrencyExceededError, 1),
        (refusal(400, "invalid_request"), InvalidRequestError, 1),
        (refusal(400, "invalid_request", retry="true"), InvalidRequestError, 3),
        (refusal(401, "invalid_credential"), AuthenticationError, 1),
        (refusal(401, "token_expired"), AuthenticationError, 1),
        (Answer(status=502, body="<html>Bad Gateway</html>"), GatewayUnavailableError, 3),
    ],
)
def test_what_is_tried_again_follows_what_the_gateway_says(
    answer: Answer, kind: type[GatewayError], requests: int
) -> None:
    with asking(answer) as (client, script), pytest.raises(kind) as caught:
        client.chat("hello")
    assert type(caught.value) is kind
    assert len(script.asked) == requests
    if isinstance(answer.body, dict):
        assert (caught.value.status_code, caught.value.code) == (answer.status, answer.body["error"]["code"])
        assert caught.value.request_id == "r-1" or caught.value.code == "token_expired"


def test_a_limit_with_room_again_soon_is_waited_for_as_long_as_it_says() -> None:
    with asking(refusal(429, "concurrency_exceeded", retry_after=1), good()) as (client, script):
        begun = time.monotonic()
        assert client.chat("hello").content == "hello"
        assert time.monotonic() - begun >= 1
        assert len(script.asked) == 2


def test_every_try_of_a_call_has_the_same_key_and_every_call_another() -> None:
    with asking(refusal(503, "overloaded"), CUT, good()) as (client, script):
        client.chat("hello")
        client.chat("hello")
    first, second, third, other = [asked.headers["idempotency-key"] for asked in script.asked]
    assert first == second == third != other


def test_without_keys_a_call_whose_connection_broke_is_not_tried_again() -> None:
    with asking(CUT, good(), policy=RetryPolicy(idempotent=False)) as (client, script):
        with pytest.raises(GatewayUnavailableError) as caught:
            client.chat("hello")
        assert [("idempotency-key" in asked.headers) for asked in script.asked] == [False]
    assert caught.value.code == "connection_lost"


def test_the_next_model_is_asked_only_for_what_it_may_be_spared() -> None:
    broken = refusal(502, "vendor_error", retry="false")
    with asking(broken, broken, good(), fallbacks=["second", "third"]) as (client, script):
        client.chat("hello")
        assert [asked.body["model"] for asked in script.asked] == ["first", "second", "third"]
    with asking(refusal(400, "invalid_request"), fallbacks=["second"]) as (client, script):
        with pytest.raises(InvalidRequestError):
            client.chat("hello")
        assert len(script.asked) == 1


def test_the_next_model_is_another_call_under_another_key_of_the_callers() -> None:
    broken = refusal(502, "vendor_error", retry="false")
    with asking(broken, refusal(503, "overloaded"), good(), fallbacks=["second"]) as (client, script):
        client.chat("hello", extra_headers={"Idempotency-Key": "order-7"})
    assert [asked.headers["idempotency-key"] for asked in script.asked] == [
        "order-7",
        "order-7-1",
        "order-7-1",
    ]


def test_a_stream_that_breaks_before_its_first_piece_is_begun_again() -> None:
    with asking(CUT, stream(done=False), stream(PIECE, END)) as (client, script):
        *chunks, last = client.stream_chat("hello")
        assert [chunk.delta for chunk in chunks] == ["hel"]
        assert last.usage is not None
        assert last.usage.estimated, "the vendor told none, so it is counted here"
        assert len(script.asked) == 3


def test_a_streamed_call_of_a_tool_has_what_the_model_wants_back() -> None:
    signed = {"google": {"thought_signature": "c2ln"}}
    function = {"name": "read", "arguments": "{"}
    begun = [{"index": 0, "id": "c", "function": function, "extra_content": signed}]
    ended = [{"index": 0, "function": {"arguments": "}"}}]
    pieces = [
        {**PIECE, "choices": [{"index": 0, "delta": {"tool_calls": calls}}]} for calls in (begun, ended)
    ]
    with asking(stream(*pieces, END)) as (client, _):
        call, _last = client.stream_chat("hello")
    assert call.tool_call == ToolCall(id="c", name="read", arguments={}, extra_content=signed)


def test_a_stream_that_ends_too_early_is_told_with_what_had_come() -> None:
    with asking(stream(PIECE, PIECE, done=False)) as (client, script):
        with pytest.raises(GatewayUnavailableError) as caught:
            list(client.stream_chat("hello"))
        assert len(script.asked) == 1
    assert (caught.value.partial, caught.value.code) == ("helhel", "connection_lost")


def test_an_error_within_a_stream_has_its_kind_and_code() -> None:
    error = {"error": {"code": "vendor_error", "message": "It broke.", "request_id": "r-2"}}
    with asking(stream(PIECE, error)) as (client, _), pytest.raises(GatewayUnavailableError) as caught:
        list(client.stream_chat("hello"))
    assert (caught.value.code, caught.value.request_id, caught.value.partial) == (
        "vendor_error",
        "r-2",
        "hel",
    )


SLOW = replace(good(), slow_s=1.5)


@pytest.mark.parametrize(
    ("clients", "calls"), [({"timeout_s": 0.2}, {}), ({}, {"timeout_s": 0.2})], ids=["client", "call"]
)
@pytest.mark.parametrize("way", ["chat", "stream_chat"])
def test_who_is_not_answered_in_time_is_told_so_and_is_not_asked_for_again(
    way: str, clients: dict[str, float], calls: dict[str, float]
) -> None:
    with asking(SLOW, good(), **clients) as (client, script):
        with pytest.raises(GatewayUnavailableError, match="not answered in time") as caught:
            list(getattr(client, way)("hello", **calls))
        assert len(script.asked) <= 1, "a busy machine may give up before it has asked"
    assert caught.value.code == "timed_out"


@pytest.mark.parametrize("way", ["chat", "stream_chat"])
def test_a_team_s_provider_waits_as_long_as_it_is_told(way: str) -> None:
    with scripted(SLOW) as script:
        config = ProxyConfig(api_url=script.url, access_token="ati_secret", timeout_s=9)
        with ProxiedLLMProvider(config) as provider, pytest.raises(GatewayUnavailableError) as caught:
            list(getattr(provider, way)("hello", timeout_s=0.1))
    assert caught.value.code == "timed_out"


def test_the_api_waits_as_long_as_it_is_told() -> None:
    with scripted(SLOW) as script, pytest.raises(GatewayUnavailableError) as caught:
        GatewayApi(script.url, FixedToken("k"), timeout_s=0.1).me()
    assert caught.value.code == "timed_out"


async def test_the_async_client_waits_as_long_as_it_is_told() -> None:
    with scripted(SLOW) as script:
        settings = Settings(base_url=script.url, api_key="ati_secret")
        async with AsyncGatewayClient(settings, timeout_s=0.1) as client:
            with pytest.raises(GatewayUnavailableError) as caught:
                await client.chat("hello")
    assert caught.value.code == "timed_out"


async def test_the_async_client_tries_again_alike() -> None:
    answers = (refusal(503, "overloaded"), CUT, good())
    with scripted(*answers) as script:
        settings = Settings(base_url=script.url, api_key="ati_secret")
        async with AsyncGatewayClient(settings, policy=QUICK) as client:
            assert (await client.chat("hello")).content == "hello"
    assert len(script.asked) == 3


def test_a_call_has_one_line_in_the_log_which_says_nothing_of_what_was_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "gateway_client"):
        with asking(refusal(503, "overloaded"), good("an apple")) as (client, _):
            client.chat("a pear")
        with asking(refusal(400, "invalid_request")) as (client, _), pytest.raises(InvalidRequestError):
            client.chat("a pear")
        with asking(stream(PIECE, PIECE, END)) as (client, _):
            pieces = client.stream_chat("a pear")
            next(pieces)
            pieces.close()  # type: ignore[attr-defined]
    lines = [record.getMessage() for record in caplog.records if record.name == "gateway_client"]
    assert [line.partition(" (")[0] for line in lines] == [
        "LLM request completed",
        "LLM request failed",
        "LLM request left before its end",
    ]
    assert not any(word in line for line in lines for word in ("pear", "apple", "hel", "ati_secret"))


def test_the_key_of_the_application_is_the_bearer_and_no_other_key_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-another")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-another")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-another\nX-Who: another")
    with asking(good()) as (client, script):
        client.chat("hello", extra_headers={"X-Mine": "mine"})
    assert script.asked[0].headers["authorization"] == "Bearer ati_secret"
    assert script.asked[0].headers["x-mine"] == "mine"
    assert "another" not in str(script.asked)


def test_the_parallel_runner_takes_messages_alone_too() -> None:
    with asking(good("one"), good("two")) as (client, _):
        outcomes = ParallelRunner(client, workers=1).run(["hi", {"messages": "hi", "model": "other"}])
    assert [outcome.content for outcome in outcomes if isinstance(outcome, ChatResponse)] == ["one", "two"]


def test_a_list_of_models_is_gone_through_and_counted() -> None:
    rows = [{"id": name, "object": "model"} for name in ("a", "b")]
    with asking(Answer(body={"object": "list", "data": rows})) as (client, _):
        found = client.models()
    assert ([model.id for model in found], len(found)) == (["a", "b"], 2)
