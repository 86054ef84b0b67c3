"""Refuses requests to Django that contain the character NUL: no name has it, and PostgreSQL stores no text with it.

In the path, the query and the fields of forms. DRF refuses it in JSON, field by field.
"""

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.decorators import sync_and_async_middleware

from gateway_project.http.django_refusals import bad_request
from gateway_project.http.django_request_id import Handler
from metering.errors import InvalidRequest

NUL, QUOTED = "\0", "%00"
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
    if NUL in request.path:
        return _refused(request, "The path")
    if QUOTED in request.META.get("QUERY_STRING", ""):
        return _refused(request, "The query", _field_of(request.GET))
    if request.method == "POST" and not request.path.startswith("/api/") and _has_form_nul(request):
        return _refused(request, "The form", _field_of(request.POST))
    return None


def _has_form_nul(request: HttpRequest) -> bool:
    if request.content_type == FORM:
        return QUOTED.encode() in request.body or b"\0" in request.body
    if request.content_type == PARTS:
        return any(NUL in text for name, values in request.POST.lists() for text in (name, *values))
    return False


def _field_of(fields: QueryDict) -> str | None:
    """The first field with it; None: it is in a field's name."""
    faulty = (name for name, values in fields.lists() if any(NUL in value for value in values))
    return next((name for name in faulty if NUL not in name), None)


def _refused(request: HttpRequest, where: str, param: str | None = None) -> HttpResponse:
    return bad_request(request, InvalidRequest(f"{param or where} contains the character NUL.", param=param))
