"""Pages of rows that are no queryset: an opaque cursor holds the key of the last row that was read."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from metering.errors import NotFound

K = TypeVar("K")
MAX_CURSOR = 2_000


def cursor_of(request: Request, kind: type[K]) -> K | None:
    """The key in `?cursor=`; None at the beginning. Raises NotFound for one that was not ours."""
    given = request.query_params.get("cursor")
    if not given:
        return None
    try:
        if len(given) > MAX_CURSOR:
            raise ValueError
        return msgspec.json.decode(urlsafe_b64decode(given), type=kind)
    except (ValueError, msgspec.MsgspecError):
        raise NotFound("Invalid cursor.") from None


def key_page(
    request: Request,
    rows: list[Any],
    next_key: object | None,
    *,
    pinned: Mapping[str, str] = MappingProxyType({}),
    **facts: Any,
) -> Response:
    """A page in the shape of all lists; it can be read onwards only.

    `pinned` are query parameters that the next page needs, so that it goes on with the same question.
    """
    url = None
    if next_key is not None:
        cursor = urlsafe_b64encode(msgspec.json.encode(next_key)).decode()
        url = request.build_absolute_uri()
        for name, value in {**pinned, "cursor": cursor}.items():
            url = replace_query_param(url, name, value)
    return Response({**facts, "next": url, "previous": None, "results": rows})
