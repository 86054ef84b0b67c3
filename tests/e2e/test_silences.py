"""A stream whose vendor is silent: its caller hears the headers and comments all the same, and how it ended."""

import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from gateway_project.proxy import model_calls
from gateway_project.telemetry import metrics
from launcher.process import wait_until
from metering.models import UsageLog, UsageReservation
from metering.reservation import tries
from tests.e2e.heard import COMMENT, DONE, Heard, heard
from tests.e2e.server import Server
from tests.e2e.stopped_ledger import ledger_stopped
from tests.e2e.wire import Wire
from tests.factories import BudgetFactory, RuleFactory, make_token
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
KEEP_ALIVE_S = 0.2
NEVER_S = 300.0
WITHIN_S = 30
HELLO: Any = [{"role": "user", "content": "hello"}]
WHO_ANSWERS = {"x-gateway-model", "x-gateway-provider", "x-gateway-attempts"}
KNOWN_AT_ONCE = {
    "x-request-id",
    "x-gateway-reservation-id",
    "x-gateway-enforcement",
    "x-gateway-overhead-ms",
    "x-ratelimit-remaining-requests",
    "x-budget-remaining-usd",
}
FAILURES = {
    "vendor:status=500": (502, "vendor_error"),
    "vendor:status=400 vendor:param=messages": (400, "invalid_request"),
    "vendor:status=504": (504, "vendor_timeout"),
    "vendor:reset": (502, "vendor_error"),
    "vendor:cut=0": (502, "vendor_error"),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_calls, "KEEP_ALIVE_S", KEEP_ALIVE_S)


@pytest.fixture
def token(front: Server) -> str:
    """Under a budget and a rate limit, so that there is something to be told."""
    BudgetFactory(dimension="cost", amount=10**12)
    RuleFactory(key="requests_per_minute", value=1_000)
    return make_token().secret


@pytest.fixture
def wire(front: Server, token: str) -> Iterator[Wire]:
    with Wire(front, token) as wire:
        yield wire


