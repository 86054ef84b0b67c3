"""GET /: whoever opens the gateway's address in a browser means the console."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

CONSOLE = "/admin/"


async def to_the_console(request: Request) -> Response:
    """Send whoever opens the address without a path to the console."""
    return RedirectResponse(CONSOLE, status_code=302)
