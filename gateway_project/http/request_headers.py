"""A request's headers, looked up as they came: Starlette's mapping decodes and compares all of them for each name."""

from starlette.requests import Request

from metering.text import normal

KEY = "gateway.headers"


def headers_of(request: Request) -> dict[bytes, bytes]:
    """By lower-case name; of a header that came more than once, the first."""
    headers: dict[bytes, bytes] | None = request.scope.get(KEY)
    if headers is None:
        headers = request.scope[KEY] = dict(reversed(list(request.scope["headers"])))
    return headers


def header(request: Request, name: bytes) -> str | None:
    """One header's text; None without it."""
    value = headers_of(request).get(name)
    return None if value is None else text_of(value)


def text_of(value: bytes) -> str:
    """What a header says, in the one form of texts: it is UTF-8, or else Latin-1, in which older clients write."""
    try:
        return normal(value.decode())
    except UnicodeDecodeError:
        return normal(value.decode("latin-1"))
