"""What an SDK would read reaches the caller, in whichever form the vendor sent it."""

import json
from typing import Any

import pytest

from tests.e2e.odd_vendors.gateway_and_vendor import GatewayAndVendor
from tests.vendors.raw import ANSWER, Turn, delta, events, usage, whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
STREAM = events(delta("hello "), delta("there"), delta(finish="stop"), usage(9, 2))


def stream_of(body: bytes, **facts: Any) -> Turn:
    return Turn(**{"body": body, "content_type": "text/event-stream", **facts})


FRAMINGS: dict[str, bytes] = {
    "a blank after the end": STREAM.body.replace(b"[DONE]", b"[DONE] "),
    "more on the line of the end": STREAM.body.replace(b"[DONE]", b"[DONE] bye"),
    "the end as json text": STREAM.body.replace(b"[DONE]", b'"[DONE]"'),
    "no end": STREAM.body.replace(b"data: [DONE]\n\n", b""),
    "no blank line at the end": STREAM.body.rstrip(b"\n"),
    "no blank after the colon": STREAM.body.replace(b"data: ", b"data:"),
    "carriage returns": STREAM.body.replace(b"\n", b"\r\n"),
    "only carriage returns": STREAM.body.replace(b"\n", b"\r"),
    "comments": b": OPENROUTER PROCESSING\n\n" + STREAM.body.replace(b"data: ", b": ping\n\ndata: "),
    "names and ids": STREAM.body.replace(b"data: ", b"event: chunk\nid: 7\nretry: 10\ndata: "),
    "blank lines first": b"\n\n\n" + STREAM.body,
    "events over several lines": STREAM.body.replace(b", ", b",\ndata: "),
    "a byte order mark": b"\xef\xbb\xbf" + STREAM.body,
    "events of nothing": STREAM.body.replace(b"data: ", b"data:\n\ndata: ", 1),
    "something after the end": STREAM.body + b"data: {nonsense\n\n",
    "a chunk after the end": STREAM.body + events(delta("more"), done=False).body.rstrip(),
}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_any_framing_that_a_client_reads_is_read(gateway: GatewayAndVendor, framing: str) -> None:
    told = gateway.ask(stream_of(FRAMINGS[framing]), stream=True)
    assert (told.said, told.events[-1]) == ("hello there", "[DONE]")
    assert (told.tokens, told.row.estimated) == ((9, 2), False)


@pytest.mark.parametrize("pieces", [range(1, 2_000), range(1, 2_000, 7), (1,), (5, 6)])
def test_any_cut_into_pieces_says_the_same(gateway: GatewayAndVendor, pieces: Any) -> None:
    told = gateway.ask(stream_of(STREAM.body, pieces=tuple(pieces)), stream=True)
    assert (told.said, told.tokens) == ("hello there", (9, 2))


@pytest.mark.parametrize(
    "label", ["text/plain", "application/json", "application/octet-stream", "text/event-stream;x"]
)
def test_a_stream_is_one_whatever_its_label(gateway: GatewayAndVendor, label: str) -> None:
    told = gateway.ask(stream_of(STREAM.body, content_type=label), stream=True)
    assert (told.said, told.events[-1], told.tokens) == ("hello there", "[DONE]", (9, 2))
    assert told.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("label", ["application/json", "text/event-stream", "text/plain"])
def test_a_whole_answer_to_a_stream_becomes_one(gateway: GatewayAndVendor, label: str) -> None:
    told = (
        gateway.ask(whole(), stream=True)
        if label == "application/json"
        else gateway.ask(Turn(body=whole().body, content_type=label), stream=True)
    )
    assert (told.said, told.events[-1], told.tokens) == ("hello there", "[DONE]", (9, 2))
    chunks = told.events[:-1]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0]["choices"][0]["finish_reason"] == "stop"


