"""Fields that the gateway adds, and fields that cost money: sent as the vendor wants them, refused or marked."""

import json
from typing import Any

import pytest

from tests.e2e.odd_vendors.gateway_and_vendor import GatewayAndVendor, Told
from tests.vendors.raw import Turn, delta, events, usage, whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
STREAM = events(delta("hello there"), delta(finish="stop"), usage(9, 2))


def refusal(message: str, *, param: str | None = None, status: int = 400) -> Turn:
    return Turn(status=status, body=json.dumps({"error": {"message": message, "param": param}}).encode())


def forbidden(field: str) -> Turn:
    """As FastAPI says it."""
    detail = [{"type": "extra_forbidden", "loc": ["body", field], "msg": "Extra inputs are not permitted"}]
    return Turn(status=422, body=json.dumps({"detail": detail}).encode())


REFUSALS = {
    "with its name": refusal(
        "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", param="max_tokens"
    ),
    "in words": refusal("max_tokens is not supported by this model"),
    "extra forbidden": forbidden("max_tokens"),
}


@pytest.mark.parametrize("how", REFUSALS)
def test_a_limit_that_the_caller_never_sent_goes_under_its_other_name(
    gateway: GatewayAndVendor, how: str
) -> None:
    model = gateway.fresh_model()
    told = gateway.ask(REFUSALS[how], Turn(), model=model, max_tokens="absent")
    assert (told.status, told.tokens, len(told.rows)) == (200, (9, 2), 1)
    first, second = told.seen
    assert told.reservation is not None
    assert first["max_tokens"] == second["max_completion_tokens"] == told.reservation.output_tokens
    assert "max_tokens" not in second
    again = gateway.ask(model=model, max_tokens="absent")
    assert len(again.seen) == 1, "it was learnt once already"
    assert "max_completion_tokens" in again.seen[0]


def test_a_limit_that_the_caller_sent_is_the_callers_own_fault(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(REFUSALS["with its name"], model=gateway.fresh_model(), max_tokens=7)
    assert (told.status, told.error["param"], len(told.seen)) == (400, "max_tokens", 1)


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 1000. This model supports at most 512 completion tokens.",
        "max_tokens: Input should be less than or equal to 512",
        "`max_tokens` must be between 1 and 512",
        "max_tokens (1000) exceeds the limit of 512",
    ],
)
def test_a_limit_whose_value_a_vendor_refuses_keeps_its_name(gateway: GatewayAndVendor, message: str) -> None:
    """A vendor that does not read the other name would obey no limit, and the hold would not hold."""
    model = gateway.fresh_model()
    told = gateway.ask(refusal(message, param="max_tokens"), model=model, max_tokens="absent")
    assert (told.status, told.error["code"], len(told.seen)) == (400, "invalid_request", 1)
    assert told.charged_nano_usd == 0
    assert "max_tokens" in gateway.ask(model=model, max_tokens="absent").seen[0]


@pytest.mark.parametrize("how", [forbidden("stream_options"), refusal("Unknown field: stream_options")])
def test_a_vendor_that_refuses_stream_options_is_asked_without(gateway: GatewayAndVendor, how: Turn) -> None:
    model = gateway.fresh_model()
    told = gateway.ask(how, STREAM, model=model, stream=True)
    assert (told.said, told.tokens, len(told.seen)) == ("hello there", (9, 2), 2)
    assert "stream_options" not in told.seen[1]
    again = gateway.ask(STREAM, model=model, stream=True, stream_options={"include_usage": True})
    assert len(again.seen) == 1
    assert again.events[-2]["usage"]["completion_tokens"] == 2


def test_a_vendor_that_refuses_everything_we_add_is_asked_without_it_all(gateway: GatewayAndVendor) -> None:
    model = gateway.fresh_model()
    turns = [forbidden("stream_options"), forbidden("max_tokens"), STREAM]
    told = gateway.ask(*turns, model=model, stream=True, max_tokens="absent")
    assert (told.said, len(told.seen), len(told.rows)) == ("hello there", 3, 1)


