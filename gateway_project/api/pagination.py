"""Lists are read a page at a time by cursor: stable while rows are added, and cheap however far one reads."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from metering.errors import InvalidRequest


class CursorPages(CursorPagination):
    """`?limit=` rows from `?cursor=` on; ids are in the order of creation, so the newest come first."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = "-pk"

    def get_page_size(self, request: Request) -> int:
        """Raises InvalidRequest."""
        return limit_of(request)

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Raises NotFound for a cursor that was not ours, such as one whose position is no id."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError, DataError):
            raise NotFound("Invalid cursor.") from None


class CodePages(CursorPages):
    """For nouns that people name: by name."""

    ordering = "pk"


def limit_of(request: Request) -> int:
    """`?limit=`, 1 to 200. Raises InvalidRequest."""
    given = request.query_params.get("limit")
    if given is None:
        return CursorPages.page_size
    if not given.isascii() or not given.isdigit() or not 0 < int(given[:9]) <= CursorPages.max_page_size:
        raise InvalidRequest(f"limit must be 1 to {CursorPages.max_page_size}.", param="limit")
    return int(given)
