"""A catalog file as a whole: read, or refused with every problem at once and a line for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.errors import CatalogInvalid
from tests.unit.metering.catalog.catalog_text import MODEL, parse, problems


def test_every_problem_is_reported_at_once_with_its_line() -> None:
    found = problems(
        """\
        providers:
          openai: {kind: openai_compatibel, base_url: "https://api.openai.com/v1"}
        models:
          gpt:
            provider: opnai
            class: BASE_S
            context_tokens: many
            max_output_tokens: 100
            prise: {}
        plans:
          FREE:
            features: [CHAT, POETRY]
        """
    )
    assert found == [
        "line 2: providers.openai.kind: unknown value 'openai_compatibel'; did you mean 'openai_compatible'?",
        "line 5: models.gpt.provider: unknown value 'opnai'; did you mean 'openai'?",
        "line 7: models.gpt.context_tokens: expected a whole number from 1 to 2,147,483,647, not 'many'",
        "line 9: models.gpt: unknown key 'prise'; did you mean 'price'?",
        "line 12: plans.FREE.features: unknown value 'POETRY'; known: CHAT, DRAFTING",
    ]


def test_what_an_entry_needs_and_lacks_is_named() -> None:
    assert problems("models:\n  empty:\n") == [
        "line 2: models.empty: needs 'class', one of: BASE_S, BASE_M, PRO_M, PRO_L, ADVANCED",
        "line 2: models.empty: needs 'context_tokens', a whole number",
        "line 2: models.empty: needs 'max_output_tokens', a whole number",
        "line 2: models.empty: needs 'provider', one of: sandbox",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the file is empty."),
        ("providers: [", "line 1: not valid YAML"),
        ("plans:\n\t- x", "line 2: not valid YAML"),
        ("a: 1\n---\nb: 2\n", "line 2: not valid YAML: but found another document."),
        ("[" * 5_000, "line 1: "),
        ("? [a]\n: b", "line 1: a key must be plain text"),
        ("- a\n- b", "line 1: expected a mapping of keys to values, not a list"),
        ("modles: {}", "line 1: unknown key 'modles'; did you mean 'models'?"),
        ("plans: {A: {}, A: {}}", "line 1: plans: 'A' occurs twice, first on line 1"),
        ("providers:\n  x: !!python/object:os.system {}", "line 2: providers.x: needs 'base_url'"),
    ],
)
def test_a_file_that_is_not_a_catalog_is_refused_with_a_line(text: str, problem: str) -> None:
    assert problems(text)[0].startswith(problem)


@given(st.text(alphabet="ab:{}[]-,&*!|>'\"#%\n\t \0\ufeffplanskey0.9$", max_size=60))
def test_any_text_is_read_or_refused_with_lines(text: str) -> None:
    try:
        parse(text)
    except CatalogInvalid as refused:
        assert all(problem.startswith("line ") for problem in refused.problems)  # noqa: PT017


@pytest.mark.parametrize(
    "text",
    [
        'plans: {"a\\0b": {}}',
        'plans: {P: {name: "a\\0b"}}',
        'plans: {P: {rules: [{key: x, value: "a\\0b"}]}}',
        f'models: {{m: {MODEL}, aliases: ["a\\0b"]}}}}',
    ],
)
def test_characters_that_no_database_stores_are_refused(text: str) -> None:
    assert len(problems(text)) == 1


def test_models_share_what_a_merge_key_brings_in() -> None:
    found = parse(
        """\
        models:
          one: &small {provider: sandbox, class: BASE_S, context_tokens: 1_000, max_output_tokens: 100, label: One}
          two:
            <<: *small
            label: Two
        """
    )
    assert [(model.name, model.label, model.context_tokens) for model in found.models] == [
        ("one", "One", 1_000),
        ("two", "Two", 1_000),
    ]


def test_a_merge_key_that_names_no_mapping_is_refused() -> None:
    assert problems("models:\n  one:\n    <<: small\n") == ["line 3: '<<' brings in mappings, not 'small'."]
