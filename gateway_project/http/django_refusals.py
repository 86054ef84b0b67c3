"""What Django answers where no view does: the one shape under /api/, a page for people elsewhere.

For `handler400`, `handler404` and `handler500` of the URL configuration, and the setting `CSRF_FAILURE_VIEW`.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse

from admin_console.lost import form_too_old, no_such_page
from gateway_project.http.django_errors import as_metering_error
from gateway_project.http.errors import Internal, error_body, error_headers, status_of
from gateway_project.http.pages import HTML, page_text
from gateway_project.http.request_id import REQUEST_ID, request_id_of
from metering.errors import MeteringError


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answers a request that Django refuses, because it is too large, has too many fields or is for another host."""
    return _refusal(request, as_metering_error(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answers a request for a page that there is not, or not for its sender."""
    if request.path.startswith("/api/"):
        return _refusal(request, as_metering_error(exception))
    return no_such_page(request)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answers a form without the token of the session that sends it."""
    return form_too_old(request)


def broken(request: HttpRequest) -> HttpResponse:
    """Answers a request during which something broke. Django has logged it already."""
    return _refusal(request, Internal("Something went wrong in the gateway."))


def _refusal(request: HttpRequest, error: MeteringError) -> HttpResponse:
    request_id = request.META.get(REQUEST_ID) or request_id_of(None)
    status, headers = status_of(error), error_headers(error, request_id)
    if request.path.startswith("/api/"):
        return JsonResponse(error_body(error, request_id), status=status, headers=headers)
    return HttpResponse(page_text(error, request_id), status=status, content_type=HTML, headers=headers)
