"""What of a request the OpenAI-compatible provider writes anew."""

from typing import Any

import msgspec
import pytest

from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.openai_compatible.request import added_fields, payload_of
from providers.openai_compatible.traits import KNOWN, Traits, TraitsOfModels, may_hide_reasoning, without
from tests.integration.providers.asking import Asked

MESSAGES = [{"role": "user", "content": "hi"}]
PLAIN = Traits()


def call(asked: dict[str, Any] | None = None, **fields: Any) -> Asked:
    body = {"model": "m", "messages": MESSAGES, **fields}
    return Asked(model="m", body=body, asked=body if asked is None else asked, payload=b"as metering made it")


def sent(given: Asked, *, streamed: bool = False, traits: Traits = PLAIN) -> dict[str, Any]:
    payload = payload_of(given, streamed=streamed, traits=traits)
    decoded: dict[str, Any] = given.body if payload == given.payload else msgspec.json.decode(payload)
    return decoded


@pytest.mark.parametrize(
    ("fields", "streamed"),
    [
        ({}, False),
        ({"stream": False, "max_tokens": 5}, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, True),
    ],
)
def test_a_request_that_fits_goes_as_it_is(fields: dict[str, Any], streamed: bool) -> None:
    assert payload_of(call(**fields), streamed=streamed, traits=PLAIN) == b"as metering made it"


def test_a_stream_asks_for_usage_and_keeps_other_options() -> None:
    edited = sent(call(stream_options={"include_obfuscation": False}), streamed=True)
    assert edited["stream"] is True
    assert edited["stream_options"] == {"include_obfuscation": False, "include_usage": True}


def test_a_whole_answer_to_a_streamed_request() -> None:
    edited = sent(call(stream=True, stream_options={"include_usage": True}), streamed=False)
    assert edited["stream"] is False
    assert "stream_options" not in edited


@pytest.mark.parametrize("vendor", ["openai", "xai"])
def test_the_limit_goes_under_the_name_that_the_vendor_obeys(vendor: str) -> None:
    edited = sent(call(max_tokens=9), traits=KNOWN[vendor])
    assert edited["max_completion_tokens"] == 9
    assert "max_tokens" not in edited


def test_a_vendor_that_knows_only_the_older_name_gets_that() -> None:
    edited = sent(call(max_completion_tokens=9), traits=KNOWN["mistral"])
    assert (edited["max_tokens"], "max_completion_tokens" in edited) == (9, False)


def test_a_name_that_the_vendor_takes_stays_the_callers() -> None:
    assert sent(call(max_tokens=9), traits=KNOWN["groq"])["max_tokens"] == 9


def test_stream_options_are_left_out_where_the_vendor_refuses_them() -> None:
    asked = call(stream=True, stream_options={"include_usage": True})
    edited = sent(asked, streamed=True, traits=KNOWN["mistral"])
    assert (edited["stream"], "stream_options" in edited) == (True, False)


@pytest.mark.parametrize("fields", [{}, {"service_tier": "auto"}, {"service_tier": None}])
def test_openai_is_always_told_its_plain_tier(fields: dict[str, Any]) -> None:
    assert sent(call(**fields), traits=KNOWN["openai"])["service_tier"] == "default"


def test_a_tier_that_the_caller_names_stays() -> None:
    assert sent(call(service_tier="flex"), traits=KNOWN["openai"])["service_tier"] == "flex"


def test_no_vendor_chooses_the_tier_by_itself() -> None:
    assert sent(call(service_tier="auto"))["service_tier"] == "default"
    assert "service_tier" not in sent(call())


def test_what_was_added_is_what_the_caller_did_not_send() -> None:
    asked = {"messages": MESSAGES, "max_completion_tokens": 9}
    given = call(asked, max_completion_tokens=9, stream=True, stream_options={"include_usage": True})
    assert added_fields(given, streamed=True, traits=PLAIN) == ["stream_options"]
    assert added_fields(given, streamed=False, traits=KNOWN["mistral"]) == ["max_tokens"]
    assert added_fields(given, streamed=False, traits=KNOWN["openai"]) == ["service_tier"]


@pytest.mark.parametrize(
    ("base_url", "vendor", "expected"),
    [
        ("https://api.openai.com/v1", "", KNOWN["openai"]),
        ("https://api.mistral.ai/v1", "", KNOWN["mistral"]),
        ("http://localhost:8000/v1", "", PLAIN),
        ("http://localhost:8000/v1", "mistral", KNOWN["mistral"]),
        ("https://api.openai.com/v1", "other", PLAIN),
        ("nonsense", "", PLAIN),
        ("http://[nonsense", "", PLAIN),
    ],
)
def test_traits_go_by_the_vendor_and_else_by_the_host(base_url: str, vendor: str, expected: Traits) -> None:
    assert TraitsOfModels(vendor=vendor, base_url=base_url).of("m", {}) == expected


def test_what_the_catalog_declares_counts_more_than_what_is_known() -> None:
    traits = TraitsOfModels(vendor="openai", base_url="", declared='{"service_tier": ""}')
    of_model = traits.of("m", {"limit_names": ["max_tokens"]})
    assert (of_model.limit_names, of_model.service_tier) == (("max_tokens",), "")
    assert traits.of("other", {}).limit_names == ("max_completion_tokens",)


