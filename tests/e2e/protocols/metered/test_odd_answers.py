"""Answers in which anything may be wrong, in each protocol: each call ends in its own protocol, and is settled."""

import pytest
from hypothesis import Phase, given

from metering.types import ReservationState
from tests.e2e.protocols.asking import GatewayAndVendors, Told
from tests.e2e.protocols.speaking import CHAT, EMBEDDINGS, MESSAGES, RESPONSES, STREAMED, TEAMS, WAYS, Way
from tests.properties import thorough
from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.decisions import Decisions, drawn
from tests.vendors.directives import Directives
from tests.vendors.openai_chat import wired_chat
from tests.vendors.openai_embeddings import embeddings
from tests.vendors.openai_responses import wired_response
from tests.vendors.raw import RawVendor, Turn
from tests.vendors.spoilt import spoilt
from tests.vendors.wire_app import Wired

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
STATUSES = {
    200: "",
    400: "invalid_request",
    404: "model_not_found",
    502: "vendor_error",
    504: "vendor_timeout",
}
ENDINGS = {
    CHAT: {"[DONE]"},
    MESSAGES: {"message_stop"},
    RESPONSES: {"completed", "incomplete", "failed"},
    TEAMS: {"usage"},
}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {}}}
NAMED = {"type": "function", "name": "weather"}


def answers_of(way: Way, *, calls: bool) -> Wired:
    """A plain answer of its vendor, or one that calls a tool."""
    asked = Directives(tool=calls)
    if way.sent is MESSAGES:
        return FakeAnthropic().wired({"max_tokens": 50, "messages": []}, "claude", asked)
    if way.sent is RESPONSES:
        return wired_response({"model": "m", "input": "hello", "tools": [NAMED]}, asked)
    if way.sent is EMBEDDINGS:
        answer = embeddings({"model": "m", "input": "hello"})
        return Wired(answer=answer, events=[], usage={})
    body = {"model": "m", "messages": [], "tools": [TOOL], "stream_options": {"include_usage": True}}
    return wired_chat(body, asked)


def turn_of(way: Way, decide: Decisions, *, stream: bool) -> Turn:
    wired = answers_of(way, calls=decide.once_in(3))
    if not stream:
        (body,) = spoilt(decide, [wired.answer])
        return Turn(body=body)
    events = spoilt(decide, wired.events)
    if decide.once_in(4):
        del events[decide.below(len(events))]
    done = [b"data: [DONE]\n\n"] if way.sent is CHAT else []
    body = b"".join([b"data: " + event + b"\n\n" for event in events] + done)
    return Turn(body=body, content_type="text/event-stream")


def assert_ended(told: Told) -> None:
    if not told.is_stream:
        assert isinstance(told.answer, dict)
        assert (told.error["code"] if told.status != 200 else "") == STATUSES[told.status]
        return
    last = told.ending.rpartition(".")[2] if told.way.speech is RESPONSES else told.ending
    if last not in ENDINGS[told.way.speech]:
        assert told.error["code"] == "vendor_error"


@pytest.mark.parametrize("name", WAYS)
def test_each_call_ends_in_its_own_protocol_and_is_settled(
    gateway: GatewayAndVendors, raw: RawVendor, name: str
) -> None:
    way = WAYS[name]
    asked = Way(way.speech, f"raw-{way.model}", way.sent)

    @thorough(60, phases=(Phase.generate,))
    @given(drawn)
    def search(data: bytes) -> None:
        decide = Decisions(data)
        stream = way.speech is not EMBEDDINGS and decide.once_in(2)
        raw.answers(turn_of(way, decide, stream=stream))
        told = gateway.ask(asked, as_="capped", **({"stream": True} if stream else {}))
        assert_ended(told)
        assert told.reservation is not None
        assert told.reservation.state == ReservationState.SETTLED
        assert told.row.input_tokens > 0 or told.row.outcome == "error"
        assert told.row.estimated == bool(told.row.estimate_reason)

    search()


@pytest.mark.parametrize("name", [name for name in STREAMED if WAYS[name].speech is not TEAMS])
def test_what_the_cache_keeps_of_them_it_gives_in_either_form(
    gateway: GatewayAndVendors, raw: RawVendor, name: str
) -> None:
    way = WAYS[name]
    asked = Way(way.speech, f"raw-{way.model}", way.sent)
    plain = {"temperature": 0, **({"store": False} if way.speech is RESPONSES else {})}

    @thorough(40, phases=(Phase.generate,))
    @given(drawn)
    def search(data: bytes) -> None:
        decide = Decisions(data)
        stream = decide.once_in(2)
        raw.answers(turn_of(way, decide, stream=stream))
        first, other = ({"stream": True}, {}) if stream else ({}, {"stream": True})
        kept = gateway.ask(asked, "odd", headers={"x-gateway-cache": "refresh; any"}, **plain, **first)
        assert_ended(kept)
        again = gateway.ask(asked, "odd", headers={"x-gateway-cache": "use; any"}, **plain, **other)
        assert_ended(again)
        if again.headers["x-gateway-cache"] == "hit":
            assert (again.status, again.row.outcome) == (200, "cached")
            assert not again.is_stream or "error" not in again.events[-1]

    search()