def test_a_vendor_that_takes_neither_name_is_not_asked_without_end(gateway: GatewayAndVendor) -> None:
    turns = [forbidden("max_tokens"), forbidden("max_completion_tokens"), forbidden("max_tokens")]
    told = gateway.ask(*turns, model=gateway.fresh_model(), max_tokens="absent")
    assert (told.status, told.error["code"], len(told.seen)) == (400, "invalid_request", 2)
    assert told.charged_nano_usd == 0


def test_what_was_tried_in_vain_is_not_learnt(gateway: GatewayAndVendor) -> None:
    model = gateway.fresh_model()
    gateway.ask(forbidden("max_tokens"), forbidden("max_completion_tokens"), model=model, max_tokens="absent")
    assert "max_tokens" in gateway.ask(model=model, max_tokens="absent").seen[0]


@pytest.mark.parametrize(
    "limits",
    [{"max_tokens": None, "max_completion_tokens": 30}, {"max_tokens": 30, "max_completion_tokens": None}],
)
def test_a_limit_of_null_is_not_sent(gateway: GatewayAndVendor, limits: dict[str, Any]) -> None:
    (sent,) = gateway.ask(**limits).seen
    assert {name: sent.get(name, "absent") for name in limits} == {
        name: value or "absent" for name, value in limits.items()
    }


def test_without_a_limit_the_answer_is_asked_to_fit_beside_the_input(gateway: GatewayAndVendor) -> None:
    text = "the quick brown fox " * 250
    told = gateway.ask(model="tight", max_tokens="absent", messages=[{"role": "user", "content": text}])
    (sent,) = told.seen
    assert told.reservation is not None
    assert sent["max_tokens"] == told.reservation.output_tokens
    assert 1_000 + sent["max_tokens"] < 8_192, "the input of about a thousand tokens does not fit beside it"
    assert sent["max_tokens"] > 6_000


def test_a_limit_as_large_as_the_context_is_asked_to_fit(gateway: GatewayAndVendor) -> None:
    (sent,) = gateway.ask(model="tight", max_tokens=8_192).seen
    assert 8_000 < sent["max_tokens"] < 8_182


@pytest.mark.parametrize(
    ("model", "limit", "options", "tier"),
    [
        ("of-openai", "max_completion_tokens", True, "default"),
        ("of-xai", "max_completion_tokens", True, "absent"),
        ("of-mistral", "max_tokens", False, "absent"),
        ("of-openai-older", "max_tokens", True, "default"),
        ("small", "max_tokens", True, "absent"),
    ],
)
@pytest.mark.parametrize("asked", ["max_tokens", "max_completion_tokens", None])
def test_a_vendor_of_known_traits_is_asked_in_its_own_way_at_once(
    gateway: GatewayAndVendor, model: str, limit: str, options: bool, tier: str, asked: str | None
) -> None:
    limits = {"max_tokens": "absent"} | ({asked: 40} if asked else {})
    told = gateway.ask(STREAM, model=model, stream=True, capped=True, **limits)
    (sent,) = told.seen
    assert told.reservation is not None
    name = asked if model == "small" and asked else limit
    assert {each for each in sent if "tokens" in each} == {name}
    assert sent[name] == told.reservation.output_tokens == (40 if asked else 1_000)
    assert ("stream_options" in sent, sent.get("service_tier", "absent")) == (options, tier)
    assert (told.said, told.tokens) == ("hello there", (9, 2))


# What costs money.


def refused(told: Told, field: str) -> bool:
    return (told.status, told.error["code"], told.error["param"], told.seen) == (
        400,
        "unpriceable_request",
        field,
        [],
    )


