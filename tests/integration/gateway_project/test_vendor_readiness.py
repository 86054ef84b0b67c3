"""A vendor that does not answer at the gateway's start: its models are not available, and it is asked until it does."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest

from gateway_project.vendor_readiness import waiting_for_vendors
from gateway_project.vendors import ConfiguredVendors
from launcher.process import wait_until
from providers.port import Failure, ProviderError
from providers.routing.board import Board
from providers.routing.place import EVERY_KEY, EVERY_MODEL, GATEWAYS_OWN, Kind, Place
from providers.routing.router import Router
from tests.e2e.server import Server, running_server
from tests.factories import ProviderFactory, make_token, reference_data
from tests.served import serve_model
from tests.vendors.key_desk import KeyDesk, Refusal
from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.running import running

pytestmark = pytest.mark.slow
KEY_VARIABLE, KEY = "LATE_VENDOR_API_KEY", "late-key"
WITHIN_S = 30.0


@pytest.fixture
def desk() -> KeyDesk:
    desk = KeyDesk(FakeOpenAI(), KEY)
    desk.refused[KEY] = Refusal(503)
    return desk


@pytest.fixture
def gateway(transactional_db: Any, desk: KeyDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    reference_data()
    with running(desk) as vendor:
        late = ProviderFactory(
            name="late", kind="openai_compatible", base_url=vendor.base_url, api_key_env=KEY_VARIABLE
        )
        serve_model("small", provider=late, physical_name="fake-small")
        with running_server() as server:
            yield server


def is_available(gateway: Server, secret: str) -> bool:
    answer = httpx.get(f"{gateway.url}/llm/models", headers={"authorization": f"Bearer {secret}"})
    (model,) = answer.raise_for_status().json()
    return bool(model["available"])


def test_its_models_are_available_once_it_has_answered_and_then_it_is_left_alone(
    gateway: Server, desk: KeyDesk
) -> None:
    secret = make_token().secret
    assert wait_until(lambda: len(desk.seen) > 1, WITHIN_S), "it is asked again"
    assert not is_available(gateway, secret)
    ready = httpx.get(f"{gateway.url}/health/ready")
    assert (ready.status_code, ready.json()["checks"]["vendors"]) == (200, "degraded")
    desk.refused.clear()
    assert wait_until(lambda: is_available(gateway, secret), WITHIN_S)
    assert "vendors" not in httpx.get(f"{gateway.url}/health/ready").json()["checks"]


class DeadVendors:
    """One provider, which never answers a probe."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self.unanswered: set[str] = set()
        self.probes = 0

    async def providers(self) -> tuple[str, ...]:
        return ("dead",)

    async def probe(self, name: str, timeout_s: float) -> None:
        self.probes += 1
        raise ProviderError("It is dead.", failure=Failure.UNREACHABLE, retryable=True)


async def test_one_whose_circuit_calls_have_opened_is_not_asked_any_more() -> None:
    board = Board()
    vendors = DeadVendors(Router(board))
    async with waiting_for_vendors(cast(ConfiguredVendors, vendors)):
        await asyncio.sleep(0.1)
        assert (vendors.probes, vendors.unanswered) == (1, {"dead"})
        board.put(Place(Kind.CIRCUIT, "dead", GATEWAYS_OWN, EVERY_MODEL, EVERY_KEY), 60)
        assert await asyncio.to_thread(wait_until, lambda: not vendors.unanswered, WITHIN_S)
    assert vendors.probes == 1
