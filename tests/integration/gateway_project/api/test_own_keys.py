"""A tenant's own vendor keys: kept where its plan contains that, and shown to nobody again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from metering.catalog.provider_keys.own_keys import MOST_TESTS
from metering.catalog.provider_keys.read_keys import keys_of
from metering.models import AuditEvent, Feature, Plan, PlanFeature, Provider, ProviderKey, User
from tests.factories import ModelFactory, ProviderFactory, alder, birch
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin
from tests.vendors.running import RunningVendor, running_vendor

pytestmark = pytest.mark.django_db
KEY, OTHER = "sk-canary-0123456789-wxyz", "sk-canary-0123456789-abcd"
FACTS = {"provider": "acme", "key": KEY}


@pytest.fixture
def bea(db: Any) -> User:
    """Alder's administrator."""
    return person(User.Role.TENANT_ADMIN)


@pytest.fixture
def acme(bea: User) -> Provider:
    """On the plan, which contains own keys."""
    Feature.objects.get_or_create(code="OWN_KEYS", defaults={"name": "Own vendor keys"})
    PlanFeature.objects.create(plan=Plan.objects.get(code="PRO"), feature_id="OWN_KEYS")
    provider: Provider = ProviderFactory(
        name="acme", kind="openai_compatible", base_url="http://127.0.0.1:9/v1"
    )
    ModelFactory(provider=provider)
    return provider


@pytest.fixture(scope="module")
def vendor() -> Iterator[RunningVendor]:
    with running_vendor() as running:
        yield running


def test_a_key_is_set_replaced_switched_and_removed_and_never_shown(bea: User, acme: Provider) -> None:
    made = call("POST", "provider-keys", FACTS, who=bea)
    row = made.json()
    assert (made.status_code, row["last4"], row["is_active"]) == (201, "wxyz", True)
    replaced = call("POST", "provider-keys", {**FACTS, "key": OTHER}, who=bea)
    assert (replaced.status_code, replaced.json()["id"], replaced.json()["last4"]) == (200, row["id"], "abcd")
    assert keys_of(alder().pk) == {"acme": (OTHER,)}
    path = f"provider-keys/{row['id']}"
    for is_active, kept in ((False, {}), (True, {"acme": (OTHER,)})):
        assert call("PATCH", path, {"is_active": is_active}, who=bea).status_code == 200
        assert keys_of(alder().pk) == kept
    shown = b"".join(call("GET", each, who=bea).content for each in ("provider-keys", path, "audit"))
    assert b"canary" not in shown
    assert call("DELETE", path, who=bea).status_code == 204
    assert not ProviderKey.objects.exists()
    trail = call("GET", "audit?noun=vendor+key", who=bea).json()["results"]
    assert [entry["sentence"].partition(" ")[2] for entry in trail] == [
        "removed the key “default” for acme",
        "switched on the key “default” for acme",
        "switched off the key “default” for acme",
        "replaced the key “default” for acme, which ends with abcd",
        "added the key “default” for acme, which ends with wxyz",
    ]


class TestWhoMay:
    def test_a_plan_without_the_feature_allows_no_key(self, bea: User, acme: Provider) -> None:
        PlanFeature.objects.filter(feature_id="OWN_KEYS").delete()
        assert code_of(call("POST", "provider-keys", FACTS, who=bea)) == (403, "feature_not_in_plan")

    def test_what_is_kept_can_be_taken_away_without_the_feature_and_not_be_used_again(
        self, bea: User, acme: Provider
    ) -> None:
        path = f"provider-keys/{call('POST', 'provider-keys', FACTS, who=bea).json()['id']}"
        PlanFeature.objects.filter(feature_id="OWN_KEYS").delete()
        assert call("PATCH", path, {"is_active": False}, who=bea).json()["is_active"] is False
        assert code_of(call("PATCH", path, {"is_active": True}, who=bea)) == (403, "feature_not_in_plan")
        assert call("DELETE", path, who=bea).status_code == 204

    @pytest.mark.parametrize("name", ["sandbox", "elsewhere", "nobody"])
    def test_a_vendor_that_the_plan_does_not_offer_is_as_absent_as_one_that_never_was(
        self, bea: User, acme: Provider, name: str
    ) -> None:
        ProviderFactory(name="elsewhere", kind="openai_compatible", base_url="http://127.0.0.1:9/v1")
        refused = call("POST", "provider-keys", {**FACTS, "provider": name}, who=bea)
        assert code_of(refused) == (404, "not_found")
        assert refused.json()["error"]["message"] == f"There is no vendor '{name}' on your plan."

    def test_an_operator_sets_the_gateways_key_and_a_tenants(self, bea: User, acme: Provider) -> None:
        ops = super_admin()
        call("POST", "provider-keys", FACTS, who=ops)
        call("POST", "provider-keys", {**FACTS, "tenant": "alder", "key": OTHER}, who=ops)
        assert (keys_of(None), keys_of(alder().pk)) == ({"acme": (KEY,)}, {"acme": (OTHER,)})
        assert len(call("GET", "provider-keys", who=bea).json()["results"]) == 1

    def test_another_tenants_key_is_not_there(self, bea: User, acme: Provider) -> None:
        row = call("POST", "provider-keys", FACTS, who=bea).json()
        eve = person(User.Role.TENANT_ADMIN, birch())
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"is_active": False}),
            ("DELETE", "", None),
            ("POST", "/test", None),
        ):
            answer = call(method, f"provider-keys/{row['id']}{path}", body, who=eve)
            assert code_of(answer) == (404, "not_found"), (method, path)


class TestTesting:
    def test_the_vendor_is_asked_with_this_key(
        self, bea: User, acme: Provider, vendor: RunningVendor
    ) -> None:
        Provider.objects.filter(pk="acme").update(base_url=vendor.base_url)
        said = []
        for key in (str(vendor.api_key), KEY):
            row = call("POST", "provider-keys", {**FACTS, "key": key}, who=bea).json()
            said.append(call("POST", f"provider-keys/{row['id']}/test", who=bea).json())
        refusal = "acme does not accept this key (status 401)."
        assert said == [{"ok": True, "problem": None}, {"ok": False, "problem": refusal}]

    def test_what_is_wrong_is_told_without_the_key(self, bea: User, acme: Provider) -> None:
        row = call("POST", "provider-keys", FACTS, who=bea).json()
        answer = call("POST", f"provider-keys/{row['id']}/test", who=bea)
        assert answer.json()["ok"] is False
        assert answer.json()["problem"]
        assert "canary" not in answer.content.decode()

    def test_keys_are_tested_so_often_an_hour(self, bea: User, acme: Provider) -> None:
        row = call("POST", "provider-keys", FACTS, who=bea).json()
        for _ in range(MOST_TESTS):
            AuditEvent.objects.create(
                action="providerkey.tested", actor=bea.email, tenant_id=alder().pk, facts={}
            )
        refused = call("POST", f"provider-keys/{row['id']}/test", who=bea)
        assert code_of(refused) == (429, "rate_limited")
        assert int(refused["Retry-After"]) > 3_500
        AuditEvent.objects.update(at=AuditEvent.objects.earliest("at").at - timedelta(hours=1, minutes=1))
        assert call("POST", f"provider-keys/{row['id']}/test", who=bea).status_code == 200
