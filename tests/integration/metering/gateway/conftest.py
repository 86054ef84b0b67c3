from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from msgspec.structs import replace

from adapters.chat.adapter import ChatAdapter
from metering.calls.begin import CallRequest
from metering.gateway import LLMGateway
from metering.idempotency.key import idempotency_key
from metering.identity.principal import Principal
from metering.ids import uuid7
from metering.ledger.writer import LedgerWriter
from metering.orm import in_database_thread
from metering.types import Task
from providers.token_counting import count_tokens
from tests.factories import make_token, reference_data
from tests.fakes.vendors import FakeVendors
from tests.served import serve_model, settled_ledger

Request = Callable[..., CallRequest]
Gateways = Callable[..., LLMGateway]


@pytest.fixture(autouse=True)
def empty_ledger(transactional_db: Any) -> Iterator[None]:
    reference_data()
    serve_model()
    with settled_ledger():
        yield


@pytest.fixture
def vendors() -> FakeVendors:
    return FakeVendors()


@pytest.fixture
async def writer(empty_ledger: None) -> AsyncIterator[LedgerWriter]:
    writer = LedgerWriter(django_settings.LEDGER_DATABASE_URL)
    await writer.start()
    yield writer
    await writer.close()


@pytest.fixture
async def gateway_with(writer: LedgerWriter, vendors: FakeVendors) -> AsyncIterator[Gateways]:
    """Makes gateways that differ in the parts that are named; they are closed in the end."""
    made: list[LLMGateway] = []

    def make(**parts: Any) -> LLMGateway:
        usual: dict[str, Any] = {"ledger": writer, "vendors": vendors, "adapters": [ChatAdapter()]}
        made.append(LLMGateway(**{**usual, "count_tokens": count_tokens, "lease_s": 30, **parts}))
        return made[-1]

    yield make
    for gateway in made:
        await gateway.close(5)


@pytest.fixture
async def gateway(gateway_with: Gateways) -> LLMGateway:
    return gateway_with()


@pytest.fixture
async def caller(gateway: LLMGateway) -> Principal:
    """Alder's token on the plan PRO."""
    token = await in_database_thread(make_token)
    return await gateway.authenticate(token.secret)


@pytest.fixture
def request_for() -> Request:
    def make(text: str = "hello", *, labels: dict[str, Any] | None = None, **body: Any) -> CallRequest:
        messages = [{"role": "user", "content": text}]
        return CallRequest(
            task=Task.CHAT,
            input={"messages": messages, "max_tokens": 50, **body},
            model=body.pop("model", "sandbox-small"),
            request_id=str(uuid7()),
            **(labels or {}),
        )

    return make


@pytest.fixture
def keyed(caller: Principal, request_for: Request) -> Request:
    """A request of one's own under a key; its body is `text`."""

    def make(text: str = "hello", *, key: str = "k-1", by: Principal = caller, **body: Any) -> CallRequest:
        asked = f"{text} {sorted(body.items())}".encode()
        given = idempotency_key(caller=by, text=key, route="/v1/chat/completions", body=asked)
        return replace(request_for(text, **body), idempotency=given)

    return make


Rows = Callable[..., Awaitable[Any]]


@pytest.fixture
def rows() -> Rows:
    """Ask the ORM from a test's event loop."""

    async def ask(question: Callable[[], Any]) -> Any:
        return await in_database_thread(question)

    return ask
