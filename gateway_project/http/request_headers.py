"""What a request's headers say of its sender: the credential, and the network address.

Headers are looked up as they came: Starlette's mapping decodes and compares all of them for each name. The address is
the peer's, or the one that the peer forwards for if it is one of TRUSTED_PROXIES."""

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.conf import settings
from django.http import HttpRequest
from starlette.requests import Request

from gateway_project.http.room import Room
from metering.errors import InvalidCredential
from metering.network import LONGEST, counted_address, parsed_address
from metering.text import normal

Network = IPv4Network | IPv6Network
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


def client_address(peer: str | None, forwarded: Sequence[str]) -> str | None:
    """Returns the right-most hop that is not one of our proxies, or None if the peer has no address (a Unix socket).

    `forwarded` are all X-Forwarded-For headers, in order: some proxies append to the line, others add a line, and
    whatever stands left of the last untrusted hop is what the caller wrote. Addresses come in one form each.
    """
    if peer is None:
        return None
    if not is_within(peer, settings.TRUSTED_PROXIES):
        return canonical(peer)
    hops = [hop for line in forwarded for part in line.split(",") if (hop := part.strip())]
    last = next((hop for hop in reversed(hops) if not is_within(hop, settings.TRUSTED_PROXIES)), peer)
    return canonical(last)


def address_of(request: Request) -> str | None:
    """The caller's network address, behind our own proxies."""
    peer = request.client.host if request.client else None
    if b"x-forwarded-for" not in headers_of(request):
        return client_address(peer, ())
    return client_address(peer, request.headers.getlist("x-forwarded-for"))


def django_address_of(request: HttpRequest) -> str | None:
    """Who sends one of Django's requests. (Django joins repeated headers with commas.)"""
    return client_address(request.META.get("REMOTE_ADDR"), [request.META.get("HTTP_X_FORWARDED_FOR", "")])


def address_for_throttle(request: HttpRequest) -> str | None:
    """The address under which failed sign-ins of the sender are counted; for IPv6, the first of its network.

    Returns None if a proxy has forwarded a text that is no address.
    """
    address = django_address_of(request)
    if address is None or parsed_address(address) is None:
        return None
    return counted_address(address).partition("/")[0]


def check_network(address: str | None, networks: Sequence[str]) -> None:
    """Raise InvalidCredential unless the address is in one of a token's networks; without any, all will do."""
    if networks and (address is None or not is_within(address, networks)):
        shown = address if address is not None and parsed_address(address) is not None else "unknown"
        raise InvalidCredential(
            f"This token may not be used from your network address ({shown}). Ask an administrator to allow it."
        )


def check_sender(request: HttpRequest, networks: Sequence[str]) -> None:
    """Checks the sender of one of Django's requests as `check_network` does."""
    check_network(django_address_of(request), networks)


def canonical(text: str) -> str:
    """The address without a port, zone or IPv4 mapping, in lower case; a text that is none stays as it is."""
    return _canonical(text) if len(text) <= LONGEST else text


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    address = parsed_address(text)
    return text if address is None else str(address)


def is_within(address: str, networks: Sequence[str]) -> bool:
    """Whether the address is in one of the networks; what is no address is in none."""
    return bool(networks) and len(address) <= LONGEST and _is_within(address, tuple(networks))


@lru_cache(maxsize=4096)
def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    parsed = parsed_address(address)
    return parsed is not None and any(parsed in network for network in _networks(networks))


@lru_cache(maxsize=256)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Parses the networks. A text that is no network is left out, so that it contains nobody."""
    found: list[Network] = []
    for text in texts:
        with suppress(ValueError):
            found.append(ip_network(text, strict=False))
    return tuple(found)
