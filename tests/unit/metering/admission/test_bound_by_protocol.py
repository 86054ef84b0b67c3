"""What is held covers what any vendor can count, in each protocol: texts by their bytes, pictures by their formula, and
the whole context for what nobody can measure; also of the request that is made of it for a vendor of chat.
"""

import base64
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.admission.bound import bound_request
from metering.admission.forms.by_protocol import FORMS
from metering.admission.forms.responses import OWN_REASONING
from metering.errors import InputTooLarge, UnpriceableRequest
from metering.types import WireProtocol
from providers.messages.request import chat_request as chat_of_message
from providers.pictures.part import read_picture
from providers.port import ProviderError
from providers.responses.marks import made_id
from providers.responses.request import chat_request as chat_of_response
from providers.token_counting import count_tokens
from tests.fakes.policy import model, policy, price
from tests.pictures import png
from tests.properties import thorough

PICTURE = 700
"""Tokens of any picture that can be read."""
CONTEXT, LIMIT = 20_000, 50
NONE = policy()
UNSENT = frozenset({"url", "data", "image_url", "type", "role", "media_type", "detail", "model", "status"})
"""Fields whose value is no text that a model reads."""
PNG = base64.b64encode(png(64, 64)).decode()
Json = dict[str, Any]
texts = st.text(max_size=30)
names = st.text("abcxyz_", min_size=1, max_size=12)
tools = st.fixed_dictionaries(
    {"name": names, "description": texts, "parameters": st.just({"type": "object"})}
)
image_urls = st.sampled_from([f"data:image/png;base64,{PNG}", "https://pictures.example/1.png"])


def block(kind: str, **fields: Any) -> st.SearchStrategy[Json]:
    parts = {
        name: value if isinstance(value, st.SearchStrategy) else st.just(value)
        for name, value in fields.items()
    }
    return st.fixed_dictionaries({"type": st.just(kind), **parts})


def text_or(*blocks: st.SearchStrategy[Json]) -> st.SearchStrategy[Any]:
    return st.one_of(texts, st.lists(st.one_of(*blocks), max_size=3))


in_base64 = {"type": "base64", "media_type": "image/png", "data": PNG}
pictures = block(
    "image", source=st.sampled_from([in_base64, {"type": "url", "url": "https://pictures.example/1.png"}])
)
documents = block(
    "document",
    source=st.sampled_from(
        [
            {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
            {"type": "file", "file_id": "file_1"},
            {"type": "text", "media_type": "text/plain", "data": "a plain text"},
        ]
    ),
)
said = block("text", text=texts)
results = block(
    "tool_result", tool_use_id="toolu_1", content=text_or(said, pictures, documents), is_error=st.booleans()
)
calls = block("tool_use", id="toolu_1", name=names, input=st.dictionaries(names, texts, max_size=2))
thoughts = block("thinking", thinking=texts, signature=st.just("c2ln"))
turns = st.one_of(
    st.fixed_dictionaries({"role": st.just("user"), "content": text_or(said, pictures, documents, results)}),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": text_or(said, calls, thoughts)}),
)
messages = st.fixed_dictionaries(
    {"messages": st.lists(turns, min_size=1, max_size=4), "max_tokens": st.just(LIMIT)},
    optional={
        "system": text_or(said),
        "tools": st.lists(tools.map(lambda tool: {"name": tool["name"], "input_schema": tool}), max_size=2),
        "stop_sequences": st.lists(texts, max_size=2),
    },
)
words = block("input_text", text=texts)
images = block("input_image", image_url=image_urls, detail=st.sampled_from(["auto", "low", "high"]))
files = block("input_file", file_id="file_1")
input_items = st.one_of(
    block("message", role=st.sampled_from(["user", "developer"]), content=text_or(words, images, files)),
    block("message", role="assistant", content=text_or(block("output_text", text=texts))),
    block("function_call", call_id="call_1", name=names, arguments=texts),
    block("function_call_output", call_id="call_1", output=text_or(words, images, files)),
    block(
        "reasoning", id=st.sampled_from(["rs_1", "rs_gw_1_0"]), summary=st.just([]), encrypted_content="gAAAA"
    ),
)
responses = st.fixed_dictionaries(
    {
        "input": st.one_of(texts, st.lists(input_items, min_size=1, max_size=4)),
        "max_output_tokens": st.just(LIMIT),
    },
    optional={
        "instructions": texts,
        "tools": st.lists(tools.map(lambda tool: {"type": "function", **tool}), max_size=2),
    },
)
tokens = st.integers(0, 99_999)
embeddings = st.fixed_dictionaries(
    {
        "input": st.one_of(
            st.text(min_size=1, max_size=60),
            st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5),
            st.lists(tokens, min_size=1, max_size=20),
            st.lists(st.lists(tokens, min_size=1, max_size=5), min_size=1, max_size=5),
        )
    }
)


def picture(_: str, part: Mapping[str, Any]) -> int | None:
    return PICTURE if read_picture(part) else None


