"""A request's headers, and the credential among them.

They are looked up as they came: Starlette's mapping decodes and compares all of them for each name."""

from starlette.requests import Request

from gateway_project.http.room import Room
from metering.errors import InvalidCredential
from metering.text import normal

KEY = "gateway.headers"
SEND_ONE = (
    "Send your ATI token or access token as `Authorization: Bearer ...`, "
    "or in the header `x-api-key` or `api-key`."
)
LOOKUPS = Room(places=8, per_address=4, waiting=1_600, wait_s=5.0)
"""Credentials that this process does not know yet; each asks the database. A flood of bad ones waits here, and not in
the places of those who are known.
"""


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
    if value.isascii():
        return value.decode("ascii")
    try:
        return normal(value.decode())
    except UnicodeDecodeError:
        return normal(value.decode("latin-1"))


def credential(*, x_api_key: str | None, api_key: str | None, authorization: str | None) -> str:
    """The caller's token. Of several headers the first one here counts, as at the vendors who know them.

    Raises InvalidCredential where there is none.
    """
    scheme, _, bearer = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        bearer = ""
    for given in (x_api_key, api_key, bearer):
        if given and (secret := given.strip()):
            return secret
    raise InvalidCredential(SEND_ONE)


def credential_of(request: Request) -> str:
    """Returns the credential from a request's headers."""
    return credential(
        x_api_key=header(request, b"x-api-key"),
        api_key=header(request, b"api-key"),
        authorization=header(request, b"authorization"),
    )
