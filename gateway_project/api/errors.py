"""Every refusal of the API in the one shape of CONTRACTS; `http/errors.py` has the table of statuses."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response

from gateway_project.http.django_errors import as_metering_error
from gateway_project.http.errors import error_body, error_headers, status_of
from gateway_project.http.nowhere import about
from gateway_project.http.request_id import REQUEST_ID, request_id_of
from gateway_project.telemetry.access import note_error_code
from metering.errors import MeteringError, NotFound


def handle(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Answer an exception of a view in the one form of errors. It is DRF's EXCEPTION_HANDLER."""
    return _response(as_metering_error(exc), context["request"])


@csrf_exempt  # there are no cookies to forge a request with, and the refusal would be a page
def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """For paths under /api/ that lead nowhere."""
    error = NotFound(about(request.path))
    return JsonResponse(error_body(error, _request_id(request)), status=404)


def _response(error: MeteringError, request: Any) -> Response:
    note_error_code(error.code)
    request_id = _request_id(request)
    headers = error_headers(error, request_id)
    status = status_of(error)
    return Response(error_body(error, request_id), status=status, headers=headers)


def _request_id(request: Any) -> str:
    return request.META.get(REQUEST_ID) or request_id_of(None)
