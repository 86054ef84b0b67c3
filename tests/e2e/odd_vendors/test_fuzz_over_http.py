"""Any bytes, any status and any end of the connection, over real sockets: each call ends at once, in an answer or in a
documented error, and its reservation ends with it. Silence is not tried here: it takes as long as the limits.
"""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from metering.types import ReservationState
from tests.e2e.odd_vendors.gateway_and_vendor import GatewayAndVendor, Told
from tests.properties import thorough
from tests.vendors.decisions import Decisions, drawn
from tests.vendors.odd_answers import OddAnswer
from tests.vendors.odd_streams import stream_of
from tests.vendors.odd_values import ODD
from tests.vendors.raw import Turn
from tests.vendors.reference_reader import Texts, Unreadable, in_order, read_stream, read_whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CODES = {
    400: {"invalid_request", "context_length_exceeded", "content_filter"},
    404: {"model_not_found"},
    429: {"vendor_rate_limited", "insufficient_quota"},
    502: {"vendor_error"},
    504: {"vendor_timeout"},
}
"""What CONTRACTS documents for a call that the gateway admits."""
REFUSALS = range(400, 500)
NO_BODY = {204, 205, 304}
LABELS = ("application/json", "text/event-stream", "text/plain", "text/event-stream; charset=utf-8", "")
HEADERS = ("retry-after: 3", "retry-after: nan", "location: /", "x-odd: \xff\u2028", "connection: close")
HEADS = (
    *(b"", b"\r\n", b"HTTP/9 x\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    b"HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
)


def turn_of(decide: Decisions) -> Turn:
    """One answer of the vendor. A connection that is kept is one whose answer has an end."""
    answer = OddAnswer(decide)
    bodies = (answer.answer, lambda: stream_of(decide), answer.error, lambda: decide.of(ODD))
    body = decide.of((*bodies, *bodies[:2]))()
    ending = decide.of(("keep", "keep", "close", "reset"))
    facts: dict[str, Any] = {"ending": ending, "content_type": decide.of(LABELS)}
    if decide.once_in(3):
        facts["pieces"] = tuple(decide.below(1 << 12) % (len(body) + 1) for _ in range(4))
    if ending != "keep" and decide.once_in(4):
        facts |= decide.of(({"unread": True}, {"raw": True}, {"length": len(body) + 9}))
        body = decide.of(HEADS) + body if "raw" in facts else body
    if decide.once_in(4):
        facts["length"] = decide.below(len(body) + 1)
    status = 200 + decide.below(400) if decide.once_in(2) else 200
    return Turn(body=body, status=status, headers=(decide.of(HEADERS),) * decide.below(2), **facts)


def arrives(turn: Turn) -> bool:
    """Whether all its bytes reach the gateway."""
    is_cut = turn.length is not None and turn.length < len(turn.body)
    return not (is_cut or turn.ending == "reset" or turn.raw or turn.unread or turn.status in NO_BODY)


def texts_of(turn: Turn) -> Texts | None:
    """What a strict client would read of it, if it is an answer."""
    if not arrives(turn) or turn.status >= 300:
        return None
    for read in (read_whole, read_stream):
        with suppress(Unreadable):
            return read(turn.body)
    return None


def check_error(body: dict[str, Any], told: Told, codes: set[str]) -> None:
    error = body["error"]
    assert set(error) == {"type", "code", "message", "param", "request_id"}
    assert error["code"] in codes
    assert error["request_id"] == told.headers["x-request-id"]
    assert len(error["message"]) < 500
    assert len(error["message"].splitlines()) == 1


@thorough(500)
@given(drawn)
def test_each_call_ends_in_an_answer_or_a_documented_error(gateway: GatewayAndVendor, data: bytes) -> None:
    decide = Decisions(data)
    turn, stream, capped = turn_of(decide), decide.once_in(2), decide.once_in(2)
    told = gateway.ask(turn, stream=stream, capped=capped)
    lines = told.text.splitlines() if stream and told.status == 200 else [told.text]
    assert ": keep-alive" not in lines  # nobody had to wait
    if told.status != 200:
        check_error(json.loads(told.text), told, CODES[told.status])
    elif lines[-2:] != ["data: [DONE]", ""]:
        last = json.loads(lines[-2 if stream else 0].removeprefix("data: "), parse_int=float)
        if stream:
            check_error(last, told, set.union(*CODES.values()))
        else:
            assert isinstance(last, dict)
    assert told.reservation is not None
    assert told.reservation.state in (ReservationState.SETTLED, ReservationState.RELEASED)
    if told.status in REFUSALS or (turn.status in REFUSALS and arrives(turn)):
        assert told.charged_nano_usd == 0
    texts = texts_of(turn)
    if texts:
        assert in_order((read_stream if stream else read_whole)(told.text.encode())) == in_order(texts)
