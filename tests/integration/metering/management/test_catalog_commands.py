"""The commands about the catalog and its providers."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from metering.models import Plan
from tests.factories import reference_data
from tests.integration.metering.management.asking import answer, refusal, text
from tests.vendors.openai_app import API_KEY
from tests.vendors.running import running_vendor

pytestmark = pytest.mark.django_db
DEMO = str(Path(__file__).parents[4] / "fixtures" / "demo" / "catalog.yaml")


def test_a_dry_run_prints_the_diff_and_changes_nothing() -> None:
    reference_data()
    printed = text("load_catalog", DEMO, "--dry-run")
    assert "+ plan FREE\n" in printed
    assert printed.endswith("Dry run: nothing was changed.\n")
    assert not Plan.objects.exists()


def test_with_json_the_diff_is_a_list() -> None:
    reference_data()
    changes = answer("load_catalog", DEMO)
    assert {"action": "added", "kind": "plan", "name": "FREE", "fields": {}} in changes
    assert answer("load_catalog", DEMO) == []
    assert text("load_catalog", DEMO) == "Nothing to change.\n"


def test_a_dump_is_a_file_that_loads(tmp_path) -> None:
    reference_data()
    text("load_catalog", DEMO)
    for name, flags in (("catalog.yaml", ()), ("catalog.json", ("--json",))):
        (tmp_path / name).write_text(text("dump_catalog", *flags))
        assert answer("load_catalog", str(tmp_path / name)) == []


def test_a_bad_file_is_refused_with_a_line_for_each_problem(tmp_path) -> None:
    (tmp_path / "bad.yaml").write_text("plans:\n  A: {nam: x}\n  B: {rules: [{key: speed, value: 1}]}\n")
    lines = str(refusal("load_catalog", str(tmp_path / "bad.yaml"))).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["line 2", "line 3"]


def test_a_file_that_is_not_there_or_not_text_is_one_line(tmp_path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    assert "cannot be read: No such file" in str(refusal("load_catalog", str(tmp_path / "none.yaml")))
    assert "not UTF-8" in str(refusal("load_catalog", str(tmp_path / "picture")))


def test_check_providers_fails_only_for_a_provider_that_has_models(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    reference_data()
    text("load_catalog", DEMO)
    checks = {check["provider"]: check for check in answer("check_providers")}
    assert checks["sandbox"]["ok"]
    assert checks["openai"]["problem"] == "OPENAI_API_KEY is not set"
    (tmp_path / "more.yaml").write_text(
        "models: {gpt: {provider: openai, class: BASE_S, context_tokens: 10, max_output_tokens: 5}}"
    )
    text("load_catalog", str(tmp_path / "more.yaml"))
    with pytest.raises(CommandError, match="Not usable: openai"):
        text("check_providers")


def test_check_providers_asks_each_and_shows_no_key(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_API_KEY", API_KEY)
    monkeypatch.setenv("WRONG_API_KEY", "sk-secret-1")
    reference_data()
    with running_vendor() as vendor:
        (tmp_path / "fake.yaml").write_text(
            f"""providers:
  good: {{kind: openai_compatible, base_url: "{vendor.base_url}", api_key: "${{FAKE_API_KEY}}"}}
  wrong: {{kind: openai_compatible, base_url: "{vendor.base_url}", api_key: "${{WRONG_API_KEY}}"}}
  gone: {{kind: openai_compatible, base_url: "http://127.0.0.1:1/v1", api_key: "${{FAKE_API_KEY}}"}}
models: {{small: {{provider: wrong, class: BASE_S, context_tokens: 10, max_output_tokens: 5}}}}
"""
        )
        text("load_catalog", str(tmp_path / "fake.yaml"))
        output = io.StringIO()
        with pytest.raises(CommandError, match="Not usable: wrong"):
            call_command("check_providers", "--json", stdout=output)
    problems = {check["provider"]: check["problem"] for check in json.loads(output.getvalue())}
    assert problems == {
        "good": None,
        "wrong": "status 401: it does not accept the gateway's credentials",
        "gone": "it cannot be reached",
    }
    assert vendor.log.calls == []  # no call that a vendor would bill
    assert "sk-secret-1" not in output.getvalue()
