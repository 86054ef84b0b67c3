from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from tests.e2e.protocols.asking import GatewayAndVendors
from tests.e2e.protocols.speaking import WAYS
from tests.e2e.server import running_server
from tests.factories import (
    BudgetFactory,
    ModelFactory,
    PriceFactory,
    ProviderFactory,
    RuleFactory,
    TenantFactory,
    alder,
    make_token,
    reference_data,
)
from tests.served import empty_tables, settled_ledger
from tests.support.forget_vendors import forget_vendors
from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.raw import RawVendor, raw_vendor
from tests.vendors.running import Running, RunningVendor, running

PLENTY = 10**12
"""Nano-USD."""
FIRST_BYTE_S = 0.4
"""What vendors have whose models' names begin with `hurried`."""
LONGEST = 20
"""Tokens of the answers of those whom a rule limits."""
COMPATIBLE, NATIVE, CLAUDE = "compatible", "native", "claude"


@pytest.fixture(scope="session")
def _claude() -> Iterator[Running[FakeAnthropic]]:
    with running(FakeAnthropic()) as vendor:
        yield vendor


@pytest.fixture(scope="session")
def raw() -> Iterator[RawVendor]:
    """Who sends the bytes that a test gives it."""
    with raw_vendor() as vendor:
        yield vendor


@pytest.fixture(scope="package")
def gateway(
    django_db_setup: Any,
    django_db_blocker: Any,
    _vendor: RunningVendor,
    _claude: Running[FakeAnthropic],
    raw: RawVendor,
) -> Iterator[GatewayAndVendors]:
    """One gateway for the whole folder: each test looks at its own calls. The books are clean afterwards."""
    with django_db_blocker.unblock():
        try:
            with settled_ledger(), pytest.MonkeyPatch.context() as patch:
                patch.setenv("FAKE_VENDOR_API_KEY", _vendor.api_key)
                patch.setenv("FAKE_ANTHROPIC_API_KEY", _claude.api_key)
                patch.setattr(settings, "ANSWER_CACHE_TIMEOUT_S", 10)  # a busy machine decides nothing
                reference_data()
                _serve(_vendor, _claude)
                _serve_raw(raw)
                tokens = _tokens()
                with running_server() as server:
                    yield GatewayAndVendors(url=server.url, vendor=_vendor, claude=_claude, tokens=tokens)
        finally:
            empty_tables()


@pytest.fixture(autouse=True)
def _all_vendors_are_well(gateway: GatewayAndVendors) -> None:
    """What the test before did to a vendor is forgotten."""
    forget_vendors()


def _serve(vendor: RunningVendor, claude: Running[FakeAnthropic]) -> None:
    """`small` of a vendor that speaks chat, `claude`, `native` of one that speaks Responses; and `NAME-first`, which
    the other vendor serves should the first one fail.
    """
    openai = {"kind": "openai_compatible", "base_url": vendor.base_url, "api_key_env": "FAKE_VENDOR_API_KEY"}
    compatible = ProviderFactory(name=COMPATIBLE, **openai)
    native = ProviderFactory(name=NATIVE, **openai, traits={"retries": 0, "responses": True})
    anthropic = ProviderFactory(
        name=CLAUDE,
        kind="anthropic",
        base_url=f"http://127.0.0.1:{claude.port}",
        api_key_env="FAKE_ANTHROPIC_API_KEY",
    )
    for name, provider, physical in (
        ("small", compatible, "fake-small"),
        ("native", native, "fake-native"),
        ("claude", anthropic, "claude-sonnet-5"),
        ("vectors", compatible, "fake-vectors"),
    ):
        for prefix, traits, price in (
            ("", {}, 1),
            ("hurried-", {"first_byte_s": FIRST_BYTE_S}, 1),
            ("dear-", {}, 2),
        ):
            first = {"": name, "dear-": "claude" if name == "small" else "small"}.get(prefix)
            model = ModelFactory(
                name=f"{prefix}{name}",
                provider=provider,
                physical_name=physical,
                traits=traits,
                aliases=[f"{first}-first"] if first and name in ("small", "claude") else [],
                capabilities=["embeddings"] if name == "vectors" else [],
            )
            PriceFactory(model=model, input=price, output=price)


def _serve_raw(raw: RawVendor) -> None:
    """The same models, with `raw-` before their names, of the vendor that sends what it is given."""
    for name, kind in (
        ("small", "openai_compatible"),
        ("native", "openai_compatible"),
        ("claude", "anthropic"),
        ("vectors", "openai_compatible"),
    ):
        traits = {"retries": 0, **({"responses": True} if name == "native" else {})}
        provider = ProviderFactory(name=f"raw-{name}", kind=kind, base_url=raw.base_url, traits=traits)
        PriceFactory(
            model=ModelFactory(
                name=f"raw-{name}",
                provider=provider,
                capabilities=["embeddings"] if name == "vectors" else [],
            )
        )


def _tokens() -> dict[str, str]:
    tokens = {"free": make_token(alder()).secret}
    for name in ("capped", "cancelling", "limited", "hasty", *(f"once {way}" for way in WAYS)):
        tenant = TenantFactory(slug=name.replace(" ", "-").lower())
        tokens[name] = make_token(tenant).secret
        if name.startswith("once"):
            BudgetFactory(tenant=tenant, dimension="requests", amount=1)
        else:
            BudgetFactory(tenant=tenant, dimension="cost", amount=PLENTY)
        if name == "cancelling":
            RuleFactory(tenant=tenant, key="on_disconnect", value="cancel")
        if name == "limited":
            RuleFactory(tenant=tenant, key="max_tokens_out", value=LONGEST)
        if name == "hasty":
            RuleFactory(tenant=tenant, key="requests_per_minute", value=1)
    return tokens
