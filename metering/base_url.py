"""Whether a vendor's base URL can be used: everything that a client would only find out once a call is under way."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

MAX_LENGTH = 500
SCHEMES = frozenset({"http", "https"})
MAX_HOST_LENGTH = 253
MAX_PORT = 65_535
ENDING = "_BASE_URL"
NOT_SHOWN = "(not shown: it cannot be used, and may hold a secret)"
_AUTHORITY = re.compile(r"(?:\[(?P<address>[^\[\]]*)\]|(?P<name>[^\[\]:]*))(?::(?P<port>.*))?", re.DOTALL)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII | re.IGNORECASE)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_ENCODED = "xn--"


def base_url_problem(url: str) -> str | None:
    """What is wrong with a URL that paths such as `/chat/completions` are added to; None: nothing.

    Reads on after "The base URL". No part of the URL is repeated: it may hold a password.
    """
    if len(url) > MAX_LENGTH:
        return f"must have at most {MAX_LENGTH} characters"
    if " " in url or not url.isprintable():
        return "must have no spaces and no control characters"
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in SCHEMES:
        return "must begin with http:// or https://"
    if "?" in rest or "#" in rest:
        return "must have no query and no fragment, because paths are added to its end"
    return _authority_problem(rest.partition("/")[0])


def is_base_url_variable(name: str) -> bool:
    """Whether a variable of the environment may become part of a base URL, which people are shown."""
    return name.endswith(ENDING)


def shown_base_url(url: str) -> str:
    """The URL as people may see it. One that no door takes was written past them, perhaps with a password in it."""
    return NOT_SHOWN if url and base_url_problem(url) else url


def _authority_problem(authority: str) -> str | None:
    """What is wrong between the scheme and the path."""
    if "@" in authority:
        return "must have no user name and no password"
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        return "must have brackets only around an IPv6 address"
    address, name, port = parts["address"], parts["name"], parts["port"]
    if address is None and not name:
        return "must name a host"
    if address is not None and not _is_ipv6(address):
        return "must have an IPv6 address without a zone between its brackets"
    if name and not _is_host_name(name):
        return "must have a host that is a valid name or IP address"
    if port is not None and not (_PORT.fullmatch(port) and 0 < int(port) <= MAX_PORT):
        return f"must have a port from 1 to {MAX_PORT}, or none"
    return None


def _is_ipv6(text: str) -> bool:
    try:
        return IPv6Address(text).scope_id is None
    except AddressValueError:
        return False


def _is_host_name(name: str) -> bool:
    """Whether a resolver can be asked for it. Underscores are no part of the standard, but of many a local name."""
    labels = name.removesuffix(".").split(".")
    if labels[-1].isdigit():
        return _is_ipv4(name)
    try:
        encoded = [_encoded(label) for label in labels]
    except idna.IDNAError:
        return False
    return len(".".join(encoded)) <= MAX_HOST_LENGTH and all(map(_LABEL.fullmatch, encoded))


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _encoded(label: str) -> str:
    """The label in ASCII. Raises idna.IDNAError."""
    label = label.lower()
    if label.startswith(_ENCODED):
        idna.ulabel(label)
    return label if label.isascii() else idna.alabel(label).decode()
