"""Chat completions in OpenAI's documented shape, whole and as chunks, for the fake vendors."""

from collections.abc import Iterator
from typing import Any

from tests.vendors.directives import Directives
from tests.vendors.openai_shapes import (
    Choice,
    choices_for,
    head,
    logprobs_of,
    message_of,
    tool_call,
    usage_for,
)
from tests.vendors.wire_app import Wired, case


def wired_chat(body: dict[str, Any], asked: Directives, choices: tuple[Choice, ...] | None = None) -> Wired:
    """The chat.completion object, and its chunks: a role, the tokens, an end for each choice; usage if asked.

    With `include_usage` every chunk has `usage: null`, and one more chunk without choices has the figures.
    """
    choices = choices_for(body, asked) if choices is None else choices
    usage = usage_for(body, asked, choices)
    answer = head(body, "chat.completion") | {
        "choices": [
            {
                "index": choice.index,
                "message": message_of(choice),
                "logprobs": logprobs_of(choice.tokens, body),
                "finish_reason": choice.finish_reason,
            }
            for choice in choices
        ],
        "usage": usage,
    }
    events = list(_chunks(body, choices))
    if (body.get("stream_options") or {}).get("include_usage"):
        events = [event | {"usage": None} for event in events]
        events.append(head(body, "chat.completion.chunk") | {"choices": [], "usage": usage})
    return Wired(answer=answer, events=events, usage=usage)


def recorded(name: str) -> Wired:
    """A file of `fixtures/wire/usage`."""
    found = case("usage", name)
    return Wired(answer=found["answer"], events=found["events"], usage=found["answer"].get("usage", {}))


def without_usage(wired: Wired) -> Wired:
    """The same of a server that reports none, whatever was asked."""
    answer, *events = [
        {name: value for name, value in each.items() if name != "usage"}
        for each in (wired.answer, *wired.events)
    ]
    return Wired(answer=answer, events=[event for event in events if event["choices"]], usage=wired.usage)


def _chunks(body: dict[str, Any], choices: tuple[Choice, ...]) -> Iterator[dict[str, Any]]:
    start = head(body, "chat.completion.chunk")
    for choice in choices:
        for delta, finish_reason, tokens in _deltas(choice):
            part = {"index": choice.index, "delta": delta, "logprobs": logprobs_of(tokens, body)}
            yield start | {"choices": [part | {"finish_reason": finish_reason}]}


def _deltas(choice: Choice) -> Iterator[tuple[dict[str, Any], str | None, tuple[str, ...]]]:
    yield {"role": "assistant", "content": None if choice.tool else "", "refusal": None}, None, ()
    for token in choice.tokens:
        yield {"content": token}, None, (token,)
    if choice.tool:
        yield {"tool_calls": [{"index": 0} | tool_call(choice, "")]}, None, ()
        for piece in choice.arguments:
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}, None, ()
    yield {}, choice.finish_reason, ()
