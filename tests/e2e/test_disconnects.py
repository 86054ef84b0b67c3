"""A caller who leaves, at every stage, under both policies: the call is settled as it should be, nothing is held."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gateway_project.proxy import model_calls
from gateway_project.telemetry import metrics
from launcher.process import wait_until
from metering.calls import abandoning
from metering.models import UsageLog, UsageReservation
from metering.types import ReservationState
from tests.e2e.heard import COMMENT
from tests.e2e.server import Server
from tests.e2e.stopped_ledger import ledger_stopped
from tests.e2e.wire import Wire
from tests.factories import BudgetFactory, RuleFactory, make_token
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
WITHIN_S = 30
STREAMED = pytest.mark.parametrize("stream", [False, True])
POLICY = pytest.mark.parametrize("policy", ["drain", "cancel"])
MAX_TOKENS = 50


@pytest.fixture
def wire(front: Server) -> Iterator[Wire]:
    """Under a budget, so that there is something to be held."""
    BudgetFactory(dimension="cost", amount=10**12)
    with Wire(front, make_token().secret) as wire:
        yield wire


def wait_for(condition: Callable[[], bool]) -> None:
    assert wait_until(condition, WITHIN_S)


def noticed() -> bool:
    """Whether the front has let go of every request."""
    return metrics.in_flight.read is not None and metrics.in_flight.read() == 0


def how_many_left() -> float:
    return sum(value for (value,) in metrics.callers_gone.series.values())


@contextmanager
def a_caller_leaves() -> Iterator[None]:
    """Waits at the end of its block until the front has noticed. A call that runs on keeps its request."""
    before = how_many_left()
    yield
    wait_for(lambda: how_many_left() > before)


def the_row() -> UsageLog:
    """The call's one row, once it is there."""
    wait_for(UsageLog.objects.exists)
    return UsageLog.objects.get()


def assert_booked_as_billed(vendor: RunningVendor) -> None:
    row = the_row()
    vendor.finish()
    (call,) = vendor.log.calls
    assert call.usage is not None
    assert (row.outcome, row.estimated, str(row.pk)) == ("ok", False, call.attempt_id)
    assert (row.input_tokens, row.output_tokens) == (
        call.usage["prompt_tokens"],
        call.usage["completion_tokens"],
    )


def assert_cut_and_charged_as_held(vendor: RunningVendor) -> None:
    """The vendor's connection was cut too; what it may bill is not known, so it is all of the hold."""
    row = the_row()
    held = UsageReservation.objects.get()
    assert (row.outcome, row.estimated) == ("cancelled", True)
    assert (row.output_tokens, row.cost_nano_usd) == (MAX_TOKENS, held.cost_nano_usd)
    wait_for(lambda: vendor.log.at_once == 0)
    assert not vendor.log.calls[0].whole


def test_who_leaves_in_the_middle_of_the_body_holds_nothing(wire: Wire, vendor: RunningVendor) -> None:
    wire.ask("hello", cut_at=20)
    wait_for(lambda: not noticed())
    wire.leave()
    wait_for(noticed)
    assert not UsageReservation.objects.exists()
    assert vendor.log.calls == []


@STREAMED
@POLICY
def test_who_leaves_while_the_hold_is_asked_for_sends_nothing(
    wire: Wire, vendor: RunningVendor, policy: str, stream: bool
) -> None:
    RuleFactory(key="on_disconnect", value=policy)
    with ledger_stopped() as waits:
        wire.ask("hello", stream=stream)
        wait_for(waits)
        wire.leave()
        wait_for(noticed)
    wait_for(lambda: UsageReservation.objects.filter(state=ReservationState.RELEASED).exists())
    assert vendor.log.calls == []
    assert not UsageLog.objects.exists()


@STREAMED
def test_who_leaves_while_the_vendor_thinks_is_charged_what_it_bills(
    wire: Wire, vendor: RunningVendor, stream: bool
) -> None:
    vendor.hold()
    wire.ask("hello", stream=stream)
    wait_for(lambda: vendor.log.at_once == 1)
    with a_caller_leaves():
        wire.leave()
    assert not UsageLog.objects.exists()
    vendor.open()
    assert_booked_as_billed(vendor)
    wait_for(noticed)


@STREAMED
def test_who_leaves_while_the_vendor_thinks_ends_its_call_where_the_policy_says_cancel(
    wire: Wire, vendor: RunningVendor, stream: bool
) -> None:
    RuleFactory(key="on_disconnect", value="cancel")
    vendor.hold()
    wire.ask("hello", stream=stream)
    wait_for(lambda: vendor.log.at_once == 1)
    wire.leave()
    assert_cut_and_charged_as_held(vendor)


def test_who_leaves_after_the_headers_while_the_vendor_thinks_is_charged_what_it_bills(
    wire: Wire, vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_calls, "KEEP_ALIVE_S", 0.2)
    vendor.hold()
    wire.ask("hello", stream=True)
    wire.read_until(COMMENT)
    wire.leave()
    wait_for(noticed)
    assert not UsageLog.objects.exists()
    vendor.open()
    assert_booked_as_billed(vendor)


def test_who_leaves_after_the_headers_while_the_vendor_thinks_ends_it_where_the_policy_says_cancel(
    wire: Wire, vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    RuleFactory(key="on_disconnect", value="cancel")
    monkeypatch.setattr(model_calls, "KEEP_ALIVE_S", 0.2)
    vendor.hold()
    wire.ask("hello", stream=True)
    wire.read_until(COMMENT)
    wait_for(lambda: vendor.log.at_once == 1)  # who leaves before owes nothing
    wire.leave()
    assert_cut_and_charged_as_held(vendor)


def test_who_leaves_in_the_middle_of_a_stream_is_charged_what_it_bills(
    wire: Wire, vendor: RunningVendor
) -> None:
    wire.ask("vendor:stall=1", stream=True)
    wire.read_until(b'"the"')
    wire.leave()
    wait_for(noticed)
    assert_booked_as_billed(vendor)
    assert vendor.log.calls[0].whole


def test_who_leaves_in_the_middle_of_a_stream_ends_it_where_the_policy_says_cancel(
    wire: Wire, vendor: RunningVendor
) -> None:
    RuleFactory(key="on_disconnect", value="cancel")
    wire.ask("vendor:stall=600", stream=True)
    wire.read_until(b'"the"')
    wire.leave()
    assert_cut_and_charged_as_held(vendor)


@POLICY
def test_who_leaves_between_the_last_chunk_and_done_is_charged_what_was_billed(
    wire: Wire, vendor: RunningVendor, policy: str
) -> None:
    RuleFactory(key="on_disconnect", value=policy)
    wire.ask("vendor:stall=1", stream=True)
    wire.read_until(b'"the"')
    with ledger_stopped() as waits:
        wire.read_until(b'"finish_reason":"stop"')
        wait_for(waits)
        assert b"[DONE]" not in wire.received, "the caller was told the end before it was booked"
        wire.leave()
        wait_for(noticed)
    assert_booked_as_billed(vendor)


@STREAMED
def test_a_call_without_a_caller_runs_on_for_a_bounded_time(
    wire: Wire, vendor: RunningVendor, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abandoning, "DRAIN_S", 0.2)
    vendor.hold()
    wire.ask("hello", stream=stream)
    wait_for(lambda: vendor.log.at_once == 1)
    wire.leave()
    assert_cut_and_charged_as_held(vendor)
