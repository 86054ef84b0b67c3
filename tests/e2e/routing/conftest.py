from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from metering.models import UsageLog
from tests.e2e.server import running_server
from tests.factories import ModelFactory, PriceFactory, ProviderFactory, make_token, reference_data
from tests.integration.providers.families import FAMILIES, Family
from tests.served import empty_tables, serve_model, settled_ledger
from tests.support.forget_vendors import forget_vendors
from tests.vendors.running import Running, running

KEY_VARIABLE = "FAKE_VENDOR_API_KEY"
FIRST_BYTE_S = 0.4
"""What a vendor that never answers has; the others do within much less, or within the other models' minute."""


@dataclass(frozen=True)
class TwoVendors:
    """A gateway whose model `chat` is a fake vendor's or, should that fail, the sandbox's."""

    family: Family
    first: Running[Any]
    client: openai.OpenAI

    def rows(self, request_id: str) -> list[UsageLog]:
        return list(UsageLog.objects.filter(request_id=request_id).order_by("attempt"))


@contextmanager
def two_vendors(family: Family) -> Iterator[TwoVendors]:
    """Model `chat`: the first vendor, and behind it the sandbox. Model `hurried`: the same, but impatient."""
    with running(family.fake()) as first, pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, first.api_key)
        reference_data()
        kind = "openai_compatible" if family.name == "openai" else family.name
        provider = ProviderFactory(
            name="first",
            kind=kind,
            base_url=f"http://127.0.0.1:{first.port}{family.path}",
            api_key_env=KEY_VARIABLE,
        )
        second = ProviderFactory(name="sandbox")
        for alias, traits in (("chat", {}), ("hurried", {"first_byte_s": FIRST_BYTE_S})):
            facts = {"aliases": [alias], "context_tokens": 32_000}
            serve_model(f"{alias}-a", provider=provider, physical_name=family.model, traits=traits, **facts)
            PriceFactory(
                model=ModelFactory(
                    name=f"{alias}-b", provider=second, physical_name="sandbox-small", **facts
                ),
                input=2,
                output=2,
            )
        with settled_ledger(), running_server() as server:
            secret = make_token().secret
            with openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret, max_retries=0) as client:
                yield TwoVendors(family, first, client)


@pytest.fixture(scope="module", params=FAMILIES)
def vendors(
    request: pytest.FixtureRequest, django_db_setup: Any, django_db_blocker: Any
) -> Iterator[TwoVendors]:
    """One gateway for a whole module: each test looks at the rows of its own calls."""
    with django_db_blocker.unblock():
        try:
            with two_vendors(FAMILIES[request.param]) as found:
                yield found
        finally:
            empty_tables()


@pytest.fixture(autouse=True)
def _all_vendors_are_well(vendors: TwoVendors) -> None:
    """What the test before did to the first vendor is forgotten."""
    forget_vendors()
