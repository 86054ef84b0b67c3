"""A connection that the vendor closed meanwhile costs nobody a call; no call is paid for that was never seen."""

import time

import pytest

from metering.models import LedgerEntry
from tests.e2e.odd_vendors.gateway_and_vendor import GatewayAndVendor
from tests.vendors.raw import Turn, delta, events, usage

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
Forms = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
STREAM = events(delta("hello there"), delta(finish="stop"), usage(9, 2))


@pytest.fixture
def used(gateway: GatewayAndVendor) -> GatewayAndVendor:
    """Its pool holds a connection that was used before."""
    assert gateway.ask().status == 200
    return gateway


@Forms
def test_a_call_on_a_connection_that_was_reset_unread_is_sent_again_and_paid_once(
    used: GatewayAndVendor, stream: bool
) -> None:
    told = used.ask(Turn(unread=True, ending="reset"), STREAM if stream else Turn(), stream=stream)
    assert (told.status, told.said, len(told.seen)) == (200, "hello there", 1)
    assert (told.tokens, told.row.estimated, told.row.attempt) == ((9, 2), False, 1)


def test_a_connection_that_another_provider_of_the_same_host_used_was_used(used: GatewayAndVendor) -> None:
    told = used.ask(Turn(unread=True, ending="reset"), Turn(), model="of-openai")
    assert (told.status, told.said, len(told.seen)) == (200, "hello there", 1)
    assert (told.tokens, told.row.estimated) == ((9, 2), False)


@Forms
def test_a_call_on_a_connection_that_may_have_been_read_is_sent_again_beside_a_marked_attempt(
    used: GatewayAndVendor, stream: bool
) -> None:
    gone = Turn(body=b"", raw=True, ending="close")
    told = used.ask(gone, STREAM if stream else Turn(), stream=stream, capped=True)
    assert (told.status, told.said, len(told.seen)) == (200, "hello there", 2)
    first, second = told.rows
    assert (first.outcome, first.estimate_reason, first.output_tokens) == ("cut", "unanswered", 50)
    assert (second.outcome, second.input_tokens, second.output_tokens) == ("ok", 9, 2)
    assert told.reservation is not None
    assert told.reservation.output_tokens > 50, "the hold was not extended first"
    entry = LedgerEntry.objects.get(reservation_id=told.reservation.pk)
    assert (entry.requests, entry.cost_nano_usd) == (1, told.charged_nano_usd)


def test_a_call_that_may_have_been_read_is_sent_again_once_only(used: GatewayAndVendor) -> None:
    gone = Turn(body=b"", raw=True, ending="close")
    told = used.ask(gone, gone, gone)
    assert (told.status, told.error["code"], told.headers["x-should-retry"]) == (502, "vendor_error", "false")
    assert len(told.seen) == len(told.rows) == 2


def test_a_call_on_a_new_connection_is_not_sent_again(gateway: GatewayAndVendor) -> None:
    gateway.ask(Turn(ending="close"))  # so that the pool is empty
    time.sleep(0.05)
    told = gateway.ask(Turn(body=b"", raw=True, ending="close"))
    assert (told.status, len(told.seen), len(told.rows)) == (502, 1, 1)
    assert told.headers["x-should-retry"] == "false"


def test_a_connection_that_was_closed_while_it_waited_is_not_used(used: GatewayAndVendor) -> None:
    """The vendor closes it in good order as soon as it has answered."""
    used.ask(Turn(ending="close"))
    before = set(used.vendor.called_from)
    told = used.ask()
    assert (told.status, told.tokens, len(told.rows)) == (200, (9, 2), 1)
    assert len(used.vendor.called_from - before) == 1


def test_what_a_vendor_says_unasked_is_nobodys_answer(used: GatewayAndVendor) -> None:
    timeout = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    used.ask(Turn(body=_http(Turn().body) + timeout, raw=True))
    told = used.ask()
    assert (told.status, told.said, told.tokens) == (200, "hello there", (9, 2))


def _http(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )
