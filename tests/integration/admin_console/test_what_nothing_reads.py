"""A rule that nothing reads is refused at every door, and switched off if stored. Every kind of vendor has a client."""

import logging
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from metering.errors import InvalidRequest
from metering.models import PolicyRule, Provider, User
from metering.policy.edit.set_rule import set_rule
from metering.policy.edit.target import PolicyTarget
from metering.types import Scope
from providers.registry import FACTORIES
from tests.factories import ProviderFactory, RuleFactory
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.forms import errors_of
from tests.integration.admin_console.test_policy_forms import RULE
from tests.integration.gateway_project.api.people import call
from tests.integration.metering.management.asking import refusal

KEY = "grows_hair"
ONCE_UNREAD = "on_metering_failure"
UNREAD = ("is not a rule key", "is not one of the available choices")
"""What commands and the API say of a key that is none, and what forms do."""
Door = Callable[..., str]


def rule_by_library(folder: Path, ops: User, console: Client, url: Url) -> str:
    with pytest.raises(InvalidRequest) as refused:
        set_rule(target=PolicyTarget(scope=Scope.GLOBAL), key=KEY, value=60, actor="ops", now=now())
    return refused.value.message


def rule_by_command(folder: Path, ops: User, console: Client, url: Url) -> str:
    return str(refusal("set_rule", "--key", KEY, "--value", "60"))


def rule_by_catalog(folder: Path, ops: User, console: Client, url: Url) -> str:
    (folder / "c.yaml").write_text(f"plans: {{PRO: {{rules: [{{key: {KEY}, value: 60}}]}}}}")
    return str(refusal("load_catalog", str(folder / "c.yaml")))


def rule_by_catalog_over_the_api(folder: Path, ops: User, console: Client, url: Url) -> str:
    document = {"plans": {"PRO": {"rules": [{"key": KEY, "value": 60}]}}}
    return call("PUT", "catalog", document, who=ops).content.decode()


def rule_by_simulating(folder: Path, ops: User, console: Client, url: Url) -> str:
    return str(refusal("simulate_policy", "--since", "2026-01-01", "--rule", f"{KEY}=60"))


def rule_by_simulating_over_the_api(folder: Path, ops: User, console: Client, url: Url) -> str:
    period = {"since": (now() - timedelta(days=1)).isoformat(), "until": now().isoformat()}
    body = {"period": period, "rule": {"key": KEY, "value": 60}}
    return call("POST", "policy/simulate", body, who=ops).content.decode()


def rule_by_console(folder: Path, ops: User, console: Client, url: Url) -> str:
    rows.catalog()
    return str(errors_of(console.post(url(PolicyRule, "add"), {**RULE, "key": KEY, "value": "60"})))


def rule_by_simulator(folder: Path, ops: User, console: Client, url: Url) -> str:
    days = {"since": now().date(), "until": now().date()}
    answer: Any = console.post("/admin/simulator/", {**days, "key": KEY, "value": "60"})
    return str(answer.context["form"].errors)


@pytest.mark.parametrize(
    "door",
    [
        rule_by_library,
        rule_by_command,
        rule_by_catalog,
        rule_by_catalog_over_the_api,
        rule_by_simulating,
        rule_by_simulating_over_the_api,
        rule_by_console,
        rule_by_simulator,
    ],
)
def test_every_door_refuses_a_rule_that_nothing_reads(
    console: Client, operator: User, url: Url, tmp_path: Path, door: Door
) -> None:
    said = door(tmp_path, operator, console, url)
    assert KEY in said
    assert any(sentence in said for sentence in UNREAD)
    assert not PolicyRule.objects.exists()


def test_every_kind_of_provider_has_a_client_and_the_other_way_round() -> None:
    assert set(Provider.Kind) == set(FACTORIES)


def test_the_console_offers_what_can_be_set(console: Client, url: Url) -> None:
    rule, provider = (console.get(url(model, "add")).content.decode() for model in (PolicyRule, Provider))
    assert 'value="max_tokens_out"' in rule
    assert KEY not in rule
    assert all(f'value="{kind}"' in provider for kind in Provider.Kind)


def test_the_console_shows_what_is_stored(console: Client, url: Url) -> None:
    stored = RuleFactory(key=ONCE_UNREAD, value="closed", is_active=False)
    ProviderFactory(name="stars", kind="gemini", is_active=False)
    rule = console.get(url(PolicyRule, "change", stored.pk)).content.decode()
    provider = console.get(url(Provider, "change", "stars")).content.decode()
    assert f'value="{ONCE_UNREAD}" selected' in rule
    assert 'value="gemini" selected' in provider


def test_the_migration_switches_off_what_nothing_reads_and_names_it(
    db: object, caplog: pytest.LogCaptureFixture
) -> None:
    read, unread = RuleFactory(key="max_tokens_out", value=5), RuleFactory(key=ONCE_UNREAD, value=60)
    RuleFactory(key="log_content", value="off", is_active=False)
    ProviderFactory(name="sandbox", kind="sandbox")
    ProviderFactory(name="stars", kind="gemini")
    migration = import_module("metering.migrations.0024_what_nothing_reads")
    with caplog.at_level(logging.WARNING, logger="metering.migrations"), connection.schema_editor() as editor:
        migration.switch_off(apps, editor)
    assert list(PolicyRule.objects.filter(is_active=True)) == [read]
    assert [row.name for row in Provider.objects.filter(is_active=True)] == ["sandbox"]
    named = [
        (record.message, getattr(record, "rule", None) or getattr(record, "provider", None))
        for record in caplog.records
        if record.name == "metering.migrations"
    ]
    assert named == [("policy.rule_switched_off", str(unread.pk)), ("provider.switched_off", "stars")]
