"""What a request took is freed when it ends. A circle of its objects would wait for the garbage collector, which holds
up all other requests while it looks for them.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway_project.proxy.caller import WATCH_AFTER_S
from metering.time_limits import LOOK_S
from tests.e2e.server import Server
from tests.e2e.wire import Wire
from tests.factories import make_token
from tests.vendors.running import RunningVendor

OURS = ("gateway_project.", "metering.", "providers.", "adapters.")
ENDS_WITHIN_S = 0.3
"""A request ends a moment after its answer is there."""


@pytest.fixture
def wire(front: Server) -> Iterator[Wire]:
    with Wire(front, make_token().secret) as wire:
        wire.ask("Hello")  # what is made once for all is made now
        wire.read_until(b"}}")
        wire.received = b""
        yield wire


@contextmanager
def no_circle() -> Iterator[None]:
    """Nothing is collected within the block; at its end nothing of ours may be among what has to be."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
        time.sleep(ENDS_WITHIN_S)
        gc.collect()
        assert not [each for each in gc.garbage if type(each).__module__.startswith(OURS)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_a_call_that_lasts_until_its_caller_is_watched_leaves_nothing(
    wire: Wire, vendor: RunningVendor
) -> None:
    with no_circle():
        vendor.hold()
        wire.ask("Hello")
        time.sleep(WATCH_AFTER_S + 3 * LOOK_S)
        vendor.open()
        assert wire.read_until(b"}}").startswith(b"HTTP/1.1 200")


def test_a_call_that_is_refused_leaves_nothing(wire: Wire) -> None:
    with no_circle():
        wire.ask("Hello", model="unknown")
        assert wire.read_until(b"}}").startswith(b"HTTP/1.1 404")
