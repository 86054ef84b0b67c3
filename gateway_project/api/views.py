"""What every view of the API builds on.

    class TeamList(ApiView):
        permission_classes = [IsTenantAdmin]          # default: IsCaller
        @extend_schema(responses=TeamOut(many=True))
        def get(self, request: Request) -> Response:
            return self.page(in_reach(Team.objects.all(), request), TeamOut)

All handlers of one view are sync, or all are `async def` (adrf). A sync view that needs the gateway or the ledger
goes through `metering.bridge.run_sync`; an async one that needs rows goes through `metering.orm.in_database_thread`.
A new route needs one line in tests/tenancy/matrix.py.

Nothing that a request says is dropped: a body is read by `valid` or `changes` through a StrictInput, query parameters
are declared with `asks` (or `paged`), and what nobody reads is refused with 400.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from gateway_project.api.input import Nothing, StrictInput
from gateway_project.api.pagination import CursorPages
from gateway_project.api.query import check_query, query_names

if TYPE_CHECKING:
    from rest_framework.views import APIView
else:
    from adrf.views import APIView  # the same, and it may have async handlers

WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})


class ApiView(APIView):
    """A view of the API: bearer credentials only, errors in the one shape, lists by cursor."""

    pages: type[CursorPages] = CursorPages
    request: Request

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before the handler: whether the body is too large, who calls, and then whether query and body say anything
        that nobody reads.

        Raises RequestDataTooBig, what permissions raise, and InvalidRequest.
        """
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig  # Django itself looks only where it reads forms
        super().initial(request, *args, **kwargs)
        method = str(request.method)
        handler = getattr(self, method.lower(), None)
        if handler is None:
            return  # no such method here
        check_query(request, query_names(handler))
        if method in WITHOUT_BODY:
            self.take_nothing(request)

    def valid(self, serializer: type[StrictInput], data: Any) -> dict[str, Any]:
        """The input as the serializer reads it. Raises rest_framework's ValidationError."""
        return _validated(serializer(data=data))

    def take_nothing(self, request: Request) -> None:
        """For a handler that reads no body: an empty one, `{}` and `null` say nothing.

        Raises rest_framework's ValidationError for any other.
        """
        if request.data is not None:
            self.valid(Nothing, request.data)

    def changes(self, serializer: type[StrictInput], data: Any, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Those fields of the input that say something else than `shown`, the row as answers show it now.

        So a client may send back what it got. Raises rest_framework's ValidationError, also for a field that is only
        shown and says something else.
        """
        if isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if _says_otherwise(shown, name, value)}
        return _validated(serializer(data=data, partial=True, context={"shown": shown}))

    def page(
        self,
        rows: QuerySet[Any],
        serializer: type[Serializer[Any]],
        *,
        told: Callable[[list[Any]], list[Any]] = list,
    ) -> Response:
        """One page of rows, as `?cursor=` and `?limit=` ask; `told` makes of them what the caller may see."""
        paginator = self.pages()
        chosen = paginator.paginate_queryset(rows, self.request, self)
        answer: Response = paginator.get_paginated_response(serializer(told(chosen), many=True).data)
        return answer


class PublicView(ApiView):
    """For routes where a caller gets a credential: whatever comes in `Authorization` is not looked at."""

    authentication_classes = ()
    permission_classes = ()


def _validated(given: StrictInput) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    values: dict[str, Any] = given.validated_data
    return values


def _says_otherwise(shown: Mapping[str, Any], name: str, value: Any) -> bool:
    return name not in shown or shown[name] != value
