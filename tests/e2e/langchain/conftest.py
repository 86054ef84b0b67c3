"""LangChain's own tests of chat models, asked of a gateway whose vendor speaks chat and does as it is asked."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from inspect import iscoroutinefunction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from metering.models import UsageLog
from tests.e2e.server import running_server
from tests.factories import ProviderFactory, make_token, reference_data
from tests.pictures import png
from tests.served import empty_tables, serve_model, settled_ledger
from tests.vendors.obedient_app import ObedientVendor
from tests.vendors.running import Running, running

HERE = Path(__file__).parent
KEY_VARIABLE = "OBEDIENT_VENDOR_API_KEY"
PDF = b"%PDF-1.4\n%%EOF\n"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The clients keep their connections for the whole process, so coroutines of one suite share a loop."""
    for item in items:
        if HERE in item.path.parents and iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@dataclass(frozen=True)
class Gateway:
    """Where it is, a token for it, and the vendor behind it."""

    url: str
    token: str
    vendor: Running[ObedientVendor]


@pytest.fixture(scope="module")
def gateway(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Gateway]:
    """One for a whole suite, at whose end every call is settled."""
    with django_db_blocker.unblock():
        try:
            with settled_ledger(), ExitStack() as stack:
                served = _served(stack)
                yield served
                served.vendor.finish()
                assert not UsageLog.objects.exclude(outcome="ok").exists()
                assert UsageLog.objects.count() == len(served.vendor.log.calls) > 0
        finally:
            empty_tables()


@pytest.fixture
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is reported to LangSmith, whatever whoever runs the tests has set."""
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.setenv(name, "false")


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite's pictures and documents come from here, not from their homes in the network."""

    def get(url: str, **options: object) -> SimpleNamespace:
        return SimpleNamespace(content=PDF if url.endswith(".pdf") else png(64, 64))

    monkeypatch.setattr(httpx, "get", get)


@pytest.fixture
def benchmark() -> None:
    """A test of the suite names it, and is skipped."""


@pytest.fixture
def vcr() -> None:
    """So is this."""


def _served(stack: ExitStack) -> Gateway:
    reference_data()
    vendor = stack.enter_context(running(ObedientVendor()))
    stack.enter_context(pytest.MonkeyPatch.context()).setenv(KEY_VARIABLE, vendor.api_key)
    provider = ProviderFactory(
        name="obedient", kind="openai_compatible", base_url=vendor.base_url, api_key_env=KEY_VARIABLE
    )
    for name in ("small", "large"):
        serve_model(name, provider=provider, physical_name=f"fake-{name}")
    server = stack.enter_context(running_server())
    return Gateway(server.url, make_token().secret, vendor)
