"""GET /: whoever opens the gateway's address in a browser means the console."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

CONSOLE = "/admin/"


async def to_the_console(request: Request) -> Response:
    """A redirect."""
    return RedirectResponse(CONSOLE, status_code=302)
