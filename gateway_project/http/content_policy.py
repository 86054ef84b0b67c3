"""What a page may load and run, told to the browser (Content-Security-Policy): everything from here, nothing inline.

The theme of the console evaluates the texts of attributes (Alpine.js), so that the console alone may evaluate.
"""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

HEADER = "Content-Security-Policy"
CONSOLE = "/admin"
PAGE = "text/html"
_EVERYWHERE = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # lengths of bars stand in style attributes
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_IN_CONSOLE = {**_EVERYWHERE, "script-src": "'self' 'unsafe-eval'"}

Handler = Callable[[HttpRequest], Any]


def policy_for(path: str) -> str:
    """Return the text of the Content-Security-Policy header."""
    directives = _IN_CONSOLE if path.startswith(CONSOLE) else _EVERYWHERE
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


@sync_and_async_middleware
def content_policy_middleware(get_response: Handler) -> Handler:
    """Django middleware: every page says what it may do."""

    def told(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith(PAGE):
            response[HEADER] = policy_for(request.path)
        return response

    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return told(request, await get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return told(request, get_response(request))

    return answer
