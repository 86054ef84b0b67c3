"""What calls cost with all that moves a price: the hold in a cost budget, the charge, the row."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.timezone import now
from msgspec.structs import replace

from metering.errors import BudgetExceeded, UnpriceableRequest
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import ModelPrice, Provider, Tenant, UsageLog, UsageMeter, UsageReservation
from tests.factories import BudgetFactory
from tests.fakes.vendors import FakeAnswer, FakeUsage, FakeVendors
from tests.served import serve_model

TIERS = {"modifiers": {"service_tiers": {"flex": "0.5", "priority": 3}}}


@pytest.fixture
def prices(rows: Any) -> Any:
    """Gives the model new prices: a dollar for a million input tokens, two for output, and modifiers."""

    async def set_prices(**fields: Any) -> None:
        plain = {"input": 1, "output": 2, "cached_input": 1, "cache_write": 1}
        values = {"model_id": "sandbox-small", "effective_from": now() - timedelta(days=1)}
        await rows(lambda: ModelPrice.objects.all().delete())
        await rows(lambda: ModelPrice.objects.create(**values | plain | fields))

    return set_prices


async def charged(gateway: LLMGateway, caller: Principal, request: Any, rows: Any) -> UsageLog:
    await gateway.execute(caller, request)
    row = await rows(UsageLog.objects.get)
    held = await rows(UsageReservation.objects.get)
    assert held.cost_nano_usd >= row.cost_nano_usd, "the hold was a bound"
    return row  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("price", "asked", "usage", "nano_usd", "partly"),
    [
        (TIERS, {"service_tier": "flex"}, {"service_tier": "flex"}, 5_000, False),
        (TIERS, {"service_tier": "flex"}, {"service_tier": "default"}, 10_000, False),
        (TIERS, {"service_tier": "priority"}, {"service_tier": "priority"}, 30_000, False),
        ({}, {"service_tier": "flex"}, {"service_tier": "flex"}, 10_000, True),
        ({"modifiers": {"per_call": "0.001"}}, {}, {}, 1_010_000, False),
        ({"modifiers": {"tiers": [{"from_tokens": 3, "input": 5, "output": 6}]}}, {}, {}, 42_000, False),
        ({"cache_write_1h": 7}, {"cache_control": {"type": "ephemeral", "ttl": "1h"}},
         {"cache_write_tokens": 4, "cache_write_1h_tokens": 3}, 10_000 + 18_000, False),
        ({"reasoning": 9}, {}, {"reasoning_tokens": 2}, 10_000 + 14_000, False),
        ({}, {}, {"service_tier": "priority"}, 10_000, True),
    ],
)  # fmt: skip
async def test_a_call_is_charged_as_it_was_served(
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
    prices: Any,
    price: dict[str, Any],
    asked: dict[str, Any],
    usage: dict[str, Any],
    nano_usd: int,
    partly: bool,
) -> None:
    await prices(**price)
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    vendors.script = [FakeAnswer(usage=FakeUsage(**{"input_tokens": 6, "output_tokens": 2, **usage}))]
    row = await charged(gateway, caller, request_for(**asked), rows)
    assert (row.cost_nano_usd, row.partly_priced) == (nano_usd, partly)
    meter = await rows(UsageMeter.objects.get)
    assert (meter.used, meter.held) == (nano_usd, 0)


@pytest.mark.parametrize(
    ("price", "asked", "param"),
    [
        ({}, {"service_tier": "priority"}, "service_tier"),
        ({}, {"cache_control": {"type": "ephemeral", "ttl": "1h"}}, "cache_control"),
        ({"cache_write_1h": 7}, {"cache_control": {"type": "ephemeral", "ttl": "7d"}}, "cache_control"),
        ({"modifiers": {"tools": {"web_search": 1}}}, {"tools": [{"type": "web_search"}]}, "tools"),
    ],
)
async def test_what_has_no_price_or_no_bound_is_refused_under_a_hard_budget(
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
    prices: Any,
    price: dict[str, Any],
    asked: dict[str, Any],
    param: str,
) -> None:
    await prices(**price)
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    with pytest.raises(UnpriceableRequest) as caught:
        await gateway.execute(caller, request_for(**asked))
    assert caught.value.param == param
    assert not vendors.calls


async def test_calls_of_the_vendors_tools_have_their_fees_under_a_soft_budget(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any, prices: Any
) -> None:
    await prices(modifiers={"tools": {"web_search": "0.01"}, "per_image": "0.002"})
    vendors.script = [
        FakeAnswer(usage=FakeUsage(input_tokens=6, output_tokens=2, tool_calls={"web_search": 3}))
    ]
    await gateway.execute(caller, request_for(tools=[{"type": "web_search_20260101"}]))
    row = await rows(UsageLog.objects.get)
    assert (row.cost_nano_usd, row.partly_priced) == (30_010_000, False)
    assert row.fee_units == '{"web_search":3}'


@pytest.mark.parametrize(
    ("of_provider", "of_tenant", "nano_usd", "listed"),
    [("0", "0", 10_000, None), ("5", "0", 10_500, 10_000), ("0", "-20", 8_000, 10_000), ("10", "10", 12_100, 10_000)],
)  # fmt: skip
async def test_budgets_count_the_marked_up_cost_and_both_figures_are_kept(
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
    prices: Any,
    of_provider: str,
    of_tenant: str,
    nano_usd: int,
    listed: int | None,
) -> None:
    await prices()
    await rows(lambda: Provider.objects.update(markup_percent=Decimal(of_provider)))
    await rows(lambda: Tenant.objects.update(markup_percent=Decimal(of_tenant)))
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    vendors.script = [
        FakeAnswer(usage=FakeUsage(input_tokens=6, output_tokens=2, vendor_cost_nano_usd=9_999))
    ]
    row = await charged(gateway, caller, request_for(), rows)
    assert (row.cost_nano_usd, row.list_cost_nano_usd, row.vendor_cost_nano_usd) == (nano_usd, listed, 9_999)
    assert (await rows(UsageMeter.objects.get)).used == nano_usd


async def test_dear_hours_are_in_the_hold(
    gateway_with: Any, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any, prices: Any
) -> None:
    moment = datetime.now(UTC)
    day = moment.strftime("%a").lower()
    hours = {"days": [day], "from": "00:00", "to": "24:00", "factor": 4}
    await prices(modifiers={"hours": [hours]})
    await rows(lambda: BudgetFactory(dimension="cost", amount=500_000))
    with pytest.raises(BudgetExceeded):
        await gateway_with().execute(caller, request_for(max_tokens=50))
    await rows(lambda: ModelPrice.objects.update(modifiers={"hours": []}))
    await gateway_with().execute(caller, request_for(max_tokens=50))


async def test_a_model_without_a_price_is_refused_under_a_hard_budget(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: ModelPrice.objects.all().delete())
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    with pytest.raises(UnpriceableRequest, match="'sandbox-small' has no price"):
        await gateway.execute(caller, request_for())
    assert not vendors.calls


async def test_a_model_without_a_price_serves_where_only_a_soft_budget_applies_and_says_so(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await rows(lambda: ModelPrice.objects.all().delete())
    await rows(lambda: BudgetFactory(dimension="cost", amount=1, hard=False))
    await gateway.execute(caller, request_for())
    row = await rows(UsageLog.objects.get)
    assert (row.cost_nano_usd, row.partly_priced, row.input_tokens) == (0, True, 10)


async def test_a_model_without_a_price_is_the_last_of_its_class(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: serve_model("a-dear-one"))
    await rows(lambda: ModelPrice.objects.filter(model="sandbox-small").delete())
    await gateway.execute(caller, replace(request_for(), model="BASE_S"))
    assert (await rows(UsageLog.objects.get)).request_model == "a-dear-one"
