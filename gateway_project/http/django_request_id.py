"""Every answer of Django's has a request id, as those of the wire protocols do; the log's lines have it too."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from structlog.contextvars import bound_contextvars

from gateway_project.http.request_id import REQUEST_ID, id_of, request_id_of

Handler = Callable[[HttpRequest], Any]


def begin(request: HttpRequest) -> str:
    """The request's id, which is in `request.META[REQUEST_ID]` from now on: the server's; in tests a new one."""
    scope = getattr(request, "scope", None)
    request_id = request_id_of(request.headers.get("x-request-id")) if scope is None else id_of(scope)
    request.META[REQUEST_ID] = request_id
    return request_id


@sync_and_async_middleware
def request_id_middleware(get_response: Handler) -> Handler:
    """Django middleware."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            request_id = begin(request)
            with bound_contextvars(request_id=request_id):
                response: HttpResponseBase = await get_response(request)
            response["x-request-id"] = request_id
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        request_id = begin(request)
        with bound_contextvars(request_id=request_id):
            response: HttpResponseBase = get_response(request)
        response["x-request-id"] = request_id
        return response

    return answer
