"""The id of a request: its answer and each line logged on its behalf have it."""

import re

from starlette.types import Scope

from metering.ids import uuid7

REQUEST_ID = "gateway.request_id"
"""The key of the request's id in a scope and in Django's `request.META`."""
NAMED = "gateway.is_named"
"""The key in a scope of an answer that has its request's id already."""
HEADER = b"x-request-id"
_HARMLESS = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


def id_of(scope: Scope) -> str:
    """Returns the request's id."""
    found: str | None = scope.get(REQUEST_ID)
    return found or request_id_of(given_id(scope))  # a test's, of a part without the whole


def request_id_of(given: str | None) -> str:
    """Returns the caller's own id if it is harmless, so that both sides' logs can be joined."""
    return given if given is not None and _HARMLESS.fullmatch(given) else str(uuid7())


def given_id(scope: Scope) -> str | None:
    """Returns what its caller calls the request."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == HEADER), None)
