from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.odd_vendors.gateway_and_vendor import FRESH_MODELS, PLENTY, GatewayAndVendor
from tests.e2e.server import running_server
from tests.factories import (
    BudgetFactory,
    ModelFactory,
    PriceFactory,
    ProviderFactory,
    birch,
    make_token,
    reference_data,
)
from tests.served import empty_tables, serve_model, settled_ledger
from tests.vendors.raw import RawVendor, raw_vendor


@pytest.fixture(scope="session")
def _raw_vendor() -> Iterator[RawVendor]:
    with raw_vendor() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def gateway(
    django_db_setup: Any, django_db_blocker: Any, _raw_vendor: RawVendor
) -> Iterator[GatewayAndVendor]:
    """One gateway for a whole module: each test looks at the rows of its own calls. The books are clean afterwards."""
    with django_db_blocker.unblock():
        try:
            with settled_ledger():
                yield from _serving(_raw_vendor)
        finally:
            empty_tables()


UNUSABLE = {
    "no-port": {"base_url": "http://127.0.0.1:99999/v1"},
    "no-host": {"base_url": "http://[nonsense/v1"},
    "no-key": {"base_url": "http://127.0.0.1:9/v1", "api_key_env": "UNSET_VENDOR_API_KEY"},
    "no-header": {"base_url": "http://127.0.0.1:9/v1", "api_key_env": "ODD_VENDOR_API_KEY"},
}
"""Providers that no door would let in."""


def _serve_who_let_others_answer(base_url: str) -> None:
    """OpenRouter and Groq, each with a model to ask for at $1 and a dearer one that nobody may ask for."""
    for vendor, asked, other in (
        ("openrouter", "openrouter/auto", "anthropic/claude-sonnet-5.5"),
        ("groq", "groq/compound", "openai/gpt-oss-120b"),
    ):
        provider = ProviderFactory(name=vendor, kind="openai_compatible", base_url=base_url, vendor=vendor)
        sizes = {"context_tokens": 10_000, "max_output_tokens": 1_000}
        serve_model(f"of-{vendor}", provider=provider, physical_name=asked, **sizes)
        dear = ModelFactory(
            name=f"dear-{vendor}", provider=provider, physical_name=other, is_active=False, **sizes
        )
        PriceFactory(model=dear, input=3, output=15)


def _serving(vendor: RawVendor) -> Iterator[GatewayAndVendor]:
    reference_data()
    provider = ProviderFactory(name="odd", kind="openai_compatible", base_url=vendor.base_url)
    sizes = {"context_tokens": 10_000, "max_output_tokens": 1_000}
    for name in ("small", *FRESH_MODELS):
        serve_model(name, provider=provider, **sizes)
    serve_model("tight", provider=provider, context_tokens=8_192, max_output_tokens=8_192)
    serve_model("gpt-4o", provider=provider, context_tokens=128_000, max_output_tokens=16_384)
    serve_model("thinker", provider=provider, physical_name="o3-mini", context_tokens=10_000)
    for vendor_name in ("openai", "mistral", "xai"):
        like = ProviderFactory(
            name=vendor_name, kind="openai_compatible", base_url=vendor.base_url, vendor=vendor_name
        )
        serve_model(f"of-{vendor_name}", provider=like, **sizes)
        serve_model(f"of-{vendor_name}-older", provider=like, traits={"limit_names": ["max_tokens"]}, **sizes)
    _serve_who_let_others_answer(vendor.base_url)
    for name, facts in UNUSABLE.items():
        serve_model(name, provider=ProviderFactory(name=name, kind="openai_compatible", **facts))
    capped = birch()
    BudgetFactory(scope="tenant", tenant=capped, dimension="cost", amount=PLENTY)
    token, capped_token = make_token(), make_token(capped)
    with pytest.MonkeyPatch.context() as patch, running_server() as server:
        patch.setenv("ODD_VENDOR_API_KEY", "secret\nhost: elsewhere")
        yield GatewayAndVendor(
            port=int(server.url.rpartition(":")[2]),
            vendor=vendor,
            token=token.secret,
            capped_token=capped_token.secret,
        )