def test_what_was_learnt_of_a_model_counts_most_and_for_it_alone() -> None:
    traits, declared = TraitsOfModels(vendor="", base_url=""), {"limit_names": ["max_tokens"]}
    traits.learn("m", declared, without(PLAIN, "max_tokens"))
    assert traits.of("m", declared).limit_names == ("max_completion_tokens",)
    assert traits.of("other", {}) == PLAIN


def test_what_the_catalog_says_anew_counts_more_than_what_was_learnt_before() -> None:
    traits = TraitsOfModels(vendor="", base_url="")
    traits.learn("m", {}, without(PLAIN, "max_tokens"))
    assert traits.of("m", {"limit_names": ["max_tokens"]}).limit_names == ("max_tokens",)


def test_a_name_that_the_vendor_knows_already_counts_more_than_openais() -> None:
    edited = sent(call(seed=1, random_seed=2), traits=KNOWN["mistral"])
    assert (edited["random_seed"], "seed" in edited) == (2, False)


@pytest.mark.parametrize("options", [None, {"include_usage": True}, {"continuous_usage_stats": False}])
def test_running_usage_is_asked_for_where_the_vendor_can(options: dict[str, Any] | None) -> None:
    fields = {} if options is None else {"stream_options": options}
    edited = sent(call(stream=True, **fields), streamed=True, traits=KNOWN["vllm"])
    assert edited["stream_options"] == {"include_usage": True, "continuous_usage_stats": True}


@pytest.mark.parametrize(
    ("vendor", "given", "chat_url"),
    [
        ("ollama", "http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
        ("ollama", "http://localhost:11434/v1/", "http://localhost:11434/v1/chat/completions"),
        ("deepseek", "https://api.deepseek.com", "https://api.deepseek.com/chat/completions"),
        ("", "https://api.z.ai", "https://api.z.ai/api/paas/v4/chat/completions"),
        ("", "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1/chat/completions"),
        ("", "http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
        ("", "http://localhost:8000", "http://localhost:8000/v1/chat/completions"),
        ("litellm", "http://localhost:4000/", "http://localhost:4000/v1/chat/completions"),
        ("", "http://localhost:8000/api", "http://localhost:8000/api/chat/completions"),
        ("", "https://api.perplexity.ai", "https://api.perplexity.ai/chat/completions"),
    ],
)
def test_a_base_url_may_name_nothing_but_the_host(vendor: str, given: str, chat_url: str) -> None:
    assert OpenAICompatibleProvider(base_url=given, vendor=vendor)._chat_url == chat_url


@pytest.mark.parametrize(
    ("model", "hides"),
    [
        *[
            (name, True)
            for name in ("o3-mini", "gpt-5", "openai/o4-mini", "deepseek-reasoner", "grok-4-fast")
        ],
        *[(name, True) for name in ("gemini-2.5-pro", "models/gemini-3-pro", "gpt-6-mini", "qwen/qwen3-32b")],
        *[(name, False) for name in ("gpt-4o", "gpt-5-chat-latest", "mistral-large", "grok-4-non-reasoning")],
    ],
)
def test_families_that_think_unseen_are_known_by_name(model: str, hides: bool) -> None:
    assert may_hide_reasoning(model, PLAIN) is hides
    assert may_hide_reasoning(model, Traits(reasoning=not hides)) is not hides


MARK = {"type": "ephemeral"}
MARKED: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": MARK}]},
        {"role": "tool", "tool_call_id": "c", "content": "b", "cache_control": MARK},
    ],
    "tools": [{"type": "function", "function": {"name": "x"}, "cache_control": MARK}],
    "cache_control": MARK,
}


def hinting(*, traits: Traits, **fields: Any) -> dict[str, Any]:
    """What goes out, of a request as the gateway encodes it."""
    given = call(**fields)
    return sent(msgspec.structs.replace(given, payload=msgspec.json.encode(given.body)), traits=traits)


@pytest.mark.parametrize("vendor", ["openai", "xai", "groq", "deepseek", "mistral", "glm"])
def test_marks_for_a_cache_are_left_out_for_vendors_that_refuse_them(vendor: str) -> None:
    edited = hinting(**MARKED, traits=KNOWN[vendor])
    assert b"cache_control" not in msgspec.json.encode(edited)
    assert edited["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        {"role": "tool", "tool_call_id": "c", "content": "b"},
    ]


@pytest.mark.parametrize("traits", [KNOWN["openrouter"], KNOWN["vllm"], Traits()])
def test_marks_for_a_cache_pass_where_they_may_mean_something(traits: Traits) -> None:
    edited = hinting(**MARKED, traits=traits)
    assert edited | MARKED == edited


def test_who_asks_is_not_told_to_a_vendor_that_refuses_the_field() -> None:
    assert "user" not in hinting(user="u", traits=KNOWN["mistral"])
    assert hinting(user="u", traits=KNOWN["openai"])["user"] == "u"
