"""What an operator changes: checked, entered in people's units, audited, and refused in plain words."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import ProtectedError
from django.test import Client
from django.utils.timezone import now

from metering.models import AuditEvent, LLMModel, ModelPrice, Plan, Provider, Tenant, User
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.forms import errors_of


def no_inlines(*prefixes: str) -> dict[str, int]:
    return {f"{prefix}-{part}": 0 for prefix in prefixes for part in ("TOTAL_FORMS", "INITIAL_FORMS")}


def test_a_change_is_audited_with_old_and_new_value(console: Client, url: Url, operator: User) -> None:
    tenant = rows.customer("alder")
    form = {"slug": "alder", "name": "Alder Ltd", "status": "ACTIVE", "timezone": "UTC", "week_start": 0,
            "enforcement_mode": "warn"}  # fmt: skip
    assert console.post(url(Tenant, "change", tenant.pk), form).status_code == 302
    event = AuditEvent.objects.get(action="tenant.changed")
    assert (event.actor, event.tenant_id, event.object_id) == (operator.email, tenant.pk, str(tenant.pk))
    assert event.facts == {
        "changes": {"name": ["Alder", "Alder Ltd"], "enforcement_mode": ["enforce", "warn"]}
    }
    assert LogEntry.objects.filter(object_id=str(tenant.pk)).count() == 1


def test_an_addition_and_a_deletion_are_audited(console: Client, url: Url) -> None:
    form = {"name": "vendor", "kind": "sandbox", "is_active": "on"}
    assert console.post(url(Provider, "add"), form).status_code == 302
    assert AuditEvent.objects.get(action="provider.added").facts["values"]["name"] == "vendor"
    console.post(url(Provider), {"action": "delete_selected", "_selected_action": ["vendor"], "post": "yes"})
    assert not Provider.objects.filter(name="vendor").exists()
    assert AuditEvent.objects.filter(action="provider.deleted", object_id="vendor").exists()


def test_a_tenants_status_goes_through_its_verb_and_closed_is_for_good(console: Client, url: Url) -> None:
    tenant = rows.customer("alder")
    form = {
        "slug": "alder",
        "name": "Alder",
        "timezone": "UTC",
        "week_start": 0,
        "enforcement_mode": "enforce",
    }
    console.post(url(Tenant, "change", tenant.pk), {**form, "status": "CLOSED"})
    tenant.refresh_from_db()
    assert tenant.status == "CLOSED"
    assert AuditEvent.objects.filter(action="tenant.status_changed").exists()
    assert "status" in errors_of(console.post(url(Tenant, "change", tenant.pk), {**form, "status": "ACTIVE"}))


def test_all_live_tokens_move_to_another_plan(console: Client, url: Url) -> None:
    tenant = rows.customer("alder")
    Plan.objects.create(code="MAX", name="Max")
    console.post(url(Tenant, "assign_plan", tenant.pk), {"_form_submitted": "True", "plan": "MAX"})
    assert set(tenant.ati_tokens.values_list("plan_tier_id", flat=True)) == {"MAX"}
    assert AuditEvent.objects.filter(action="tenant.plan_assigned").exists()


def test_a_price_in_force_is_read_only_and_a_coming_one_is_not(console: Client, url: Url) -> None:
    rows.catalog()
    model = LLMModel.objects.get()
    old = rows.price(model, effective_from=now() - timedelta(days=1))
    coming = rows.price(model, effective_from=now() + timedelta(days=1))
    assert console.post(url(ModelPrice, "change", old.pk), {"input": "9"}).status_code == 403
    assert console.post(url(ModelPrice, "delete", old.pk), {"post": "yes"}).status_code == 403
    assert b'name="_save"' in console.get(url(ModelPrice, "change", coming.pk)).content


def test_a_new_price_counts_from_now_and_never_from_the_past(console: Client, url: Url) -> None:
    rows.catalog()
    form = {
        "model": "sandbox-small",
        "input": "1",
        "output": "2",
        "effective_from_0": "",
        "effective_from_1": "",
    }
    past = {**form, "effective_from_0": "2020-01-01", "effective_from_1": "00:00:00"}
    assert "effective_from" in errors_of(console.post(url(ModelPrice, "add"), past))
    assert console.post(url(ModelPrice, "add"), form).status_code == 302
    price = ModelPrice.objects.latest("id")
    assert (price.cached_input, price.cache_write) == (Decimal(1), Decimal(1))
    assert abs(price.effective_from - now()) < timedelta(minutes=1)


def test_an_announced_price_that_a_person_changes_is_the_persons_from_then_on(
    console: Client, url: Url
) -> None:
    rows.catalog()
    tomorrow = now() + timedelta(days=1)
    announced = rows.price(LLMModel.objects.get(), effective_from=tomorrow, is_listed=True)
    form = {
        "model": announced.model_id,
        "input": "9",
        "output": "9",
        "effective_from_0": f"{tomorrow:%Y-%m-%d}",
        "effective_from_1": f"{tomorrow:%H:%M:%S}",
    }
    assert console.post(url(ModelPrice, "change", announced.pk), form).status_code == 302
    announced.refresh_from_db()
    assert (announced.input, announced.is_listed) == (9, False)


def test_a_model_is_added_with_its_price_on_one_page(console: Client, url: Url) -> None:
    rows.catalog()
    form = {
        "name": "big", "provider": "sandbox", "physical_name": "big-1", "model_class": "BASE_M",
        "context_tokens": 9000, "max_output_tokens": 900, "is_active": "on",
        "prices-TOTAL_FORMS": 1, "prices-INITIAL_FORMS": 0, "prices-0-input": "1.25", "prices-0-output": "5",
    }  # fmt: skip
    assert console.post(url(LLMModel, "add"), form).status_code == 302
    assert ModelPrice.objects.get(model_id="big").input == Decimal("1.25")


def test_a_natural_key_cannot_be_changed_into_a_copy(console: Client, url: Url) -> None:
    plan = rows.catalog()
    form = {
        "code": "OTHER",
        "name": "Renamed",
        "is_active": "on",
        **no_inlines("plan_features", "llm_access"),
    }
    assert console.post(url(Plan, "change", plan.pk), form).status_code == 302
    assert list(Plan.objects.values_list("code", "name")) == [("PRO", "Renamed")]


@pytest.mark.parametrize("how", ["page", "bulk"])
def test_deleting_what_others_need_is_explained(console: Client, url: Url, how: str) -> None:
    tenant = rows.customer("alder")
    if how == "page":
        response = console.post(url(Tenant, "delete", tenant.pk), {"post": "yes"})
    else:
        form = {"action": "delete_selected", "_selected_action": [str(tenant.pk)], "post": "yes"}
        response = console.post(url(Tenant), form)
    assert response.status_code == 200
    assert b"protected" in response.content
    assert Tenant.objects.filter(pk=tenant.pk).exists()


def test_a_row_that_became_protected_meanwhile_is_a_message(
    console: Client, url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = Tenant.objects.create(slug="birch", name="Birch")

    def refuse(*_: Any, **__: Any) -> None:
        raise ProtectedError("", {Plan(code="PRO")})

    monkeypatch.setattr(Tenant, "delete", refuse)
    response = console.post(url(Tenant, "delete", tenant.pk), {"post": "yes"}, follow=True)
    assert "plans still refer to it" in response.content.decode()
