from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.admission.bound import BoundedRequest, bound_request
from metering.errors import InputTooLarge, UnpriceableRequest
from metering.policy.values import EffectivePolicy
from metering.price import Price
from metering.price_modifiers import read_modifiers
from providers.sandbox.answer import answer_to
from providers.sandbox.directives import Directives
from providers.token_counting import count_tokens
from tests.fakes.policy import model, policy, price

NONE = policy()


def bounded(effective: EffectivePolicy = NONE, *, hard: bool = True, **body: Any) -> BoundedRequest:
    body.setdefault("messages", [{"role": "user", "content": "hello"}])
    return bound_request(body, (model(),), effective, count_tokens=count_tokens, hard=hard)


def sent(call: BoundedRequest) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(call.calls[0].payload)
    return decoded


def test_what_is_held_is_what_is_sent() -> None:
    call = bounded(max_tokens=7, n=3)
    assert (call.bound.output_tokens, sent(call)["max_tokens"], sent(call)["n"]) == (21, 7, 3)


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_the_output_limit_keeps_the_name_that_the_caller_used(field: str) -> None:
    call = bounded(policy(max_tokens_out=100), **{field: 5_000})
    assert sent(call)[field] == 100
    assert {"max_tokens", "max_completion_tokens"} & sent(call).keys() == {field}


def test_two_output_limits_become_one_the_smaller() -> None:
    call = bounded(max_tokens=70, max_completion_tokens=30)
    assert [sent(call).get(name) for name in ("max_completion_tokens", "max_tokens")] == [30, None]


@pytest.mark.parametrize("other", ["max_tokens", "max_completion_tokens"])
def test_a_limit_of_null_is_not_sent(other: str) -> None:
    names = {"max_tokens": None, "max_completion_tokens": None} | {other: 30}
    assert {name: sent(bounded(**names)).get(name, "absent") for name in names} == {
        name: 30 if name == other else "absent" for name in names
    }


def test_without_an_output_limit_the_policys_is_sent_else_the_models() -> None:
    assert sent(bounded(policy(max_tokens_out=64)))["max_tokens"] == 64
    assert sent(bounded())["max_tokens"] == 1_000


def test_the_output_is_clamped_to_the_model() -> None:
    assert sent(bounded(max_tokens=999_999))["max_tokens"] == 1_000


def test_only_named_keys_are_edited() -> None:
    extra = {"temperature": 0.25, "logit_bias": {"50256": -100}, "user": "u", "seed": 7, "max_tokens": 5}
    call = bounded(**extra)
    assert sent(call) == {
        **extra,
        "model": "small-2026",
        "messages": [{"role": "user", "content": "hello"}],
    }


def test_the_callers_request_is_left_as_it_was() -> None:
    body = {"messages": [{"role": "user", "content": "x"}], "metadata": {"agent_id": "a"}, "stream": True}
    before = msgspec.json.encode(body)
    bound_request(body, (model(),), NONE, count_tokens=count_tokens, hard=True)
    assert msgspec.json.encode(body) == before


def test_labels_stay_here_and_usage_is_asked_for() -> None:
    call = bounded(metadata={"agent_id": "a"}, stream=True, stream_options={"x": 1})
    assert "metadata" not in sent(call)
    assert sent(call)["stream_options"] == {"x": 1, "include_usage": True}
    assert sent(bounded(metadata={"k": "v"}, store=True))["metadata"] == {"k": "v"}


def test_a_vendor_that_stores_metadata_gets_tags_as_text() -> None:
    call = bounded(metadata={"k": "v", "tags": {"project": "apollo", "cost-centre": "7"}}, store=True)
    assert sent(call)["metadata"] == {"k": "v", "tags": "cost-centre=7,project=apollo"}


@given(st.lists(st.text(max_size=200), min_size=1, max_size=5))
def test_the_input_is_never_below_its_bytes(texts: list[str]) -> None:
    call = bounded(messages=[{"role": "user", "content": text} for text in texts])
    assert call.bound.input_tokens >= sum(len(text.encode()) for text in texts)


@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
def test_the_sandbox_never_reports_more_than_the_bound(texts: list[str]) -> None:
    call = bounded(messages=[{"role": "user", "content": text} for text in texts], max_tokens=20, n=2)
    usage = answer_to(call.calls[0].body, Directives()).usage
    assert usage.input_tokens <= call.bound.input_tokens
    assert usage.output_tokens <= call.bound.output_tokens


def test_the_cost_is_the_dearest_candidates() -> None:
    dear = model(name="dear", price=price(10, 20, cache_write_usd=30))
    body = {"messages": [{"role": "user", "content": "x"}], "max_tokens": 10}
    cheap = bound_request(body, (model(),), NONE, count_tokens=count_tokens, hard=True).bound
    both = bound_request(body, (model(), dear), NONE, count_tokens=count_tokens, hard=True).bound
    assert both.cost_nano_usd == (30 * cheap.input_tokens + 20 * 10) * 1_000
    assert cheap.cost_nano_usd == (cheap.input_tokens + 2 * 10) * 1_000


