"""A vendor's refusals: its words and its code are read in any shape, a refusal costs nothing whatever its bytes."""

import json
from typing import Any

import openai
import pytest

from tests.e2e.odd_vendors.gateway_and_vendor import GatewayAndVendor, Told
from tests.vendors.raw import Turn, delta, events, usage, whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
Forms = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def refusal(body: Any, status: int = 400, **facts: Any) -> Turn:
    return Turn(body=body if isinstance(body, bytes) else json.dumps(body).encode(), status=status, **facts)


def cost_nothing(told: Told) -> bool:
    row = told.row
    return (row.cost_nano_usd, row.input_tokens, row.output_tokens, row.steps, row.estimated) == (
        0,
        0,
        0,
        0,
        False,
    )


SHAPES: dict[str, tuple[Any, str]] = {
    "openai": ({"error": {"message": "Too warm.", "param": "temperature"}}, "Too warm."),
    "a list around it": (
        [{"error": {"code": 400, "message": "Too warm.", "status": "INVALID_ARGUMENT"}}],
        "Too warm.",
    ),
    "fastapi": (
        {"detail": [{"loc": ["body", "temperature"], "msg": "Too warm.", "type": "value_error"}]},
        "temperature: Too warm.",
    ),
    "fastapi with a sentence": ({"detail": "Too warm."}, "Too warm."),
    "nested message": ({"error": {"message": {"error": {"message": "Too warm."}}}}, "Too warm."),
    "message of json": ({"error": {"message": '{"error": {"message": "Too warm."}}'}}, "Too warm."),
    "errors": ({"errors": [{"message": "Too warm.", "code": 7}]}, "Too warm."),
    "a fractional code": ({"error": {"message": "Too warm.", "code": 400.0}}, "Too warm."),
    "a bare sentence": (b"Too warm.", "Too warm."),
    "error as text": ({"error": "Too warm."}, "Too warm."),
    "baidu": ({"error_code": 336_003, "error_msg": "Too warm."}, "Too warm."),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_vendors_words_reach_the_caller_in_any_shape(gateway: GatewayAndVendor, shape: str) -> None:
    body, words = SHAPES[shape]
    told = gateway.ask(refusal(body))
    assert (told.status, told.error["code"]) == (400, "invalid_request")
    assert told.error["message"].endswith(f": {words}")
    assert cost_nothing(told)


CODES: dict[str, tuple[Turn, int, str]] = {
    "context": (
        refusal({"error": {"message": "too long", "code": "context_length_exceeded", "param": "messages"}}),
        400,
        "context_length_exceeded",
    ),
    "context in words": (
        refusal(
            {
                "message": "This model's maximum context length is 8192 tokens. However, you requested 8202 tokens"
            }
        ),
        400,
        "context_length_exceeded",
    ),
    "context of llama.cpp": (
        refusal(
            {
                "error": {
                    "code": 400,
                    "type": "exceed_context_size_error",
                    "message": "the request is too long",
                }
            }
        ),
        400,
        "context_length_exceeded",
    ),
    "filter": (refusal({"error": {"message": "no", "code": "content_filter"}}), 400, "content_filter"),
    "filter of azure": (
        refusal(
            {"error": {"code": None, "message": "no", "innererror": {}, "type": "content_policy_violation"}}
        ),
        400,
        "content_filter",
    ),
    "money": (
        refusal({"error": {"message": "no", "code": "insufficient_quota"}}, 429),
        429,
        "insufficient_quota",
    ),
    "money at deepseek": (
        refusal({"error": {"message": "Insufficient Balance"}}, 402),
        429,
        "insufficient_quota",
    ),
    "model": (refusal({"error": {"message": "no", "code": "model_not_found"}}, 404), 404, "model_not_found"),
    "model with 400": (
        refusal({"error": {"message": "no", "code": "model_not_found"}}, 400),
        404,
        "model_not_found",
    ),
    "money at anthropic": (
        refusal(
            {
                "error": {
                    "type": "invalid_request_error",
                    "message": "Your credit balance is too low to go on.",
                }
            }
        ),
        429,
        "insufficient_quota",
    ),
    "money at xai": (
        refusal({"code": "no permission", "error": "Your team has used all available credits."}, 403),
        429,
        "insufficient_quota",
    ),
    "model at vllm": (
        refusal({"object": "error", "message": "The model `x` does not exist.", "code": 404}, 404),
        404,
        "model_not_found",
    ),
    "model at ollama": (
        refusal({"error": {"message": "model 'x' not found", "type": "api_error"}}, 404),
        404,
        "model_not_found",
    ),
    "model at deepseek": (refusal({"error": {"message": "Model Not Exist"}}), 404, "model_not_found"),
    "a value for other models": (
        refusal({"error": {"message": "no", "param": "temperature", "code": "unsupported_value"}}),
        400,
        "invalid_request",
    ),
    "a retired model": (
        refusal({"error": {"message": "The model `x` has been decommissioned and is no longer supported."}}),
        404,
        "model_not_found",
    ),
    "model at openrouter": (
        refusal({"error": {"message": "x/y is not a valid model ID", "code": 400}}),
        404,
        "model_not_found",
    ),
    "filter of xai": (
        refusal(
            {"code": "no permission", "error": "Content violates usage guidelines. Failed check: SAFETY"}, 403
        ),
        400,
        "content_filter",
    ),
    "filter of openrouter": (
        refusal({"error": {"code": 403, "message": "It is moderated and your input was flagged."}}, 403),
        400,
        "content_filter",
    ),
    "filter of deepseek": (
        refusal({"error": {"message": "Content Exists Risk", "type": "invalid_request_error"}}),
        400,
        "content_filter",
    ),
    "a bad key at xai": (
        refusal({"code": "invalid argument", "error": "Incorrect API key provided: xa***ab."}),
        502,
        "vendor_error",
    ),
    "a country without gemini": (
        refusal({"error": {"code": 400, "message": "no", "status": "FAILED_PRECONDITION"}}),
        502,
        "vendor_error",
    ),
    "no room at groq": (
        refusal(
            {
                "error": {
                    "message": "Request too large for tokens per minute (TPM)",
                    "type": "tokens",
                    "code": "rate_limit_exceeded",
                }
            },
            413,
        ),
        429,
        "vendor_rate_limited",
    ),
    "rate": (
        refusal({"error": {"message": "slow down"}}, 429, headers=("retry-after: 9",)),
        429,
        "vendor_rate_limited",
    ),
    "422": (refusal({"detail": "no"}, 422), 400, "invalid_request"),
    "a bad key": (refusal({"error": {"message": "no"}}, 401), 502, "vendor_error"),
    "a fault of theirs": (refusal({"error": {"message": "no"}}, 500), 502, "vendor_error"),
    "overload": (refusal({"error": {"message": "no"}}, 529), 502, "vendor_error"),
    "another address": (refusal(b"", 302, headers=("location: http://127.0.0.1:9/",)), 502, "vendor_error"),
}


@pytest.mark.parametrize("case", CODES)
@Forms
def test_a_refusal_keeps_its_meaning_and_costs_nothing(
    gateway: GatewayAndVendor, case: str, stream: bool
) -> None:
    turn, status, code = CODES[case]
    told = gateway.ask(turn, stream=stream)
    assert (told.status, told.error["code"]) == (status, code)
    assert cost_nothing(told)


def test_a_vendors_429_says_when_to_come_back(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(CODES["rate"][0])
    assert told.headers["retry-after"] == "9"
    assert "x-should-retry" not in told.headers


LASTING = ["money", "money at deepseek", "a bad key", "a bad key at xai", "model", "another address"]


@pytest.mark.parametrize("case", [*LASTING, "no room at groq"])
def test_what_no_other_try_would_mend_says_so(gateway: GatewayAndVendor, case: str) -> None:
    assert gateway.ask(CODES[case][0]).headers["x-should-retry"] == "false"


NASTY: dict[str, Turn] = {
    "nested without end": refusal(b"[" * 60_000),
    "half of json": refusal(b'{"error": {"message": "'),
    "no utf-8": refusal(b"\xff\xfe\x00"),
    "half an emoji": refusal(b'{"error": {"message": "no \\ud83d", "param": "\\ude00"}}'),
    "infinity": refusal(b'{"error": {"message": "no", "code": Infinity, "param": NaN}}'),
    "nothing": refusal(b""),
    "shorter than it says": refusal(b'{"error"', length=4_000, ending="close"),
    "reset in its body": refusal(b'{"error"', length=4_000, ending="reset"),
    "silent in its body": refusal(b'{"error"', length=4_000, ending="hang"),
    "a megabyte": refusal(b"x" * 1_000_000),
    "the model as a list": refusal(b'{"model":' + b"[" * 5_000 + b"]" * 5_000 + b',"choices":"x"}'),
}


@pytest.mark.parametrize("case", NASTY)
@Forms
def test_a_refusal_is_one_whatever_its_bytes(
    gateway: GatewayAndVendor, case: str, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = gateway.ask(NASTY[case], stream=stream)
    assert (told.status, told.error["code"]) == (400, "invalid_request")
    assert cost_nothing(told)


ERRORS_IN_200: dict[str, tuple[dict[str, Any], int, str]] = {
    "rate": ({"error": {"message": "slow", "code": 429}}, 429, "vendor_rate_limited"),
    "context": (
        {"error": {"message": "long", "code": "context_length_exceeded"}},
        400,
        "context_length_exceeded",
    ),
    "a sentence": ({"error": "no"}, 502, "vendor_error"),
    "with usage of nothing": (
        {"error": {"message": "no"}, "usage": None, "choices": []},
        502,
        "vendor_error",
    ),
    "openrouter": ({"error": {"message": "no", "code": 502, "metadata": {"raw": "x"}}}, 502, "vendor_error"),
    "an object that is one": ({"object": "error", "message": "no", "code": 40_303}, 502, "vendor_error"),
    "baidu": ({"error_code": 336_003, "error_msg": "no"}, 502, "vendor_error"),
    "minimax": (
        {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}},
        429,
        "insufficient_quota",
    ),
    "fastapi": ({"detail": "no"}, 502, "vendor_error"),
    "errors": ({"success": False, "errors": [{"message": "no", "code": 7_000}]}, 502, "vendor_error"),
    "a code and a sentence": ({"code": "429", "msg": "no", "data": []}, 429, "vendor_rate_limited"),
    "groq": ({"id": "x", "choices": [], "x_groq": {"error": "over capacity"}}, 502, "vendor_error"),
}


@pytest.mark.parametrize("case", ERRORS_IN_200)
@pytest.mark.parametrize("form", ["whole", "whole for a stream", "event"])
def test_an_error_in_a_successful_answer_costs_nothing_where_nothing_was_generated(
    gateway: GatewayAndVendor, case: str, form: str
) -> None:
    error, status, code = ERRORS_IN_200[case]
    turn = events(error, done=False) if form == "event" else Turn(body=json.dumps(error).encode())
    told = gateway.ask(turn, stream=form != "whole")
    assert (told.status, told.error["code"]) == (status, code)
    assert cost_nothing(told)


def test_an_error_in_the_only_choice_costs_nothing(gateway: GatewayAndVendor) -> None:
    choice = {"index": 0, "message": {"content": ""}, "error": {"code": 429, "message": "slow"}}
    told = gateway.ask(whole(choices=[choice], usage="absent"))
    assert (told.status, told.error["code"]) == (429, "vendor_rate_limited")
    assert cost_nothing(told)


@pytest.mark.parametrize("data", ['{"message": "no", "code": "rate_limit_exceeded"}', "rate limit"])
def test_an_event_that_only_its_name_tells_to_be_an_error_costs_nothing(
    gateway: GatewayAndVendor, data: str
) -> None:
    turn = Turn(body=f"event: error\ndata: {data}\n\n".encode(), content_type="text/event-stream")
    told = gateway.ask(turn, stream=True)
    assert told.status in (429, 502)
    assert cost_nothing(told)


def test_an_error_whose_vendor_reports_that_it_generated_is_charged_so(gateway: GatewayAndVendor) -> None:
    body = {"error": {"message": "no"}, "usage": {"prompt_tokens": 100, "completion_tokens": 20}}
    told = gateway.ask(refusal(body, 200))
    assert (told.error["code"], told.tokens) == ("vendor_error", (100, 20))
    assert told.headers["x-should-retry"] == "false"
    told = gateway.ask(events(usage(100, 20), {"error": {"message": "no"}}, done=False), stream=True)
    assert told.tokens == (100, 50)
    assert told.row.estimated


@pytest.mark.parametrize(
    "event", [{"choices": [], "prompt_filter_results": []}, {"type": "ping"}, {"code": 0, "message": "ok"}]
)
def test_an_event_that_says_nothing_is_no_error(gateway: GatewayAndVendor, event: dict[str, Any]) -> None:
    told = gateway.ask(events(event, delta("hi", finish="stop"), usage(5, 1)), stream=True)
    assert (told.said, told.tokens) == ("hi", (5, 1))


def test_an_error_after_text_is_charged_for_what_came(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(
        events(delta("one two three"), {"error": {"message": "gone"}}, done=False), stream=True
    )
    assert told.said == "one two three"
    assert told.error["code"] == "vendor_error"
    assert "[DONE]" not in told.events
    assert 3 <= told.tokens[1] <= 6
    assert told.row.estimate_reason == "cut"


def test_an_empty_error_beside_an_answer_is_none(gateway: GatewayAndVendor) -> None:
    for nothing in (None, {}, "", False):
        assert gateway.ask(whole(error=nothing)).said == "hello there"


def test_no_error_follows_a_complete_answer(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(
        events(delta("hi", finish="stop"), usage(5, 1), {"error": {"message": "late"}}, done=False),
        stream=True,
    )
    assert (told.said, told.events[-1], told.tokens) == ("hi", "[DONE]", (5, 1))


def test_the_official_sdk_raises_the_error_of_its_kind(gateway: GatewayAndVendor) -> None:
    client = openai.OpenAI(
        base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key=gateway.token, max_retries=0
    )
    gateway.vendor.answers(CODES["rate"][0])
    with client, pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="small", messages=[{"role": "user", "content": "hi"}])
    assert caught.value.code == "vendor_rate_limited"
