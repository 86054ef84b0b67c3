"""Whatever a vendor with a protocol of its own sends has a defined ending: an answer, or a ProviderError."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.anthropic.answer import completion_of as anthropics_answer
from providers.anthropic.request import request_of as for_anthropic
from providers.anthropic.streamed import AnthropicStream
from providers.gemini.answer import completion_of as geminis_answer
from providers.gemini.request import request_of as for_gemini
from providers.gemini.streamed import GeminiStream
from providers.port import ProviderError
from tests.unit.providers.translating import a_call, framed, read, run
from tests.vendors.wire_app import case, cases

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1e300,
    10**30,
    "",
    "x",
    "\ud800",
    [],
    [[]],
    {},
    {"a": {}},
    [None],
    "7",
    0.5,
]
FILES = [(vendor, name) for vendor in ("anthropic", "gemini") for name in cases(vendor)]
STREAMS: dict[str, Callable[..., Any]] = {"anthropic": AnthropicStream, "gemini": GeminiStream}
ANSWERS: dict[str, Callable[..., Any]] = {"anthropic": anthropics_answer, "gemini": geminis_answer}
ROUNDS = 60


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container of a document with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


def spoilt(document: Any, dice: random.Random) -> Any:
    """With one or two values replaced, or gone."""
    document = copy.deepcopy(document)
    for _ in range(dice.randint(1, 2)):
        container, key = dice.choice(list(places(document)))
        if isinstance(container, dict) and dice.random() < 0.3:
            container.pop(key, None)
        elif isinstance(container, dict) or key < len(container):
            container[key] = copy.deepcopy(dice.choice(VALUES))
    return document


@pytest.mark.parametrize(("vendor", "name"), FILES)
def test_a_spoilt_answer_is_an_answer_or_a_defined_error(vendor: str, name: str) -> None:
    dice = random.Random(f"{vendor}/{name}")
    given = case(vendor, name)["answer"]
    for _ in range(ROUNDS):
        answer = spoilt(given, dice)
        try:
            completion = run(ANSWERS[vendor](answer, a_call("m")))
        except ProviderError:
            continue
        choices = json.loads(completion.body)["choices"]
        assert choices
        says_something = any(choice["message"]["content"] for choice in choices)
        assert not says_something or completion.usage.output_tokens != 0, answer
        check(completion.usage, answer)


@pytest.mark.parametrize(("vendor", "name"), FILES)
def test_a_spoilt_stream_is_an_answer_or_a_defined_error(vendor: str, name: str) -> None:
    dice = random.Random(f"{vendor}/{name}")
    given = case(vendor, name)["events"]
    for _ in range(ROUNDS):
        events = [event for event in spoilt(given, dice) if isinstance(event, dict)]
        stream = STREAMS[vendor](a_call("m"), "key")
        try:
            chunks = read(stream, [as_sent(events)])
        except ProviderError:
            usage = run(stream.came())
            if usage is not None:
                check(usage, events)
            continue
        assert all(json.loads(chunk.data)["object"] == "chat.completion.chunk" for chunk in chunks)
        check(chunks[-1].usage, events)


def as_sent(events: list[dict[str, Any]]) -> bytes:
    """Half of a surrogate pair goes over the wire as its escape."""
    try:
        return framed(events)
    except UnicodeEncodeError:
        return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def check(usage: Any, source: object) -> None:
    """No figure is negative, and every part is inside its whole."""
    given, made = usage.input_tokens, usage.output_tokens
    assert all(each is None or each >= 0 for each in (given, made)), source
    if given is not None and not usage.estimate_reason:
        assert 0 <= usage.cached_input_tokens + usage.cache_write_tokens <= given, source
    assert 0 <= usage.cache_write_1h_tokens <= max(usage.cache_write_tokens, 0), source
    if made is not None and not usage.estimate_reason:
        assert 0 <= usage.reasoning_tokens <= made, source


REQUEST = {
    "model": "m",
    "max_tokens": 5_000,
    "messages": [
        {"role": "system", "content": "be kind"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "auto"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}},
            ],
        },
        {
            "role": "assistant",
            "content": "so",
            "tool_calls": [
                {
                    "id": "c-1",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                    "extra_content": {
                        "anthropic": {"thinking_blocks": [{"type": "thinking"}]},
                        "made_by": "m",
                    },
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c-1", "content": "rain"},
    ],
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}},
    "stop": ["END"],
    "temperature": 0.5,
    "reasoning_effort": "low",
    "user": "u",
    "service_tier": "auto",
    "cache_control": {"type": "ephemeral"},
}


@pytest.mark.parametrize("vendor", ["anthropic", "gemini"])
def test_a_spoilt_request_is_sent_or_refused_by_the_name_of_a_field(vendor: str) -> None:
    dice = random.Random(vendor)
    for _ in range(1_500):
        body = spoilt(REQUEST, dice)
        call = a_call("m")
        call.body = body
        sent, error = sent_or_refused(vendor, call)
        assert (error is None and json.loads(sent)) or (error and error.param and error.status == 400), body


def sent_or_refused(vendor: str, call: Any) -> tuple[bytes, ProviderError | None]:
    try:
        return (for_anthropic(call, streamed=False) if vendor == "anthropic" else for_gemini(call)), None
    except ProviderError as error:
        return b"", error
