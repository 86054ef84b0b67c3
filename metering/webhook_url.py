"""Whether a webhook's URL can be used: all that can be told without asking who is behind its name."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from metering.base_url import base_url_problem
from metering.network import Address, is_public

MAX_LENGTH = 2_000
"""Those of Power Automate have some 400 characters."""
TLS = "https"
PORTS = (443, 8443, 9443)
"""Where receivers listen. On other ports other services do, which a request might harm."""


def webhook_url_problem(url: str, *, networks: Sequence[str] = ()) -> str | None:
    """What is wrong with a URL that events are sent to; None: nothing. Reads on after "The URL".

    `networks` are those of the operator's own that may be reached, on any port and without TLS. Who is behind a name
    is asked whenever something is sent (`gateway_project/webhooks/send.py`). No part of the URL is repeated.
    """
    if len(url) > MAX_LENGTH:
        return f"must have at most {MAX_LENGTH} characters"
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "must consist of printable ASCII characters, without spaces and backslashes"
    if "#" in url:
        return "must have no fragment"
    problem = base_url_problem(url.partition("?")[0])
    if problem is not None:
        return problem
    parts = urlsplit(url)
    address, port = _literal(parts.hostname or ""), parts.port or default_port(parts.scheme)
    if address is not None:
        return destination_problem(parts.scheme, port, address, networks)
    return None if networks else _public_problem(parts.scheme, port)


def destination_problem(scheme: str, port: int, address: Address, networks: Sequence[str]) -> str | None:
    """Why nothing is sent to this address; None: nothing is wrong. Reads on after "The URL"."""
    if any(address in ip_network(network, strict=False) for network in networks):
        return None
    if not is_public(address):
        return "leads to an address that is not public; nothing is sent there"
    return _public_problem(scheme, port)


def default_port(scheme: str) -> int:
    return 443 if scheme == TLS else 80


def _public_problem(scheme: str, port: int) -> str | None:
    if scheme != TLS:
        return "must begin with https://"
    return None if port in PORTS else f"must have no port, or one of {', '.join(map(str, PORTS))}"


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
