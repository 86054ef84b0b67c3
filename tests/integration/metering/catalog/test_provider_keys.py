"""Vendors' keys in the database: sealed, set by verbs, rotated, and never shown."""

import io
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import now

from metering.api_key import MAX_KEYS
from metering.catalog.provider_keys.read_keys import keys_of, own_key_providers
from metering.catalog.provider_keys.rotate import rotate_provider_keys
from metering.catalog.provider_keys.set_key import set_provider_key, switch_provider_key
from metering.errors import InvalidRequest
from metering.models import AuditEvent, Provider, ProviderKey, Tenant
from tests.factories import ProviderFactory, alder, birch
from tests.integration.metering.management.asking import answer, refusal, text

pytestmark = pytest.mark.django_db
CANARY = "sk-canary-0123456789-wxyz"
Typed = Callable[[str], None]


@pytest.fixture
def vendor() -> Provider:
    provider: Provider = ProviderFactory(name="acme")
    return provider


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """What standard input holds."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def keep(vendor: Provider, key: str = CANARY, **fields: Any) -> ProviderKey:
    return set_provider_key(provider=vendor, key=key, actor="ops", now=now(), **fields)


def everything_stored() -> str:
    """All rows of both tables, as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT line::text FROM metering_providerkey line")
        found = cursor.fetchall()
        cursor.execute("SELECT line::text FROM metering_auditevent line")
        return str([*found, *cursor.fetchall()])


