"""What holds for every answer and every conversation: both forms say the same, and nothing is lost on the way."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from providers.messages.answer import whole_of
from providers.messages.events import MessagesEvents
from providers.messages.request import chat_request
from providers.messages.reshaped import WholeMessage, events_of
from providers.port import Usage
from tests.properties import thorough
from tests.unit.providers.messages.accumulating import accumulated, read

WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
SAID = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
NAMES = st.from_regex(r"[a-zA-Z0-9_-]{1,20}", fullmatch=True)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**31), 2**31), WORDS)
INPUTS = st.dictionaries(
    WORDS,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
    ),
    max_size=3,
)
EXTRAS = st.none() | st.fixed_dictionaries({"google": st.dictionaries(NAMES, WORDS, max_size=2)})
CALLS = st.lists(st.tuples(NAMES, NAMES, INPUTS, EXTRAS), max_size=4, unique_by=lambda call: call[0])
ASKED: dict[str, Any] = {"model": "m", "thinking": {"type": "adaptive"}}
FINISHES = st.sampled_from(["stop", "length", "tool_calls", "content_filter", "eos"])
USAGES = st.builds(
    lambda plain, cached, written, output, thought: Usage(
        input_tokens=plain + cached + written,
        output_tokens=output + thought,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=thought,
    ),
    *[st.integers(0, 1000)] * 2,
    st.just(0),  # the events of the protocol do not say how long what was written is kept
    *[st.integers(0, 1000)] * 2,
)


@st.composite
def answers(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A whole chat answer, and chunks of it that are cut anywhere and whose calls may come in turn."""
    thought, said, refusal = draw(WORDS), draw(WORDS), draw(st.just("") | WORDS)
    calls = draw(CALLS)
    finish = draw(FINISHES)
    message: dict[str, Any] = {"reasoning_content": thought, "content": said, "refusal": refusal or None}
    message["tool_calls"] = [
        {"id": id, "function": {"name": name, "arguments": json.dumps(input)}}
        | ({"extra_content": extra} if extra else {})
        for id, name, input, extra in calls
    ]
    deltas = [{"reasoning_content": piece} for piece in draw(cut(thought))]
    deltas += [{"content": piece} for piece in draw(cut(said))]
    begun = [
        {"tool_calls": [{"index": index, **call, "function": {**call["function"], "arguments": ""}}]}
        for index, call in enumerate(message["tool_calls"])
    ]
    pieces = [
        [
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
            for piece in draw(cut(call["function"]["arguments"]))
        ]
        for index, call in enumerate(message["tool_calls"])
    ]
    if draw(st.booleans()):
        deltas += begun + in_turn(pieces)
    else:
        deltas += [delta for first, rest in zip(begun, pieces, strict=True) for delta in (first, *rest)]
    deltas += [{"refusal": piece} for piece in draw(cut(refusal))]
    head = {"id": draw(NAMES), "model": "m-1"}
    chunks = [
        {**head, "choices": [{"index": 0, "delta": delta}]} for delta in ({"role": "assistant"}, *deltas)
    ]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return {**head, "choices": [{"index": 0, "message": message, "finish_reason": finish}]}, chunks


@st.composite
def cut(draw: st.DrawFn, text: str) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def in_turn(lists: list[list[Any]]) -> list[Any]:
    longest = max(map(len, lists), default=0)
    return [items[place] for place in range(longest) for items in lists if place < len(items)]


@thorough(150)
@given(answers(), USAGES)
def test_the_events_come_to_what_the_whole_answer_is(
    answer: tuple[dict[str, Any], list[dict[str, Any]]], usage: Usage
) -> None:
    whole = whole_of(answer[0], asked=ASKED, usage=usage)
    stream = MessagesEvents(asked=ASKED, attempt_id="a-1")
    events = [event for chunk in answer[1] for event in stream.feed(chunk)]
    events += stream.end(usage)
    assert accumulated(events) == read(whole)


@thorough(100)
@given(answers(), USAGES)
def test_a_whole_message_and_its_events_are_the_same(
    answer: tuple[dict[str, Any], list[dict[str, Any]]], usage: Usage
) -> None:
    whole = whole_of(answer[0], asked=ASKED, usage=usage)
    events = list(events_of(whole))
    assert accumulated(events) == read(whole)
    again = WholeMessage()
    for event in events:
        again.add(event)
    assert again.message() == whole


TURNS = st.lists(st.tuples(SAID, SAID, CALLS), min_size=1, max_size=3)


@thorough(150)
@given(TURNS, st.lists(SAID, max_size=2))
def test_a_conversation_keeps_its_words_its_calls_and_what_they_carried(
    turns: list[tuple[str, str, list[tuple[str, str, dict[str, Any], dict[str, Any] | None]]]],
    system: list[str],
) -> None:
    """A chat answer becomes a Message, which the caller sends back, which becomes a chat message again."""
    messages: list[dict[str, Any]] = []
    expected: list[dict[str, Any]] = []
    for number, (question, words, calls) in enumerate(turns):
        named = [(f"{number}-{id}", name, input, extra) for id, name, input, extra in calls]
        made = [
            {
                "id": id,
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": json.dumps(input, separators=(",", ":"), ensure_ascii=False),
                },
            }
            | ({"extra_content": extra} if extra else {})
            for id, name, input, extra in named
        ]
        said = {"role": "assistant", "content": words, "tool_calls": made}
        answer = whole_of(
            {"choices": [{"message": said}]}, asked={}, usage=Usage(input_tokens=1, output_tokens=1)
        )
        results = [{"type": "tool_result", "tool_use_id": id, "content": f"of {id}"} for id, _, _, _ in named]
        messages += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer["content"]},
            *([{"role": "user", "content": results}] if results else []),
        ]
        expected += [
            {"role": "user", "content": question},
            said if made else {"role": "assistant", "content": words},
            *({"role": "tool", "tool_call_id": id, "content": f"of {id}"} for id, _, _, _ in named),
        ]
    blocks = [{"type": "text", "text": words} for words in system]
    chat = chat_request({"model": "m", "system": blocks, "messages": messages})["messages"]
    if system:
        first = chat.pop(0)["content"]
        assert system == ([first] if isinstance(first, str) else [part["text"] for part in first])
    assert [with_arguments_read(message) for message in chat] == [
        with_arguments_read(each) for each in expected
    ]


def with_arguments_read(message: dict[str, Any]) -> dict[str, Any]:
    if "tool_calls" not in message:
        return message
    calls = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message["tool_calls"]
    ]
    return {**message, "tool_calls": calls}
