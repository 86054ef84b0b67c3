"""The pages of channels: what they offer is what comes, and what was typed stays."""

from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.alerts.endpoints.edit import create_endpoint
from metering.models import User
from tests.factories import UserFactory, alder

pytestmark = pytest.mark.django_db
NEW, URL = "/admin/channels/new/?kind=webhook", "https://hooks.example.com/alder"


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def browser(db: Any) -> Client:
    """Of Alder's administrator."""
    return signed_in(UserFactory(email="bea@alder.example", role=User.Role.TENANT_ADMIN))


def offered(page: Any) -> set[str]:
    return {str(value) for value, _ in page.context["form"].fields["events"].choices}


def test_a_tenant_is_offered_the_events_that_it_is_sent(browser: Client) -> None:
    types = offered(browser.get(NEW))
    assert {"quota.warning", "statement.ready", "token.expiring", "quota_request.decided"} <= types
    assert not {"vendor.down", "vendor.impossible_usage", "quota_request.created"} & types


def test_operators_are_offered_what_they_are_sent(db: Any) -> None:
    types = offered(signed_in(User.objects.create_superuser("ops@example.com", None)).get(NEW))
    assert {"quota.warning", "vendor.down", "vendor.impossible_usage", "quota_request.created"} <= types
    assert not {"statement.ready", "token.expiring", "quota_request.decided"} & types


def test_operators_choose_whose_channels_they_see(db: Any) -> None:
    alder()
    filters = (
        signed_in(User.objects.create_superuser("ops@example.com", None))
        .get("/admin/channels/")
        .context["filters"]
    )
    assert [select.name for select in filters.selects] == ["tenant"]


def test_a_choice_that_a_program_made_stays_where_the_form_is_saved(browser: Client) -> None:
    """Without it the channel would come to be sent everything."""
    row, _ = create_endpoint(
        tenant=alder(),
        kind="webhook",
        name="Desk",
        url=URL,
        events=["vendor.down"],
        actor="a test",
        now=now(),
    )
    page = f"/admin/channels/{row.pk}/"
    shown = browser.get(page).context["form"].initial
    assert browser.post(page, {"verb": "change", "url": "", **shown}).status_code == 302
    row.refresh_from_db()
    assert row.events == ["vendor.down"]


def test_a_url_that_is_refused_leaves_what_was_typed(browser: Client) -> None:
    typed = {"name": "Desk", "url": "http://10.0.0.1/", "events": ["statement.ready"]}
    page = browser.post(NEW, typed)
    form = page.context["form"]
    assert (form["name"].value(), form["url"].value(), form["events"].value()) == tuple(typed.values())
    assert "not public" in str(form.errors["url"])
