"""The credential that a request carries: an ATI token or an access token, in one of three headers."""

from starlette.requests import Request

from gateway_project.http.request_headers import header
from gateway_project.http.room import Room
from metering.errors import InvalidCredential

SEND_ONE = (
    "Send your ATI token or access token as `Authorization: Bearer ...`, "
    "or in the header `x-api-key` or `api-key`."
)
LOOKUPS = Room(places=8, per_address=4, waiting=1_600, wait_s=5.0)
"""Credentials that this process does not know yet; each asks the database. A flood of bad ones waits here, and not in
the places of those who are known.
"""


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
