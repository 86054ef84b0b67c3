"""A caller who reads more slowly than the vendor writes: nothing piles up in between, nothing is lost."""

import time
from collections.abc import Iterator

import pytest

from gateway_project.local.process import wait_until
from metering.models import UsageLog
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