class TestSetting:
    def test_a_key_is_stored_sealed_and_read_opened(self, vendor: Provider) -> None:
        row = keep(vendor)
        assert keys_of(None) == {"acme": (CANARY,)}
        assert row.last4 == "wxyz"
        stored = everything_stored()
        assert row.label in stored
        assert not [form for form in ("canary", b"canary".hex()) if form in stored]

    def test_a_key_that_is_set_again_takes_the_place_of_the_old_one(self, vendor: Provider) -> None:
        first = keep(vendor)
        switch_provider_key(row=first, is_active=False, actor="ops", now=now())
        second = keep(vendor, "another-key-of-the-same-label")
        assert first.pk == second.pk
        assert keys_of(None) == {"acme": ("another-key-of-the-same-label",)}

    def test_a_tenants_own_keys_are_not_the_gateways_nor_anothers(self, vendor: Provider) -> None:
        keep(vendor, "gateways-key")
        keep(vendor, "alders-key", tenant=alder())
        keep(vendor, "alders-second", tenant=alder(), label="second")
        assert keys_of(None) == {"acme": ("gateways-key",)}
        assert keys_of(alder().pk) == {"acme": ("alders-key", "alders-second")}
        assert keys_of(birch().pk) == {}
        tenants = Tenant.objects.annotate(own=own_key_providers()).order_by("slug")
        assert [(row.slug, row.own) for row in tenants] == [("alder", ["acme"]), ("birch", [])]

    def test_an_inactive_key_is_nobodys(self, vendor: Provider) -> None:
        row = keep(vendor, tenant=alder())
        assert switch_provider_key(row=row, is_active=False, actor="ops", now=now()) is True
        assert switch_provider_key(row=row, is_active=False, actor="ops", now=now()) is False
        assert keys_of(alder().pk) == {}
        assert Tenant.objects.annotate(own=own_key_providers()).get().own == []

    def test_every_change_is_audited_without_the_key(self, vendor: Provider) -> None:
        row = keep(vendor, tenant=alder(), label="main")
        switch_provider_key(row=row, is_active=False, actor="ops", now=now())
        events = AuditEvent.objects.order_by("id")
        assert [(each.action, each.actor, each.tenant_id) for each in events] == [
            (action, "ops", alder().pk) for action in ("providerkey.set", "providerkey.switched_off")
        ]
        about = {"provider": "acme", "label": "main"}
        assert events[0].facts == {**about, "before": None, "after": {"last4": "wxyz"}}
        assert events[1].facts == about

    @pytest.mark.parametrize(
        ("key", "label", "param"),
        [
            ("", "a", "key"), (" \n", "a", "key"), (f"{CANARY}\nx", "a", "key"), (f"{CANARY}…", "a", "key"),
            (CANARY + "x" * 9_000, "a", "key"), (CANARY, " ", "label"), (CANARY, "x" * 65, "label"),
            (CANARY, "a\0b", "label"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_a_key_or_a_label_is_refused_and_not_shown(
        self, vendor: Provider, key: str, label: str, param: str
    ) -> None:
        with pytest.raises(InvalidRequest) as refused:
            keep(vendor, key, label=label)
        assert (refused.value.param, ProviderKey.objects.count()) == (param, 0)
        assert "canary" not in refused.value.message

    def test_an_owner_has_a_bounded_number_of_keys(self, vendor: Provider) -> None:
        for number in range(MAX_KEYS):
            keep(vendor, label=str(number))
        with pytest.raises(InvalidRequest, match="64 keys already"):
            keep(vendor, label="one more")
        keep(vendor, label="0")
        keep(vendor, tenant=alder())

    def test_of_a_short_key_nothing_is_shown(self, vendor: Provider) -> None:
        assert keep(vendor, "short-key-15-ch").last4 == ""


class TestRotation:
    OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()

    def test_after_a_rotation_the_old_encryption_key_may_go(self, vendor: Provider, settings: Any) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [self.OLD]
        row = keep(vendor)
        switch_provider_key(row=keep(vendor, label="off"), is_active=False, actor="ops", now=now())
        settings.FIELD_ENCRYPTION_KEYS = [self.NEW, self.OLD]
        newest = keep(vendor, label="new")
        assert answer("rotate_provider_keys") == {"resealed": 2, "unchanged": 1, "unreadable": []}
        settings.FIELD_ENCRYPTION_KEYS = [self.NEW]
        assert keys_of(None) == {"acme": (CANARY, CANARY)}
        assert answer("rotate_provider_keys") == {"resealed": 0, "unchanged": 3, "unreadable": []}
        resealed = AuditEvent.objects.filter(action="providerkey.resealed").values_list(
            "object_id", flat=True
        )
        assert str(row.pk) in resealed
        assert str(newest.pk) not in resealed

    def test_a_key_that_nothing_opens_is_told_and_takes_no_other_with_it(
        self, vendor: Provider, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [self.OLD]
        lost = keep(vendor, label="lost")
        settings.FIELD_ENCRYPTION_KEYS = [self.NEW]
        keep(vendor, "good-key")
        with caplog.at_level(logging.ERROR):
            assert keys_of(None) == {"acme": ("good-key",)}
        assert [record.__dict__["key_id"] for record in caplog.records] == [str(lost.pk)]
        rotated = rotate_provider_keys(actor="ops", now=now())
        assert (rotated.resealed, rotated.unchanged, rotated.unreadable) == (0, 1, (str(lost.pk),))


class TestCommand:
    def test_a_key_is_read_from_standard_input(self, vendor: Provider, typed: Typed) -> None:
        typed(f"{CANARY}\n")
        said = answer("set_provider_key", "acme", "--tenant", alder().slug, "--label", "main")
        row = ProviderKey.objects.get()
        assert said == {
            "id": str(row.pk), "provider": "acme", "tenant": alder().slug, "label": "main", "last4": "wxyz",
            "is_active": True,
        }  # fmt: skip
        assert keys_of(alder().pk) == {"acme": (CANARY,)}
        assert AuditEvent.objects.get().actor == "manage.py set_provider_key"

    def test_a_key_is_read_from_a_variable_that_may_hold_one(
        self, vendor: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACME_API_KEY", CANARY)
        assert "canary" not in text("set_provider_key", "acme", "--env", "ACME_API_KEY")
        assert keys_of(None) == {"acme": (CANARY,)}

    @pytest.mark.parametrize(
        ("arguments", "environment", "sentence"),
        [
            (["nobody"], {}, "There is no provider 'nobody'."),
            (["acme", "--tenant", "nobody"], {}, "There is no tenant 'nobody'."),
            (["acme", "--env", "DATABASE_URL"], {"DATABASE_URL": CANARY}, "must name a variable that ends in _API_KEY"),
            (["acme", "--env", "ACME_API_KEY"], {}, "ACME_API_KEY holds 0 keys; one is needed."),
            (["acme", "--env", "ACME_API_KEY"], {"ACME_API_KEY": f"{CANARY},b"}, "holds 2 keys; one is needed."),
            (["acme"], {}, "There is no key."),
            (["acme", "--off"], {}, "acme has no key 'default' of this owner."),
        ],
    )  # fmt: skip
    def test_what_cannot_be_done_is_one_sentence_without_the_key(
        self,
        vendor: Provider,
        typed: Typed,
        monkeypatch: pytest.MonkeyPatch,
        arguments: list[str],
        environment: dict[str, str],
        sentence: str,
    ) -> None:
        typed("")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        said = str(refusal("set_provider_key", *arguments))
        assert sentence in said
        assert "canary" not in said
        assert not ProviderKey.objects.exists()

    def test_a_key_is_never_an_argument(self, vendor: Provider) -> None:
        with pytest.raises(Exception, match="unrecognized arguments"):
            call_command("set_provider_key", "acme", CANARY)

    def test_a_key_is_switched_off(self, vendor: Provider) -> None:
        keep(vendor)
        assert answer("set_provider_key", "acme", "--off")["is_active"] is False
        assert keys_of(None) == {}


def test_a_tenant_that_goes_takes_its_keys_along(vendor: Provider) -> None:
    keep(vendor, tenant=alder())
    Tenant.objects.filter(pk=alder().pk).delete()
    assert not ProviderKey.objects.exists()
