"""The matrix's lines of the wire protocols, over real HTTP."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from metering.models import Budget, PolicyRule
from metering.orm import close_database_threads
from tests.e2e.server import Server, running_server
from tests.factories import BudgetFactory
from tests.served import serve_model
from tests.tenancy.asking import filled
from tests.tenancy.image import image_of
from tests.tenancy.matrix import CHAT, WIRE, Row
from tests.tenancy.world import ACTORS, STRANGERS, World, make_world


class Stays(urllib.request.HTTPRedirectHandler):
    """Where an answer leads is the caller's to see, and not followed."""

    def redirect_request(self, *args: Any) -> None:
        return None


OPENER = urllib.request.build_opener(Stays)


@pytest.fixture
def world(transactional_db: Any) -> World:
    world = make_world()
    serve_model()
    return world


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    with running_server() as server:
        yield server
    close_database_threads()


def ask(server: Server, row: Row, bearer: str, names: dict[str, str]) -> tuple[int, str, str]:
    """Status, headers and body."""
    body = None if row.body is None else json.dumps(filled(row.body, names)).encode()
    headers = {"x-request-id": "matrix", "content-type": "application/json", **filled(row.headers, names)}
    if bearer:
        headers["authorization"] = f"Bearer {bearer}"
    url = f"{server.url}{row.path.format(**names)}"
    request = urllib.request.Request(url, body, headers, method=row.method)  # noqa: S310
    try:
        with OPENER.open(request, timeout=30) as answer:
            return answer.status, str(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, str(error.headers), error.read().decode()


def test_everybody_gets_the_status_that_the_matrix_says(world: World, server: Server) -> None:
    names = world.names()
    expected = {(repr(row), actor): row.status_for(actor) for row in WIRE for actor in ACTORS}
    found = {
        (repr(row), actor): ask(server, row, world.bearers[actor], names)[0]
        for row in WIRE
        for actor in ACTORS
    }
    assert found == expected


def test_strangers_neither_read_nor_change_anything_of_alders(world: World, server: Server) -> None:
    names = world.names()
    unasked = world.alder.marks() - set(world.alder.names().values())
    before = image_of(world.alder.tenant)
    for row in WIRE:
        for actor in STRANGERS:
            text = " ".join(map(str, ask(server, row, world.bearers[actor], names)))
            assert [mark for mark in unasked if mark in text] == [], (row, actor)
    assert image_of(world.alder.tenant) == before


def test_a_team_of_alders_is_to_strangers_as_one_that_never_was(world: World, server: Server) -> None:
    for row in WIRE:
        if not row.names("team"):
            continue
        unknown = str(uuid4())
        for actor in STRANGERS:
            real = ask(server, row, world.bearers[actor], world.names())
            other = ask(server, row, world.bearers[actor], world.names() | {"team": unknown})
            assert (real[0], real[2]) == (other[0], other[2].replace(unknown, str(world.names()["team"])))


def test_what_is_left_of_a_budget_that_tenants_share_is_not_told(world: World, server: Server) -> None:
    BudgetFactory(scope="global", amount=100)
    BudgetFactory(scope="provider", scope_id="sandbox", amount=10**9, dimension="cost")
    PolicyRule.objects.all().delete()
    Budget.objects.filter(tenant__isnull=False).delete()
    row = Row("POST /v1/chat/completions", body=CHAT, member=200, admin=200, operator=403)
    status, headers, _ = ask(server, row, world.bearers["birch_member"], world.names())
    assert status == 200
    assert "x-budget-remaining" not in headers.lower()


def test_the_same_idempotency_key_and_body_of_two_tenants_are_two_calls(world: World, server: Server) -> None:
    row = Row(
        "POST /v1/chat/completions",
        body=CHAT,
        headers={"idempotency-key": "the-same"},
        member=200,
        admin=200,
        operator=403,
    )
    reservations = set()
    for actor in ("alder_member", "birch_member"):
        status, headers, _ = ask(server, row, world.bearers[actor], world.names())
        assert status == 200
        assert "replay" not in headers.lower()
        reservations |= {line for line in headers.splitlines() if "reservation-id" in line}
    assert len(reservations) == 2


def test_an_ati_token_reads_no_more_than_its_tenants_people(world: World, server: Server) -> None:
    names = world.names()
    for row in WIRE:
        expected = row.status_for("birch_member")
        if row.names("team"):
            expected = 404
        assert ask(server, row, world.birch.secret, names)[0] == expected, row
