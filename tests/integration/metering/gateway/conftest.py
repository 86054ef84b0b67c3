from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings

from adapters.chat import ChatAdapter
from metering.calls.values import CallRequest
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.ids import uuid7
from metering.ledger.writer import LedgerWriter
from metering.orm import in_database_thread
from metering.types import Task
from providers.token_counting import count_tokens
from tests.factories import make_token, reference_data
from tests.fakes.vendors import FakeVendors
from tests.served import serve_model, settled_books

Request = Callable[..., CallRequest]


@pytest.fixture(autouse=True)
def books(transactional_db: Any) -> Iterator[None]:
    reference_data()
    serve_model()
    with settled_books():
        yield


@pytest.fixture
def vendors() -> FakeVendors:
    return FakeVendors()


@pytest.fixture
async def writer(books: None) -> AsyncIterator[LedgerWriter]:
    writer = LedgerWriter(django_settings.LEDGER_DATABASE_URL)
    await writer.start()
    yield writer
    await writer.close()


@pytest.fixture
async def gateway(writer: LedgerWriter, vendors: FakeVendors) -> AsyncIterator[LLMGateway]:
    gateway = LLMGateway(
        ledger=writer,
        vendors=vendors,
        adapters=[ChatAdapter()],
        count_tokens=count_tokens,
        lease_s=30,
    )
    yield gateway
    await gateway.close(5)


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


Rows = Callable[..., Awaitable[Any]]


@pytest.fixture
def rows() -> Rows:
    """Ask the ORM from a test's event loop."""

    async def ask(question: Callable[[], Any]) -> Any:
        return await in_database_thread(question)

    return ask
