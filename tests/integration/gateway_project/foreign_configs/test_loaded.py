"""`load_catalog` and `convert_config` with the documents' own files, and what a server does with a bad one."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from launcher.commands import load_config
from launcher.errors import ConfigRefused
from metering.models import Budget, LLMModel, PolicyRule, Provider
from tests.factories import reference_data
from tests.integration.metering.management.asking import answer, refusal, text
from tests.unit.gateway_project.foreign_configs.documents import ALL, LITELLM, PROXY_MODE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    reference_data()


def written(tmp_path: Path, content: str) -> str:
    (tmp_path / "config.yaml").write_text(content)
    return str(tmp_path / "config.yaml")


@pytest.mark.parametrize("name", ALL)
def test_each_of_them_loads_once_and_its_dump_changes_nothing(name: str, tmp_path: Path) -> None:
    file = written(tmp_path, ALL[name])
    assert answer("load_catalog", file)
    assert answer("load_catalog", file) == []
    (tmp_path / "dump.yaml").write_text(text("dump_catalog"))
    assert answer("load_catalog", str(tmp_path / "dump.yaml")) == []


@pytest.mark.parametrize("name", ALL)
def test_what_convert_config_prints_is_what_load_catalog_makes_of_the_file(name: str, tmp_path: Path) -> None:
    file = written(tmp_path, ALL[name])
    (tmp_path / "ours.yaml").write_text(text("convert_config", file))
    assert answer("load_catalog", str(tmp_path / "ours.yaml"))
    assert answer("load_catalog", file) == []


def test_the_limits_of_the_proxy_mode_are_in_force_for_the_gateway(tmp_path: Path) -> None:
    text("load_catalog", written(tmp_path, PROXY_MODE))
    assert set(PolicyRule.objects.values_list("scope", "key", "value")) == {
        ("global", "requests_per_minute", 100),
        ("global", "tokens_per_minute", 100_000),
    }
    assert set(Budget.objects.values_list("scope", "window", "amount", "hard")) == {
        ("global", "hour", 10 * 10**9, True),
        ("global", "day", 100 * 10**9, True),
    }


def test_the_notes_are_on_standard_error_and_in_the_json_of_a_conversion(tmp_path: Path) -> None:
    file, errors = written(tmp_path, LITELLM), io.StringIO()
    call_command("load_catalog", file, "--json", stdout=io.StringIO(), stderr=errors)
    assert errors.getvalue().startswith(
        "Read as LiteLLM's config.yaml:\n  line 2: model_list[1]: class BASE_S;"
    )
    converted = answer("convert_config", file)
    assert converted["format"] == "LiteLLM's config.yaml"
    assert converted["config"]["models"]["gpt-4o-mini"]["aliases"] == ["chat-default"]
    assert [f"  {note}" for note in converted["notes"]] == errors.getvalue().splitlines()[1:]


def test_a_dry_run_of_a_foreign_file_changes_nothing(tmp_path: Path) -> None:
    assert answer("load_catalog", written(tmp_path, LITELLM), "--dry-run")
    assert not Provider.objects.exists()


def test_a_name_that_is_taken_in_the_database_is_told_without_the_line_of_a_text_that_nobody_sees(
    tmp_path: Path,
) -> None:
    text("load_catalog", written(tmp_path, LITELLM))
    taken = LITELLM.replace("chat-default", "claude-3-5-sonnet").replace(
        "anthropic/claude-3-5-sonnet", "gpt-4o"
    )
    told = str(refusal("load_catalog", written(tmp_path, taken)))
    assert told.startswith("converted, models: the alias 'claude-3-5-sonnet' of 'gpt-4o-mini' names a model")
    assert LLMModel.objects.count() == 2


def test_our_own_form_needs_no_conversion(tmp_path: Path) -> None:
    assert "needs no conversion" in str(refusal("convert_config", written(tmp_path, "plans: {}")))


def test_a_server_with_a_file_that_cannot_be_loaded_ends_with_2_and_its_sentences(tmp_path: Path) -> None:
    file = written(tmp_path, "llmproxy: {providers: {mystery: {}, openai: {models: [{alias: x}]}}}")
    with pytest.raises(
        ConfigRefused, match=r"(?s)mystery: needs 'base_url'.*models\[1\]: needs 'name'"
    ) as refused:
        load_config(file)
    assert refused.value.status == 2
