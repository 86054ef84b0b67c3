"""`?tenant=` means the same on every route of the API, or is refused by its name: asked of every route and method."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import resolve

from gateway_project.api.query import query_names
from metering.ids import uuid7
from tests.tenancy.asking import ask
from tests.tenancy.matrix import API, Row
from tests.tenancy.world import World

PLACEHOLDER = re.compile(r"\{(\w+)\}")
NAMES = {"tenant", "plan"}
"""Placeholders that stand for a name; the others for an id."""
EXAMPLES = {"delivery": "1"}
"""Of ids that are numbers."""
ANY_ID = uuid7()
OPERATOR, ADMIN, MEMBER = "operator", "alder_admin", "alder_member"


def without_tenant(path: str) -> str:
    base, _, query = path.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("tenant=")]
    return "?".join(filter(None, (base, "&".join(kept))))


def takes_it(row: Row) -> bool:
    path = PLACEHOLDER.sub(
        lambda found: "alder" if found[1] in NAMES else EXAMPLES.get(found[1], str(ANY_ID)),
        row.path.partition("?")[0],
    )
    view: Any = resolve(path).func
    handler = getattr(getattr(view, "view_class", None) or view.cls, row.method.lower())
    return "tenant" in query_names(handler)


ROWS = list({(row.method, without_tenant(row.path), str(row.body)): row for row in API}.values())
"""Each once, whether or not the matrix asks it with the parameter."""
TAKING = [row for row in ROWS if takes_it(row)]
OTHERS = [row for row in ROWS if not takes_it(row)]


def answer(row: Row, world: World, actor: str, tenant: str | None) -> Any:
    """Of the same request with this tenant named, or none."""
    path = without_tenant(row.path)
    if tenant is not None:
        path += f"{'&' if '?' in path else '?'}tenant={tenant}"
    asked = Row(f"{row.method} {path}", member=0, admin=0, operator=0, body=row.body, headers=row.headers)
    return ask(asked, world, actor)


def asked_by(*actors: str, world: World) -> Iterator[tuple[Row, str]]:
    """Each route with each of them who may ask it."""
    for row in TAKING:
        for actor in actors:
            if actor == OPERATOR or answer(row, world, actor, None).status_code == 200:
                yield row, actor


def assert_refused(response: Any, status: int) -> str:
    """The sentence."""
    error = response.json()["error"]
    code = {400: "invalid_request", 404: "not_found"}[status]
    assert (response.status_code, error["code"], error["param"]) == (status, code, "tenant"), error
    return str(error["message"])


def test_lists_and_reports_take_it() -> None:
    assert len(TAKING) >= 12
    assert {row.method for row in TAKING} == {"GET"}


def test_another_tenant_is_as_absent_as_one_that_never_was(world: World) -> None:
    for row, actor in asked_by(ADMIN, MEMBER, world=world):
        others = assert_refused(answer(row, world, actor, "birch"), 404)
        nobodys = assert_refused(answer(row, world, actor, "nobody"), 404)
        assert others.replace("birch", "nobody") == nobodys, row


def test_the_own_tenant_may_be_named_by_whoever_may_ask(world: World) -> None:
    for row, actor in asked_by(ADMIN, MEMBER, world=world):
        assert answer(row, world, actor, "alder").status_code == 200, row


def test_an_operator_gets_the_tenant_that_is_named_or_is_told_that_there_is_none(world: World) -> None:
    for row in TAKING:
        assert answer(row, world, OPERATOR, "alder").status_code == 200, row
        assert_refused(answer(row, world, OPERATOR, "nobody"), 404)
        assert_refused(answer(row, world, OPERATOR, "No+Slug!"), 404)


def test_what_can_be_no_name_is_refused_before_anybody_is_looked_for(world: World) -> None:
    for row, actor in asked_by(OPERATOR, ADMIN, MEMBER, world=world):
        for name in ("", "%00", "x" * 64):
            assert_refused(answer(row, world, actor, name), 400)


def test_where_it_makes_no_sense_it_is_an_unknown_parameter(world: World) -> None:
    for row in OTHERS:
        assert "unknown query parameter" in assert_refused(answer(row, world, OPERATOR, "alder"), 400), row
