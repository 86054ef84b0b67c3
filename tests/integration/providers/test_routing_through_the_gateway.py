"""An alias of two vendors, asked through the whole gateway: who serves, and what callers and operators see."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from metering.ids import uuid7
from metering.models import UsageLog
from tests.e2e.server import Server, running_server
from tests.factories import ModelFactory, PriceFactory, ProviderFactory, birch, make_token, reference_data
from tests.served import settled_ledger
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
KEY_VARIABLE, TOKEN = "FAKE_VENDOR_API_KEY", "metrics-token"


@pytest.fixture
def server(transactional_db: Any, settings: Any) -> Iterator[Server]:
    settings.METRICS_TOKEN = TOKEN
    reference_data()
    with settled_ledger(), running_server() as server:
        yield server


@pytest.fixture
def names() -> tuple[str, str]:
    """Of two providers, which no other test uses: Redis remembers them."""
    return f"first-{uuid7()}"[:40], f"second-{uuid7()}"[:40]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def serve(
    name: str,
    base_url: str,
    monkeypatch: pytest.MonkeyPatch,
    vendor: RunningVendor,
    *,
    price: int = 1,
    **of: Any,
) -> None:
    """A provider of this name with one model, at so many dollars per million tokens."""
    monkeypatch.setenv(KEY_VARIABLE, vendor.api_key)
    provider = ProviderFactory(
        name=name, kind="openai_compatible", base_url=base_url, api_key_env=KEY_VARIABLE
    )
    model = ModelFactory(name=f"model-of-{name}", provider=provider, physical_name="fake-small", **of)
    PriceFactory(model=model, input=price, output=price)


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=make_token().secret, max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, model: str, conversation: str = "") -> Any:
    return client.chat.completions.with_raw_response.create(
        model=model,
        messages=[{"role": "user", "content": "hello"}],
        max_tokens=5,
        extra_headers={"x-conversation-id": conversation} if conversation else {},
    )


def metric(server: Server, name: str, **labels: str) -> float:
    """The sum of what has these labels."""
    text = requests.get(
        f"{server.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}, timeout=20
    ).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(
        sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_with_the_cheaper_vendor_dead_every_call_is_served_and_soon_goes_to_the_other_at_once(
    server: Server,
    client: openai.OpenAI,
    names: tuple[str, str],
    closed_port: int,
    vendor: RunningVendor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dead, alive = names
    serve(dead, f"http://127.0.0.1:{closed_port}/v1", monkeypatch, vendor, aliases=["either"])
    serve(alive, vendor.base_url, monkeypatch, vendor, aliases=["either"], price=5)
    assert {ask(client, "either").headers["x-gateway-provider"] for _ in range(12)} == {alive}
    # A slow machine may reach the end of the cool-down, after which one call tries.
    failures = metric(server, "gateway_vendor_failures_total", provider=dead, fault="unreachable")
    assert 5 <= failures < 10
    assert metric(server, "gateway_fallbacks_total", provider=dead) == failures
    assert metric(server, "gateway_circuit_transitions_total", provider=dead, state="open") >= 1
    assert metric(server, "gateway_circuits_open", provider=dead) == 1
    assert metric(server, "gateway_routing_shared") == 1
    assert UsageLog.objects.filter(provider_name=dead).count() == 0, "nothing was sent there"


def test_with_no_other_vendor_a_dead_one_is_asked_all_the_same(
    client: openai.OpenAI,
    names: tuple[str, str],
    closed_port: int,
    vendor: RunningVendor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve(names[0], f"http://127.0.0.1:{closed_port}/v1", monkeypatch, vendor)
    for _ in range(6):
        with pytest.raises(openai.InternalServerError) as caught:
            ask(client, f"model-of-{names[0]}")
    assert caught.value.code == "vendor_error"


def test_beyond_the_vendors_limit_the_call_goes_on_to_the_next_vendor_and_without_one_the_caller_is_told(
    client: openai.OpenAI, names: tuple[str, str], vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited, other = names
    traits = {"requests_per_minute": 1}
    serve(limited, vendor.base_url, monkeypatch, vendor, aliases=["either"], traits=traits)
    serve(other, vendor.base_url, monkeypatch, vendor, aliases=["either"], price=5)
    served = [ask(client, "either").headers["x-gateway-provider"] for _ in range(2)]
    assert served == [limited, other]
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client, f"model-of-{limited}")
    assert caught.value.code == "vendor_rate_limited"
    assert 0 < int(caught.value.response.headers["retry-after"]) <= 60


def test_a_conversation_stays_with_its_vendor_and_is_no_other_tenants(
    server: Server,
    client: openai.OpenAI,
    names: tuple[str, str],
    vendor: RunningVendor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cheap, dear = names
    serve(dear, vendor.base_url, monkeypatch, vendor, aliases=["either"], price=5)
    assert ask(client, "either", "talk").headers["x-gateway-provider"] == dear
    serve(cheap, vendor.base_url, monkeypatch, vendor, aliases=["either"])
    deadline = time.monotonic() + 20
    while ask(client, "either").headers["x-gateway-provider"] != cheap:
        assert time.monotonic() < deadline, "the new model was not heard of"
    assert ask(client, "either", "talk").headers["x-gateway-provider"] == dear
    secret = make_token(birch()).secret
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret, max_retries=0) as another:
        assert ask(another, "either", "talk").headers["x-gateway-provider"] == cheap
