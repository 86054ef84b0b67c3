"""What the environment holds is no vendor's, at any door; and an address with a password in it is shown at none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from gateway_project.vendor_configs import load_configs
from metering.models import AuditEvent, Provider, User
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.forms import errors_of
from tests.integration.admin_console.test_traits import FORM
from tests.integration.gateway_project.api.people import call
from tests.integration.metering.management.asking import answer, refusal, text

CANARY = "hunter2"
ADDRESS = f"https://me:{CANARY}@vendor.example/v1?key={CANARY}"
ENDING = "must name a variable that ends in _API_KEY"


def by_model(variable: str, folder: Path, ops: User, console: Client, add: str) -> str:
    with pytest.raises(ValidationError) as refused:
        Provider(name="own", kind="sandbox", api_key_env=variable).full_clean()
    return str(refused.value)


def by_command(variable: str, folder: Path, ops: User, console: Client, add: str) -> str:
    (folder / "c.yaml").write_text(f"providers: {{own: {{kind: sandbox, api_key: '${{{variable}}}'}}}}")
    return str(refusal("load_catalog", str(folder / "c.yaml")))


def by_api(variable: str, folder: Path, ops: User, console: Client, add: str) -> str:
    document = {"providers": {"own": {"kind": "sandbox", "api_key_env": variable}}}
    return call("PUT", "catalog", document, who=ops).content.decode()


def by_console(variable: str, folder: Path, ops: User, console: Client, add: str) -> str:
    return str(errors_of(console.post(add, {**FORM, "api_key_env": variable})))


@pytest.mark.parametrize("door", [by_model, by_command, by_api, by_console])
def test_every_door_refuses_a_variable_that_is_no_vendors_key(
    console: Client,
    operator: User,
    url: Url,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    door: Callable[..., str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:{CANARY}@db.example/gateway")
    said = door("DATABASE_URL", tmp_path, operator, console, url(Provider, "add"))
    assert ENDING in said
    assert CANARY not in said
    assert not Provider.objects.exists()


@pytest.fixture
def odd(console: Client) -> Provider:
    """Written past every door, or before they were there."""
    return Provider.objects.create(
        name="odd", kind="openai_compatible", base_url=ADDRESS, api_key_env="DATABASE_URL"
    )


def test_what_was_saved_before_is_sent_to_nobody(odd: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_configs() == {}
    monkeypatch.setenv("DATABASE_URL", CANARY)
    Provider.objects.update(base_url="https://vendor.example/v1")
    assert load_configs() == {}


def test_what_was_saved_before_is_shown_nowhere(
    odd: Provider, console: Client, operator: User, url: Url
) -> None:
    shown: list[Any] = [
        console.get(url(Provider)).content.decode(),
        console.get(url(Provider, "change", "odd")).content.decode(),
        call("GET", "catalog", who=operator).content.decode(),
        call("GET", "catalog/providers", who=operator).content.decode(),
        text("dump_catalog"),
        text("check_providers"),
        answer("check_providers"),
    ]
    assert not [page for page in shown if CANARY in str(page)]


def test_what_was_saved_before_is_not_audited_when_it_is_mended(
    odd: Provider, console: Client, operator: User, url: Url
) -> None:
    assert console.post(url(Provider, "change", "odd"), {**FORM, "name": "odd"}).status_code == 302
    assert Provider.objects.get().base_url == FORM["base_url"]
    Provider.objects.update(base_url=ADDRESS)
    document = {"providers": {"odd": {"base_url": "https://vendor.example/v1"}}}
    loaded = call("PUT", "catalog", document, who=operator)
    assert loaded.status_code == 200
    assert CANARY not in loaded.content.decode()
    assert AuditEvent.objects.filter(object_id="odd").count() == 2
    assert CANARY not in str(list(AuditEvent.objects.values_list("facts", flat=True)))
