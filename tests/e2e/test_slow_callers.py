"""A caller who reads more slowly than the vendor writes: nothing piles up in between, nothing is lost. And one who does
not read at all: the call ends as if the caller had left.
"""

import time
from collections.abc import Iterator

import pytest

from gateway_project.front import stalled
from gateway_project.telemetry import metrics
from launcher.process import wait_until
from metering.calls import abandoning
from metering.models import UsageLog, UsageMeter, UsageReservation
from tests.e2e.server import Server
from tests.e2e.wire import Wire
from tests.factories import BudgetFactory, RuleFactory, make_token
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
WITHIN_S = 30
QUIET_S = 0.5
READ_BUFFER = 4_096
CHUNK_BYTES = 10_000
"""Of an endless stream."""
MOST_BYTES = 30_000_000
"""Between vendor and caller: four socket buffers of up to 6 MB each, and 64 events."""
WORDS = 4_000


@pytest.fixture
def wire(front: Server) -> Iterator[Wire]:
    BudgetFactory(dimension="cost", amount=10**12)
    with Wire(front, make_token().secret, read_buffer=READ_BUFFER) as wire:
        yield wire


def sent(vendor: RunningVendor) -> int:
    return vendor.log.calls[0].chunks


def stands_still(vendor: RunningVendor) -> bool:
    before = sent(vendor)
    time.sleep(QUIET_S)
    return sent(vendor) == before > 0


def test_a_caller_who_stops_reading_holds_the_vendor_back(wire: Wire, vendor: RunningVendor) -> None:
    RuleFactory(key="on_disconnect", value="cancel")
    wire.ask("vendor:endless", stream=True)
    wire.read_until(b'"the"')
    assert wait_until(lambda: stands_still(vendor), WITHIN_S)
    assert sent(vendor) * CHUNK_BYTES < MOST_BYTES
    wire.leave()
    assert wait_until(UsageLog.objects.exists, WITHIN_S)
    assert UsageLog.objects.get().outcome == "cancelled"
    assert wait_until(lambda: vendor.log.at_once == 0, WITHIN_S)


def test_a_slow_caller_gets_everything(wire: Wire, vendor: RunningVendor) -> None:
    wire.ask(f"vendor:words={WORDS}", stream=True, max_tokens=WORDS)
    wire.read_until(b'"the"')
    time.sleep(QUIET_S)
    text = wire.read_all()
    assert text.count(b'"content":') == WORDS + 1
    assert b"data: [DONE]" in text
    row = UsageLog.objects.get()
    assert (row.outcome, row.output_tokens, row.estimated) == ("ok", WORDS, False)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller who does not read is given up soon."""
    monkeypatch.setattr(stalled, "STALL_S", 0.5)


def cut_off() -> float:
    return sum(cell[0] for labels, cell in metrics.connections_cut.series.items() if labels == ("stalled",))


def is_free() -> bool:
    """Nothing is held, and the front has let go of every request."""
    assert metrics.in_flight.read is not None
    held = UsageReservation.objects.filter(state=0).exists() or UsageMeter.objects.filter(held__gt=0).exists()
    return not held and metrics.in_flight.read() == 0


@pytest.mark.usefixtures("quick")
def test_who_does_not_read_is_charged_what_the_vendor_bills_and_holds_nothing(
    wire: Wire, vendor: RunningVendor
) -> None:
    before = cut_off()
    wire.ask(f"vendor:words={WORDS}", stream=True, max_tokens=WORDS, logprobs=True, top_logprobs=20)
    wire.read_until(b'"the"')
    assert wait_until(UsageLog.objects.exists, WITHIN_S)
    row = UsageLog.objects.get()
    assert (row.outcome, row.output_tokens, row.estimated) == ("ok", WORDS, False)
    assert wait_until(is_free, WITHIN_S)
    assert cut_off() == before + 1
    assert b"data: [DONE]" not in wire.read_to_the_end()


@pytest.mark.usefixtures("quick")
def test_who_does_not_read_ends_the_call_where_the_policy_says_cancel(
    wire: Wire, vendor: RunningVendor
) -> None:
    RuleFactory(key="on_disconnect", value="cancel")
    wire.ask("vendor:endless", stream=True, max_tokens=50)
    wire.read_until(b'"the"')
    assert wait_until(UsageLog.objects.exists, WITHIN_S)
    row, held = UsageLog.objects.get(), UsageReservation.objects.get()
    assert (row.outcome, row.estimated, row.cost_nano_usd) == ("cancelled", True, held.cost_nano_usd)
    assert wait_until(is_free, WITHIN_S)
    assert wait_until(lambda: vendor.log.at_once == 0, WITHIN_S)


@pytest.mark.usefixtures("quick")
def test_a_vendor_who_never_ends_does_not_keep_the_hold_of_who_does_not_read(
    wire: Wire, vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abandoning, "DRAIN_S", 0.5)
    wire.ask("vendor:endless", stream=True, max_tokens=50)
    wire.read_until(b'"the"')
    assert wait_until(UsageLog.objects.exists, WITHIN_S)
    assert UsageLog.objects.get().estimated
    assert wait_until(is_free, WITHIN_S)
