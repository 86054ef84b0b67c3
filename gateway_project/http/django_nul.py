"""Refuses requests to Django that contain the character NUL: no name has it, and PostgreSQL stores no text with it.

In the path, the query and the fields of forms. DRF refuses it in JSON, field by field.
"""

from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from gateway_project.http.django_refusals import bad_request
from gateway_project.http.django_request_id import Handler
from metering.errors import InvalidRequest

QUOTED = "%00"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"


@sync_and_async_middleware
def nul_middleware(get_response: Handler) -> Handler:
    """Django middleware."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return refusal_of(request) or await get_response(request)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return refusal_of(request) or get_response(request)

    return answer


def refusal_of(request: HttpRequest) -> HttpResponse | None:
    """A 400 in the shape of the path, or None. Raises what Django raises for a form that cannot be read."""
    where = _place_of_nul(request)
    if not where:
        return None
    return bad_request(request, InvalidRequest(f"The {where} contains the character NUL.", param=None))


def _place_of_nul(request: HttpRequest) -> str:
    if "\0" in request.path:
        return "path"
    if QUOTED in request.META.get("QUERY_STRING", ""):
        return "query"
    if request.method != "POST" or request.path.startswith("/api/"):
        return ""
    if request.content_type == FORM:
        body: bytes = request.body
        return "form" if QUOTED.encode() in body or b"\0" in body else ""
    if request.content_type == PARTS:
        fields: Any = request.POST.lists()
        return "form" if any("\0" in text for name, values in fields for text in (name, *values)) else ""
    return ""
