"""What happens to a vendor's client when its row changes."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import msgspec
import pytest

from gateway_project.vendors import ConfiguredVendors
from metering.models import Provider
from metering.orm import close_database_threads, in_database_thread
from metering.ports import AttemptFailed, Progress, VendorCall
from metering.snapshots import Changes
from providers.keys import Keys
from providers.port import Capability, Completion, ProviderCall, Usage
from providers.registry import FACTORIES, ProviderConfig
from tests.factories import ProviderFactory
from tests.vendors.running import RunningVendor, running_vendor

WITHIN_S = 20
OLD, NEW = "http://old.example/v1", "http://new.example/v1"
KEY_VARIABLE = "FAKE_VENDOR_API_KEY"
Change = Callable[..., Awaitable[None]]
pytestmark = [pytest.mark.timeout(60), pytest.mark.django_db(transaction=True)]


class Endpoint:
    """A vendor's client; a slow call lasts until the test ends it."""

    capabilities = frozenset({Capability.CHAT})

    def __init__(self, config: ProviderConfig) -> None:
        self.base_url = config.base_url
        self.may_end, self.closed = asyncio.Event(), asyncio.Event()
        self.calls = 0

    async def complete(self, call: ProviderCall) -> Completion:
        self.calls += 1
        if call.body["slow"]:
            await self.may_end.wait()
        assert not self.closed.is_set(), "closed under a call"
        return Completion(body=b"{}", model=self.base_url, usage=Usage(input_tokens=1, output_tokens=1))

    async def close(self) -> None:
        self.closed.set()


@pytest.fixture
def endpoints(monkeypatch: pytest.MonkeyPatch) -> list[Endpoint]:
    """Those that were built, in this order."""
    built: list[Endpoint] = []

    def build(config: ProviderConfig, keys: Keys) -> Any:
        built.append(Endpoint(config))
        return built[-1]

    monkeypatch.setitem(FACTORIES, "sandbox", build)
    return built


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningVendor]:
    with running_vendor() as vendor:
        monkeypatch.setenv(KEY_VARIABLE, vendor.api_key)
        yield vendor


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
async def vendors(changes: Changes) -> AsyncIterator[ConfiguredVendors]:
    vendors = ConfiguredVendors(changes)
    yield vendors
    await vendors.close()
    close_database_threads()


@pytest.fixture
async def change(changes: Changes) -> Change:
    """Changes the provider's row, and tells so."""
    await in_database_thread(lambda: ProviderFactory(name="acme", base_url=OLD))

    async def change(**values: Any) -> None:
        await in_database_thread(lambda: Provider.objects.filter(name="acme").update(**values))
        changes.tell(None)

    return change


def call(*, slow: bool = False) -> VendorCall:
    body = {"model": "fake-small", "messages": [{"role": "user", "content": "hello"}], "slow": slow}
    return VendorCall(
        provider_name="acme",
        model="fake-small",
        payload=msgspec.json.encode(body),
        body=body,
        attempt_id="attempt-1",
        timeout_s=WITHIN_S,
        first_byte_s=WITHIN_S,
        asked={},
        output_limit=10,
        traits={},
        progress=Progress(),
    )


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


async def goes_to(vendors: ConfiguredVendors) -> str:
    return (await vendors.complete(call())).model


async def test_a_row_that_is_read_anew_unchanged_keeps_its_client(
    vendors: ConfiguredVendors, endpoints: list[Endpoint], change: Change
) -> None:
    await goes_to(vendors)
    await change(is_active=True)
    await goes_to(vendors)
    [only] = endpoints
    assert (only.calls, only.closed.is_set()) == (2, False)


async def test_a_changed_rows_old_client_is_closed(
    vendors: ConfiguredVendors, endpoints: list[Endpoint], change: Change
) -> None:
    assert await goes_to(vendors) == OLD
    await change(base_url=NEW)
    assert await goes_to(vendors) == NEW
    old, new = endpoints
    await until(old.closed.is_set)
    assert not new.closed.is_set()


async def test_an_old_client_is_closed_once_its_last_call_has_ended(
    vendors: ConfiguredVendors, endpoints: list[Endpoint], change: Change
) -> None:
    left, last = (asyncio.create_task(vendors.complete(call(slow=True))) for _ in range(2))
    await until(lambda: bool(endpoints) and endpoints[0].calls == 2)
    await change(base_url=NEW)
    assert await goes_to(vendors) == NEW
    left.cancel()
    await asyncio.wait([left])
    old = endpoints[0]
    old.may_end.set()
    assert (await last).model == OLD
    await until(old.closed.is_set)


async def test_the_client_of_a_row_that_is_gone_is_closed_at_the_next_call(
    vendors: ConfiguredVendors, endpoints: list[Endpoint], change: Change
) -> None:
    await goes_to(vendors)
    await change(is_active=False)
    with pytest.raises(AttemptFailed, match="not active"):
        await goes_to(vendors)
    await until(endpoints[0].closed.is_set)


async def test_in_the_end_every_client_is_closed(
    vendors: ConfiguredVendors, endpoints: list[Endpoint], change: Change
) -> None:
    running = asyncio.create_task(vendors.complete(call(slow=True)))
    await until(lambda: bool(endpoints) and endpoints[0].calls == 1)
    await change(base_url=NEW)
    await goes_to(vendors)
    await vendors.close()
    assert [endpoint.closed.is_set() for endpoint in endpoints] == [True, True]
    running.cancel()


async def test_a_call_that_runs_outlasts_its_row(
    vendors: ConfiguredVendors, change: Change, vendor: RunningVendor
) -> None:
    """Over real HTTP, where nobody else uses the connections."""
    await change(kind="openai_compatible", base_url=vendor.base_url, api_key_env=KEY_VARIABLE)
    vendor.hold()
    running = asyncio.create_task(vendors.complete(call()))
    await until(lambda: vendor.log.at_once == 1)
    await change(is_active=False)
    with pytest.raises(AttemptFailed, match="not active"):
        await goes_to(vendors)
    vendor.open()
    assert b"the quick brown" in (await running).body
