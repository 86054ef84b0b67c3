"""Large inputs are counted beside the event loop, for limits in force and for those that are only tried."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.chat import ChatAdapter
from metering.calls.admit import LARGE_INPUT
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.ledger.writer import LedgerWriter
from tests.factories import RuleFactory
from tests.fakes.vendors import FakeVendors


@pytest.fixture
def counted_by() -> list[int]:
    """The threads that counted tokens."""
    return []


@pytest.fixture
async def gateway(
    writer: LedgerWriter, vendors: FakeVendors, counted_by: list[int]
) -> AsyncIterator[LLMGateway]:
    def count_tokens(text: bytes) -> int:
        counted_by.append(threading.get_ident())
        return len(text) // 100

    gateway = LLMGateway(
        ledger=writer, vendors=vendors, adapters=[ChatAdapter()], count_tokens=count_tokens, lease_s=30
    )
    yield gateway
    await gateway.close(5)


@pytest.mark.parametrize("mode", ["enforce", "observe", "warn"])
async def test_the_event_loop_counts_no_large_input(
    gateway: LLMGateway,
    caller: Principal,
    counted_by: list[int],
    rows: Any,
    request_for: Any,
    mode: str,
) -> None:
    await rows(lambda: RuleFactory(key="max_tokens_in", value=100_000, mode=mode))
    request = request_for("x" * LARGE_INPUT)
    await gateway.execute(caller, replace(request, input_bytes=LARGE_INPUT))
    assert counted_by
    assert threading.get_ident() not in counted_by