AUDIO = [
    {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]}
]
CACHED = [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"ttl": "1h"}}]}]
UNPRICED: dict[str, dict[str, Any]] = {
    "Max_Tokens": {"Max_Tokens": 100_000},
    "N": {"N": 5},
    "Model": {"Model": "dear"},
    "MODEL": {"MODEL": "dear"},
    "best_of": {"best_of": 4},
    "fallbacks": {"fallbacks": ["dear"]},
    "extra_body": {"extra_body": {"a": 1}},
    "enable_search": {"enable_search": True},
    "tools": {"tools": [{"web_search": {}}]},
    "service_tier": {"service_tier": "priority"},
    "web_search_options": {"web_search_options": {}},
    "plugins": {"plugins": [{"id": "web"}]},
    "models": {"models": ["dear"]},
    "provider": {"provider": {"order": ["dear"]}},
    "prediction": {"prediction": {"type": "content", "content": "x"}},
    "audio": {"audio": {"voice": "alloy"}},
    "modalities": {"modalities": ["text", "audio"]},
    "speed": {"speed": "fast"},
    "inference_geo": {"inference_geo": "us"},
    "previous_response_id": {"previous_response_id": "r-1"},
    "options": {"options": {"num_predict": 100_000}},
    "messages": {"messages": AUDIO},
    "messages with a long cache": {"messages": CACHED},
    "message with a long cache": {
        "messages": [{"role": "user", "content": "x", "cache_control": {"ttl": "1h"}}]
    },
    "tool with a long cache": {
        "tools": [{"type": "function", "function": {"name": "f"}, "cache_control": {"ttl": "1h"}}]
    },
    "cache_control": {"cache_control": {"type": "ephemeral", "ttl": "1h"}},
    "cache of another life": {"cache_control": {"type": "ephemeral", "ttl": "60m"}},
    "prompt_cache_options": {"prompt_cache_options": {"ttl": "12h"}},
    "a field of tomorrow": {"a field of tomorrow": True},
}


@pytest.mark.parametrize("case", UNPRICED)
def test_under_a_hard_budget_a_field_of_unknown_cost_is_refused_by_name(
    gateway: GatewayAndVendor, case: str
) -> None:
    field = next(iter(UNPRICED[case]))
    assert refused(gateway.ask(capped=True, **UNPRICED[case]), field)


@pytest.mark.parametrize("case", UNPRICED)
def test_without_a_hard_budget_it_passes_and_the_row_is_marked(gateway: GatewayAndVendor, case: str) -> None:
    told = gateway.ask(**UNPRICED[case])
    assert told.status == 200
    assert told.row.partly_priced
    (field,) = UNPRICED[case]
    assert told.seen[0][field] == UNPRICED[case][field]


PRICED: dict[str, dict[str, Any]] = {
    "sampling": {"temperature": 0.5, "top_p": 1, "seed": 7, "stop": ["x"], "logit_bias": {"7": 1}, "n": 2},
    "tools": {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto"},
    "schema": {"response_format": {"type": "json_object"}},
    "thinking": {"reasoning_effort": "low", "verbosity": "low"},
    "open models": {"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.1, "chat_template_kwargs": {"a": 1}},
    "null": {"audio": None, "web_search_options": None, "prediction": None},
    "labels": {"user": "u-1", "metadata": {"agent_id": "a"}, "store": False},
    "plain tier": {"service_tier": "default"},
    "short cache": {"cache_control": {"type": "ephemeral", "ttl": "5m"}},
    "text": {"modalities": ["text"]},
}


@pytest.mark.parametrize("case", PRICED)
def test_fields_that_cost_nothing_pass_under_a_hard_budget(gateway: GatewayAndVendor, case: str) -> None:
    told = gateway.ask(capped=True, **PRICED[case])
    assert (told.status, told.row.partly_priced) == (200, False)


def test_the_vendors_own_choice_of_a_tier_is_never_asked_for(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(whole(service_tier="default"), capped=True, service_tier="auto")
    assert told.seen[0]["service_tier"] == "default"
    assert not told.row.partly_priced


def test_a_cheaper_tier_is_bounded_and_marked(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(whole(service_tier="flex"), capped=True, service_tier="flex")
    assert (told.seen[0]["service_tier"], told.row.service_tier) == ("flex", "flex")
    assert told.row.partly_priced


def test_a_dear_tier_that_was_served_unasked_is_marked(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(whole(service_tier="priority"), capped=True)
    assert (told.row.service_tier, told.row.partly_priced) == ("priority", True)
