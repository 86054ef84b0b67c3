"""A console in which nothing was done yet says on each page what is missing, what it would bring, and what to do."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from metering.models import ATIToken, Tenant, User
from tests.factories import AttemptFactory, ProviderFactory, UserFactory, make_plan, make_token
from tests.integration.admin_console.people_of_alder import browser_of
from tests.integration.admin_console.rows import super_admin

pytestmark = pytest.mark.django_db
EMPTY = re.compile(
    r'<div class="empty"><b>([^<]+)</b>\s*([^<]+)<div class="acts"><a class="btn" href="([^"]+)"'
)
PAGES = {
    "operator": ("index", "explore", "savings", "budgets", "activity", "tenants", "people", "teams", "tokens",
                 "alerts", "plans", "prices", "vendors", "limits", "vendor_keys", "my_plan", "audit", "quota_requests",
                 "statements", "channels", "notifications"),
    "admin": ("index", "explore", "savings", "budgets", "activity", "invitations", "teams", "tokens", "alerts",
              "my_plan", "limits", "vendor_keys", "audit", "quota_requests", "statements", "channels", "notifications"),
    "member": ("index", "explore", "savings", "budgets", "activity", "tokens", "my_plan", "quota_requests",
               "notifications"),
}  # fmt: skip
"""Those that show what there is. The others are forms, or show one thing."""


def person(role: str) -> User:
    """Of a tenant with nothing but a name, or the super admin of a gateway that has not even that."""
    if role == "operator":
        operator: User = super_admin()
        return operator
    tenant = Tenant.objects.create(slug="alder", name="Alder")
    user: User = UserFactory(
        tenant=tenant, role=User.Role.TENANT_ADMIN if role == "admin" else User.Role.MEMBER
    )
    return user


@pytest.mark.parametrize("role", PAGES)
def test_each_page_without_rows_says_what_is_missing_and_has_a_button_that_leads_somewhere(role: str) -> None:
    client = browser_of(person(role))
    leads: set[str] = set()
    for page in PAGES[role]:
        html = client.get(reverse(f"admin:{page}")).content.decode()
        found = EMPTY.findall(html)
        assert found, page
        for title, text, url in found:
            assert len(title) > 5, page
            assert len(text.strip()) > 20, page
            assert not url.startswith("#") or f'id="{url[1:]}"' in html, page
            leads.add(url)
    for url in leads:
        assert url.startswith(("#", "?")) or client.get(url).status_code == 200, url


def test_an_operator_is_led_from_vendor_to_plan_to_tenant_to_the_first_call() -> None:
    client = browser_of(person("operator"))
    steps = [
        ("Add a vendor", ProviderFactory),
        ("Add a plan", make_plan),
        ("Create a tenant", lambda: make_token(Tenant.objects.create(slug="alder", name="Alder"))),
        ("Make the first call", lambda: AttemptFactory(tenant_id=Tenant.objects.get().pk)),
    ]
    for button, done in steps:
        assert button in beginning(client)
        done()
    assert not beginning(client)


def test_an_administrator_is_led_to_a_token_and_to_the_first_call() -> None:
    admin = person("admin")
    client = browser_of(admin)
    assert "Issue a token" in beginning(client)
    make_token(admin.tenant)
    assert "/admin/tenants/alder/first-call/" in beginning(client)
    ATIToken.objects.update(plan_tier="PRO")
    AttemptFactory(tenant_id=admin.tenant_id)
    assert not beginning(client)


def beginning(client: Client) -> str:
    """The card above everything else of the overview."""
    page = client.get("/admin/").content.decode()
    return page.partition('id="beginning"')[2].partition("</section>")[0]
