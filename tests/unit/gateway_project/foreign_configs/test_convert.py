"""Which file is whose, and that every conversion can be loaded."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway_project.foreign_configs.convert import convert
from gateway_project.foreign_configs.draft import Conversion
from gateway_project.vendor_catalogs.known import CATALOGS
from metering.catalog.dump_catalog import as_yaml
from metering.catalog.parse_catalog import parse_catalog
from metering.errors import CatalogInvalid
from tests.unit.gateway_project.foreign_configs.converting import (
    AT,
    converted,
    model_of,
    notes,
    problems,
    provider_of,
    read,
)
from tests.unit.gateway_project.foreign_configs.documents import ALL, LITELLM, PROXY_MODE
from tests.unit.metering.catalog.catalog_text import VOCABULARY

OURS = [Path(__file__).parents[4] / "fixtures" / "demo" / "catalog.yaml", *CATALOGS.glob("*.yaml")]
SECRET = "sk-hunter2-hunter2"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_file_of_our_own_is_none_of_theirs(path: Path) -> None:
    assert convert(path.read_text(), at=AT) is None


@pytest.mark.parametrize(
    "text",
    [
        "plans: {}",
        "[]",
        "models: {m: {provider: p, class: BASE_S}}",
        "models: {m: {provider: p}, n: {provider: p, context_tokens: 5}}",
        "providers: {local: {base_url: 'http://localhost:11434'}}",
    ],
)
def test_half_a_file_of_our_own_stays_our_own_and_is_refused_as_such(text: str) -> None:
    assert convert(text, at=AT) is None


@pytest.mark.parametrize("name", ALL)
def test_each_example_of_the_documents_can_be_loaded(name: str) -> None:
    assert read(ALL[name]).models


@pytest.mark.parametrize("name", ALL)
def test_the_same_file_becomes_the_same_document(name: str) -> None:
    assert as_yaml(converted(ALL[name]).document) == as_yaml(converted(ALL[name]).document)


@pytest.mark.parametrize(
    "text",
    [
        PROXY_MODE.replace("${OPENAI_API_KEY}", SECRET),
        LITELLM.replace("model: gpt-4o-mini", f"model: gpt-4o-mini, api_key: {SECRET}"),
        LITELLM.replace("model: gpt-4o-mini", f"model: gpt-4o-mini, api_base: 'https://u:{SECRET}@h.test'"),
        LITELLM.replace(
            "model: gpt-4o-mini",
            f"model: gpt-4o-mini, api_base: '${{H_BASE_URL:-https://u:{SECRET}@h.test}}'",
        ),
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_repeated(text: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert SECRET not in found[0]


def test_a_master_key_is_not_repeated_either() -> None:
    conversion = converted(f"{LITELLM}general_settings: {{master_key: {SECRET}}}\n")
    assert SECRET not in as_yaml(conversion.document) + "".join(conversion.notes)


words = st.sampled_from(
    ["gpt-4o", "gpt-4o-mini", "GPT-4o", "a", "b", "default", "BASE_S", "two words", "claude-3-5-sonnet"]
)
prefixes = st.sampled_from(["", "openai/", "anthropic/", "groq/", "ollama/", "azure/", "hosted_vllm/"])
small = st.integers(0, 10**7)
params = st.fixed_dictionaries(
    {"model": st.builds(str.__add__, prefixes, words)},
    optional={
        "api_base": st.sampled_from(
            ["http://h.test/v1", "http://localhost:11434", "https://api.openai.com/v1"]
        ),
        "api_key": st.sampled_from(["os.environ/A_API_KEY", "os.environ/B_KEY", "none"]),
        "max_tokens": small,
        "rpm": small,
        "timeout": small,
    },
)
litellm_files = st.fixed_dictionaries(
    {
        "model_list": st.lists(
            st.fixed_dictionaries({"model_name": words, "litellm_params": params}), max_size=5
        )
    },
    optional={
        "router_settings": st.fixed_dictionaries(
            {},
            optional={"num_retries": small, "model_group_alias": st.dictionaries(words, words, max_size=3)},
        )
    },
)
models = st.one_of(
    words, st.fixed_dictionaries({"name": words}, optional={"alias": words, "max_tokens": small})
)
provider_fields = st.fixed_dictionaries(
    {}, optional={"base_url": st.just("http://h.test/v1"), "models": st.lists(models, max_size=4)}
)
proxy_files = st.fixed_dictionaries(
    {
        "llmproxy": st.fixed_dictionaries(
            {
                "providers": st.dictionaries(
                    st.sampled_from(["openai", "OpenAI", "groq", "glm", "ollama", "mine", "a b"]),
                    provider_fields,
                    max_size=3,
                )
            },
            optional={"rate_limits": st.fixed_dictionaries({"requests_per_minute": small})},
        )
    }
)


def problems_or_conversion(text: str) -> tuple[list[str], Conversion | None]:
    try:
        return [], converted(text)
    except CatalogInvalid as error:
        return error.problems, None


@given(st.one_of(litellm_files, proxy_files))
def test_a_file_is_refused_with_lines_or_becomes_one_that_loads(content: dict[str, object]) -> None:
    refused, conversion = problems_or_conversion(yaml.safe_dump(content))
    assert all(problem.startswith("line ") for problem in refused[:1])
    if conversion is not None:
        parse_catalog(text=as_yaml(conversion.document), vocabulary=VOCABULARY, environment={})


SHARED = """
base: &base {api_key: os.environ/OPENAI_API_KEY, timeout: 30}
quick: &quick {<<: *base, rpm: 100, timeout: 60}
model_list:
  - model_name: a
    litellm_params: {<<: *quick, model: openai/gpt-4o}
  - model_name: b
    litellm_params: {model: openai/gpt-4o-mini, <<: [*base, *quick], timeout: 90}
"""


def test_settings_that_are_shared_by_merge_keys_count_where_the_mapping_says_nothing_itself() -> None:
    document = read(SHARED)
    a, b = model_of(document, "gpt-4o"), model_of(document, "gpt-4o-mini")
    assert (a.traits["total_s"], a.traits["requests_per_minute"]) == (60, 100)
    assert (b.traits["total_s"], b.traits["requests_per_minute"]) == (90, 100)
    assert provider_of(document, "openai").api_key_env == "OPENAI_API_KEY"
    assert "<<" not in notes(SHARED)


def test_a_mapping_that_merges_itself_ends() -> None:
    assert "needs 'model_name'" in problems("a: &a {<<: *a, rpm: 1}\nmodel_list: [*a]\n")[0]


def test_a_short_file_cannot_bring_in_more_keys_than_any_file_needs() -> None:
    long = ", ".join(f"k{number}: 1" for number in range(1_000))
    text = f"a: &a {{{long}}}\nmodel_list: []\n" + "".join(f"b{n}: {{<<: *a}}\n" for n in range(200))
    assert "merge keys bring in over 100,000 keys" in problems(text)[0]
