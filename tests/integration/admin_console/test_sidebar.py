"""The sidebar: short for everybody, complete for super admins, and in each one's reach."""

import re
from typing import Any

import pytest
from django.test import Client

from admin_console.pages import PAGES
from admin_console.theme import GROUPS, title_of
from metering.models import User
from tests.factories import UserFactory, alder
from tests.integration.admin_console.rows import super_admin

BACKEND = "django.contrib.auth.backends.ModelBackend"
ENTRY = re.compile(r'<a href="([^"]*)"[^>]*class="flex h-\[38px\].*?<span>([^<]*)</span>', re.DOTALL)


def sections(user: User) -> tuple[list[str], list[str]]:
    """The titles above, and those that are folded."""
    client = Client()
    client.force_login(user, backend=BACKEND)
    page = client.get("/admin/budgets/").content.decode()
    sidebar = page[page.index('id="nav-sidebar-apps"') : page.index('id="main"')]
    main, _, rest = sidebar.partition("Advanced")
    return [title for _, title in ENTRY.findall(main)], [title for _, title in ENTRY.findall(rest)]


@pytest.fixture(params=["operator", "admin", "member"])
def anybody(request: pytest.FixtureRequest, db: Any) -> User:
    if request.param == "operator":
        return super_admin()
    role = User.Role.TENANT_ADMIN if request.param == "admin" else User.Role.MEMBER
    return UserFactory(tenant=alder(), role=role)


def test_nobody_has_more_than_ten_entries_above(anybody: User) -> None:
    main, _ = sections(anybody)
    assert main[0] == "Overview"
    assert 3 <= len(main) <= 10, main
    assert len(set(main)) == len(main)


def test_only_super_admins_have_records_under_advanced(anybody: User) -> None:
    _, rest = sections(anybody)
    assert ("Ledger entries" in rest) is (anybody.role == User.Role.SUPER_ADMIN)


def test_the_search_names_what_the_viewer_finds(anybody: User) -> None:
    client = Client()
    client.force_login(anybody, backend=BACKEND)
    is_operator = anybody.role == User.Role.SUPER_ADMIN
    assert ("Tenant, person, id" in client.get("/admin/budgets/").content.decode()) is is_operator


def test_a_super_admin_finds_every_noun_and_every_page_with_an_icon(db: Any) -> None:
    main, rest = sections(super_admin())
    nouns = {title_of(model) for models in GROUPS.values() for model in models}
    pages = {page.title for page in PAGES if page.icon and not page.is_for_tenants}
    assert nouns | pages <= {*main, *rest}


def test_nouns_are_called_by_words_not_by_their_classes_names() -> None:
    titles = [title_of(model) for models in GROUPS.values() for model in models]
    assert [title for title in titles if re.search("[a-z][A-Z]", title)] == []
