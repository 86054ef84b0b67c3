import os
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from redis import Redis

from tests.e2e.server import Server, running_server
from tests.factories import ProviderFactory, make_token, reference_data
from tests.served import serve_model, settled_ledger
from tests.vendors.running import RunningVendor, running_vendor

VENDOR_KEY = "FAKE_VENDOR_API_KEY"


@pytest.fixture(autouse=True)
def full_buckets() -> None:
    """What other tests have drawn from rates that tenants share does not count."""
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        for key in redis.scan_iter("rate:*", count=10_000):
            redis.delete(key)


@pytest.fixture
def server(transactional_db: Any) -> Iterator[Server]:
    """The whole ASGI application over real HTTP, with one model and nothing else."""
    reference_data()
    serve_model()
    with settled_ledger(), running_server() as server:
        yield server


@pytest.fixture
def token(server: Server) -> str:
    """Alder's, on a plan without limits."""
    return make_token().secret


@pytest.fixture
def client(server: Server, token: str) -> Iterator[openai.OpenAI]:
    """The official SDK, as an application would use it."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=token, max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def _vendor() -> Iterator[RunningVendor]:
    with running_vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(_vendor: RunningVendor) -> Iterator[RunningVendor]:
    """A fake vendor over real HTTP, with an empty log, which answers."""
    _vendor.log.clear()
    yield _vendor
    _vendor.open()


@pytest.fixture
def front(transactional_db: Any, vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The whole application in front of that vendor, whose one model is `small`."""
    monkeypatch.setenv(VENDOR_KEY, vendor.api_key)
    reference_data()
    provider = ProviderFactory(
        name="fake", kind="openai_compatible", base_url=vendor.base_url, api_key_env=VENDOR_KEY
    )
    serve_model("small", provider=provider, physical_name="fake-small")
    with settled_ledger(), running_server() as server:
        yield server
        vendor.open()
