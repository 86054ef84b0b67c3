# ruff: noqa: RUF001
"""An input whose texts are counted is bounded by fewer tokens than bytes, and never by fewer than the vendor counts."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from metering.admission.bound import BoundedRequest, bound_request
from metering.admission.text_tokens import no_text
from providers.token_ceiling import text_ceiling
from providers.token_counting import count_tokens
from tests.fakes.policy import model, policy
from tests.properties import thorough

TEXT = "The gateway holds the worst case of a call before it is sent, and charges what it used. "
KNOWN = {"tokenizer": "o200k_base"}


def bounded(
    *messages: dict[str, Any], traits: dict[str, Any] = KNOWN, counted: bool = True, **body: Any
) -> BoundedRequest:
    served = model(context_tokens=10**7, traits=traits)
    return bound_request(
        {"messages": list(messages), **body},
        (served,),
        policy(),
        count_tokens=count_tokens,
        text_ceiling=text_ceiling if counted else no_text,
        hard=True,
    )


def inputs(*messages: dict[str, Any], **options: Any) -> tuple[int, int]:
    """With the texts counted, and by their bytes."""
    counted, by_bytes = (bounded(*messages, counted=each, **options) for each in (True, False))
    return counted.bound.input_tokens, by_bytes.bound.input_tokens


def said(content: Any, role: str = "user", **fields: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **fields}


def test_texts_count_their_tokens() -> None:
    counted, by_bytes = inputs(said(TEXT * 20, "system"), said([{"type": "text", "text": TEXT * 20}]))
    assert counted < by_bytes / 3


def test_the_output_and_what_is_sent_stay_as_they_are() -> None:
    counted, by_bytes = (bounded(said(TEXT), counted=each, max_tokens=50) for each in (True, False))
    assert counted.calls[0].payload == by_bytes.calls[0].payload
    assert counted.bound.output_tokens == by_bytes.bound.output_tokens == 50
    assert counted.bound.cost_nano_usd < by_bytes.bound.cost_nano_usd


def test_a_model_whose_tokenizer_nobody_knows_counts_bytes() -> None:
    counted, by_bytes = inputs(said(TEXT * 20), traits={})
    assert counted == by_bytes


def test_results_of_tools_and_tools_themselves_count_bytes() -> None:
    tool = {"type": "function", "function": {"name": "find", "description": TEXT, "parameters": {}}}
    asked = {"id": "1", "type": "function", "function": {"name": "find", "arguments": f'{{"a": "{TEXT}"}}'}}
    counted, by_bytes = inputs(
        said(None, "assistant", tool_calls=[asked]), said(TEXT, "tool", tool_call_id="1"), tools=[tool]
    )
    assert counted == by_bytes


def test_of_several_models_each_counts_as_its_tokenizer_is_known() -> None:
    known = model(name="known", context_tokens=10**6, traits=KNOWN)
    other = model(name="other", context_tokens=10**6)
    call = bound_request(
        {"messages": [said(TEXT * 20)]},
        (known, other),
        policy(),
        count_tokens=count_tokens,
        text_ceiling=text_ceiling,
        hard=True,
    )
    at_known, at_other = (each.bound.input_tokens for each in call.calls)
    assert at_known < at_other == call.bound.input_tokens


ALPHABETS = (
    "abc XYZ.\n",
    "абв где, ",
    "的是在，不了。",
    "한국어 ",
    "हिन्दी ",
    "العربية ",
    "😀🎉 ",
    "0123 4567,",
    "{}[]<>|\\/\"' ",
)
WRITTEN = st.lists(
    st.sampled_from(ALPHABETS).flatmap(lambda each: st.text(each, max_size=60)), max_size=8
).map("".join)
PARTS = st.lists(WRITTEN.map(lambda text: {"type": "text", "text": text}), min_size=1, max_size=4)
MESSAGES = st.builds(said, WRITTEN | PARTS, st.sampled_from(["system", "developer", "user", "assistant"]))
PROPERTIES = st.dictionaries(
    st.text("abc", min_size=1, max_size=8),
    st.fixed_dictionaries({"type": st.just("string"), "description": WRITTEN}),
    max_size=3,
)


def tool(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties}
    return {
        "type": "function",
        "function": {"name": "find", "description": description, "parameters": parameters},
    }


TOOLS = st.lists(st.builds(tool, WRITTEN, PROPERTIES), max_size=3)


def as_openai_says(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> int:
    """The input tokens by OpenAI's own recipe (cookbook, "How to count tokens with tiktoken"), parts put together."""
    tokens = 3
    for message in messages:
        content = message["content"]
        text = content if isinstance(content, str) else "".join(part["text"] for part in content)
        tokens += 3 + count_tokens(message["role"]) + count_tokens(text)
    for each in tools:
        function = each["function"]
        tokens += 7 + count_tokens(f"{function['name']}:{function['description'].rstrip('.')}")
        for name, field in function["parameters"]["properties"].items():
            tokens += 3 + 3 + count_tokens(f"{name}:{field['type']}:{field['description'].rstrip('.')}")
    return tokens + 12 * bool(tools)


@thorough(120)
@given(messages=st.lists(MESSAGES, min_size=1, max_size=6), tools=TOOLS)
def test_the_bound_is_between_openais_count_and_the_bytes(
    messages: list[dict[str, Any]], tools: list[dict[str, Any]]
) -> None:
    options = {"tools": tools} if tools else {}
    counted, by_bytes = inputs(*messages, **options)
    assert as_openai_says(messages, tools) <= counted <= by_bytes
    assert by_bytes >= len(msgspec.json.encode(messages))
