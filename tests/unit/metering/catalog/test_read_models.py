"""Models and prices of a catalog file: exact amounts, and names that mean one thing."""

from decimal import Decimal

import pytest

from tests.unit.metering.catalog.catalog_text import MODEL, parse, problems


def test_prices_keep_every_digit_and_default_to_the_input_price() -> None:
    [model] = parse(f"models: {{m: {MODEL}, price: {{input: 0.1, output: 2.000001}}}}}}").models
    assert model.price is not None
    assert (model.price.input, model.price.output) == (Decimal("0.1"), Decimal("2.000001"))
    assert model.price.cached_input == model.price.cache_write == Decimal("0.1")


def test_prices_per_thousand_tokens_become_prices_per_million() -> None:
    text = f"models: {{m: {MODEL}, cost_per_1k_prompt: 0.01, cost_per_1k_completion: 0.0000003}}}}"
    price = parse(text).models[0].price
    assert price is not None
    assert (price.input, price.output) == (10, Decimal("0.0003"))


def test_a_model_without_a_price_has_none_rather_than_zero() -> None:
    assert parse(f"models: {{m: {MODEL}}}}}").models[0].price is None


@pytest.mark.parametrize(
    "price",
    [
        "{input: 1}",
        "{input: -1, output: 1}",
        "{input: NaN, output: 1}",
        "{input: Infinity, output: 1}",
        "{input: 0.0000001, output: 1}",
        "{input: 1e999999999, output: 1}",
        "{input: cheap, output: 1}",
        "[1, 2]",
    ],
)
def test_a_price_that_is_no_exact_amount_is_refused(price: str) -> None:
    assert problems(f"models: {{m: {MODEL}, price: {price}}}}}")


def test_two_ways_to_say_the_price_are_one_too_many() -> None:
    [problem] = problems(f"models: {{m: {MODEL}, price: {{input: 1, output: 1}}, cost_per_1k_prompt: 1}}}}")
    assert "not both" in problem


def test_models_may_share_an_alias() -> None:
    models = parse(f"models: {{a: {MODEL}, aliases: [x]}}, b: {MODEL}, aliases: [x]}}}}").models
    assert [model.aliases for model in models] == [("x",), ("x",)]


@pytest.mark.parametrize("alias", ["a", "older", "PRO_M"])
def test_an_alias_may_not_be_the_name_of_a_model_or_a_class(alias: str) -> None:
    [problem] = problems(f"models: {{a: {MODEL}, aliases: [{alias}]}}}}")
    assert "already" in problem


@pytest.mark.parametrize("name", ["taken", "PRO_M", "with space"])
def test_a_name_may_not_be_an_alias_or_a_class_or_have_spaces(name: str) -> None:
    assert len(problems(f"models: {{{name}: {MODEL}}}}}")) == 1


def test_the_output_fits_the_context() -> None:
    text = "models: {m: {provider: sandbox, class: BASE_S, context_tokens: 10, max_output_tokens: 11}}"
    assert problems(text) == ["line 1: models.m.max_output_tokens: is larger than context_tokens"]


def test_a_label_is_one_line_that_people_can_read() -> None:
    assert parse(f"models: {{m: {MODEL}, label: GPT-4o mini}}}}").models[0].label == "GPT-4o mini"
    assert parse(f"models: {{m: {MODEL}}}}}").models[0].label == ""
    [problem] = problems(f'models: {{m: {MODEL}, label: "two\\nlines"}}}}')
    assert "one line of printable characters" in problem
    assert problems(f"models: {{m: {MODEL}, label: {'x' * 101}}}}}")
