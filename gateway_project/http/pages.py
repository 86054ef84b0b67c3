"""A refusal as a page, for people: a sentence and the request's id, nothing of what broke."""

from django.utils.html import escape
from starlette.responses import Response

from gateway_project.http.content_policy import HEADER, policy_for
from gateway_project.http.errors import BodyTooLarge, status_of
from gateway_project.http.unread import EarlyResponse
from metering.errors import MeteringError

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{sentence}</p>
<p><a href="/admin/">To the console</a></p><p><small>{request_id}</small></p></body>
</html>
"""
HTML = "text/html; charset=utf-8"
TITLES = {413: "That is too large", 503: "Too much at once"}


def page_text(error: MeteringError, request_id: str) -> str:
    """Renders the page as HTML."""
    title = TITLES.get(
        status_of(error), "That did not work" if status_of(error) >= 500 else "That cannot be read"
    )
    return PAGE.format(title=title, sentence=escape(error.message), request_id=escape(request_id))


def page_response(error: MeteringError, request_id: str) -> Response:
    """The page; one about a body that is still coming does not wait for it."""
    response = EarlyResponse if isinstance(error, BodyTooLarge) else Response
    headers = {HEADER: policy_for("")}
    return response(
        page_text(error, request_id), status_code=status_of(error), headers=headers, media_type=HTML
    )
