"""What every view of the API builds on.

    class TeamList(ApiView):
        permission_classes = [IsTenantAdmin]          # default: IsCaller
        @extend_schema(responses=TeamOut(many=True))
        def get(self, request: Request) -> Response:
            return self.page(in_reach(Team.objects.all(), request), TeamOut)

All handlers of one view are sync, or all are `async def` (adrf). A sync view that needs the gateway or the ledger
goes through `metering.bridge.run_sync`; an async one that needs rows goes through `metering.orm.in_database_thread`.
A new route needs one line in tests/tenancy/matrix.py.
"""

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from gateway_project.api.pagination import CursorPages

if TYPE_CHECKING:
    from rest_framework.views import APIView
else:
    from adrf.views import APIView  # the same, and it may have async handlers


class ApiView(APIView):
    """A view of the API: bearer credentials only, errors in the one shape, lists by cursor."""

    pages: type[CursorPages] = CursorPages
    request: Request

    def valid(self, serializer: type[Serializer[Any]], data: Any, *, partial: bool = False) -> dict[str, Any]:
        """The input as the serializer reads it; of a partial one only what is there.

        Raises rest_framework's ValidationError.
        """
        given = serializer(data=data, partial=partial)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        return values

    def page(self, rows: QuerySet[Any], serializer: type[Serializer[Any]]) -> Response:
        """One page of rows, as `?cursor=` and `?limit=` ask."""
        paginator = self.pages()
        chosen = paginator.paginate_queryset(rows, self.request, self)
        answer: Response = paginator.get_paginated_response(serializer(chosen, many=True).data)
        return answer


class PublicView(ApiView):
    """For routes where a caller gets a credential: whatever comes in `Authorization` is not looked at."""

    authentication_classes = ()
    permission_classes = ()
