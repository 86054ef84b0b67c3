"""Django's pages when the gateway has no room for a request: a sentence and a time to try again, not a stack trace."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from gateway_project.http.errors import RETRY_UNAVAILABLE_S
from metering.errors import Overloaded


class OverloadedMiddleware:
    """The API answers in its own shape before this is asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Overloaded):
            return None
        headers = {"Retry-After": str(RETRY_UNAVAILABLE_S)}
        text = "text/plain; charset=utf-8"
        return HttpResponse(exception.message, status=503, content_type=text, headers=headers)
