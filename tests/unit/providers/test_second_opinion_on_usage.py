"""What is charged of the files in fixtures/wire, beside what another reader of the same figures makes of them.

Where a file says that the other reader `differs`, it says by what and why: it is a second opinion, not the truth.
"""

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
MODEL = ("model", "modelVersion")
FILES = [(vendor, name) for vendor in PROVIDERS for name in cases(vendor)]
USAGE = cases("usage")
ASKED = [name for name in USAGE if "provider" in case("usage", name)["opinion"]]


@pytest.mark.parametrize(("vendor", "name"), FILES)
def test_both_readers_come_to_the_same_figures(vendor: str, name: str) -> None:
    given = case(vendor, name)
    theirs: Any = genai_prices.extract_usage(given["answer"], provider_id=PROVIDERS[vendor]).usage
    assert {own: getattr(theirs, other) or 0 for own, other in NAMES.items()} == {
        own: given["usage"][own] for own in NAMES
    }


@pytest.mark.parametrize("name", ASKED)
def test_both_readers_come_to_the_same_figures_but_where_it_is_said_why_not(name: str) -> None:
    given = case("usage", name)
    opinion, answer = given["opinion"], given["answer"]
    if given["family"] == "usage object":
        answer = {"usage": answer}
    answer = {name: value for name, value in answer.items() if name not in MODEL}  # it knows no new ones
    theirs: Any = genai_prices.extract_usage(
        answer, provider_id=opinion["provider"], api_flavor=opinion["flavor"]
    ).usage
    expected = {own: given["usage"][own] for own in NAMES} | opinion.get("differs", {})
    assert {own: getattr(theirs, other) or 0 for own, other in NAMES.items()} == expected
    assert bool(opinion.get("why")) == ("differs" in opinion)


def test_a_file_without_a_second_opinion_says_why() -> None:
    assert all(case("usage", name)["opinion"]["why"] for name in USAGE if name not in ASKED)
