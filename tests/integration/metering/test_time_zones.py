"""One check of time zones for every door; it lets no name through that PostgreSQL does not know."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from metering.catalog.load_catalog import load_catalog
from metering.errors import CatalogInvalid, InvalidRequest
from metering.identity.tenants.change_tenant import change_tenant
from metering.models import PolicyRule, Tenant, User
from metering.policy.edit.set_rule import set_rule
from metering.policy.edit.target import find_target
from metering.time_zones import time_zones, zone_problem
from tests.factories import AttemptFactory, TenantFactory, alder, make_plan, reference_data
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin
from tests.integration.metering.management.asking import answer, refusal

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, tzinfo=UTC)
WRONG = (
    "localtime",
    "posixrules",
    "Factory",
    "europe/berlin",
    "Berlin",
    "UTC+1",
    "",
    "../../etc/passwd",
    "a\0b",
)
SENTENCE = "is not an IANA time zone"


def test_postgresql_knows_every_zone_that_may_be_written() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        known = {name for (name,) in cursor.fetchall()}
    assert time_zones() - known == set()
    assert {"UTC", "Europe/Berlin", "Asia/Tokyo", "Etc/GMT-14"} <= time_zones()


def test_a_wrong_zone_is_refused_by_what_makes_and_changes_a_tenant() -> None:
    admin = super_admin()
    tenant = alder()
    for zone in WRONG:
        assert zone_problem(zone) is not None
        if "\0" not in zone:
            refused = refusal("create_tenant", "--slug", "oak", "--name", "Oak", "--timezone", zone)
            assert SENTENCE in str(refused) or "blank" in str(refused), zone
        made = call("POST", "tenants", {"slug": "oak", "name": "Oak", "timezone": zone}, who=admin)
        assert code_of(made) == (400, "invalid_request"), zone
        changed = call("PATCH", f"tenants/{tenant.slug}", {"timezone": zone}, who=admin)
        assert code_of(changed) == (400, "invalid_request"), zone
        with pytest.raises(InvalidRequest):
            change_tenant(tenant=tenant, changes={"timezone": zone}, actor="a test", now=NOW)
    assert not Tenant.objects.filter(slug="oak").exists()
    assert Tenant.objects.get(pk=tenant.pk).timezone == "UTC"


def test_a_wrong_zone_is_refused_by_what_takes_a_rule(client: Client) -> None:
    reference_data()
    make_plan("PRO")
    admin = super_admin()
    client.force_login(admin)
    for zone in ("localtime", "Factory", "Berlin"):
        when = {"timezone": zone, "days": ["mon"]}
        rule = {"key": "max_tokens_out", "value": 7, "when": when}
        assert code_of(call("POST", "catalog/rules", rule, who=admin)) == (400, "invalid_request")
        with pytest.raises(InvalidRequest, match=SENTENCE):
            set_rule(target=find_target(), key="max_tokens_out", value=7, when=when, actor="x", now=NOW)
        with pytest.raises(CatalogInvalid, match=SENTENCE):
            load_catalog(
                text=f"plans: {{PRO: {{name: Pro, rules: [{{key: max_tokens_out, value: 7, when: {when}}}]}}}}",
                actor="x",
                now=NOW,
            )
        form = {
            "scope": "global", "priority": 0, "mode": "enforce", "enforce_percent": "100 %",
            "key": "max_tokens_out", "value": "7", "conditions-days": "mon", "conditions-timezone": zone,
        }  # fmt: skip
        not_there = f"{zone} is not one of the available choices"
        page = client.post("/admin/metering/policyrule/add/", form)
        assert not_there in str(page.context["adminform"].form.errors["conditions"])
        tenant = {"slug": "oak", "name": "Oak", "status": "ACTIVE", "timezone": zone, "week_start": 0}
        page = client.post("/admin/metering/tenant/add/", {**tenant, "enforcement_mode": "enforce"})
        assert not_there in str(page.context["adminform"].form.errors["timezone"])
    assert not PolicyRule.objects.exists()


@pytest.fixture
def stored() -> Tenant:
    """A tenant whose zone was written past every door."""
    tenant: Tenant = TenantFactory(slug="oak", timezone="localtime")
    AttemptFactory(tenant_id=tenant.pk)
    return tenant


def test_a_stored_wrong_zone_is_named_by_reports_and_files(stored: Tenant) -> None:
    admin = person(User.Role.TENANT_ADMIN, stored)
    for path in ("usage?by=day", "usage/top?by=day", "usage/export?by=day", "usage/explore"):
        response = call("GET", path, who=admin)
        assert code_of(response) == (400, "invalid_request"), path
        assert "'localtime'" in response.json()["error"]["message"]
    assert call("GET", "usage?by=model", who=admin).status_code == 200


def test_a_command_says_what_is_wrong_and_not_that_postgresql_is_away(stored: Tenant) -> None:
    refused = refusal("usage_report", "--by", "day", "--tenant", stored.slug)
    assert "'localtime'" in str(refused)
    assert "does not answer" not in str(refused)
    assert len(answer("usage_report", "--by", "model", "--tenant", stored.slug)) == 1


@pytest.mark.parametrize("zone", ["Mars/Olympus", "x" * 64])
def test_a_zone_that_nobody_knows_is_named_where_a_date_is_read(zone: str) -> None:
    tenant = TenantFactory(slug="oak", timezone=zone)
    refused = refusal("usage_report", "--by", "model", "--tenant", tenant.slug, "--since", "2026-11-01")
    assert zone in str(refused)


def test_what_postgresql_refuses_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    from metering.management.commands.create_tenant import Command

    def write(self: Command, **_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    monkeypatch.setattr(Command, "run", write)
    with pytest.raises(CommandError) as refused:
        Command().handle(json=False, slug="oak", name="Oak", timezone="UTC")
    assert str(refused.value).startswith("PostgreSQL answers, but cannot do this")
    assert "division by zero" in str(refused.value)
