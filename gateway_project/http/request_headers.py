"""A request's headers, looked up as they came: Starlette's mapping decodes and compares all of them for each name."""

from starlette.requests import Request

from metering.text import normal

KEY = "gateway.headers"


def headers_of(request: Request) -> dict[bytes, bytes]:
    """Maps each lower-case name to its value. Of a repeated header the first one counts."""
    headers: dict[bytes, bytes] | None = request.scope.get(KEY)
    if headers is None:
        headers = request.scope[KEY] = dict(reversed(list(request.scope["headers"])))
    return headers


def header(request: Request, name: bytes) -> str | None:
    """Returns the text of one header, or None if the request lacks it."""
    value = headers_of(request).get(name)
    return None if value is None else text_of(value)


def text_of(value: bytes) -> str:
    """Decodes a header as UTF-8, or else as Latin-1, in which older clients write, and normalises the text."""
    try:
        return normal(value.decode())
    except UnicodeDecodeError:
        return normal(value.decode("latin-1"))
