"""Every other page of the console, by its own list of addresses: super admins only, whatever other people try.

The pages that people work in are those of `console_rows.py`; `OWN` is what everybody has beside them.

Nothing is to be added here for a new page: it is found in the URLconf. A page whose address has an argument of a new
kind fails until `ARGUMENTS` knows a value for it.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.timezone import now

from admin_console.pages import PAGES
from metering.models import Team, Tenant, User
from tests.integration.admin_console import rows

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
OPEN = {
    "admin:login",
    "admin:logout",
    "admin:admin_password_reset",
    "admin:reset_password",
    "admin:accept_invitation",
    "admin:sign_up",
}
OWN = {
    "admin:password_change": 200,
    "admin:password_change_done": 200,
    "admin:jsi18n": 200,
}
"""What a tenant's people are answered."""
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
REGEX_GROUP = re.compile(r"\(\?P<(\w+)>[^()]*(?:\([^()]*\))?[^()]*\)")
QUERIES = (
    "/admin/autocomplete/?app_label=metering&model_name=team&field_name=tenant&term=a",
    "/admin/metering/tenant/?q=alder",
    "/admin/metering/usagelog/?tenant=alder",
)


def addresses() -> Iterator[tuple[str, str]]:
    """Each page's name and address, about a row of Alder's where it is about one."""
    pages = {page.name for page in PAGES}
    [console] = [
        pattern
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLResolver) and str(pattern.pattern) == "admin/"
    ]
    for prefix, pattern in _walk(console, "/"):
        name = pattern.name or ""
        if name in pages:
            continue
        yield f"admin:{name}", _filled(prefix + str(pattern.pattern), name)


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    prefix += str(resolver.pattern)
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, prefix)
        else:
            yield prefix, pattern


def _filled(address: str, name: str) -> str:
    def value(match: re.Match[str]) -> str:
        return ARGUMENTS[match[1]](name)

    address = REGEX_GROUP.sub(value, ARGUMENT.sub(value, address) if "(?P" not in address else address)
    return address.replace("^", "").replace("$", "").replace("\\Z", "")


def _row_of(name: str) -> str:
    noun = name.removeprefix("metering_").partition("_")[0]
    models: dict[str, type[Model]] = {model._meta.model_name: model for model in _nouns()}  # type: ignore[misc]
    return str(rows.first_of(models.get(noun, Team)).pk)


def _nouns() -> list[type[Model]]:
    from django.apps import apps

    return list(apps.get_app_config("metering").get_models())


def _everything() -> dict[str, list[dict[str, Any]]]:
    return {noun.__name__: list(noun._default_manager.order_by("pk").values()) for noun in _nouns()}


ARGUMENTS = {
    "object_id": _row_of,
    "id": lambda name: str(User.objects.values_list("pk", flat=True)[0]),
    "content_type_id": lambda name: "1",
    "app_label": lambda name: "metering",
    "url": lambda name: "nothing",
    "action": lambda name: "nothing",
}


@pytest.fixture
def alder() -> Tenant:
    rows.everything()
    return Tenant.objects.get(slug="alder")


def browser(alder: Tenant, who: str) -> Client:
    """Somebody's, logged in without asking for a password."""
    client = Client()
    if who == "nobody":
        return client
    slug, _, role = who.partition("_")
    tenant, _ = Tenant.objects.get_or_create(slug=slug, defaults={"name": slug})
    is_admin = role == "admin"
    user = User.objects.create_user(
        f"{role}@{slug}.test",
        tenant=tenant,
        role=User.Role.TENANT_ADMIN if is_admin else User.Role.MEMBER,
        is_staff=is_admin,
        is_superuser=is_admin,  # the role decides, not Django's flags
    )
    client.force_login(user, backend=BACKEND)
    return client


@pytest.mark.parametrize("who", ["nobody", "birch_member", "birch_admin", "alder_member", "alder_admin"])
def test_nobody_but_super_admins_sees_or_does_anything(alder: Tenant, who: str) -> None:
    client = browser(alder, who)
    before = _everything()
    own = OWN if who != "nobody" else {}
    pages = [(name, address) for name, address in addresses() if name not in {*OPEN, *own}]
    assert len(pages) > 150
    for name, address in [*pages, *(("query", query) for query in QUERIES)]:
        for method in ("GET", "POST"):
            response: Any = client.generic(method, address, "post=yes", "application/x-www-form-urlencoded")
            assert response.status_code == 302, (name, method, address, response.status_code)
            assert response["Location"].startswith("/admin/login/"), (name, method, response["Location"])
    assert _everything() == before


@pytest.mark.parametrize("who", ["nobody", "birch_member", "birch_admin"])
@pytest.mark.parametrize(
    "address",
    ["/admin/password/forgotten/", "/admin/password/reset/", "/admin/invitation/", "/admin/sign-up/"],
)
def test_what_is_open_to_everybody_shows_and_changes_nothing(alder: Tenant, who: str, address: str) -> None:
    client = browser(alder, who)
    before = _everything()
    for response in (client.get(address), client.post(address, {})):
        assert response.status_code == 200
        assert b"alder" not in response.content
    assert _everything() == before


@pytest.mark.parametrize("who", ["birch_admin", "alder_admin", "birch_member", "alder_member"])
def test_a_tenants_person_has_few_pages_which_change_nothing(alder: Tenant, who: str) -> None:
    client = browser(alder, who)
    before = _everything()
    found = {name: address for name, address in addresses() if name in OWN}
    assert found.keys() == OWN.keys()
    for name, address in found.items():
        assert client.get(address).status_code == OWN[name], name
        assert not client.get(address).headers.get("Location", "").startswith("/admin/login/"), name
        client.post(address, {"post": "yes"})
    assert _everything() == before


@pytest.mark.parametrize(("who", "calls"), [("birch_admin", 0), ("alder_admin", 1)])
@pytest.mark.parametrize("tenant", ["alder", "birch", "", "nobody"])
def test_a_tenants_administrator_simulates_the_own_tenants_calls_alone(
    alder: Tenant, who: str, calls: int, tenant: str
) -> None:
    today = now().date()
    question = {"since": today - timedelta(days=1), "until": today, "tenant": tenant}
    response = browser(alder, who).post("/admin/simulator/", question)
    assert response.status_code == 200
    assert response.context["answer"]["calls"] == calls


def test_a_super_admin_gets_an_answer_everywhere(alder: Tenant) -> None:
    client = Client()
    client.force_login(rows.super_admin("other@example.com"), backend=BACKEND)
    for name, address in addresses():
        if name in OPEN:
            continue
        response = client.get(address)
        assert response.status_code in {200, 301, 302, 403, 404, 405}, (name, address)
        assert not response.headers.get("Location", "").startswith("/admin/login/"), (name, address)
    for query in QUERIES:
        assert client.get(query).status_code == 200, query
