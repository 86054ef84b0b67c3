"""The registry of traits: every value has its one type, and whatever else is refused by name."""

import pytest

from metering.traits import TRAITS, trait_problem, traits_problem

BOTH = ["max_completion_tokens", "max_tokens"]
VALID = {
    "limit_names": [["max_tokens"], ["max_completion_tokens"], BOTH, BOTH[::-1]],
    "stream_options": [True, False],
    "responses": [True, False],
    "service_tier": ["", "default", "on_demand", "a-z", "x" * 32],
    "reasoning": [True, False],
    "takes_thoughts": [True, False],
    "runs_anywhere": [True, False],
    "pictures": ["", "gpt-4o", "x" * 64],
    "tokenizer": ["o200k_base"],
    "retries": [0, 2, 10],
    "first_byte_s": [0.05, 60, 3600],
    "total_s": [0.05, 600.5, 3600],
    "authorization": ["bearer", "zhipu_jwt"],
    "requests_per_minute": [1, 500, 1_000_000_000],
    "tokens_per_minute": [1, 30_000, 1_000_000_000],
}
INVALID = {
    "limit_names": [
        [],
        ["max_tokens"] * 2,
        ["max_output_tokens"],
        [1],
        [["max_tokens"]],
        "max_tokens",
        {},
        None,
    ],
    "stream_options": [None, 0, 1, "true", "", [True]],
    "responses": [None, 0, 1, "true", "", [True]],
    "service_tier": [None, "Default", "on demand", "tier1", "x" * 33, "default\n", 1, ["default"]],
    "reasoning": [None, 1, "yes", {}],
    "takes_thoughts": [None, 0, "no", []],
    "runs_anywhere": [None, 1, "us", {}],
    "pictures": [None, "x" * 65, "gpt\0", "gpt\n4o", 4, True, ["gpt-4o"]],
    "tokenizer": [None, "", "cl100k_base", "O200K_BASE", 1, ["o200k_base"]],
    "retries": [None, -1, 11, 1.5, "2", True, [1]],
    "first_byte_s": [None, 0, 0.01, 3601, "60", True, float("nan")],
    "total_s": [None, 0, -1, 3601, "600", False, float("inf")],
    "authorization": [None, "", "Bearer", "basic", 1, True, ["bearer"]],
    "requests_per_minute": [None, 0, -1, 1_000_000_001, 1.5, "500", True, [1]],
    "tokens_per_minute": [None, 0, -1, 1_000_000_001, 1.5, "500", True, [1]],
}


def test_each_trait_has_values_here() -> None:
    assert set(TRAITS) == set(VALID) == set(INVALID)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in VALID for value in VALID[name]])
def test_a_value_of_the_right_type_is_accepted(name: str, value: object) -> None:
    assert traits_problem({name: value}) is None


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in INVALID for value in INVALID[name]])
def test_a_value_of_another_type_is_refused_with_the_traits_name(name: str, value: object) -> None:
    problem = traits_problem({"stream_options": True, name: value})
    assert problem is not None
    assert problem.startswith(f"'{name}' must be ")
    assert TRAITS[name].expects in problem


def test_an_unknown_trait_is_refused_by_name_beside_those_that_exist() -> None:
    known = (
        "limit_names, stream_options, responses, service_tier, reasoning, takes_thoughts, runs_anywhere, "
        "pictures, tokenizer, authorization, retries, first_byte_s, total_s, requests_per_minute, tokens_per_minute"
    )
    assert traits_problem({"limit_name": ["max_tokens"]}) == f"'limit_name' is no trait; known: {known}"


@pytest.mark.parametrize("traits", [None, [], "", "{}", 1, ["max_tokens"], True])
def test_what_is_no_mapping_is_refused(traits: object) -> None:
    assert "must be a mapping" in str(traits_problem(traits))


def test_no_traits_are_fine() -> None:
    assert traits_problem({}) is None


def test_a_long_value_is_told_shortened() -> None:
    assert len(str(trait_problem("pictures", "x" * 100_000))) < 200
    assert len(str(trait_problem("limit_names", [[["x"] * 1_000] * 1_000]))) < 600
    assert len(str(traits_problem({"x" * 100_000: 1}))) < 300
