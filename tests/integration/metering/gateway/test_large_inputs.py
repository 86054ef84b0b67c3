"""Large inputs are counted beside the event loop, for limits in force and for those that are in shadow."""

import threading
from typing import Any

import pytest
from msgspec.structs import replace

from metering.calls.begin import LARGE_INPUT
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from tests.factories import RuleFactory
from tests.integration.metering.gateway.conftest import Gateways


@pytest.fixture
def counted_by() -> list[int]:
    """The threads that counted tokens."""
    return []


@pytest.fixture
async def gateway(gateway_with: Gateways, counted_by: list[int]) -> LLMGateway:
    def count_tokens(text: bytes) -> int:
        counted_by.append(threading.get_ident())
        return len(text) // 100

    return gateway_with(count_tokens=count_tokens)


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
