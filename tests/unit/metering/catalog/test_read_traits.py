"""Vendors and traits in a catalog file: typed as they stand, each problem at its own line."""

import pytest

from metering.types import Vendor
from tests.unit.metering.catalog.catalog_text import MODEL, parse, problems

URL = 'base_url: "https://x.test"'
ALL = (
    "limit_names: [max_completion_tokens, max_tokens], stream_options: false, service_tier: on_demand, "
    'reasoning: true, pictures: "gpt-4o"'
)


def test_a_provider_and_a_model_keep_their_traits_with_their_types() -> None:
    document = parse(
        f"providers: {{o: {{{URL}, vendor: groq, traits: {{{ALL}}}}}}}\n"
        f"models: {{m: {MODEL}, traits: {{{ALL}}}}}}}"
    )
    traits = {
        "limit_names": ["max_completion_tokens", "max_tokens"],
        "stream_options": False,
        "service_tier": "on_demand",
        "reasoning": True,
        "pictures": "gpt-4o",
    }
    assert document.providers[0].vendor == "groq"
    assert document.providers[0].traits == document.models[0].traits == traits


def test_an_empty_text_is_a_value_and_what_is_left_out_is_none() -> None:
    [provider] = parse(f'providers: {{o: {{{URL}, traits: {{service_tier: "", pictures: ""}}}}}}').providers
    assert provider.traits == {"service_tier": "", "pictures": ""}
    [plain] = parse(f"providers: {{o: {{{URL}}}}}").providers
    assert (plain.vendor, plain.traits) == ("", {})


@pytest.mark.parametrize("vendor", list(Vendor))
def test_every_vendor_can_be_named(vendor: Vendor) -> None:
    assert parse(f"providers: {{o: {{{URL}, vendor: {vendor}}}}}").providers[0].vendor == vendor


def test_an_unknown_vendor_is_a_problem_with_a_suggestion() -> None:
    assert problems(f"providers:\n  o:\n    {URL}\n    vendor: opneai") == [
        "line 4: providers.o.vendor: unknown value 'opneai'; did you mean 'openai'?"
    ]


def test_every_wrong_trait_is_a_problem_at_its_own_line() -> None:
    text = """\
        providers:
          o:
            base_url: "https://x.test"
            traits:
              limit_names: [max_tokens, max_tokens]
              stream_option: true
              reasoning: "true"
        models:
          m:
            provider: o
            class: BASE_S
            context_tokens: 1000
            max_output_tokens: 100
            traits:
              pictures: 4
              service_tier: Flex
        """
    assert problems(text) == [
        "line 5: providers.o.traits.limit_names: must be a list of one or both of max_tokens, "
        "max_completion_tokens, each once, not ['max_tokens', 'max_tokens']",
        "line 6: providers.o.traits: unknown key 'stream_option'; did you mean 'stream_options'?",
        "line 7: providers.o.traits.reasoning: must be true or false, not 'true'",
        "line 15: models.m.traits.pictures: must be text of at most 64 printable characters, not 4",
        "line 16: models.m.traits.service_tier: must be text of at most 32 of a-z, '_' and '-', not 'Flex'",
    ]


@pytest.mark.parametrize(
    ("traits", "problem"),
    [
        ("[max_tokens]", "expected a mapping of keys to values, not a list"),
        ("openai", "expected a mapping of keys to values, not 'openai'"),
        ("{reasoning: true, reasoning: false}", "'reasoning' occurs twice"),
        ("{limit_names: &a [*a]}", "contains itself"),
        ('{pictures: "a\\0b"}', "NUL"),
        ("{limit_names: {max_tokens: true}}", "must be a list"),
    ],
)
def test_traits_that_cannot_be_read_are_one_problem(traits: str, problem: str) -> None:
    [found] = problems(f"models: {{m: {MODEL}, traits: {traits}}}}}")
    assert problem in found