@pytest.mark.parametrize(("total_s", "times"), [(600, 1), (3_600, 2)])
def test_a_call_that_may_take_an_hour_is_held_at_the_price_of_the_next_one(total_s: int, times: int) -> None:
    dear = {"days": ["mon"], "from": "01:00", "to": "04:00", "factor": 2}
    plain = price(1, 2)
    kinds = {name: getattr(plain, name) for name in ("input", "output", "cached_input", "cache_write")}
    slow = model(price=Price(**kinds, **read_modifiers({"hours": [dear]})), traits={"total_s": total_s})
    body = {"messages": [{"role": "user", "content": "hello"}]}
    now = datetime(2026, 11, 30, 0, 15, tzinfo=UTC)
    held = bound_request(body, (slow,), NONE, count_tokens=count_tokens, hard=True, now=now).bound
    plain_cost = (held.input_tokens * 1 + held.output_tokens * 2) * 1_000
    assert held.cost_nano_usd == times * plain_cost


def test_the_prompt_that_anthropic_puts_before_tools_is_in_the_bound() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    plain, with_tools = bounded().bound.input_tokens, bounded(tools=tools).bound.input_tokens
    assert with_tools >= plain + 804 + len(msgspec.json.encode(tools))


@pytest.mark.parametrize("kind", ["image_url", "input_image"])
def test_a_picture_is_held_and_charged_whatever_its_part_is_called(kind: str) -> None:
    part = {"type": kind, "image_url": {"url": "https://example.com/a.png"}}
    call = bounded(messages=[{"role": "user", "content": [part, {"type": "text", "text": "?"}]}])
    assert call.calls[0].priced.images == 1


def test_an_image_counts_as_the_whole_context() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    assert bounded(messages=[{"role": "user", "content": [part]}]).bound.input_tokens == 10_000


def test_schemas_count_twice() -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    plain, with_tools = bounded().bound.input_tokens, bounded(tools=tools).bound.input_tokens
    assert with_tools >= plain + 2 * len(msgspec.json.encode(tools))


@pytest.mark.parametrize(
    "field",
    [
        {"web_search_options": {"size": "low"}},
        {"service_tier": "priority"},
        {"modalities": ["text", "audio"]},
        {"prediction": {"type": "content", "content": "x"}},
        {"tools": [{"type": "web_search"}]},
        {"models": ["a", "b"]},
    ],
)
def test_what_nobody_can_bound_is_refused_under_a_hard_budget_only(field: dict[str, Any]) -> None:
    with pytest.raises(UnpriceableRequest) as caught:
        bounded(**field)
    assert caught.value.param == next(iter(field))
    bounded(hard=False, **field)


@pytest.mark.parametrize(
    "field", [{"service_tier": "auto"}, {"modalities": ["text"]}, {"tools": []}, {"prediction": None}]
)
def test_harmless_values_of_those_fields_pass(field: dict[str, Any]) -> None:
    bounded(**field)


def test_input_over_the_plans_limit_is_refused_with_the_figures() -> None:
    with pytest.raises(InputTooLarge, match=r"more than the plan's limit of 50\."):
        bounded(policy(max_tokens_in=50), messages=[{"role": "user", "content": "word " * 200}])


def test_text_that_only_its_bytes_make_large_passes() -> None:
    words = " ".join(["sandbox"] * 30)
    assert len(words) > 200
    bounded(policy(max_tokens_in=200), messages=[{"role": "user", "content": words}])


def test_input_over_the_models_context_is_refused() -> None:
    with pytest.raises(InputTooLarge, match="the model's context"):
        bounded(messages=[{"role": "user", "content": "word " * 30_000}])


def test_an_image_does_not_hide_a_long_text() -> None:
    parts = [{"type": "text", "text": "word " * 500}, {"type": "image_url", "image_url": {"url": "data:"}}]
    with pytest.raises(InputTooLarge):
        bounded(policy(max_tokens_in=100), messages=[{"role": "user", "content": parts}])


def test_of_a_text_far_beyond_the_limit_only_the_beginning_is_counted() -> None:
    counted: list[int] = []

    def count(text: bytes) -> int:
        counted.append(len(text))
        return count_tokens(text)

    body = {"messages": [{"role": "user", "content": "word " * 100_000}]}
    with pytest.raises(InputTooLarge):
        bound_request(body, (model(),), policy(max_tokens_in=50), count_tokens=count, hard=True)
    assert sum(counted) < 1_000
