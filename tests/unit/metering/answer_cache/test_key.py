"""Two requests share a key only if nothing that matters differs."""

import copy
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.answer_cache.key import key_of
from metering.catalog.served import ServedModel
from metering.price import Price
from metering.types import WireProtocol

ALDER, BIRCH = UUID(int=0xA), UUID(int=0xB)
FREE = Price(input=Decimal(0), output=Decimal(0), cached_input=Decimal(0), cache_write=Decimal(0))


def model(name: str = "small", provider: str = "openai", physical: str = "gpt-s") -> ServedModel:
    return ServedModel(
        name=name,
        provider_name=provider,
        physical_name=physical,
        model_class="BASE_S",
        context_tokens=1_000,
        max_output_tokens=100,
        price=FREE,
    )


USUAL: dict[str, Any] = {
    "tenant_id": ALDER,
    "task": "LLM0_CHAT",
    "models": [(model(), 50)],
    "body": {"messages": [{"role": "user", "content": "hello"}], "temperature": 0},
}


def digest(**facts: Any) -> bytes:
    return key_of(**(USUAL | facts)).digest


@pytest.mark.parametrize(
    "other",
    [
        {"tenant_id": BIRCH},
        {"task": "LLM2_DRAFT"},
        {"models": [(model(), 51)]},
        {"models": [(model("large"), 50)]},
        {"models": [(model(provider="azure"), 50)]},
        {"models": [(model(physical="gpt-s-2"), 50)]},
        {"models": [(model(), 50), (model("large"), 50)]},
    ],
)
def test_another_tenant_task_model_or_limit_has_another_key(other: dict[str, Any]) -> None:
    assert digest(**other) != digest()


@pytest.mark.parametrize(
    "same",
    [
        {"metadata": {"agent_id": "a"}},
        {"user": "u-1"},
        {"stream": True},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"model": "an-alias"},
        {"max_tokens": 50},
        {"max_completion_tokens": 50},
    ],
)
def test_labels_the_form_and_the_name_of_the_limit_do_not_matter(same: dict[str, Any]) -> None:
    assert digest(body=USUAL["body"] | same) == digest()


@pytest.mark.parametrize("protocol", [WireProtocol.MESSAGES, WireProtocol.RESPONSES])
def test_the_same_body_in_another_protocol_has_another_key(protocol: WireProtocol) -> None:
    assert digest(protocol=protocol) != digest()


def test_of_messages_labels_and_the_limit_do_not_matter_and_headers_do() -> None:
    usual = {**USUAL, "protocol": WireProtocol.MESSAGES}
    same = {"metadata": {"user_id": "u"}, "max_tokens": 50, "stream": True}
    assert digest(**usual | {"body": usual["body"] | same}) == digest(**usual)
    assert digest(**usual | {"headers": {"anthropic-beta": "effort-2025-11-24"}}) != digest(**usual)


@pytest.mark.parametrize(
    "repeated", [{"metadata": {"agent_id": "a"}}, {"user": "u"}, {"max_output_tokens": 50}]
)
def test_of_responses_what_an_answer_repeats_matters(repeated: dict[str, Any]) -> None:
    usual = {**USUAL, "protocol": WireProtocol.RESPONSES}
    assert digest(**usual | {"body": usual["body"] | repeated}) != digest(**usual)
    assert digest(**usual | {"body": usual["body"] | {"stream": True}}) == digest(**usual)


def test_in_which_order_the_models_are_tried_does_not_matter() -> None:
    both = [(model(), 50), (model("large"), 60)]
    assert digest(models=both) == digest(models=both[::-1])


def test_other_options_of_streams_matter_because_the_chunks_differ() -> None:
    options = {"stream": True, "stream_options": {"include_usage": True, "continuous_usage_stats": True}}
    assert digest(body=USUAL["body"] | options) != digest()


def test_the_order_of_names_does_not_matter() -> None:
    body = USUAL["body"]
    assert digest(body=dict(reversed(list(body.items())))) == digest()


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["messages", "temperature", "top_p", "seed", "tools", "stop", "n", "x", "y"])
BODIES = st.dictionaries(NAMES, VALUES, max_size=5)


def shape(value: Any) -> Any:
    """The value as JSON tells it apart: 1, 1.0, true and "1" are four."""
    if isinstance(value, dict):
        return ("object", frozenset((name, shape(item)) for name, item in value.items()))
    if isinstance(value, list):
        return ("list", tuple(map(shape, value)))
    return (type(value).__name__, repr(value))


@given(BODIES, BODIES)
def test_two_requests_share_a_key_exactly_if_they_say_the_same(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    assert (digest(body=one) == digest(body=two)) == (shape(one) == shape(two))


@given(BODIES, NAMES, VALUES)
def test_a_request_that_differs_in_one_field_has_another_key(
    body: dict[str, Any], name: str, value: Any
) -> None:
    changed = copy.deepcopy(body) | {name: value}
    assert (digest(body=changed) == digest(body=body)) == (shape(changed) == shape(body))
