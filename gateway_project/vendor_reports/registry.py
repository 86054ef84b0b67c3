"""Which vendor's reports a provider of the catalog has."""

from gateway_project.vendor_reports import anthropic, google, openai, openrouter, xai
from gateway_project.vendor_reports.source import Source
from metering.models import Provider
from metering.types import Vendor
from providers.openai_compatible.traits import vendor_of

BY_KIND = {Provider.Kind.ANTHROPIC: anthropic.SOURCE, Provider.Kind.GEMINI: google.SOURCE}
BY_VENDOR = {Vendor.OPENAI: openai.SOURCE, Vendor.XAI: xai.SOURCE, Vendor.OPENROUTER: openrouter.SOURCE}


def source_of(provider: Provider) -> Source | None:
    """None: only a CSV of its invoice can be compared."""
    if provider.kind in BY_KIND:
        return BY_KIND[Provider.Kind(provider.kind)]
    vendor = provider.vendor or vendor_of(provider.base_url)
    return BY_VENDOR.get(Vendor(vendor)) if vendor in set(Vendor) else None
