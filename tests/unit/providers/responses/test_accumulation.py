"""Whatever a model says, a stream and a whole answer come to the same, by the SDK's own accumulation."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.providers.responses.chat import call, chunk, completion, piece, streamed, whole
from tests.unit.providers.responses.sdk import (
    accumulated,
    check_order,
    check_types,
    check_whole,
    known_fields,
)

TEXTS = st.text(max_size=40)
PIECES = st.lists(st.text(min_size=1, max_size=8), max_size=6)
ARGUMENTS = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=6), max_size=3).map(
    json.dumps
)
EXTRAS = st.none() | st.fixed_dictionaries({"google": st.fixed_dictionaries({"thought_signature": TEXTS})})
NAMES = st.sampled_from(["look", "leap", "patch"])
CALLS = st.lists(st.tuples(NAMES, ARGUMENTS, EXTRAS), max_size=4)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "tools": st.just([{"type": "function", "name": "look"}, {"type": "custom", "name": "patch"}]),
        "instructions": TEXTS,
        "temperature": st.floats(0, 2),
        "metadata": st.dictionaries(st.text(max_size=4), TEXTS, max_size=2),
        "parallel_tool_calls": st.booleans(),
        "reasoning": st.fixed_dictionaries({"effort": st.sampled_from(["low", "high"])}),
        "store": st.booleans(),
    },
)


def extra_of(extra: Any) -> dict[str, Any]:
    return {"extra_content": extra} if extra else {}


@given(PIECES, PIECES, PIECES, CALLS, ASKED)
def test_a_stream_comes_to_the_whole_answer(
    thoughts: list[str],
    texts: list[str],
    refusals: list[str],
    calls: list[tuple[str, str, Any]],
    asked: dict[str, Any],
) -> None:
    message = {
        "content": "".join(texts),
        "reasoning_content": "".join(thoughts),
        "refusal": "".join(refusals),
        "tool_calls": [
            call(f"c{place}", name, arguments, **extra_of(extra))
            for place, (name, arguments, extra) in enumerate(calls)
        ],
    }
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": text} for text in thoughts]
    deltas += [{"content": text} for text in texts]
    deltas += [{"refusal": text} for text in refusals]
    for place, (name, arguments, extra) in enumerate(calls):
        deltas.append(piece(place, id=f"c{place}", name=name, **extra_of(extra)))
        deltas += [piece(place, each) for each in arguments]
    events = streamed([*map(chunk, deltas), chunk({}, finish="stop")], **asked)
    answer = whole(completion(message), **asked)
    check_types(events)
    check_order(events)
    check_whole(answer)
    assert known_fields(events[-1]["response"]) == known_fields(answer) == accumulated(events)


@given(st.data(), CALLS.filter(len), st.sampled_from(["stop", "length", "content_filter", "tool_calls"]))
def test_pieces_in_any_order_are_all_said_in_a_legal_one(
    data: st.DataObject, calls: list[tuple[str, str, Any]], finish: str
) -> None:
    queues = [
        [
            piece(place, id=f"c{place}", name=name),
            piece(place, arguments[:3]),
            piece(place, arguments[3:]),
        ]
        for place, (name, arguments, _) in enumerate(calls)
    ]
    queues.append([{"content": "a"}, {"content": "b"}])
    deltas = []
    while any(queues):
        deltas.append(data.draw(st.sampled_from([queue for queue in queues if queue])).pop(0))
    events = streamed([*map(chunk, deltas), chunk({}, finish=finish)])
    check_types(events)
    check_order(events)
    items = events[-1]["response"]["output"]
    said = {item["call_id"]: item["arguments"] for item in items if item["type"] == "function_call"}
    assert said == {f"c{place}": arguments for place, (_, arguments, _) in enumerate(calls)}
    texts = [item["content"][0]["text"] for item in items if item["type"] == "message"]
    assert "".join(texts) == "ab"
