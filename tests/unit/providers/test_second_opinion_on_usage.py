"""What is charged of the files in fixtures/wire, beside what another reader of the same figures makes of them."""

from typing import Any

import pytest

from tests.vendors.wire_app import case, cases

genai_prices = pytest.importorskip("genai_prices")
PROVIDERS = {"anthropic": "anthropic", "gemini": "google"}
NAMES = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
}
FILES = [(vendor, name) for vendor in PROVIDERS for name in cases(vendor)]


@pytest.mark.parametrize(("vendor", "name"), FILES)
def test_both_readers_come_to_the_same_figures(vendor: str, name: str) -> None:
    given = case(vendor, name)
    theirs: Any = genai_prices.extract_usage(given["answer"], provider_id=PROVIDERS[vendor]).usage
    assert {own: getattr(theirs, other) or 0 for own, other in NAMES.items()} == {
        own: given["usage"][own] for own in NAMES
    }
