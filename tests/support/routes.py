"""Every route that the application has, read from the application itself."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from gateway_project.asgi import application
from gateway_project.proxy.app import Front

METHODS = ("get", "post", "put", "patch", "delete")


def wire_routes() -> set[str]:
    """The paths of the wire protocols, and what else is in front of Django."""
    front: Any = application
    while not isinstance(front, Front):  # what stands in front of it
        front = front._app
    return {*front._exact, *(shape(route.path) for route in front._rest.routes)}  # type: ignore[attr-defined]


def api_routes() -> Iterator[str]:
    """The methods and paths of the API."""
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
