"""Moments look the same wherever the console shows them, and say in which zone they are."""

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from admin_console.wording import when
from metering.models import Budget, Tenant
from tests.factories import BudgetFactory, alder
from tests.integration.admin_console.conftest import Url

MOMENT = datetime(2026, 11, 26, 14, 32, 5, tzinfo=UTC)
SHOWN = "Thu 26 Nov 2026, 14:32:05"


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_field_that_django_shows_itself_has_the_one_format_and_its_zone(console: Client, url: Url) -> None:
    tenant = alder(created_at=MOMENT)
    page = console.get(url(Tenant, "change", tenant.pk)).content.decode()
    assert f"{SHOWN} UTC" in page


def test_a_lists_column_names_its_zone_in_its_header(console: Client, url: Url, db: Any) -> None:
    Tenant.objects.filter(pk=BudgetFactory().tenant_id).update(created_at=MOMENT)
    page = console.get(url(Tenant)).content.decode()
    assert SHOWN in plain(page)
    assert "(UTC)" in page
    assert plain(when(MOMENT, UTC)) == SHOWN
    assert Budget.objects.exists()
