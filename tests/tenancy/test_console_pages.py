"""Each line of `console_rows.py`, opened by everybody: nobody reads, counts or changes another tenant's rows."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import transaction
from django.test import Client

from admin_console.pages import PAGES as PAGES_OF_THE_CONSOLE
from metering.models import Tenant, User
from tests.tenancy.asking import filled, text_of
from tests.tenancy.console_rows import LOGIN, PAGES, PageRow
from tests.tenancy.image import image_of
from tests.tenancy.kept_world import KeptWorld
from tests.tenancy.test_matrix import another, without
from tests.tenancy.test_routes_have_rows import shape
from tests.tenancy.world import ACTORS, STRANGERS, World, more_of

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
READERS = ("birch_member", "birch_admin")
"""Strangers who have pages of their own."""
FIRST = list({shape(row.path): row for row in reversed(PAGES) if row.method == "GET"}.values())
"""The first row of each page."""
CLOCK = re.compile(r"\b\d\d:\d\d(?::\d\d)?\b|\b[\d.]+\s(?:s|min)\b")


def each(rows: Iterable[PageRow]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=repr(row)) for row in rows])


@pytest.fixture(scope="module")
def browsers(kept_world: KeptWorld, django_db_blocker: Any) -> dict[str, Client]:
    """Everybody's, signed in once."""
    with django_db_blocker.unblock():
        return {actor: browser(kept_world.get(), actor) for actor in ACTORS}


@pytest.fixture(scope="module")
def before(kept_world: KeptWorld, browsers: dict[str, Client], django_db_blocker: Any) -> list[Any]:
    """Alder's rows as every test finds them."""
    with django_db_blocker.unblock():
        return image_of(kept_world.get().alder.tenant)


def browser(world: World, actor: str) -> Client:
    client = Client(headers={"x-request-id": "matrix"})
    if actor != "nobody":
        client.force_login(_person(world, actor), backend=BACKEND)
    return client


def _person(world: World, actor: str) -> User:
    if actor == "operator":
        return User.objects.get(role=User.Role.SUPER_ADMIN)
    tenant, _, role = actor.partition("_")
    found: User = getattr(getattr(world, tenant), role)
    return found


def ask(client: Client, row: PageRow, names: dict[str, str], *, method: str | None = None) -> Any:
    client.cookies.pop("messages", None)
    path = row.path.format(**names)
    if (method or row.method) == "GET":
        return client.get(path)
    return client.post(path, filled(row.body or {}, names))


def status_of(response: Any) -> int:
    """LOGIN stands for being sent to the login page."""
    if response.status_code == 302 and response["Location"].startswith("/admin/login/"):
        return LOGIN
    return int(response.status_code)


def told(response: Any) -> str:
    """All of it but the time of day, with addresses as people read them."""
    return CLOCK.sub("<clock>", unquote(text_of(response)))


def test_every_page_of_the_console_has_its_rows() -> None:
    """Exactly those: a row without a page tests nothing."""
    pages = {shape(f"/admin/{page.route}") for page in PAGES_OF_THE_CONSOLE}
    assert {shape(row.path) for row in PAGES} == pages


def test_the_rows_name_the_audience_of_the_page() -> None:
    audiences = {shape(f"/admin/{page.route}"): page.audience for page in PAGES_OF_THE_CONSOLE}
    assert {shape(row.path): row.audience for row in PAGES} == audiences


@each(PAGES)
def test_everybody_gets_what_the_row_says_and_strangers_neither_read_nor_change_alders_rows(
    row: PageRow, world: World, browsers: dict[str, Client], before: list[Any]
) -> None:
    names = world.names()
    for actor, client in browsers.items():
        with transaction.atomic():
            response = ask(client, row, names)
            text = told(response)
            assert status_of(response) == row.status_for(actor), f"{actor}: {text[:2000]}"
            if actor in STRANGERS:
                assert _seen_of_alder(text, row, world) == [], actor
            if actor in STRANGERS and status_of(response) != LOGIN:
                assert image_of(world.alder.tenant) == before, actor
            transaction.set_rollback(True)


def _seen_of_alder(text: str, row: PageRow, world: World) -> list[str]:
    """What stands there of Alder's, but for what the caller has named."""
    asked = {value for name, value in world.alder.names().items() if row.names(name)}
    for value in sorted(asked - {world.alder.tenant.slug}, key=len, reverse=True):
        text = text.replace(value, "")
    marks = (world.alder.marks() | world.alder.words()) - asked
    return [mark for mark in marks if mark in text]


@each(row for row in PAGES if row.method == "GET")
def test_a_stranger_cannot_tell_how_much_alder_has(
    row: PageRow, world: World, browsers: dict[str, Client]
) -> None:
    names = world.names()
    before = {actor: told(ask(browsers[actor], row, names)) for actor in READERS}
    more_of(world.alder)
    after = {actor: told(ask(browsers[actor], row, names)) for actor in READERS}
    for actor in READERS:
        assert after[actor].splitlines() == before[actor].splitlines(), actor


@each(row for row in PAGES if row.names_an_object)
def test_a_stranger_is_answered_as_if_alders_rows_had_never_been(
    row: PageRow, world: World, browsers: dict[str, Client]
) -> None:
    alders = {name: value for name, value in world.alder.names().items() if row.names(name)}
    nobodys = {name: another(value) for name, value in alders.items()}
    for actor in READERS:
        client = browsers[actor]
        real = without(told(ask(client, row, world.names())), alders)
        assert without(told(ask(client, row, world.names() | nobodys)), nobodys) == real, actor


@each(FIRST)
def test_people_of_a_suspended_tenant_have_no_page(
    row: PageRow, world: World, browsers: dict[str, Client]
) -> None:
    Tenant.objects.filter(pk=world.alder.tenant.pk).update(status=Tenant.Status.SUSPENDED)
    for actor in ("alder_member", "alder_admin"):
        assert status_of(ask(browsers[actor], row, world.names())) == LOGIN, actor


@each(FIRST)
def test_strangers_and_members_change_nothing_of_alders_by_posting_to_a_page(
    row: PageRow, world: World, browsers: dict[str, Client], before: list[Any]
) -> None:
    for actor in (*STRANGERS, "alder_member"):
        ask(browsers[actor], row, world.names(), method="POST")
    assert image_of(world.alder.tenant) == before
