"""Vendors, models with their prices, and plans."""

from datetime import datetime, timedelta
from decimal import Decimal

from metering.models import Provider
from tests.factories import ModelFactory, PriceFactory, make_plan

MODELS = {
    "claude-sonnet-4.5": ("anthropic", "PRO_M", "3", "15"),
    "claude-opus-4.1": ("anthropic", "ADVANCED", "15", "75"),
    "gpt-5": ("openai", "PRO_L", "1.25", "10"),
    "gpt-5-mini": ("openai", "BASE_M", "0.25", "2"),
    "gemini-2.5-pro": ("google", "PRO_L", "1.25", "10"),
    "deepseek-chat": ("deepseek", "BASE_S", "0.27", "1.1"),
}
"""Name → vendor, class, dollars per million tokens in and out."""
PLANS = {
    "ENTERPRISE": ("BASE_S", "BASE_M", "PRO_M", "PRO_L", "ADVANCED"),
    "PRO": ("BASE_S", "BASE_M", "PRO_M", "PRO_L"),
    "STARTER": ("BASE_S", "BASE_M"),
}


def make_catalog(now: datetime) -> None:
    for code, classes in PLANS.items():
        make_plan(code, classes=classes)
    for name, (vendor, model_class, dollars_in, dollars_out) in MODELS.items():
        provider, _ = Provider.objects.get_or_create(name=vendor, defaults={"kind": Provider.Kind.SANDBOX})
        model = ModelFactory(
            name=name,
            provider=provider,
            model_class_id=model_class,
            context_tokens=200_000,
            max_output_tokens=8_192,
        )
        PriceFactory(
            model=model,
            effective_from=now - timedelta(days=90),
            input=Decimal(dollars_in),
            output=Decimal(dollars_out),
            cached_input=Decimal(dollars_in) / 10,
            cache_write=Decimal(dollars_in) * Decimal("1.25"),
        )
