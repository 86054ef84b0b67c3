"""A route that is added without a line in the matrix fails here."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from gateway_project.asgi import application
from gateway_project.proxy.app import Front
from tests.tenancy.matrix import API, WIRE

METHODS = ("get", "post", "put", "patch", "delete")


def test_every_route_of_the_api_has_its_rows() -> None:
    """Exactly those: a row without a route tests nothing."""
    assert {shape(f"{row.method} {row.path}") for row in API} == set(_api_routes())


def test_every_route_of_the_wire_protocols_has_a_row() -> None:
    assert {shape(row.path) for row in WIRE} >= {row for row in _wire_routes() if "{}" not in row}
    for route in _wire_routes():
        pattern = re.compile(route.replace("{}", ".+"))
        assert any(pattern.fullmatch(row.path) for row in WIRE), f"{route} has no row"


def _wire_routes() -> set[str]:
    front: Any = application
    while not isinstance(front, Front):  # what stands in front of it
        front = front._app
    return {*front._exact, *(shape(route.path) for route in front._rest.routes)}  # type: ignore[attr-defined]


def _api_routes() -> Iterator[str]:
    for path, view in _walk(get_resolver().url_patterns, ""):
        if not path.startswith("api/") or path == "api/":  # the last is what leads nowhere
            continue
        view_class = getattr(view, "view_class", None) or view.cls
        for method in METHODS:
            if hasattr(view_class, method):
                yield f"{method.upper()} /{shape(path)}"


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


def shape(path: str) -> str:
    """`GET /api/teams/<uuid:pk>` and `GET /api/teams/{team}?x=1` become the same."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path.partition("?")[0])