@pytest.fixture
def client(front: Server, token: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{front.url}/v1", api_key=token, max_retries=0) as client:
        yield client


def told_while_the_vendor_thinks(wire: Wire, vendor: RunningVendor, text: str, **fields: Any) -> None:
    """Ask, and go on once a comment has come, before the vendor has answered anything."""
    vendor.hold()
    wire.ask(text, stream=True, **fields)
    wire.read_until(COMMENT)
    vendor.open()


def after_the_first_word(received: bytes) -> list[bytes]:
    """The blocks that came after the event that says "the"."""
    blocks = heard(received).blocks
    for place, block in enumerate(blocks):
        if b'"the"' in block:
            return blocks[place + 1 :]
    return []


def plain_answer(front: Server, token: str, text: str, **fields: Any) -> Heard:
    """The error that comes where a stream's caller has not heard anything yet."""
    with Wire(front, token) as wire:
        wire.ask(text, stream=True, **fields)
        return heard(wire.read_until(b"}}"))


def test_the_headers_come_while_the_vendor_thinks_without_who_answers(
    wire: Wire, vendor: RunningVendor
) -> None:
    vendor.hold()
    wire.ask("hello", stream=True)
    wire.read_until(COMMENT)
    early = heard(wire.received)
    assert early.status == 200
    assert early.headers["content-type"].startswith("text/event-stream")
    assert early.headers.keys() >= KNOWN_AT_ONCE
    assert not early.headers.keys() & WHO_ANSWERS
    assert wait_until(lambda: vendor.log.at_once == 1, 20)
    vendor.open()
    whole = heard(wire.read_all())
    assert whole.events[1]["choices"][0]["delta"] == {"content": "the"}
    assert whole.blocks[-1] == DONE
    row = UsageLog.objects.get()
    assert (row.outcome, row.estimated) == ("ok", False)
    assert str(row.reservation_id) == early.headers["x-gateway-reservation-id"]


def test_comments_go_on_for_as_long_as_the_vendor_thinks(wire: Wire, vendor: RunningVendor) -> None:
    vendor.hold()
    wire.ask("hello", stream=True)
    wire.read_while(lambda received: len(heard(received).blocks) < 3)
    assert set(heard(wire.received).blocks) == {COMMENT}  # a slow reader finds more than three
    vendor.open()
    assert heard(wire.read_all()).blocks[-1] == DONE


def test_comments_come_in_a_silence_between_two_events(wire: Wire, vendor: RunningVendor) -> None:
    RuleFactory(key="on_disconnect", value="cancel")
    wire.ask("vendor:stall=600", stream=True)
    wire.read_while(lambda received: len(after_the_first_word(received)) < 2)
    assert set(after_the_first_word(wire.received)) == {COMMENT}
    wire.leave()
    assert wait_until(UsageLog.objects.exists, WITHIN_S)


def test_a_comment_never_gets_into_an_event(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_calls, "KEEP_ALIVE_S", 0.0)  # at every look
    wire.ask("vendor:gap=0.03 vendor:words=40", stream=True)
    whole = heard(wire.read_all())
    said = [event["choices"][0]["delta"].get("content") for event in whole.events]
    assert len([text for text in said if text]) == 40
    assert whole.blocks[0] == COMMENT
    assert whole.blocks[-1] == DONE


@pytest.mark.parametrize("failure", FAILURES)
def test_what_fails_after_the_headers_is_the_last_event_with_the_same_error(
    front: Server,
    token: str,
    wire: Wire,
    vendor: RunningVendor,
    failure: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told_while_the_vendor_thinks(wire, vendor, failure)
    late = heard(wire.read_all())
    monkeypatch.setattr(model_calls, "KEEP_ALIVE_S", NEVER_S)
    soon = plain_answer(front, token, failure)
    assert (soon.status, soon.error["code"]) == FAILURES[failure]
    assert (late.status, len(late.events), DONE in late.blocks) == (200, 1, False)
    late_error, soon_error = late.error, soon.error
    assert late_error.pop("request_id") == late.headers["x-request-id"]
    assert soon_error.pop("request_id") == soon.headers["x-request-id"]
    assert late_error == soon_error
    first, second = UsageLog.objects.order_by("id")
    assert (first.outcome, first.cost_nano_usd) == (second.outcome, second.cost_nano_usd)


def test_a_vendor_who_never_answers_is_told_of_in_the_stream(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "TOTAL_S", 3.0)
    wire.ask("vendor:hang", stream=True)
    late = heard(wire.read_all())
    assert (late.status, late.blocks[0], DONE in late.blocks) == (200, COMMENT, False)
    assert late.error["code"] == "vendor_timeout"
    assert UsageLog.objects.get().outcome == "timeout"


def counted() -> float:
    return metrics.errors.series.get(("vendor_error",), [0.0])[0]


def test_a_late_error_is_counted_like_any_other(wire: Wire, vendor: RunningVendor) -> None:
    before = counted()
    told_while_the_vendor_thinks(wire, vendor, "vendor:status=500")
    wire.read_all()
    assert counted() == before + 1


def test_a_quick_stream_has_no_comment_and_every_header(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_calls, "KEEP_ALIVE_S", NEVER_S)
    wire.ask("hello", stream=True)
    whole = heard(wire.read_all())
    assert COMMENT not in whole.body
    assert whole.headers.keys() >= KNOWN_AT_ONCE | {"x-gateway-model", "x-gateway-provider"}
    assert whole.blocks[-1] == DONE


def test_who_is_denied_gets_a_plain_error_however_long_it_took(wire: Wire, vendor: RunningVendor) -> None:
    BudgetFactory(dimension="requests", amount=0)
    with ledger_stopped() as waits:
        wire.ask("hello", stream=True)
        assert wait_until(waits, WITHIN_S)
        time.sleep(3 * KEEP_ALIVE_S)
    denied = heard(wire.read_until(b"}}"))
    assert (denied.status, denied.error["code"]) == (429, "budget_exceeded")
    assert denied.headers["content-type"] == "application/json"
    assert denied.headers["retry-after"]
    assert vendor.log.calls == []
    assert not UsageReservation.objects.exists()


def test_the_official_sdk_has_its_stream_at_once_and_skips_the_comments(
    client: openai.OpenAI, vendor: RunningVendor
) -> None:
    vendor.hold()
    stream = client.chat.completions.create(model="small", messages=HELLO, stream=True)
    vendor.open()  # not before: until the headers come, there is no stream
    assert [chunk.choices[0].finish_reason for chunk in stream][-1] == "stop"


def test_the_official_sdk_raises_its_error_for_a_late_failure(
    client: openai.OpenAI, vendor: RunningVendor
) -> None:
    vendor.hold()
    messages: Any = [{"role": "user", "content": "vendor:status=500"}]
    stream = client.chat.completions.create(model="small", messages=messages, stream=True)
    vendor.open()
    with pytest.raises(openai.APIError) as caught:
        list(stream)
    assert caught.value.code == "vendor_error"


def test_a_replay_gives_the_events_again_without_the_silence(
    front: Server, token: str, wire: Wire, vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_while_the_vendor_thinks(wire, vendor, "hello", key="k-1")
    first = heard(wire.read_all())
    monkeypatch.setattr(model_calls, "KEEP_ALIVE_S", NEVER_S)
    with Wire(front, token) as other:
        other.ask("hello", stream=True, key="k-1")
        again = heard(other.read_all())
    assert again.blocks == [block for block in first.blocks if block != COMMENT] != first.blocks
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["x-gateway-model"] == "small"
    assert UsageLog.objects.count() == 1


def test_a_replay_of_a_late_failure_is_a_plain_error(
    front: Server, token: str, wire: Wire, vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_while_the_vendor_thinks(wire, vendor, "vendor:cut=0", key="k-1")
    late = heard(wire.read_all())
    monkeypatch.setattr(model_calls, "KEEP_ALIVE_S", NEVER_S)
    again = plain_answer(front, token, "vendor:cut=0", key="k-1")
    assert (again.status, again.error["code"]) == (502, late.error["code"])
    assert again.headers["idempotent-replayed"] == "true"
    assert UsageLog.objects.count() == 1