def least(value: Any, *, name: str = "") -> Iterator[int]:
    """The tokens that a vendor can count in a request at most: texts by their bytes, pictures by the formula."""
    if isinstance(value, str):
        yield 0 if name in UNSENT else len(value.encode())
    elif isinstance(value, list):
        yield from (tokens for each in value for tokens in least(each, name=name))
    elif isinstance(value, dict):
        if value.get("type") in ("image", "input_image", "image_url"):
            yield PICTURE
            return
        if value.get("type") in ("document", "input_file", "file"):
            source = value.get("source", {})
            yield len(source["data"]) if source.get("type") == "text" else CONTEXT
            return
        yield from (tokens for field, each in value.items() for tokens in least(each, name=field))
    elif type(value) is int and name == "input":
        yield 1


def assert_held(body: Json, protocol: WireProtocol, *seen: Json) -> None:
    served = model(context_tokens=CONTEXT, price=price(1, 2))
    try:
        bounded = bound_request(
            body,
            (served,),
            NONE,
            count_tokens=count_tokens,
            count_picture=picture,
            hard=True,
            form=FORMS[protocol],
        )
    except InputTooLarge:
        return
    held = bounded.bound
    inputs = FORMS[protocol].inputs_of(body)
    for each in (body, *seen):
        counted = min(sum(least(each)), CONTEXT * inputs)
        assert held.input_tokens >= counted
        assert held.cost_nano_usd >= counted * 1_000 + held.output_tokens * 2_000
    assert held.output_tokens == (0 if protocol is WireProtocol.EMBEDDINGS else LIMIT)


def translated(translate: Any, body: Json) -> list[Json]:
    try:
        return [translate(body)]
    except ProviderError:
        return []


@thorough(150)
@given(messages)
def test_of_messages(body: Json) -> None:
    assert_held(body, WireProtocol.MESSAGES, *translated(chat_of_message, body))


@thorough(150)
@given(responses)
def test_of_responses(body: Json) -> None:
    assert_held(body, WireProtocol.RESPONSES, *translated(chat_of_response, body))


@thorough(100)
@given(embeddings)
def test_of_embeddings(body: Json) -> None:
    assert_held(body, WireProtocol.EMBEDDINGS)


WHOLE_CONTEXT: dict[str, tuple[WireProtocol, Json]] = {
    "reasoning that the vendor has kept": (
        WireProtocol.RESPONSES,
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]},
    ),
    "a file beside a picture": (
        WireProtocol.RESPONSES,
        {
            "input": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "input_image",
                            "image_url": f"data:image/png;base64,{PNG}",
                            "file_id": "file_1",
                        }
                    ],
                }
            ]
        },
    ),
    "an item of an unknown type": (
        WireProtocol.RESPONSES,
        {"input": [{"type": "compaction", "id": "cmp_1"}]},
    ),
    "a picture with an unknown field": (
        WireProtocol.MESSAGES,
        {
            "messages": [
                {"role": "user", "content": [{"type": "image", "source": in_base64, "max_pixels": 10**9}]}
            ]
        },
    ),
    "a block of an unknown type": (
        WireProtocol.MESSAGES,
        {"messages": [{"role": "user", "content": [{"type": "container_upload", "file_id": "file_1"}]}]},
    ),
    "a type that is no text in a tool's result": (
        WireProtocol.MESSAGES,
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": []}]}],
                }
            ]
        },
    ),
    "a type that is no text in a tool's output": (
        WireProtocol.RESPONSES,
        {"input": [{"type": "function_call_output", "call_id": "c1", "output": [{"type": {}}]}]},
    ),
    "a document in a tool's result": (
        WireProtocol.MESSAGES,
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "toolu_1",
                            "content": [
                                {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
                            ],
                        }
                    ],
                }
            ]
        },
    ),
}


@pytest.mark.parametrize("what", WHOLE_CONTEXT)
def test_what_nobody_can_measure_counts_the_whole_context(what: str) -> None:
    protocol, body = WHOLE_CONTEXT[what]
    served = model(context_tokens=CONTEXT)
    bounded = bound_request(
        {**body, "max_tokens": LIMIT} if protocol is WireProtocol.MESSAGES else body,
        (served,),
        NONE,
        count_tokens=count_tokens,
        count_picture=picture,
        hard=True,
        form=FORMS[protocol],
    )
    assert bounded.bound.input_tokens == CONTEXT


def test_a_tool_in_a_namespace_whose_type_is_no_text_has_no_price() -> None:
    body = {"input": "hello", "tools": [{"type": "namespace", "name": "n", "tools": [{"type": []}]}]}
    bounded = partial(
        bound_request, body, (model(),), NONE, count_tokens=count_tokens, form=FORMS[WireProtocol.RESPONSES]
    )
    with pytest.raises(UnpriceableRequest):
        bounded(hard=True)
    assert bounded(hard=False).calls[0].partly_priced


def test_reasoning_that_was_made_here_is_known_by_its_id() -> None:
    assert made_id("rs", "seed", 0).startswith(OWN_REASONING)