def test_a_whole_answer_with_tool_calls_becomes_a_stream_with_numbered_ones(
    gateway: GatewayAndVendor,
) -> None:
    call = {"id": "c-1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    told = gateway.ask(whole({"role": "assistant", "content": None, "tool_calls": [call]}), stream=True)
    assert told.events[0]["choices"][0]["delta"]["tool_calls"] == [{"index": 0, **call}]


def test_the_usage_of_a_whole_answer_is_shown_in_a_stream_to_whom_asked(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(whole(), stream=True, stream_options={"include_usage": True})
    shown = told.events[-2]["usage"]
    assert shown.pop("cost_usd")
    assert shown == ANSWER["usage"]
    assert all(not chunk.get("usage") for chunk in gateway.ask(whole(), stream=True).events[:-1])


@pytest.mark.parametrize("label", ["text/event-stream", "application/json"])
def test_a_stream_for_a_plain_call_becomes_one_answer(gateway: GatewayAndVendor, label: str) -> None:
    told = gateway.ask(stream_of(STREAM.body, content_type=label))
    assert told.body["object"] == "chat.completion"
    assert told.body["choices"][0]["message"] == {"role": "assistant", "content": "hello there"}
    assert told.body["choices"][0]["finish_reason"] == "stop"
    assert (told.body["usage"]["completion_tokens"], told.tokens) == (2, (9, 2))


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_stream_for_a_plain_call_is_complete_when_the_connection_breaks_after_it(
    gateway: GatewayAndVendor, how: str
) -> None:
    told = gateway.ask(stream_of(STREAM.body, ending=how, pieces=(10,)))
    assert (told.status, told.said, told.tokens) == (200, "hello there", (9, 2))


def test_tool_calls_of_a_stream_for_a_plain_call_are_put_together(gateway: GatewayAndVendor) -> None:
    first = {"index": 0, "id": "c-1", "type": "function", "function": {"name": "f", "arguments": ""}}
    parts = [{"index": 0, "function": {"arguments": piece}} for piece in ('{"a"', ": 1}")]
    chunks = [delta(tool_calls=[call]) for call in (first, *parts)]
    told = gateway.ask(events(*chunks, delta(finish="tool_calls")))
    (call,) = told.body["choices"][0]["message"]["tool_calls"]
    assert (call["id"], call["function"]) == ("c-1", {"name": "f", "arguments": '{"a": 1}'})


@pytest.mark.parametrize("stream", [False, True])
def test_half_an_emoji_in_each_chunk_reaches_the_caller(gateway: GatewayAndVendor, stream: bool) -> None:
    halves = [json.dumps(delta("X")).replace('"X"', f'"\\{half}"') for half in ("ud83d", "ude00")]
    told = gateway.ask(events(*halves, delta(finish="stop")), stream=stream)
    assert told.said.encode("utf-16", "surrogatepass").decode("utf-16") == "\U0001f600"
    assert told.tokens[1] >= 1


@pytest.mark.parametrize("number", ["-Infinity", "NaN", "1e999"])
@pytest.mark.parametrize("stream", [False, True])
def test_numbers_that_are_no_json_reach_the_caller(
    gateway: GatewayAndVendor, number: str, stream: bool
) -> None:
    body = (STREAM if stream else whole()).body.replace(
        b'"finish_reason"', b'"logprobs": [X], "finish_reason"'
    )
    facts: dict[str, Any] = {"content_type": "text/event-stream"} if stream else {}
    told = gateway.ask(Turn(body=body.replace(b"[X]", f"[{number}]".encode()), **facts), stream=stream)
    assert (told.said, told.tokens) == ("hello there", (9, 2))
    assert number in told.text


@pytest.mark.parametrize("status", [201, 202, 203, 206])
@pytest.mark.parametrize("stream", [False, True])
def test_any_success_is_one(gateway: GatewayAndVendor, status: int, stream: bool) -> None:
    turn = stream_of(STREAM.body, status=status) if stream else Turn(status=status)
    told = gateway.ask(turn, stream=stream)
    assert (told.status, told.said, told.tokens) == (200, "hello there", (9, 2))


def test_a_picture_of_six_megabytes_in_one_event_passes(gateway: GatewayAndVendor) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 6_000_000}}
    told = gateway.ask(
        events(delta("see", images=[picture]), delta(finish="stop"), usage(9, 40)), stream=True
    )
    assert (told.said, told.tokens) == ("see", (9, 40))
    assert len(told.text) > 6_000_000


def test_an_answer_that_is_longer_than_its_connection_lasts_is_complete_all_the_same(
    gateway: GatewayAndVendor,
) -> None:
    told = gateway.ask(Turn(length=100_000, ending="close"))
    assert (told.status, told.said, told.tokens) == (200, "hello there", (9, 2))
    cut = stream_of(STREAM.body.replace(b"data: [DONE]\n\n", b""), ending="reset")
    told = gateway.ask(cut, stream=True)
    assert (told.said, told.events[-1], told.tokens) == ("hello there", "[DONE]", (9, 2))
